"""What happens when a phone is picked up: kinds of events, how long they last, with whom."""

from __future__ import annotations

import numpy as np

from portique.simulation.chunk import (
    CALL_IN,
    CALL_OUT,
    DATA,
    KINDS,
    LOCATION_UPDATE,
    SMS_IN,
    SMS_OUT,
    Events,
)
from portique.simulation.draw import Bools, Ints, Rng, lognormal
from portique.simulation.identities import some
from portique.simulation.numbering import OPERATOR_SERVICE, VOICEMAIL, Numbering
from portique.simulation.period import DAY_S, HORIZON_S, ORDER_FROM_S
from portique.simulation.recipe import Recipe
from portique.simulation.regulars import Regulars

# Shares of kinds in the order of `KINDS`, of a phone without and with 4G (assumed; a phone without
# 4G is one of calls and messages).
KIND_SHARE_2G = (0.38, 0.22, 0.15, 0.17, 0.0, 0.08)
KIND_SHARE_4G = (0.24, 0.15, 0.07, 0.09, 0.40, 0.05)
VOICE_ON_4G_SHARE = 0.55
"""Calls and messages of a 4G phone that go over 4G; the others fall back to 2G (assumed)."""
SHORT_CODE_SHARE = 0.03
LONGEST_CALL_S, LONGEST_DATA_S = 5_400, 21_600
PAUSE_S = 90.0
LEAST_APART_S = 4


def draw_kinds(is_4g: Bools, rng: Rng) -> Ints:
    """Return the kind of each event, position in `KINDS`."""
    lot = rng.random(len(is_4g))
    out = np.empty(len(is_4g), np.int64)
    for able, share in ((False, KIND_SHARE_2G), (True, KIND_SHARE_4G)):
        mine = is_4g == able
        out[mine] = np.searchsorted(np.cumsum(share), lot[mine], side="right")
    return np.minimum(out, len(KINDS) - 1)


def draw_durations(kind: Ints, rng: Rng) -> Ints:
    """Return whole seconds: calls last a minute or so, data a few; messages have none."""
    talk = np.minimum(lognormal(rng, 75.0, 1.0, len(kind)), LONGEST_CALL_S)
    data = np.minimum(lognormal(rng, 400.0, 1.2, len(kind)), LONGEST_DATA_S)
    length = np.where(kind == DATA, data, np.where(kind <= CALL_IN, talk, 0.0))
    return np.asarray(length.astype(np.int64))


def draw_layers(kind: Ints, is_4g: Bools, rng: Rng) -> Ints:
    """Return 2 or 4, the layer of each event."""
    on_4g = is_4g & ((kind == DATA) | (rng.random(len(kind)) < VOICE_ON_4G_SHARE))
    return np.where(on_4g, 4, 2)


def draw_counterparts(
    caller: Ints,
    kind: Ints,
    regulars: Regulars,
    random_share: float,
    numbering: Numbering,
    rng: Rng,
) -> Ints:
    """Return the number at the other end, a short code, or 0 where there is none.

    Args:
        caller: inmate, or inmates + person, of each event.
        kind: position in `KINDS`.
        regulars: whom callers call.
        random_share: events with a number that the caller meets once or twice.
        numbering: names those numbers.
        rng: decides.
    """
    count = len(caller)
    lot = rng.random(count)
    number = regulars.draw(caller, rng)
    odd = np.flatnonzero((lot < random_share) | (number == 0))
    if len(odd):
        once = numbering.numbers(max(1, len(odd) * 7 // 10))
        number[odd] = once[rng.integers(0, len(once), len(odd))]
    is_code = (lot > 1.0 - SHORT_CODE_SHARE) & np.isin(kind, (CALL_OUT, SMS_IN))
    code = np.where(kind == CALL_OUT, VOICEMAIL, OPERATOR_SERVICE)
    number = np.where(is_code, code, number)
    return np.where(np.isin(kind, (DATA, LOCATION_UPDATE)), 0, number)


def astray(second: Ints, until_s: Ints, recipe: Recipe, rng: Rng) -> tuple[Ints, Ints]:
    """Return instants and ends of use, with the shares that the recipe puts outside the period.

    Some lie before the order's first day; some after the horizon, of phones still in use then.
    """
    second, until_s = second.copy(), until_s.copy()
    early = np.flatnonzero(rng.random(len(second)) < recipe.outside_period_share)
    second[early] = ORDER_FROM_S - rng.integers(3_600, 60 * DAY_S, len(early))
    still = np.flatnonzero((until_s == HORIZON_S) & (second >= 0))
    late = still[
        some(len(still), recipe.after_horizon_share * len(second) / max(1, len(still)), rng)
    ]
    second[late] = HORIZON_S + rng.integers(60, 2 * DAY_S, len(late))
    until_s[late] = HORIZON_S + 3 * DAY_S
    return second, until_s


def settle_overlaps(events: Events, until_s: Ints) -> Events:
    """Return events as one phone can have them: in turn, none after its use has ended.

    Args:
        events: of any phones.
        until_s: shape (events,), when the use ends in which each happened.
    """
    order = np.lexsort((events.second, events.device))
    order = order[events.second[order] < until_s[order]]
    device, second = events.device[order], events.second[order]
    far = np.ones(len(order), bool)
    far[1:] = (device[1:] != device[:-1]) | (second[1:] - second[:-1] >= LEAST_APART_S)
    order, device, second = order[far], device[far], second[far]
    room = until_s[order] - second
    same = device[1:] == device[:-1]
    room[:-1] = np.where(same, np.minimum(room[:-1], second[1:] - second[:-1] - 1), room[:-1])
    duration = np.minimum(events.duration_s[order], room)
    return Events(
        device=device,
        subscription=events.subscription[order],
        second=second,
        duration_s=np.where(np.isin(events.kind[order], (SMS_OUT, SMS_IN)), 0, duration),
        kind=events.kind[order],
        counterpart=events.counterpart[order],
        point=events.point[order],
        layer=events.layer[order],
    )
