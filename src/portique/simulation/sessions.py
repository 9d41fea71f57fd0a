"""When each phone is picked up, by whom, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.chunk import World
from portique.simulation.draw import Bools, Ints, Rng, Spans, seconds_of_day, spread
from portique.simulation.fleet import Fleet, Held
from portique.simulation.period import DAY_S, LOCAL_DAYS, local_time, utc_seconds

# Weights of the 24 hours of a local day. Inside, phones come out when doors are locked: from six
# in the evening to two at night, little in the early morning (assumed). Outside: a waking day.
HOURS_INSIDE = (
    *(5.0, 3.6, 2.2, 1.2, 0.6, 0.4, 0.5, 0.8, 1.2, 1.5, 1.7, 2.0),
    *(2.8, 2.6, 2.2, 2.2, 2.4, 3.0, 4.5, 5.6, 6.4, 7.0, 7.2, 6.4),
)
HOURS_OUTSIDE = (
    *(0.6, 0.3, 0.2, 0.1, 0.1, 0.3, 0.9, 2.2, 3.6, 4.2, 4.6, 5.0),
    *(5.4, 4.8, 4.6, 4.8, 5.4, 6.0, 6.2, 5.6, 4.6, 3.6, 2.4, 1.2),
)
OWN_HOURS_S = 5_400.0
"""Deviation of a phone's habits from the common hours (assumed)."""
QUIET_ON_SEARCH_SHARE = 0.97
SEARCH_HOURS_S = (6 * 3600, 20 * 3600)


@dataclass(frozen=True)
class Sessions:
    """Times at which a phone is picked up: arrays of shape (sessions,).

    Args:
        device: position in the group.
        second: since `period.START`.
        caller: inmate, or inmates + person outside.
        point: position in the world's `Points`.
        subscription: position in the group's subscriptions.
        until_s: when the use ends, or the subscription leaves the phone.
    """

    device: Ints
    second: Ints
    caller: Ints
    point: Ints
    subscription: Ints
    until_s: Ints


class Lookup:
    """Finds the row that holds an instant among ordered spans of owners that do not overlap."""

    def __init__(self, owner: Ints, start: Ints, end: Ints) -> None:
        self._key = owner * (1 << 33) + start
        self._owner, self._end = owner, end

    def row(self, owner: Ints, instant: Ints) -> Ints:
        """Return the row of each owner at each instant, -1 for none."""
        if not len(self._key):
            return np.full(len(owner), -1)
        row = np.searchsorted(self._key, owner * (1 << 33) + instant, side="right") - 1
        known = np.maximum(row, 0)
        fits = (row >= 0) & (self._owner[known] == owner) & (self._end[known] > instant)
        return np.where(fits, row, -1)


def draw_sessions(world: World, fleet: Fleet, held: Held, rng: Rng) -> Sessions:
    """Return all sessions of a group of phones over the period."""
    device, day = _picked_up(world, held, rng)
    own = OWN_HOURS_S * rng.standard_normal(len(held.is_4g))
    device, second, use = _used(held, device, day, own, rng)
    uses, recipe = held.uses, world.recipe
    second_user = _second_use(held, device, second, recipe.second_user_share, rng)
    use = np.where(second_user >= 0, second_user, use)
    user = uses.user[use]
    is_quiet = _is_away(world, user, second) & (rng.random(len(user)) >= recipe.leak_share)
    is_quiet |= _is_searched(world, fleet, uses.cell[use], second, rng)
    point = np.where(user >= 0, fleet.cell_point[uses.cell[use]], -1)
    outside = np.flatnonzero(user < 0)
    point[outside] = fleet.people.where(uses.person[use[outside]], second[outside])
    sim = _sim(held, device, second, rng)
    keep = ~is_quiet & (point >= 0) & (sim >= 0)
    use, sim = use[keep], sim[keep]
    return Sessions(
        device=device[keep],
        second=second[keep],
        caller=np.where(
            uses.user[use] >= 0, uses.user[use], world.stays.inmates + uses.person[use]
        ),
        point=point[keep],
        subscription=held.sims.subscription[sim],
        until_s=np.minimum(uses.until_s[use], held.sims.until_s[sim]),
    )


def _picked_up(world: World, held: Held, rng: Rng) -> tuple[Ints, Ints]:
    """Return phone and local day of each session, over the days of its life."""
    count = len(held.is_4g)
    first, last = np.full(count, LOCAL_DAYS * DAY_S), np.zeros(count, np.int64)
    np.minimum.at(first, held.uses.device, held.uses.from_s)
    np.maximum.at(last, held.uses.device, held.uses.until_s)
    first_day, last_day = local_time(first)[0], local_time(last)[0]
    phone, step = spread(np.maximum(last_day - first_day + 1, 0))
    day = first_day[phone] + step
    mean = held.events_per_day[phone] / max(1.0, world.recipe.events_per_session)
    sessions = rng.poisson(mean) * (rng.random(len(phone)) >= world.recipe.day_off_share)
    row, _ = spread(sessions)
    return phone[row], day[row]


def _used(
    held: Held, device: Ints, day: Ints, own_s: np.ndarray, rng: Rng
) -> tuple[Ints, Ints, Ints]:
    """Return phone, instant and row of its first user, of sessions at which somebody has it."""
    uses = held.uses
    main = np.flatnonzero(~uses.is_second)
    find = Lookup(uses.device[main], uses.from_s[main], uses.until_s[main])
    shift = own_s[device].astype(np.int64)
    row, instant = np.empty(0, np.int64), np.empty(0, np.int64)
    for hours in (HOURS_OUTSIDE, HOURS_INSIDE):
        other = utc_seconds(day, (seconds_of_day(hours, len(day), rng) + shift) % DAY_S)
        found = find.row(device, other)
        if not len(instant):
            row, instant = found, other
            continue
        # The hours outside only count for those outside.
        is_outside = (row >= 0) & (uses.person[main[np.maximum(row, 0)]] >= 0)
        row, instant = np.where(is_outside, row, found), np.where(is_outside, instant, other)
    is_inside = (row >= 0) & (instant >= 0)
    return device[is_inside], instant[is_inside], main[row[is_inside]]


def _second_use(held: Held, device: Ints, second: Ints, share: float, rng: Rng) -> Ints:
    """Return the row of the second user where that one has the phone, -1 elsewhere."""
    uses = held.uses
    rows = np.flatnonzero(uses.is_second)
    lot = rng.random(len(device)) < share
    if not len(rows):
        return np.full(len(device), -1)
    found = Lookup(uses.device[rows], uses.from_s[rows], uses.until_s[rows]).row(device, second)
    return np.where((found >= 0) & lot, rows[np.maximum(found, 0)], -1)


def _is_away(world: World, user: Ints, second: Ints) -> Bools:
    """Return whether each user, inmates only, is out of the cell."""
    known = np.zeros(world.stays.inmates, bool)
    known[user[user >= 0]] = True
    a = world.absences
    mine = known[a.inmate]
    spans = Spans(a.inmate[mine], a.from_s[mine], a.until_s[mine])
    return (user >= 0) & spans.hold(np.maximum(user, 0), second)


def _is_searched(world: World, fleet: Fleet, cell: Ints, second: Ints, rng: Rng) -> Bools:
    """Return whether phones inside lie low because the prison is searched that day."""
    table = np.zeros((len(world.prisons), LOCAL_DAYS + 2), bool)
    table[fleet.search_prison, fleet.search_day] = True
    day, clock = local_time(second)
    during = (clock >= SEARCH_HOURS_S[0]) & (clock < SEARCH_HOURS_S[1])
    searched = table[world.cells.prison[cell], np.clip(day, 0, LOCAL_DAYS)] & (cell >= 0)
    return searched & during & (rng.random(len(cell)) < QUIET_ON_SEARCH_SHARE)


def _sim(held: Held, device: Ints, second: Ints, rng: Rng) -> Ints:
    """Return the row of `Sims` in use: of two that alternate, either by chance."""
    sims = held.sims
    slot = rng.integers(0, 2, len(device))
    find = Lookup(sims.device * 2 + sims.slot, sims.from_s, sims.until_s)
    first, other = find.row(device * 2, second), find.row(device * 2 + 1, second)
    return np.where((slot == 1) & (other >= 0), other, first)
