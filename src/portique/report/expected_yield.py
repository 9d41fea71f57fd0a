"""How many of the cells to search are expected to hold a phone, stated before the day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class ExpectedYield:
    """Expected number of searched cells that hold at least one handset of the fleet.

    Args:
        cells: cells that would be searched.
        mean: expected number of them with a handset.
        low, high: whole numbers around it; 90 % lies within.
    """

    cells: int
    mean: float
    low: int
    high: int


def expected_yield(p_any: Iterable[float]) -> ExpectedYield:
    """Return the expected yield of searching cells, with its 90 % interval.

    The number of cells with a handset is a sum of independent trials with their own
    probabilities (a Poisson-binomial), computed exactly. Cells that compete for one handset are
    not independent: if one holds it the other does not, so the true spread is rather smaller and
    the interval errs on the wide side. It holds as far as `p_any` is calibrated.

    Args:
        p_any: probability of each cell, in [0, 1].

    Source: Wang, "On the number of successes in independent trials", Statistica Sinica 3 (1993).

    >>> expected_yield([0.5, 0.5])
    ExpectedYield(cells=2, mean=1.0, low=0, high=2)
    >>> expected_yield([])
    ExpectedYield(cells=0, mean=0.0, low=0, high=0)
    """
    probabilities = sorted(p_any)
    chance = np.ones(1)
    for p in probabilities:
        chance = np.append(chance * (1 - p), 0.0) + np.append(0.0, chance * p)
    below = np.cumsum(chance)
    return ExpectedYield(
        cells=len(probabilities),
        mean=round(float(sum(probabilities)), 4),
        low=int(np.searchsorted(below, LOW)),
        high=min(int(np.searchsorted(below, HIGH)), len(probabilities)),
    )
