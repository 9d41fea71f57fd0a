"""Which subscription was in which phone when."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from portique.simulation.chunk import Subscriptions, World
from portique.simulation.draw import Bools, Ints, Rng
from portique.simulation.holding import Uses
from portique.simulation.identities import some
from portique.simulation.numbering import draw_operators
from portique.simulation.period import DAY_S

NEW_ON_HANDOVER = 0.35
NEW_ON_ENTRY = 0.70
"""A new holder puts in another subscription: inside, and when the phone comes inside (assumed)."""


@dataclass(frozen=True)
class Sims:
    """Subscriptions in phones: arrays of shape (spans,), by phone, slot and start.

    Args:
        device, subscription: positions in the group's own arrays.
        slot: 0, or 1 for the other of two that alternate.
        from_s, until_s: half-open span; those of one slot never overlap.
    """

    device: Ints
    subscription: Ints
    slot: Ints
    from_s: Ints
    until_s: Ints

    def of(self, devices: Bools) -> Sims:
        """Return the spans of the phones that a mask names, renumbered."""
        keep = devices[self.device]
        device = (np.cumsum(devices) - 1)[self.device[keep]]
        rest = (self.subscription, self.slot, self.from_s, self.until_s)
        return Sims(device, *(part[keep] for part in rest))

    def seen_in(self, device: int, until_s: int) -> Ints:
        """Return the subscriptions that were in a phone before an instant, latest last."""
        mine = (self.device == device) & (self.from_s < until_s)
        order = np.argsort(self.from_s[mine], kind="stable")
        return np.asarray(self.subscription[mine][order])


def make_sims(world: World, uses: Uses, prison: Ints, rng: Rng) -> tuple[Sims, Subscriptions]:
    """Return the subscriptions of all phones over time.

    Args:
        world: its recipe and numbering.
        uses: who uses the phones; every phone has at least one use.
        prison: shape (phones,), the prison of each, where subscriptions change phones.
        rng: decides.
    """
    recipe = world.recipe
    first, last = _spans(uses, len(prison))
    changes = _changes(uses, len(prison), rng)
    swaps = some(len(prison), recipe.sim_swapper_share, rng)
    rows: list[list[int]] = []
    for phone in range(len(prison)):
        edges = changes[phone]
        if swaps[phone]:
            edges = edges + _swaps(int(first[phone]), int(last[phone]), recipe.sim_days, rng)
        edges = sorted({int(first[phone]), *edges, int(last[phone])})
        rows += [[phone, 0, a, b] for a, b in pairwise(edges)]
    able = np.flatnonzero(~swaps)
    share = recipe.sim_alternating_share * len(prison) / max(1, len(able))
    both = able[some(len(able), share, rng)]
    rows += [[phone, 1, int(first[phone]), int(last[phone])] for phone in both.tolist()]
    table = np.array(rows, np.int64).reshape(-1, 4)
    table = np.column_stack([table, np.arange(len(table))])
    table = _with_moved(table, prison, last, recipe.sim_moved_share, rng)
    device, slot, start, end, subscription = table[np.lexsort(table[:, [2, 1, 0]].T)].T.copy()
    operator = draw_operators(len(rows), rng)
    numbers = world.numbering.numbers(len(rows))
    subscriptions = Subscriptions(world.numbering.imsis(operator), numbers, operator)
    return Sims(device, subscription, slot, start, end), subscriptions


def _spans(uses: Uses, count: int) -> tuple[Ints, Ints]:
    """Return first and last instant of use of each phone."""
    first, last = np.full(count, 1 << 40), np.full(count, -(1 << 40))
    np.minimum.at(first, uses.device, uses.from_s)
    np.maximum.at(last, uses.device, uses.until_s)
    return first, last


def _changes(uses: Uses, count: int, rng: Rng) -> list[list[int]]:
    """Return the instants at which a new holder put in another subscription."""
    out: list[list[int]] = [[] for _ in range(count)]
    main = np.flatnonzero(~uses.is_second)
    device, start = uses.device[main], uses.from_s[main]
    who = np.where(uses.user[main] >= 0, uses.user[main], -2 - uses.person[main])
    lot = rng.random(len(main))
    for row in range(1, len(main)):
        if device[row] == device[row - 1] and who[row] != who[row - 1]:
            chance = NEW_ON_ENTRY if who[row - 1] < 0 else NEW_ON_HANDOVER
            if lot[row] < chance:
                out[int(device[row])].append(int(start[row]))
    return out


def _swaps(first: int, last: int, mean_days: float, rng: Rng) -> list[int]:
    """Return the instants at which a swapper changes the subscription."""
    edges: list[int] = []
    now = first
    while True:
        now += 6 * 3600 + int(rng.exponential(mean_days) * DAY_S)
        if now >= last:
            return edges
        edges.append(now)


def _with_moved(table: Ints, prison: Ints, last: Ints, share: float, rng: Rng) -> Ints:
    """Let a share of retired subscriptions go on in another phone of the same prison.

    Columns of the table: phone, slot, from, until, subscription. The span of the other phone is
    cut in two: from a few days after the retirement on, it carries the subscription that moved.
    """
    retired = np.flatnonzero((table[:, 3] < last[table[:, 0]]) & (table[:, 1] == 0))
    chosen = retired[some(len(retired), share, rng)]
    by_prison = {int(p): np.flatnonzero(prison[table[:, 0]] == p) for p in np.unique(prison)}
    added, taken = [], set(chosen.tolist())
    for row in chosen[np.argsort(table[chosen, 3], kind="stable")].tolist():
        phone, _, _, until, subscription = table[row].tolist()
        begin = until + int(rng.uniform(0.05, 6.0) * DAY_S)
        near = by_prison[int(prison[phone])]
        fits = near[
            (table[near, 2] + DAY_S < begin)
            & (table[near, 3] > begin + DAY_S)
            & (table[near, 0] != phone)
            & (table[near, 1] == 0)
        ]
        fits = fits[[one not in taken for one in fits.tolist()]] if len(fits) else fits
        if len(fits):
            other = int(fits[rng.integers(len(fits))])
            added.append([int(table[other, 0]), 0, begin, int(table[other, 3]), subscription])
            table[other, 3] = begin
            taken.add(other)
    return np.concatenate([table, np.array(added, np.int64).reshape(-1, 5)])
