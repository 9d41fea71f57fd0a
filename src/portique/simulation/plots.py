"""The marks as pictures: Tippett, PAV and ECE of the likelihood ratios, reliability, yield."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from portique.core.chart import Chart, Line
from portique.core.curves import charts, curves_of
from portique.simulation.mark import Marks
from portique.simulation.marking_targets import Ranking, TargetMarks

NO_CELLS = "nothing to draw: no cell is listed"


def write_plots(marks: Marks, out: Path) -> list[Path]:
    """Write the plots of a marked run as SVG files into a folder, which is made if need be.

    Args:
        marks: of one run.
        out: plots of the same names in it are replaced.

    Returns:
        The files that were written, in order.
    """
    drawn = {"reliability": _reliability(marks.targets), "yield": _yield(marks.targets)}
    for name, subject, trials in (
        ("places", "in this prison, or not", marks.places.trials),
        ("users", "this user, or another", marks.users.trials),
    ):
        has_both = trials.trials_h1 > 0 and trials.trials_h2 > 0
        found = curves_of(trials.h1, trials.h2) if has_both else None
        drawn |= {f"{kind}-{name}": chart for kind, chart in charts(subject, found).items()}
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, chart in sorted(drawn.items()):
        path = out / f"{name}.svg"
        path.write_text(chart.svg(), encoding="utf-8")
        written.append(path)
    return written


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
