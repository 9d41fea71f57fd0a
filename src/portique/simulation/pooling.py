"""Marks of several worlds put together: reliability, the interval, and the curves of the annex."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from portique.core.curves import Curves, curves_of
from portique.core.expected_yield import longest_within
from portique.core.forecasts import Verdict, judge_reliability
from portique.core.metrics import cllr, cllr_min
from portique.core.search_limits import CONFIDENCE
from portique.simulation.draw import Floats

FORMAT = 1
Marks = dict[str, Any]
"""What `Marks.as_dict` returns, or its JSON."""


def pooled_verdict(
    worlds: Sequence[Marks], *, is_listed: bool, is_by_rank: bool = True
) -> Verdict | None:
    """Return whether `p_any` means what it says over the cells of all worlds; None: no cell.

    Args:
        worlds: their marks.
        is_listed: only the cells on the lists; else every cell that was weighed.
        is_by_rank: groups of equal size; else groups of equal width.
    """
    names = ("p_any", "outcome") if is_listed else ("weighed", "weighed_outcome")
    p, outcome = (
        np.array([x for marks in worlds for x in marks["targets"][name]], np.float64)
        for name in names
    )
    return judge_reliability(p, outcome, is_by_rank=is_by_rank) if len(p) else None


def intervals_held(worlds: Sequence[Marks]) -> tuple[int, int]:
    """Return in how many worlds the stated interval held what was found, and of how many."""
    return sum(bool(marks["targets"]["interval_held"]) for marks in worlds), len(worlds)


def bounded_lists(worlds: Sequence[Marks], wrong_share: float) -> list[tuple[int, int]]:
    """Return, for each world, the cells of a list bound to a share of searches for nothing.

    Args:
        worlds: their marks.
        wrong_share: the bound, held with the usual confidence if `p_any` is right.

    Returns:
        (cells, cells that hold nothing), without a limit on their number.
    """
    found = []
    for marks in worlds:
        weighed, outcome = marks["targets"]["weighed"], marks["targets"]["weighed_outcome"]
        cells = longest_within(weighed, wrong_share, CONFIDENCE)
        found.append((cells, cells - int(sum(outcome[:cells]))))
    return found


def pooled_curves(worlds: Sequence[Marks], subject: str) -> Curves | None:
    """Return the curves over the trials of all worlds, to a hundredth; None: a class lacks.

    Args:
        worlds: their marks.
        subject: "places" or "users".
    """
    h1, h2 = (_trials(worlds, subject, name) for name in ("h1_counts", "h2_counts"))
    return curves_of(h1, h2) if len(h1) and len(h2) else None


def _trials(worlds: Sequence[Marks], subject: str, name: str) -> Floats:
    pairs = [pair for marks in worlds for pair in marks[subject]["trials"][name]]
    values = np.array([value for value, _ in pairs], np.float64)
    return np.sort(np.repeat(values, [int(count) for _, count in pairs]))


def pooled_cllr(worlds: Sequence[Marks], subject: str) -> tuple[float, float] | None:
    """Return Cllr and Cllr_min over the trials of all worlds; None: a class lacks."""
    h1, h2 = (_trials(worlds, subject, name) for name in ("h1_counts", "h2_counts"))
    return (cllr(h1, h2), cllr_min(h1, h2)) if len(h1) and len(h2) else None


def scale_by_chance(worlds: Sequence[Marks], subject: str, draws: int = 100) -> float:
    """Return the mean Cllr - Cllr_min of trials with these LRs, were each of them exactly right.

    Cllr_min reorders the trials after the fact, so it fits their chance as well: with few trials
    the difference is not 0 for the best calibration there is. Answers are drawn from the LRs with
    the share of H1 that the trials have; the same every time.

    Args:
        worlds: their marks.
        subject: "places" or "users".
        draws: sets of answers.
    """
    h1, h2 = (_trials(worlds, subject, name) for name in ("h1_counts", "h2_counts"))
    log10_lr = np.concatenate([h1, h2])
    odds = 10.0**log10_lr * len(h1) / max(1, len(h2))
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        is_h1 = rng.random(len(log10_lr)) < odds / (1 + odds)
        if is_h1.any() and not is_h1.all():
            true, false = log10_lr[is_h1], log10_lr[~is_h1]
            found.append(cllr(true, false) - cllr_min(true, false))
    return float(np.mean(found)) if found else 0.0


def validation_document(
    worlds: Sequence[tuple[str, int, str, Marks]], calibration: bytes
) -> dict[str, Any]:
    """Return what `locate/validation.json` holds: the strengths on worlds that were never fitted.

    Args:
        worlds: recipe, seed, scale and marks of each.
        calibration: the bytes of the calibration that was in force.
    """
    marks = [each for *_, each in worlds]
    counted = Counter((recipe, scale) for recipe, _, scale, _ in worlds)
    curves = {name: pooled_curves(marks, name) for name in ("places", "users")}
    verdict = pooled_verdict(marks, is_listed=False, is_by_rank=False)
    held, of = intervals_held(marks)
    trials = {
        name: [m[name]["trials"][each] for m in marks for each in ("h1_counts", "h2_counts")]
        for name in curves
    }
    return {
        "format": FORMAT,
        "worlds": [
            {"recipe": recipe, "scale": scale, "worlds": count}
            for (recipe, scale), count in sorted(counted.items())
        ],
        "seeds": sorted({seed for _, seed, _, _ in worlds}),
        "sha256_of_calibration": hashlib.sha256(calibration).hexdigest(),
        "sha256_of_trials": hashlib.sha256(json.dumps(trials, sort_keys=True).encode()).hexdigest(),
        **{name: found.document() if found else None for name, found in curves.items()},
        "p_any": _groups(verdict) if verdict else None,
        "interval": {"held": held, "worlds": of},
    }


def _groups(verdict: Verdict) -> dict[str, list[Any]]:
    groups = verdict.groups
    return {
        "said": np.round(groups.said, 4).tolist(),
        "came": np.round(groups.came, 4).tolist(),
        "cells": groups.trials.tolist(),
        "error": np.round(groups.error, 4).tolist(),
        "is_enough": verdict.is_enough.tolist(),
        "is_within": verdict.is_within.tolist(),
    }
