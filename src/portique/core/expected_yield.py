"""How many of the cells to search are expected to hold a phone, stated before the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LOW, HIGH = 0.05, 0.95
BETWEEN_CASES = 0.5
"""Standard deviation of what is wrong with the odds of all cells of a case together (natural log):
most likely, within 0.1, for the yields of 32 invented worlds of three makes (decision 0051)."""
CASES = np.array([NormalDist().inv_cdf((at + 0.5) / 21) for at in range(21)])
"""So many equally probable cases, in standard deviations."""
_WHOLE = 1e-9
"""What a share of a number of cells may lack of a whole number and still count as it."""


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

    Args:
        p_any: probability of each cell, in [0, 1].

    >>> expected_yield([0.5, 0.5])
    ExpectedYield(cells=2, mean=1.0, low=0, high=2)
    >>> expected_yield([])
    ExpectedYield(cells=0, mean=0.0, low=0, high=0)
    """
    probabilities = sorted(p_any)
    below = np.cumsum(count_chances(probabilities))
    return ExpectedYield(
        cells=len(probabilities),
        mean=round(float(sum(probabilities)), 4),
        low=int(np.searchsorted(below, LOW)),
        high=min(int(np.searchsorted(below, HIGH)), len(probabilities)),
    )


def count_chances(p: Iterable[float], between_cases: float = BETWEEN_CASES) -> Floats:
    """Return the probability of each number of successes, 0 to all.

    Trials are independent with their own probabilities (Poisson-binomial, exactly), but for what is
    wrong with all of them together: their log odds are off by one amount, normal around 0, a case.

    Cells that compete for one handset are not independent: if one holds it the other does not.
    With handsets independent and each in one cell at most, "this cell holds one" are negatively
    associated, and their sum is less spread than a Poisson-binomial, in the convex order (Shao
    2000): its variance is no larger, its mean the same. So that part errs on the wide side, but for
    the rounding to whole cells. It is too narrow where two phones of one user go wrong together.

    Args:
        p: probability of each trial, in [0, 1].
        between_cases: standard deviation of that amount.

    Returns:
        Shape (trials + 1,).

    Source: Wang, "On the number of successes in independent trials", Statistica Sinica 3 (1993);
    Joag-Dev and Proschan, Annals of Statistics 11 (1983), 286-295; Shao, Journal of Theoretical
    Probability 13 (2000), 343-356.

    >>> count_chances([0.5, 0.5], between_cases=0.0).tolist()
    [0.25, 0.5, 0.25]
    >>> count_chances([0.5, 0.5]).round(3).tolist()
    [0.263, 0.473, 0.263]
    """
    chance = _nothing_yet()
    for each in p:
        chance = _one_more(chance, each, between_cases)
    return np.asarray(chance.mean(axis=0), np.float64)


def _nothing_yet() -> Floats:
    """Return the probability of no success in no trial, in each case: shape (cases, 1)."""
    return np.ones((len(CASES), 1))


def _one_more(chance: Floats, p: float, between_cases: float = BETWEEN_CASES) -> Floats:
    """Return the probabilities of each number after one more trial, shape (cases, numbers + 1)."""
    odds = np.exp(between_cases * CASES)[:, None]
    hit = p * odds / (p * odds + (1.0 - p))
    none = np.zeros((len(CASES), 1))
    return np.hstack([chance * (1.0 - hit), none]) + np.hstack([none, chance * hit])


def most_for_nothing(p_any: Iterable[float], confidence: float) -> int:
    """Return how many of the searched cells hold nothing, at most, with a stated confidence.

    Args:
        p_any: probability of each cell, in [0, 1].
        confidence: probability that no more do, in [0, 1).

    >>> most_for_nothing([0.9, 0.9], 0.9)
    1
    """
    below = np.cumsum(count_chances(sorted(1.0 - p for p in p_any)))
    return min(int(np.searchsorted(below, confidence)), len(below) - 1)


def longest_within(p_any: Sequence[float], wrong_share: float, confidence: float) -> int:
    """Return how long a list may be for its searches for nothing to stay within a share of it.

    The longest n such that, of the first n cells, at most `wrong_share` x n hold nothing, with at
    least the stated probability. A short list allows no wrong door at all, so a longer one can
    hold what a shorter does not.

    Args:
        p_any: probability of each cell, in [0, 1], best first.
        wrong_share: the bound, in [0, 1].
        confidence: probability that the bound holds, in [0, 1].

    >>> longest_within([0.99] * 10 + [0.5] * 10, 0.10, 0.90)
    11
    >>> longest_within([0.8] * 9, 0.10, 0.90)
    0
    """
    longest, chance = 0, _nothing_yet()
    for n, p in enumerate(p_any, 1):
        chance = _one_more(chance, 1.0 - p)
        allowed = int(wrong_share * n + _WHOLE)
        if chance[:, : allowed + 1].sum(axis=1).mean() >= confidence:
            longest = n
    return longest
