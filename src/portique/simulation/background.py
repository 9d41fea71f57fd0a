"""Everyone else's phones around the prisons: those that a sector's records are full of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from portique.simulation.chunk import (
    DATA,
    LOCATION_UPDATE,
    NOWHERE,
    Chunk,
    Devices,
    Events,
    Subscriptions,
    World,
)
from portique.simulation.draw import Ints, Rng, lognormal, seconds_of_day, stream
from portique.simulation.exchanges import (
    astray,
    draw_durations,
    draw_kinds,
    draw_layers,
    settle_overlaps,
)
from portique.simulation.homes import settle
from portique.simulation.numbering import ORDINARY_TACS, draw_operators, popularity
from portique.simulation.outsiders import HOUSEBOUND, NEIGHBOUR, ROLES, People
from portique.simulation.period import HORIZON_S, LOCAL_DAYS, utc_seconds

# Neighbours, housebound, guards, visitors, passers-by, from elsewhere, commuters (assumed).
ROLE_SHARE = (0.45, 0.12, 0.04, 0.08, 0.16, 0.03, 0.12)
EVENTS_A_DAY = 3.0
EVENTS_SIGMA = 0.7
FOUR_G_SHARE = 0.93
LEAST_PEOPLE, MOST_PEOPLE = 20, 1_000
LATER_CROWDS = 6
"""Crowds of one prison after the first, at least: so that all prisons get their share of rows."""
ROWS_A_PERSON = 130
"""Delivered rows of one person in the period, about: to cut the people into crowds."""
CIRCLE = 14
"""Numbers that each person calls; a quarter of them belong to others of the same crowd."""
KNOWN_SHARE = 0.25
_DAY = "6 3 2 2 2 4 10 22 36 46 52 56 60 54 52 52 56 64 68 62 50 38 24 12"
DAY_WEIGHTS = tuple(float(weight) for weight in _DAY.split(" "))
"""Use of ordinary phones by local hour (assumed)."""


def background_chunks(world: World, rows_wanted: int) -> Iterator[Chunk]:
    """Yield crowd after crowd, one prison after another, without end: the caller stops.

    The first crowd of each prison holds the relatives of inmates who live nearby; their phones
    have the numbers that the inmates declared, and call one another. It is the largest.

    Args:
        world: its points and numbering grow.
        rows_wanted: rows that shall be delivered in all, to choose the size of a crowd.
    """
    people = rows_wanted // (ROWS_A_PERSON * len(world.prisons))
    crowd = 0
    while True:
        share = people // 2 if crowd == 0 else people // 2 // LATER_CROWDS
        size = int(np.clip(share, LEAST_PEOPLE, MOST_PEOPLE))
        for prison in range(len(world.prisons)):
            rng = stream(world.seed, "crowd", prison, crowd)
            yield _crowd(world, prison, size, crowd == 0, rng)
        crowd += 1


def _crowd(world: World, prison: int, size: int, is_first: bool, rng: Rng) -> Chunk:
    own, circles = _relatives(world, prison, size, rng) if is_first else _nobody()
    count = max(size, len(own))
    role = rng.choice(len(ROLES), count, p=ROLE_SHARE)
    # Relatives who live nearby are neighbours, whatever the others are.
    role[: len(own)] = np.where(role[: len(own)] == HOUSEBOUND, HOUSEBOUND, NEIGHBOUR)
    salt = int(rng.integers(1, 1 << 30))
    people = settle(world, role, np.full(count, prison), salt, rng)
    number = world.numbering.numbers(count)
    number[: len(own)] = own
    operator = draw_operators(count, rng)
    subscriptions = Subscriptions(world.numbering.imsis(operator), number, operator)
    tac = np.asarray(rng.choice(ORDINARY_TACS, count, p=popularity(len(ORDINARY_TACS))), np.int64)
    nowhere = np.full(count, NOWHERE, np.int64)
    devices = Devices(
        imei=world.numbering.imeis(tac),
        in_fleet=np.zeros(count, bool),
        prison=nowhere,
        cell=nowhere,
        user=nowhere,
        second_user=nowhere,
    )
    circle = _circles(world, number, circles, rng)
    events = _events(world, people, circle, rng)
    return Chunk(devices, subscriptions, events, is_asked_by_imei=False)


def _nobody() -> tuple[Ints, list[Ints]]:
    return np.zeros(0, np.int64), []


def _relatives(world: World, prison: int, size: int, rng: Rng) -> tuple[Ints, list[Ints]]:
    """Return declared numbers whose owners live nearby, and the family that each of them calls."""
    stays, circles = world.stays, world.circles
    held = np.unique(stays.inmate[world.cells.prison[stays.cell] == prison])
    own: dict[int, Ints] = {}
    for inmate in held.tolist():
        family = circles.declared(inmate)
        near = family[rng.random(len(family)) < world.recipe.relatives_in_area_share]
        for number in near.tolist():
            own.setdefault(number, np.concatenate([family, circles.kin[inmate]]))
    most = min(len(own), size // 2)
    chosen = list(own.items())[:most] if most else []
    return np.array([number for number, _ in chosen], np.int64), [calls for _, calls in chosen]


def _circles(world: World, number: Ints, families: list[Ints], rng: Rng) -> Ints:
    """Return whom each person calls, shape (people, CIRCLE)."""
    count = len(number)
    circle = world.numbering.numbers(count * CIRCLE).reshape(count, CIRCLE)
    known = rng.random(circle.shape) < KNOWN_SHARE
    circle[known] = number[rng.integers(0, count, int(known.sum()))]
    for row, family in enumerate(families):
        few = rng.permutation(family[family != number[row]])[: CIRCLE // 2]
        circle[row, : len(few)] = few
    return circle


def _events(world: World, people: People, circle: Ints, rng: Rng) -> Events:
    count = len(circle)
    rate = lognormal(rng, EVENTS_A_DAY, EVENTS_SIGMA, count)
    device = np.repeat(np.arange(count), rng.poisson(rate * LOCAL_DAYS))
    size = len(device)
    second = utc_seconds(rng.integers(0, LOCAL_DAYS, size), seconds_of_day(DAY_WEIGHTS, size, rng))
    is_4g = (rng.random(count) < FOUR_G_SHARE)[device]
    kind = draw_kinds(is_4g, rng)
    rank = np.searchsorted(np.cumsum(popularity(CIRCLE)), rng.random(size) * (1 - 1e-9))
    silent = (kind == DATA) | (kind == LOCATION_UPDATE)
    point = people.where(device, second)
    moment, until = astray(second, np.full(size, HORIZON_S), world.recipe, rng)
    keep = (point >= 0) & (moment < until) & ((second >= 0) | (moment != second))
    events = Events(
        device=device,
        subscription=device,
        second=moment,
        duration_s=draw_durations(kind, rng),
        kind=kind,
        counterpart=np.where(silent, 0, circle[device, rank]),
        point=point,
        layer=draw_layers(kind, is_4g, rng),
    )
    kept = Events(*(getattr(events, name)[keep] for name in events.__dataclass_fields__))
    return settle_overlaps(kept, until[keep])
