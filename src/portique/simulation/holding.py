"""Who holds each hidden phone when, and how it changes hands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.chunk import NOWHERE
from portique.simulation.draw import Bools, Ints, Rng
from portique.simulation.period import DAY_S, HORIZON_S
from portique.simulation.places import Cells
from portique.simulation.population import Stays
from portique.simulation.recipe import Recipe

TO_CELLMATE_SHARE = 0.4
"""Handovers that stay in the cell; the others go anywhere in the prison (assumed)."""
Row = tuple[int, int, int, int, int]
"""Phone, inmate, cell, from, until."""


@dataclass(frozen=True)
class Uses:
    """Who uses a phone where and when: arrays of shape (uses,), by phone, second user, start.

    Args:
        device: position of the phone in its group.
        user, cell: inmate and the cell of that stay; `NOWHERE` outside.
        person: position in the fleet's `People`; `NOWHERE` inside.
        from_s, until_s: half-open span; spans of first users of one phone never overlap.
        is_second: a second user beside the first one of the same time.
    """

    device: Ints
    user: Ints
    cell: Ints
    person: Ints
    from_s: Ints
    until_s: Ints
    is_second: Bools

    def of(self, devices: Bools) -> Uses:
        """Return the uses of the phones that a mask names, renumbered."""
        keep = devices[self.device]
        return Uses(
            device=(np.cumsum(devices) - 1)[self.device[keep]],
            user=self.user[keep],
            cell=self.cell[keep],
            person=self.person[keep],
            from_s=self.from_s[keep],
            until_s=self.until_s[keep],
            is_second=self.is_second[keep],
        )


def join_uses(inside: list[Row], second: list[Row], outside: list[Row]) -> Uses:
    """Return rows of first users, second users and people outside as one ordered table."""
    rows = np.array([*inside, *second, *outside], np.int64).reshape(-1, 5)
    is_second = np.zeros(len(rows), bool)
    is_second[len(inside) : len(inside) + len(second)] = True
    is_outside = np.arange(len(rows)) >= len(inside) + len(second)
    device, who, cell, start, finish = rows.T
    order = np.lexsort((start, is_second, device))
    return Uses(
        device=device[order],
        user=np.where(is_outside, NOWHERE, who)[order],
        cell=cell[order],
        person=np.where(is_outside, who, NOWHERE)[order],
        from_s=start[order],
        until_s=finish[order],
        is_second=is_second[order],
    )


class Hands:
    """Passes phones from hand to hand, following what their holders' stays do.

    Args:
        stays, cells: the inmates and where they are held.
        recipe: shares and rates of changes.
        rng: decides.
    """

    def __init__(self, stays: Stays, cells: Cells, recipe: Recipe, rng: Rng) -> None:
        self._stays, self._recipe, self._rng = stays, recipe, rng
        self._cell_prison = cells.prison
        count = int(cells.prison.max()) + 1
        self._cells_of = [np.flatnonzero(cells.prison == prison) for prison in range(count)]
        self._edges = [np.cumsum(cells.beds[c]) for c in self._cells_of]

    def first_holder(self, prison: int, instant: int) -> int:
        """Return an inmate held in a prison at an instant, any with the same chance."""
        cells, edges = self._cells_of[prison], self._edges[prison]
        while True:
            bed = self._rng.integers(edges[-1])
            cell = int(cells[np.searchsorted(edges, bed, side="right")])
            held = self._stays.in_cell(cell, instant)
            if len(held):
                return int(held[self._rng.integers(len(held))])

    def chain(self, device: int, holder: int, span: tuple[int, int], is_kept: bool) -> list[Row]:
        """Return the holders of one phone, one row a stay, until its end or nobody takes it over.

        Args:
            device: the phone.
            holder: inmate who has it first.
            span: from when, and until when it is used at most.
            is_kept: never handed over (a cache), though it may pass on when its keeper leaves.
        """
        rows: list[Row] = []
        now, end = span
        stay = self._stay(holder, now)
        hand = self._next_handover(now, is_kept)
        while stay >= 0:
            now = max(now, int(self._stays.from_s[stay]))
            cell, leave = int(self._stays.cell[stay]), int(self._stays.until_s[stay])
            stop = min(leave, hand, end)
            if now < stop:
                rows.append((device, holder, cell, now, stop))
            if stop == end or now >= end:
                break
            now = max(now, stop)
            if stop == hand:
                holder = self._receiver(holder, cell, now)
                stay, hand = self._stay(holder, now), self._next_handover(now, is_kept)
            else:
                holder, stay = self._on_leaving(holder, stay, cell, leave)
        return rows

    def _next_handover(self, now: int, is_kept: bool) -> int:
        if is_kept or self._recipe.handover_per_90_days <= 0:
            return 1 << 40
        days = self._rng.exponential(90.0 / self._recipe.handover_per_90_days)
        return now + 3600 + int(days * DAY_S)

    def _stay(self, inmate: int, instant: int) -> int:
        """Return the stay of an inmate at an instant, -1 if none."""
        first, last = self._stays.first[inmate], self._stays.first[inmate + 1]
        row = int(np.searchsorted(self._stays.from_s[first:last], instant, side="right")) - 1
        if row < 0 or self._stays.until_s[first + row] <= instant:
            return -1
        return int(first) + row

    def _receiver(self, holder: int, cell: int, now: int) -> int:
        if self._rng.random() < TO_CELLMATE_SHARE:
            mate = self.cellmate(holder, cell, now)
            if mate >= 0:
                return mate
        return self.first_holder(int(self._cell_prison[cell]), now)

    def cellmate(self, holder: int, cell: int, now: int) -> int:
        """Return another inmate held in a cell at an instant, -1 if there is none."""
        held = self._stays.in_cell(cell, now)
        held = held[held != holder]
        return int(held[self._rng.integers(len(held))]) if len(held) else NOWHERE

    def _on_leaving(self, holder: int, stay: int, cell: int, leave: int) -> tuple[int, int]:
        """Return who has the phone after its holder's stay ended, and in which stay."""
        along, remains = self._recipe.moves_with_user_share, self._recipe.stays_with_cellmate_share
        is_release = stay + 1 == self._stays.first[holder + 1]
        lot = self._rng.random() * ((1.0 - along) if is_release else 1.0)
        if not is_release and lot < along:
            return holder, stay + 1
        if lot < remains + (0.0 if is_release else along):
            mate = self.cellmate(holder, cell, leave)
            if mate >= 0:
                return mate, self._stay(mate, leave)
        return NOWHERE, -1

    def second_users(self, rows: list[Row]) -> list[Row]:
        """Return rows of a second user beside the first users of one phone.

        The second one stays the same while the first does and both are held in one prison.
        """
        out: list[Row] = []
        second, beside = NOWHERE, NOWHERE
        for device, holder, cell, start, finish in rows:
            prison = int(self._cell_prison[cell])
            if holder != beside or second == holder or not self._is_in(second, prison, start):
                second, beside = self._other(holder, cell, start), holder
            if second >= 0:
                out += self._shared(device, second, prison, (start, finish))
        return out

    def _other(self, holder: int, cell: int, now: int) -> int:
        if self._rng.random() < self._recipe.same_cell_share:
            return self.cellmate(holder, cell, now)
        other = self.first_holder(int(self._cell_prison[cell]), now)
        return other if other != holder else NOWHERE

    def _is_in(self, inmate: int, prison: int, instant: int) -> bool:
        stay = self._stay(inmate, instant) if inmate >= 0 else -1
        return stay >= 0 and int(self._cell_prison[self._stays.cell[stay]]) == prison

    def _shared(self, device: int, second: int, prison: int, span: tuple[int, int]) -> list[Row]:
        out = []
        for stay in range(int(self._stays.first[second]), int(self._stays.first[second + 1])):
            cell = int(self._stays.cell[stay])
            start = max(span[0], int(self._stays.from_s[stay]))
            finish = min(span[1], int(self._stays.until_s[stay]))
            if start < finish and int(self._cell_prison[cell]) == prison:
                out.append((device, second, cell, start, finish))
        return out


def cut(rows: list[Row], instant: int) -> list[Row]:
    """Return rows as they stand when nothing happens from an instant on.

    >>> cut([(0, 5, 7, 10, 20), (0, 6, 7, 20, 30)], 15)
    [(0, 5, 7, 10, 15)]
    """
    return [(d, who, cell, a, min(b, instant)) for d, who, cell, a, b in rows if a < instant]


def at_horizon(rows: list[Row], is_left: bool, stays: Stays, cells: Cells) -> tuple[int, int, int]:
    """Return prison, cell and inmate of a phone that was not seized.

    Args:
        rows: its rows of first users, in order; at least one.
        is_left: nobody took it over from the last of them.
        stays, cells: where that one is held at the horizon.
    """
    last = rows[-1]
    prison = int(cells.prison[last[2]])
    if is_left:
        return prison, NOWHERE, NOWHERE
    first, end = stays.first[last[1]], stays.first[last[1] + 1]
    now = HORIZON_S - 1
    there = np.flatnonzero((stays.from_s[first:end] <= now) & (stays.until_s[first:end] > now))
    if not len(there):
        return prison, NOWHERE, NOWHERE
    cell = int(stays.cell[first + there[0]])
    return int(cells.prison[cell]), cell, last[1]
