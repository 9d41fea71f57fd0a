"""No strength that a run states goes beyond what the validation of its calibration supports."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

BOUNDS = json.loads(files("portique.locate").joinpath("calibration.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("table", "column", "subject"),
    [
        ("placement", "log10_lr", "presence"),
        ("placement", "worst_log10_lr", "presence"),
        ("attribution", "log10_lr", "users"),
    ],
)
def test_a_result_stays_within_the_bounds(
    invented_run: Path, table: str, column: str, subject: str
) -> None:
    """In every row, to the rounding of the bound itself."""
    low, high = BOUNDS[subject]["bounds"]
    values = pq.read_table(invented_run / f"derived/{table}.parquet")[column]

    assert len(values)
    assert low <= pc.min(values).as_py() <= pc.max(values).as_py() <= high


def test_what_the_page_says_of_a_cell_stays_within_them(invented_run: Path) -> None:
    """Of the place, of its worst alternative, and of the user."""
    figures = json.loads((invented_run / "derived/figures.json").read_text(encoding="utf-8"))
    reasons = [reason for target in figures["targets"] for reason in target["reasons"]]

    assert reasons
    for reason in reasons:
        for name, subject in (
            ("place_log10_lr", "presence"),
            ("worst_log10_lr", "presence"),
            ("user_log10_lr", "users"),
        ):
            low, high = BOUNDS[subject]["bounds"]
            assert reason[name] is None or low - 0.005 <= reason[name] <= high + 0.005, name
