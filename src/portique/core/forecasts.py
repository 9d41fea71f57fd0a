"""How good probabilities, rankings and partitions are, where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LEAST_PROBABILITY = 1e-12
"""A truth that was given less is charged as if it had been given this, so that one fault cannot
make a mean infinite."""


def _forecasts(p: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
    said, was = np.asarray(p, np.float64), np.asarray(y, np.float64)
    if said.ndim != 1 or said.shape != was.shape:
        raise ValueError(f"one outcome for each probability; got {said.shape} and {was.shape}")
    if not len(said):
        raise ValueError("there is no probability to judge")
    if not ((said >= 0) & (said <= 1)).all():
        raise ValueError("a probability lies in [0, 1]")
    if not np.isin(was, (0.0, 1.0)).all():
        raise ValueError("an outcome is true or false")
    return said, was


def brier(p: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Return the mean squared difference of probability and outcome: 0 perfect, 1 worst.

    Args:
        p: probabilities in [0, 1], shape (trials,).
        y: outcomes, true or false, shape (trials,).

    Raises:
        ValueError: shapes differ, nothing to judge, or a value out of range.

    Source: Brier, Monthly Weather Review 78 (1950), 1-3.

    >>> brier([0.5, 1.0], [True, True])
    0.125
    """
    said, was = _forecasts(p, y)
    return float(((said - was) ** 2).mean())


@dataclass(frozen=True)
class Reliability:
    """What was said against what came, by groups of similar probability; shape (groups,) each.

    Args:
        said: mean probability.
        came: share of outcomes that were true.
        trials: how many.
        error: binomial standard error of `came` if `said` is right.
    """

    said: Floats
    came: Floats
    trials: Ints
    error: Floats


def reliability(
    p: npt.ArrayLike, y: npt.ArrayLike, bins: int = 10, *, is_by_rank: bool = True
) -> Reliability:
    """Return probabilities against outcomes in groups of equal size, by rank (deciles: 10).

    Equal probabilities are never parted, so groups may differ in size and some may be missing;
    the order of the trials does not matter.

    Args:
        p: probabilities in [0, 1], shape (trials,).
        y: outcomes, true or false, shape (trials,).
        bins: number of groups, at least 1.
        is_by_rank: groups of equal size; else groups of equal width, whose size differs.

    Raises:
        ValueError: shapes differ, nothing to judge, a value out of range, or no group.

    >>> found = reliability([0.1, 0.1, 0.9, 0.9], [False, False, True, False], bins=2)
    >>> found.said.tolist(), found.came.tolist(), found.trials.tolist()
    ([0.1, 0.9], [0.0, 0.5], [2, 2])
    """
    said, was = _forecasts(p, y)
    if bins < 1:
        raise ValueError(f"at least one group; got {bins}")
    values, place, counts = np.unique(said, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2  # rank of the middle of each tie
    place_in_range = middle / len(said) if is_by_rank else values
    group = np.minimum((place_in_range * bins).astype(np.int64), bins - 1)
    total = np.bincount(group, counts, bins)
    true = np.bincount(group[place], was, bins)
    kept = total > 0
    mean = np.bincount(group, counts * values, bins)[kept] / total[kept]
    mean = np.clip(mean, 0.0, 1.0)
    error = np.sqrt(mean * (1.0 - mean) / total[kept])
    return Reliability(mean, true[kept] / total[kept], total[kept].astype(np.int64), error)


LEAST_GROUP = 400
SLACK = 0.05


@dataclass(frozen=True)
class Verdict:
    """Whether probabilities mean what they say, group by group; shape (groups,) each.

    Args:
        groups: what was said against what came.
        is_enough: whether a group has trials enough to be judged.
        is_within: whether what came is as near to what was said as asked.
    """

    groups: Reliability
    is_enough: npt.NDArray[np.bool_]
    is_within: npt.NDArray[np.bool_]

    @property
    def holds(self) -> bool:
        """Whether every group has trials enough and is near enough."""
        return bool(self.is_enough.all() and self.is_within.all())


def judge_reliability(
    p: npt.ArrayLike,
    y: npt.ArrayLike,
    bins: int = 10,
    least: int = LEAST_GROUP,
    *,
    is_by_rank: bool = True,
) -> Verdict:
    """Return whether what came lies within 0.05 + 2 binomial standard errors of what was said.

    Args:
        p: probabilities in [0, 1], shape (trials,); of several worlds, put together.
        y: outcomes, true or false, shape (trials,).
        bins: number of groups (deciles: 10).
        least: trials that a group needs to be judged.
        is_by_rank: groups of equal size; else groups of equal width.

    Raises:
        ValueError: see `reliability`.

    >>> found = judge_reliability([0.5] * 800, [True] * 480 + [False] * 320, bins=1)
    >>> found.holds, round(float(found.groups.error[0]), 4)
    (False, 0.0177)
    """
    groups = reliability(p, y, bins, is_by_rank=is_by_rank)
    away = np.abs(groups.came - groups.said)
    return Verdict(groups, groups.trials >= least, away <= SLACK + 2 * groups.error)


def log_loss(p_of_truth: npt.ArrayLike) -> float:
    """Return the mean of -ln of the probability that was given to what is true, in nats.

    Args:
        p_of_truth: in [0, 1], shape (trials,); below 1e-12 counts as 1e-12.

    Raises:
        ValueError: nothing to judge, or a value out of range.

    >>> round(log_loss([1.0, 0.5]), 4)
    0.3466
    """
    said, _ = _forecasts(p_of_truth, np.ones(np.shape(p_of_truth)))
    return float(-np.log(np.maximum(said, LEAST_PROBABILITY)).mean() + 0.0)


def top_k(better: npt.ArrayLike, tied: npt.ArrayLike, right: npt.ArrayLike, k: int) -> float:
    """Return the share of trials with a right candidate among the first k.

    Where candidates tie (cellmates without separate evidence do), the chance under a fair draw
    of their order is counted, so that the order of rows in a file never makes a hit.

    Args:
        better: candidates strictly above the best right one, shape (trials,).
        tied: candidates that tie with it, itself counted; 0: no right candidate was listed.
        right: how many of those that tie are right.
        k: how many places count, at least 1.

    Raises:
        ValueError: no trial, shapes differ, or k below 1.

    >>> top_k([0, 0, 4], [1, 2, 1], [1, 1, 1], 1)
    0.5
    >>> top_k([0, 0, 4], [1, 2, 1], [1, 1, 1], 5)
    1.0
    """
    ahead, ties, good = (np.asarray(a, np.int64) for a in (better, tied, right))
    if not ahead.ndim == ties.ndim == good.ndim == 1 or not len(ahead) == len(ties) == len(good):
        raise ValueError("better, tied and right have one value a trial")
    if not len(ahead):
        raise ValueError("there is no trial")
    if k < 1:
        raise ValueError(f"k is at least 1; got {k}")
    chances = [
        _chance(k - b, t, r)
        for b, t, r in zip(ahead.tolist(), ties.tolist(), good.tolist(), strict=True)
    ]
    return float(np.mean(chances))


def _chance(places: int, tied: int, right: int) -> float:
    if places <= 0 or right <= 0:
        return 0.0
    if places >= tied:
        return 1.0
    return 1.0 - comb(tied - right, places) / comb(tied, places)


def adjusted_rand(labels1: npt.ArrayLike, labels2: npt.ArrayLike) -> float:
    """Return the agreement of two partitions: 1 the same, 0 what chance gives, may be negative.

    Args:
        labels1, labels2: group of each item, any comparable values, shape (items,) each.

    Returns:
        The index; 1.0 where both partitions are trivially the same (one group, or all apart).

    Raises:
        ValueError: shapes differ or there is no item.

    Source: Hubert and Arabie, Journal of Classification 2 (1985), 193-218.

    >>> adjusted_rand(["a", "a", "b", "b"], [7, 7, 9, 9])
    1.0
    >>> adjusted_rand([0, 0, 1, 1], [0, 1, 0, 1])
    -0.5
    """
    first, second = np.asarray(labels1), np.asarray(labels2)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"one label of each kind an item; got {first.shape} and {second.shape}")
    if not len(first):
        raise ValueError("there is no item")
    _, row = np.unique(first, return_inverse=True)
    names, column = np.unique(second, return_inverse=True)
    _, both = np.unique(row.astype(np.int64) * len(names) + column, return_counts=True)
    together = _pairs(both)
    in_first, in_second = _pairs(np.bincount(row)), _pairs(np.bincount(column))
    everything = _pairs(np.array([len(first)]))
    # Whole numbers until the last step: numerator and denominator are multiplied by 2 * everything.
    expected = 2 * in_first * in_second
    above = 2 * together * everything - expected
    most = (in_first + in_second) * everything - expected
    return 1.0 if most == 0 else above / most


def _pairs(counts: npt.NDArray[np.integer]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.tolist())
