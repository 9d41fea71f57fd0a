"""The marks as pictures: Tippett, PAV and ECE of the likelihood ratios, reliability, yield."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from portique.core.metrics import ece, pav, tippett
from portique.simulation.draw import Floats
from portique.simulation.mark import Marks
from portique.simulation.marking_chart import Chart, Line
from portique.simulation.marking_targets import Ranking, TargetMarks
from portique.simulation.marking_trials import TrialMarks

LR_LABEL = "log10 likelihood ratio (no unit; 0 is no evidence)"
NO_TRIALS = "nothing to draw: there are no trials of one of the two kinds"
NO_CELLS = "nothing to draw: no cell is listed"
PRIOR = np.linspace(-3.0, 3.0, 61)


def write_plots(marks: Marks, out: Path) -> list[Path]:
    """Write the plots of a marked run as SVG files into a folder, which is made if need be.

    Args:
        marks: of one run.
        out: plots of the same names in it are replaced.

    Returns:
        The files that were written, in order.
    """
    charts = {"reliability": _reliability(marks.targets), "yield": _yield(marks.targets)}
    for name, subject, trials in (
        ("places", "in this prison, or not", marks.places.trials),
        ("users", "this user, or another", marks.users.trials),
    ):
        charts[f"tippett-{name}"] = _tippett(subject, trials)
        charts[f"pav-{name}"] = _pav(subject, trials)
        charts[f"ece-{name}"] = _ece(subject, trials)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, chart in sorted(charts.items()):
        path = out / f"{name}.svg"
        path.write_text(chart.svg(), encoding="utf-8")
        written.append(path)
    return written


def _has_both(trials: TrialMarks) -> bool:
    return trials.trials_h1 > 0 and trials.trials_h2 > 0


def _range(*values: Floats) -> tuple[float, float]:
    """Return a range of whole numbers around finite values and 0, at least -1 to 1."""
    everything = np.concatenate([*values, [-1.0, 1.0]])
    finite = everything[np.isfinite(everything)]
    return float(np.floor(finite.min())), float(np.ceil(finite.max()))


def _tippett(subject: str, trials: TrialMarks) -> Chart:
    lines: list[Line] = []
    limits = _range(trials.h1, trials.h2)
    if _has_both(trials):
        values, of_h1, of_h2 = tippett(trials.h1, trials.h2)
        # A share counts trials at or above x: it drops just past each value, not before it.
        x = np.concatenate([[limits[0]], values, [limits[1]]])
        lines = [
            Line(f"true: {trials.trials_h1:,} trials", x, _falling(of_h1), is_step=True),
            Line(f"not true: {trials.trials_h2:,} trials", x, _falling(of_h2), is_step=True),
        ]
        x = np.linspace(0.0, limits[1], 101)
        limit = "limit for what is not true, 1/LR: calibrated ratios stay below"
        lines.append(Line(limit, x, 10.0**-x, is_guide=True))
    label = "share of trials with at least this ratio"
    return Chart(f"Tippett: {subject}", LR_LABEL, label, limits, (0.0, 1.0), lines, NO_TRIALS)


def _falling(share: Floats) -> Floats:
    return np.concatenate([[1.0], share[1:], [0.0, 0.0]])


def _pav(subject: str, trials: TrialMarks) -> Chart:
    lines: list[Line] = []
    limits = _range(trials.h1, trials.h2)
    if _has_both(trials):
        values, pooled = pav(trials.h1, trials.h2)
        limits = _range(values, pooled)
        # Where one kind alone is found the ratio has no end: drawn at the edge.
        drawn = np.clip(pooled, *limits)
        ends = np.array(limits)
        lines = [
            Line("best ratio that keeps the order (PAV); at the edge: no end", values, drawn),
            Line("perfectly calibrated", ends, ends, is_guide=True),
        ]
    label = "log10 ratio after calibration"
    return Chart(f"Calibration: {subject}", LR_LABEL, label, limits, limits, lines, NO_TRIALS)


def _ece(subject: str, trials: TrialMarks) -> Chart:
    lines: list[Line] = []
    top = 1.0
    if _has_both(trials):
        curves = ece(trials.h1, trials.h2, PRIOR)
        top = float(np.clip(np.ceil(curves.system.max() * 5) / 5, 1.0, 2.0))
        lines = [
            Line("as reported", PRIOR, curves.system),
            Line("with the best calibration (PAV)", PRIOR, curves.pooled),
            Line("without evidence (LR 1)", PRIOR, curves.reference, is_guide=True),
        ]
    return Chart(
        f"Empirical cross-entropy: {subject}",
        "log10 prior odds (no unit)",
        "information still missing (bits a trial)",
        (-3.0, 3.0),
        (0.0, top),
        lines,
        NO_TRIALS,
    )


def _reliability(targets: TargetMarks) -> Chart:
    lines: list[Line] = []
    if targets.groups is not None:
        g = targets.groups
        words = "groups of cells of similar probability, bars: 2 standard errors if it is right"
        ends = np.array([0.0, 1.0])
        lines = [
            Line(words, g.said, g.came, has_dots=True, spread=2 * g.error),
            Line("probabilities that mean what they say", ends, ends, is_guide=True),
        ]
    return Chart(
        f"Reliability of p_any over {targets.cells:,} cells",
        "probability that was stated (mean of the group)",
        "share of cells with a phone of the fleet",
        (0.0, 1.0),
        (0.0, 1.0),
        lines,
        NO_CELLS,
    )


def _yield(targets: TargetMarks) -> Chart:
    most = max(10, targets.cells)
    curves = [_yield_line(each, most) for each in (targets.ranking, *targets.others)]
    return Chart(
        "Yield: searched cells that hold a phone of the fleet",
        "cells searched, best first (count)",
        "share of them with at least one phone",
        (0.0, float(most)),
        (0.0, 1.0),
        [line for line in curves if len(line.x)],
        NO_CELLS,
    )


def _yield_line(ranking: Ranking, most: int) -> Line:
    hit = ranking.hit[:most]
    searched = np.arange(1, len(hit) + 1, dtype=np.float64)
    return Line(ranking.name, searched, np.cumsum(hit) / searched)
