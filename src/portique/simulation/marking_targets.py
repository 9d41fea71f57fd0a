"""How well doors were chosen: yield, wrong doors, and whether `p_any` means what it says."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from portique.core.expected_yield import ExpectedYield, expected_yield
from portique.core.forecasts import Reliability, brier, reliability
from portique.simulation.baselines import Guess
from portique.simulation.draw import Floats
from portique.simulation.marking_input import Truth, derived, texts

COUNTS = (10, 50, 100)


@dataclass(frozen=True)
class Ranking:
    """One way to choose cells to search, marked.

    Args:
        name: of the way.
        hit: of each cell, best first, whether it holds a phone of the fleet; a chance where the
            way draws cells at random; shape (cells,).
        handsets: phones of the fleet in it, or their expected number; shape (cells,).
    """

    name: str
    hit: Floats
    handsets: Floats


@dataclass(frozen=True)
class Yield:
    """What searching the first cells of a ranking gives.

    Args:
        asked: cells that were to be searched, in words: "10", "first tenth", "max_cells".
        cells: that the ranking had to offer, at most as many as asked.
        share: of them that hold at least one phone of the fleet; None without a cell.
        handsets_per_cell: phones of the fleet found a cell searched; None without a cell.
        wrong_doors: cells searched for nothing (expected number where cells are drawn).
    """

    asked: str
    cells: int
    share: float | None
    handsets_per_cell: float | None
    wrong_doors: float


@dataclass(frozen=True)
class TargetMarks:
    """Cells to search against the truth: a cell is right if any phone of the fleet lies in it.

    Phones that were never seen count too: a search would find them.

    Args:
        cells: rows of `target`.
        cells_with_phone: cells of the world with a phone of the fleet, listed or not.
        brier: of `p_any` over the listed cells; None without any.
        yields: of `target`, at 10, 50, 100, its first tenth, and the limit of the case.
        baselines: name of each other way, and its yields at the same numbers of cells.
        notes: baselines that could not be computed, and why.
        groups: reliability of `p_any` in deciles; None without a cell.
        expected: the yield of the cells that can be searched, as stated before the day.
        found: how many of these hold a phone; interval_held: whether the stated interval has it.
        ranking, others: the curves behind.
        p_any, outcome: of each listed cell.
        weighed, weighed_outcome: the same of every cell that was weighed, listed or not.
    """

    cells: int
    cells_with_phone: int
    brier: float | None
    yields: list[Yield]
    baselines: dict[str, list[Yield]]
    notes: list[str]
    groups: Reliability | None
    expected: ExpectedYield
    found: int
    interval_held: bool
    ranking: Ranking
    others: list[Ranking]
    p_any: Floats
    outcome: Floats
    weighed: Floats
    weighed_outcome: Floats


def phones_in_cells(truth: Truth) -> Counter[str]:
    """Return the number of phones of the fleet in each cell that holds any."""
    rows = zip(truth.in_fleet.tolist(), truth.cell, strict=True)
    return Counter(cell for in_fleet, cell in rows if in_fleet and cell is not None)


def rank_cells(name: str, cells: list[str], phones: Counter[str]) -> Ranking:
    """Return a ranking of given cells, marked.

    >>> rank_cells("ours", ["C1", "C2"], Counter({"C2": 2})).hit.tolist()
    [0.0, 1.0]
    """
    handsets = np.array([phones.get(cell, 0) for cell in cells], np.float64)
    return Ranking(name, (handsets > 0).astype(np.float64), handsets)


def rank_guess(guess: Guess, phones: Counter[str]) -> Ranking:
    """Return a baseline, marked; doors that are drawn all get the mean, as they have no order.

    >>> drawn = Guess("a cell at random", [("C1", "C2")], is_drawn=True)
    >>> rank_guess(drawn, Counter({"C2": 2})).hit.tolist()
    [0.5]
    """
    doors = [[phones.get(cell, 0) for cell in door] for door in guess.doors if door]
    hit = np.array([np.mean([n > 0 for n in door]) for door in doors], np.float64)
    handsets = np.array([np.mean(door) for door in doors], np.float64)
    if guess.is_drawn and doors:
        hit, handsets = np.full_like(hit, hit.mean()), np.full_like(hit, handsets.mean())
    return Ranking(guess.name, hit, handsets)


def mark_targets(
    case: Path, truth: Truth, max_cells: int, guesses: list[Guess], notes: list[str]
) -> TargetMarks:
    """Return how well the cells of `target` were chosen.

    The first tenth of the targets is a tenth of the number of cells in `target`, rounded up;
    every baseline is given the same number of cells.

    Args:
        case: with derived/target.parquet.
        truth: of its world.
        max_cells: how many cells can be searched.
        guesses: baselines.
        notes: on baselines that are missing.

    Raises:
        Refused: the table or a column lacks.
    """
    table = derived(case, "target", ["rank", "cell_id", "p_any"]).sort_by("rank")
    cells = [cell or "" for cell in texts(table["cell_id"])]
    phones = phones_in_cells(truth)
    others = [rank_guess(guess, phones) for guess in guesses]
    ours = rank_cells("portique", cells, phones)
    p_any = np.asarray(table["p_any"], np.float64)
    said, found = expected_yield(p_any[:max_cells].tolist()), int(ours.hit[:max_cells].sum())
    weighed, weighed_outcome = _weighed(case, phones) or (p_any, ours.hit)
    numbers = {str(n): n for n in COUNTS}
    numbers |= {"first tenth": math.ceil(len(cells) / 10), "max_cells": max_cells}
    return TargetMarks(
        cells=len(cells),
        cells_with_phone=len(phones),
        brier=brier(p_any, ours.hit) if cells else None,
        yields=_yields(ours, numbers),
        baselines={other.name: _yields(other, numbers) for other in others},
        notes=notes,
        groups=reliability(p_any, ours.hit) if cells else None,
        expected=said,
        found=found,
        interval_held=said.low <= found <= said.high,
        ranking=ours,
        others=others,
        p_any=p_any,
        outcome=ours.hit,
        weighed=weighed,
        weighed_outcome=weighed_outcome,
    )


def _weighed(case: Path, phones: Counter[str]) -> tuple[Floats, Floats] | None:
    """Return `p_any` and outcome of every cell that was weighed; None: the case does not say."""
    if not (case / "derived/cell_chance.parquet").is_file():
        return None
    table = derived(case, "cell_chance", ["place", "cell_id", "p_any"]).sort_by("place")
    cells = [cell or "" for cell in texts(table["cell_id"])]
    return np.asarray(table["p_any"], np.float64), rank_cells("weighed", cells, phones).hit


def _yields(ranking: Ranking, numbers: dict[str, int]) -> list[Yield]:
    return [yield_at(ranking, n, asked) for asked, n in numbers.items()]


def yield_at(ranking: Ranking, number: int, asked: str) -> Yield:
    """Return what searching the first cells of a ranking gives.

    >>> ours = Ranking("ours", np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    >>> yield_at(ours, 10, "10")
    Yield(asked='10', cells=2, share=0.5, handsets_per_cell=1.0, wrong_doors=1.0)
    """
    hit, handsets = ranking.hit[:number], ranking.handsets[:number]
    if not len(hit):
        return Yield(asked, 0, None, None, 0.0)
    return Yield(
        asked=asked,
        cells=len(hit),
        share=float(hit.mean()),
        handsets_per_cell=float(handsets.mean()),
        wrong_doors=float(len(hit) - hit.sum()),
    )
