"""Tests of the plots: valid SVG that says what it shows."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulation.marked_world import make_world

from portique.core.chart import Chart, Line, ticks
from portique.simulation.mark import mark
from portique.simulation.plots import write_plots

NAMES = [
    "ece-places",
    "ece-users",
    "pav-places",
    "pav-users",
    "reliability",
    "tippett-places",
    "tippett-users",
    "yield",
]


def _texts(path: Path) -> list[str]:
    root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - written by ourselves
    return [element.text or "" for element in root.iter() if element.tag.endswith("}text")]


def test_each_plot_is_svg_with_labels_units_and_a_legend(tmp_path: Path) -> None:
    """Every axis says what it counts and in which unit; every line has its name."""
    written = write_plots(mark(*make_world(tmp_path)), tmp_path / "plots")

    assert [path.stem for path in written] == NAMES
    found = {path.stem: _texts(path) for path in written}
    for name in NAMES[:4] + NAMES[5:7]:
        assert any("no unit" in text for text in found[name])
    assert "true: 3 trials" in found["tippett-places"]
    assert "cells searched, best first (count)" in found["yield"]
    assert "most shared declared contacts" in found["yield"]
    assert "share of cells with a phone of the fleet" in found["reliability"]


def test_plots_of_the_same_marks_are_the_same_bytes(tmp_path: Path) -> None:
    """No clock, no random identifier."""
    marks = mark(*make_world(tmp_path))
    first = [path.read_bytes() for path in write_plots(marks, tmp_path / "a")]

    assert first == [path.read_bytes() for path in write_plots(marks, tmp_path / "b")]


def test_a_plot_without_trials_says_so_and_replaces_an_older_one(tmp_path: Path) -> None:
    """No picture of an earlier run is left to be taken for this one's."""
    case, truth = make_world(tmp_path)
    out = tmp_path / "plots"
    write_plots(mark(case, truth), out)
    for table in ("target", "attribution"):
        path = case / "derived" / f"{table}.parquet"
        pq.write_table(pq.read_table(path).slice(0, 0), path)

    write_plots(mark(case, truth), out)

    assert any("nothing to draw" in text for text in _texts(out / "reliability.svg"))
    assert any("no trials" in text for text in _texts(out / "tippett-users.svg"))


def test_a_name_cannot_break_the_picture() -> None:
    """What stands in a title or a legend is text, whatever it contains."""
    line = Line("<b> & more", np.array([0.0, 1.0]), np.array([0.0, np.nan]), has_dots=False)
    chart = Chart("a < b", "x", "y", (0.0, 1.0), (0.0, 1.0), [line])

    root = ET.fromstring(chart.svg())  # noqa: S314 - written by ourselves

    assert "<b> & more" in [element.text for element in root.iter()]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_an_axis_has_a_few_round_ticks_within_its_range(low: float, length: float) -> None:
    """Between three and ten, evenly apart."""
    found = ticks(low, low + length)

    assert 3 <= len(found) <= 10
    steps = np.diff(found)
    assert steps == pytest.approx([steps[0]] * len(steps), rel=1e-6)


def test_an_axis_of_no_length_is_refused() -> None:
    """It would divide by nothing."""
    with pytest.raises(ValueError, match="upwards"):
        ticks(1.0, 1.0)
