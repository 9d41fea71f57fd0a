"""The hidden phones' lives: when each came in, who had it, when it fell silent or was seized."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.chunk import NOWHERE, World
from portique.simulation.draw import Bools, Ints, Rng, stream
from portique.simulation.holding import Hands, Row, at_horizon, cut
from portique.simulation.identities import some
from portique.simulation.period import DAY_S, DAYS, HORIZON_S, ORDER_FROM_S, local_time, utc_seconds

LEAST_SOLD_BEFORE_S = 5 * DAY_S
LAST_DAY = DAYS - 5
"""No phone comes into use later than this day of the period (assumed)."""
CACHE_SIZE = 3
NAMED_SHARE = 0.85
"""Finds that say whose the phone was (assumed)."""
REPLACED_DAYS = 5.0
"""Mean days until a user has another phone (assumed)."""
_TRIES = 20


@dataclass(frozen=True)
class Lives:
    """When phones came and went, shape (phones,).

    Args:
        entry_s: when it came to its first holder; before the period for most.
        start_s, end_s: half-open span of use inside the period; `HORIZON_S` if it still goes on.
    """

    entry_s: Ints
    start_s: Ints
    end_s: Ints


@dataclass(frozen=True)
class Hidden:
    """The hidden phones of a world, as lists and arrays of one entry a phone.

    Args:
        rows, second_rows: first and second users, one row a stay.
        prison, cell, user, second_user: at the horizon, `NOWHERE` as in `fleet`.
        found_s, found_cell, found_user: the seizure; `found_s` is `NOWHERE` for none.
    """

    rows: list[list[Row]]
    second_rows: list[list[Row]]
    prison: Ints
    cell: Ints
    user: Ints
    second_user: Ints
    found_s: Ints
    found_cell: Ints
    found_user: Ints


def draw_lives(count: int, silent_after_days: float, rng: Rng) -> Lives:
    """Return lives of a stock that is renewed as fast as it falls silent."""
    is_new = some(count, DAYS / (DAYS + silent_after_days), rng)
    early = rng.integers(ORDER_FROM_S + LEAST_SOLD_BEFORE_S, 0, count)
    late = rng.integers(0, LAST_DAY * DAY_S, count)
    entry = np.where(is_new, late, early)
    start = np.maximum(entry, 0)
    life = DAY_S + (rng.exponential(silent_after_days, count) * DAY_S).astype(np.int64)
    return Lives(entry, start, np.minimum(start + life, HORIZON_S))


def caches(is_inside: Bools, share: float, rng: Rng) -> Ints:
    """Return, for each phone in a cache, the first phone of that cache; `NOWHERE` for others.

    A cache holds three phones (three or four are found at times); those of one cache come in
    together and have one keeper.
    """
    keeper = np.full(len(is_inside), NOWHERE, np.int64)
    chosen = np.flatnonzero(is_inside)
    chosen = rng.permutation(chosen)[: round(len(chosen) * share) // CACHE_SIZE * CACHE_SIZE]
    group = np.sort(chosen.reshape(-1, CACHE_SIZE), axis=1)
    keeper[group] = group[:, :1]
    return keeper


def hide(
    world: World, prison: Ints, lives: Lives, keeper: Ints, findable: Bools, rng: Rng
) -> Hidden:
    """Return holders and fates of hidden phones.

    Args:
        world: its inmates and recipe.
        prison: shape (phones,), where each comes in.
        lives: when.
        keeper: phone whose first holder each one shares, see `caches`.
        findable: whether a seizure may be told of it: phones of the fleet.
        rng: decides.
    """
    hands = Hands(world.stays, world.cells, world.recipe, rng)
    count = len(prison)
    shared = some(count, world.recipe.shared_share, rng)
    holder = np.full(count, NOWHERE, np.int64)
    rows: list[list[Row]] = []
    for phone in range(count):
        start, end = int(lives.start_s[phone]), int(lives.end_s[phone])
        first = int(keeper[phone])
        if 0 <= first < phone and holder[first] != NOWHERE:
            holder[phone] = holder[first]
        else:
            holder[phone] = hands.first_holder(int(prison[phone]), start)
        own = hands.chain(phone, int(holder[phone]), (start, end), first != NOWHERE)
        if not own:  # the keeper of its cache is not held then: another one has it
            holder[phone] = hands.first_holder(int(prison[phone]), start)
            own = hands.chain(phone, int(holder[phone]), (start, end), first != NOWHERE)
        rows.append(own)
    left = np.array([own[-1][4] for own in rows], np.int64) < lives.end_s
    second = [hands.second_users(own) if shared[i] else [] for i, own in enumerate(rows)]
    found = _seize(rows, second, findable, world.recipe.found_share, rng)
    if world.recipe.replaced_share > 0:
        fits = np.flatnonzero(findable & (keeper == NOWHERE) & (found[0] == NOWHERE))
        for phone, own in _replacements(world, prison, fits, found).items():
            rows[phone], second[phone] = own, []
            left[phone] = own[-1][4] < HORIZON_S
    quiet = np.array([own[-1][4] < HORIZON_S for own in rows], bool)
    gone = quiet & some(count, world.recipe.lost_share, stream(world.seed, "lost"))
    where = _where_now(world, rows, second, left, gone | (found[0] != NOWHERE))
    if world.recipe.stash_share > 0:
        _stash(world, where[1], found[1])
    return Hidden(rows, second, *where, *found)


def _stash(world: World, cell: Ints, found_cell: Ints) -> None:
    """Put some phones into another cell of their prison, any with the same chance."""
    rng = stream(world.seed, "stashes")
    for phone in np.flatnonzero(some(len(cell), world.recipe.stash_share, rng)).tolist():
        for where in (cell, found_cell):
            if where[phone] != NOWHERE:
                others = np.flatnonzero(world.cells.prison == world.cells.prison[where[phone]])
                where[phone] = rng.choice(others)


def _seize(
    rows: list[list[Row]], second: list[list[Row]], findable: Bools, share: float, rng: Rng
) -> tuple[Ints, Ints, Ints]:
    """Cut the rows of phones that are seized; return instant, cell and inmate of each find."""
    found = np.full((3, len(rows)), NOWHERE, np.int64)
    wanted = round(int(findable.sum()) * share)
    for phone in rng.permutation(np.flatnonzero(findable)).tolist():
        if wanted <= 0:
            break
        seized = _seizure(rows[phone], rng)
        if seized is None:
            continue
        instant, row = seized
        is_named = rng.random() < NAMED_SHARE
        found[:, phone] = instant, row[2], row[1] if is_named else NOWHERE
        rows[phone] = cut(rows[phone], instant)
        second[phone] = cut(second[phone], instant)
        wanted -= 1
    return found[0], found[1], found[2]


def _replacements(
    world: World, prison: Ints, fits: Ints, found: tuple[Ints, Ints, Ints]
) -> dict[int, list[Row]]:
    """Return new rows of phones that go to users of seized ones, some days after the seizure.

    Args:
        world: its inmates and recipe.
        prison: shape (phones,), where each comes in.
        fits: phones that may be given.
        found: instant, cell and inmate of each seizure, `NOWHERE` for none.
    """
    rng = stream(world.seed, "replacements")
    hands = Hands(world.stays, world.cells, world.recipe, rng)
    free = {int(phone): int(prison[phone]) for phone in rng.permutation(fits).tolist()}
    out: dict[int, list[Row]] = {}
    for victim in np.flatnonzero(found[2] != NOWHERE).tolist():
        start = int(found[0][victim] + (0.5 + rng.exponential(REPLACED_DAYS)) * DAY_S)
        given = next((one for one, where in free.items() if where == prison[victim]), NOWHERE)
        if rng.random() >= world.recipe.replaced_share or given == NOWHERE:
            continue
        own = hands.chain(given, int(found[2][victim]), (start, HORIZON_S), False)
        if own and own[-1][4] > start + DAY_S:
            out[given] = own
            del free[given]
    return out


def _seizure(rows: list[Row], rng: Rng) -> tuple[int, Row] | None:
    """Return a working hour at which the phone is in a cell, some days after it came in."""
    low, high = rows[0][3] + 2 * DAY_S, min(rows[-1][4], HORIZON_S - 3600)
    if high - low < DAY_S:
        return None
    for _ in range(_TRIES):
        day = local_time(rng.integers(low, high, 1))[0]
        instant = int(utc_seconds(day, rng.integers(8 * 3600, 17 * 3600, 1))[0])
        there = [row for row in rows if row[3] < instant < row[4]]
        if there and low <= instant < high:
            return instant, there[0]
    return None


def _where_now(
    world: World, rows: list[list[Row]], second: list[list[Row]], left: Bools, gone: Bools
) -> tuple[Ints, Ints, Ints, Ints]:
    now = np.full((4, len(rows)), NOWHERE, np.int64)
    for phone, own in enumerate(rows):
        if gone[phone]:
            continue
        prison, cell, user = at_horizon(own, bool(left[phone]), world.stays, world.cells)
        shared = second[phone][-1] if second[phone] else None
        other = NOWHERE
        if user != NOWHERE and shared is not None and shared[4] == own[-1][4]:
            there = int(world.stays.cell_at(np.array([shared[1]]), np.array([HORIZON_S - 1]))[0])
            if there >= 0 and int(world.cells.prison[there]) == prison:
                other = shared[1]
        now[:, phone] = prison, cell, user, other
    return now[0], now[1], now[2], now[3]
