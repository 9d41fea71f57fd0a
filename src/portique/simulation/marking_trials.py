"""Trials of likelihood ratios, marked: what they cost, and how often they mislead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.core.metrics import cllr, cllr_min
from portique.simulation.draw import Floats


@dataclass(frozen=True)
class TrialMarks:
    """Trials where the first statement is true (H1) and where the second is (H2).

    Args:
        trials_h1, trials_h2: how many.
        cllr, cllr_min, cllr_cal: see `core.metrics`; None without trials of both classes.
        misled_h1, misled_h2: share of H1 with an LR under 1/10, of H2 with one over 10.
        h1, h2: their log10 LRs, in the order of the handsets.
    """

    trials_h1: int
    trials_h2: int
    cllr: float | None
    cllr_min: float | None
    cllr_cal: float | None
    misled_h1: float | None
    misled_h2: float | None
    h1: Floats
    h2: Floats

    def counted(self) -> dict[str, list[list[float]]]:
        """Return how many trials there are at each hundredth of log10 LR, by class.

        >>> mark_trials([0.001, 0.0], [-1.0]).counted()
        {'h1_counts': [[0.0, 2]], 'h2_counts': [[-1.0, 1]]}
        """
        return {f"{name}_counts": _counted(getattr(self, name)) for name in ("h1", "h2")}


def _counted(log10_lr: Floats) -> list[list[float]]:
    values, counts = np.unique(np.round(log10_lr, 2) + 0.0, return_counts=True)
    return [[value, count] for value, count in zip(values.tolist(), counts.tolist(), strict=True)]


def mark_trials(h1: list[float], h2: list[float]) -> TrialMarks:
    """Return the marks of log10 LRs.

    >>> found = mark_trials([0.0], [0.0, 0.0])
    >>> found.cllr, found.cllr_min, found.trials_h2
    (1.0, 1.0, 2)
    >>> mark_trials([], [0.0]).cllr is None
    True
    """
    first, second = np.array(h1, np.float64), np.array(h2, np.float64)
    both = len(first) > 0 and len(second) > 0
    cost = cllr(first, second) if both else None
    least = cllr_min(first, second) if both else None
    return TrialMarks(
        trials_h1=len(first),
        trials_h2=len(second),
        cllr=cost,
        cllr_min=least,
        cllr_cal=cost - least if cost is not None and least is not None else None,
        misled_h1=float((first < -1).mean()) if len(first) else None,
        misled_h2=float((second > 1).mean()) if len(second) else None,
        h1=first,
        h2=second,
    )
