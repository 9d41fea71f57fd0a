"""Inmates and their stays: arrivals, releases, changes of cell, transfers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.draw import Ints, Rng, stream
from portique.simulation.period import DAY_S, DAYS, utc_seconds
from portique.simulation.places import Cells, Prison
from portique.simulation.recipe import Recipe

OPEN_S = 1_000_000_000
"""End of a stay that goes on."""
TRANSFER_S = 9 * 3600
"""From the cell of one prison to a cell of the next: a day on the road (assumed)."""
RELEASE, MOVE, TRANSFER = 0, 1, 2


@dataclass(frozen=True)
class Stays:
    """Who was in which cell when, ordered by inmate and start.

    Args:
        inmate, cell: shape (stays,), positions.
        from_s, until_s: half-open span; `OPEN_S` for one that goes on.
        first: shape (inmates + 1,), where the stays of each inmate begin.
        by_cell: stays ordered by cell and start; `cell_first` where each cell begins in it.
    """

    inmate: Ints
    cell: Ints
    from_s: Ints
    until_s: Ints
    first: Ints
    by_cell: Ints
    cell_first: Ints

    @property
    def inmates(self) -> int:
        """Number of inmates, of all times."""
        return len(self.first) - 1

    def row_at(self, inmate: Ints, instant: Ints) -> Ints:
        """Return the stay of each inmate at each instant, -1 for none."""
        key = self.inmate * (1 << 33) + self.from_s + (1 << 31)
        wanted = inmate * (1 << 33) + instant + (1 << 31)
        row = np.searchsorted(key, wanted, side="right") - 1
        known = np.maximum(row, 0)
        fits = (row >= 0) & (self.inmate[known] == inmate) & (self.until_s[known] > instant)
        return np.where(fits, row, -1)

    def cell_at(self, inmate: Ints, instant: Ints) -> Ints:
        """Return the cell of each inmate at each instant, -1 for none."""
        row = self.row_at(inmate, instant)
        return np.where(row >= 0, self.cell[row], -1)

    def in_cell(self, cell: int, instant: int) -> Ints:
        """Return the inmates held in one cell at one instant."""
        rows = self.by_cell[self.cell_first[cell] : self.cell_first[cell + 1]]
        there = (self.from_s[rows] <= instant) & (self.until_s[rows] > instant)
        return self.inmate[rows[there]]


def make_stays(seed: int, prisons: list[Prison], cells: Cells, recipe: Recipe) -> Stays:
    """Return the stays of all inmates of a world over its period."""
    rng = stream(seed, "stays")
    bed_cell = np.repeat(np.arange(len(cells.beds)), cells.beds)
    bed_prison = cells.prison[bed_cell]
    count = len(bed_cell)
    occupant = list(range(count))
    since = (-rng.exponential(220.0, count) * DAY_S - 3600).astype(np.int64).tolist()
    rows: list[tuple[int, int, int, int]] = []
    new = count
    for when, kind, bed, other, gap in _events(bed_prison, len(prisons), recipe, rng):
        if since[bed] >= when or (kind != RELEASE and since[other] >= when):
            continue
        rows.append((occupant[bed], int(bed_cell[bed]), since[bed], when))
        if kind == RELEASE:
            occupant[bed], since[bed] = new, when + gap
            new += 1
            continue
        rows.append((occupant[other], int(bed_cell[other]), since[other], when))
        occupant[bed], occupant[other] = occupant[other], occupant[bed]
        since[bed] = since[other] = when + (TRANSFER_S if kind == TRANSFER else 0)
    rows += [(occupant[b], int(bed_cell[b]), since[b], OPEN_S) for b in range(count)]
    return _ordered(rows, len(cells.beds))


def _events(
    bed_prison: Ints, prisons: int, recipe: Recipe, rng: Rng
) -> list[tuple[int, int, int, int, int]]:
    """Return (instant, kind, bed, other bed, seconds the bed stays empty), in order of time."""
    count = len(bed_prison)
    rates = (
        recipe.turnover_per_90_days,
        recipe.cell_moves_per_90_days / 2,
        recipe.transfers_per_90_days / 2 if prisons > 1 else 0.0,
    )
    kind = np.repeat(np.arange(3), [int(rng.poisson(count * rate)) for rate in rates])
    bed = rng.integers(0, count, len(kind))
    other = _partners(bed, kind, bed_prison, prisons, rng)
    day = rng.integers(1, DAYS, len(kind))
    second = np.where(kind == TRANSFER, 7 * 3600 + 1800, rng.integers(8, 17, len(kind)) * 3600)
    when = utc_seconds(day, second + rng.integers(0, 3600, len(kind)))
    gap = (rng.exponential(1.5, len(kind)) * DAY_S).astype(np.int64)
    order = np.lexsort((bed, when))
    columns = [part[order].tolist() for part in (when, kind, bed, other, gap)]
    return list(zip(*columns, strict=True))


def _partners(bed: Ints, kind: Ints, bed_prison: Ints, prisons: int, rng: Rng) -> Ints:
    """Return the bed that each one changes with: of the same prison, or of another."""
    starts = np.searchsorted(bed_prison, np.arange(prisons + 1))
    here = bed_prison[bed]
    shift = rng.integers(1, max(2, prisons), len(bed)) if prisons > 1 else np.zeros(len(bed), int)
    there = np.where(kind == TRANSFER, (here + shift) % prisons, here)
    size = starts[there + 1] - starts[there]
    other = starts[there] + (rng.random(len(bed)) * size).astype(np.int64)
    after = starts[there] + (other + 1 - starts[there]) % size
    return np.asarray(np.where(other == bed, after, other))


def _ordered(rows: list[tuple[int, int, int, int]], cells: int) -> Stays:
    table = np.array([row for row in rows if row[3] > row[2]], np.int64)
    table = table[np.lexsort((table[:, 2], table[:, 0]))]
    inmate, cell, from_s, until_s = table.T.copy()
    by_cell = np.lexsort((from_s, cell))
    return Stays(
        inmate=inmate,
        cell=cell,
        from_s=from_s,
        until_s=until_s,
        first=np.searchsorted(inmate, np.arange(inmate.max() + 2)),
        by_cell=by_cell,
        cell_first=np.searchsorted(cell[by_cell], np.arange(cells + 1)),
    )
