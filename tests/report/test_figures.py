"""Figures: each with its table and its rule, and the numbers that a person would count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from portique.core.case import CaseSettings, read_case
from portique.report.figures import figures
from portique.report.records import RecordCount
from portique.report.stage import TABLES

Rows = dict[str, list[dict[str, Any]]]
AsTable = Callable[[str, list[dict[str, Any]]], pa.Table]
HANDSET = "H-00101701000001-1"
CALIBRATION = {
    "name": "trials made by hand",
    "presence": {"bounds": [-2.0, 2.0]},
    "users": {"bounds": [-3.0, 4.0]},
}


@pytest.fixture
def settings(handmade_case: Path) -> CaseSettings:
    """The settings of the case made by hand."""
    return read_case(handmade_case)


def _made(rows: Rows, settings: CaseSettings, as_table: AsTable) -> dict[str, Any]:
    tables = {name: as_table(name, rows.get(name, [])) for name in TABLES}
    return figures(settings, tables, RecordCount(7, 3), CALIBRATION)


def test_every_figure_names_its_table_and_its_rule(
    handmade: Rows, settings: CaseSettings, as_table: AsTable
) -> None:
    """A figure without them is a rumour."""
    made = _made(handmade, settings, as_table)
    for name, figure in made["figures"].items():
        assert figure["table"], name
        assert figure["rule"], name
        assert figure["left_out"] == 0, name


def test_the_figures_are_those_that_one_counts_by_hand(
    handmade: Rows, settings: CaseSettings, as_table: AsTable
) -> None:
    """One sale of one handset, seen in one prison with 0.95, one cell with 0.8."""
    handmade["sale"][0]["quantity"] = 3
    made = _made(handmade, settings, as_table)

    values = {name: figure["value"] for name, figure in made["figures"].items()}
    assert values["sale_lines"] == 1
    assert values["handsets_sold"] == 3
    assert (values["records"], values["imeis_in_records"], values["fleet_imeis"]) == (7, 3, 1)
    assert (values["located_in_prison"], values["located_outside"], values["not_decided"]) == (
        1,
        0,
        0,
    )
    assert values["expected_in_prison"] == 0.95
    assert values["expected_yield"] == {
        "cells": 1,
        "mean": 0.8,
        "low": 0,
        "high": 1,
        "share": 0.8,
    }
    assert values["rows_by_reason"] == {"duplicate": 2}


def test_only_as_many_cells_count_as_can_be_searched(
    handmade: Rows, settings: CaseSettings, as_table: AsTable
) -> None:
    """The expected yield is that of the cells that will be opened, five here."""
    first = handmade["target"][0]
    handmade["target"] = [first | {"rank": rank, "cell_id": f"C{rank}"} for rank in range(1, 9)]
    made = _made(handmade, settings, as_table)

    assert made["figures"]["targets"]["value"] == 5
    assert made["figures"]["expected_yield"]["value"]["mean"] == 4.0
    assert [t["rank"] for t in made["targets"]] == [1, 2, 3, 4, 5]


def test_a_target_has_its_reasons_as_numbers(
    handmade: Rows, settings: CaseSettings, as_table: AsTable
) -> None:
    """How probable here, how strong for the prison, which user, by which terms."""
    (target,) = _made(handmade, settings, as_table)["targets"]

    assert target["reasons"] == [
        {
            "handset_id": HANDSET,
            "p_here": 0.8,
            "place_log10_lr": 2.0,
            "records": 2,
            "days": 2,
            "worst_alternative": "neighbour",
            "worst_log10_lr": 2.0,
            "inmate_id": "I1",
            "user_log10_lr": 1.2,
            "terms": {"contacts": 1.2},
        }
    ]


def test_cellmates_share_a_cell_and_the_stronger_is_named(
    handmade: Rows, settings: CaseSettings, as_table: AsTable
) -> None:
    """The probability of the cell is theirs together."""
    first = handmade["attribution"][0]
    handmade["attribution"] = [
        first | {"posterior": 0.3},
        first | {"inmate_id": "I2", "posterior": 0.5, "log10_lr": 0.9},
        {"handset_id": HANDSET, "log10_lr": -1.2, "posterior": 0.2},
    ]
    (target,) = _made(handmade, settings, as_table)["targets"]

    assert target["reasons"][0]["p_here"] == 0.8
    assert target["reasons"][0]["inmate_id"] == "I2"


def test_numbers_of_other_people_are_hidden_in_stored_grounds(
    handmade: Rows, settings: CaseSettings, as_table: AsTable
) -> None:
    """The fleet's own number stays, the one it called does not."""
    (target,) = _made(handmade, settings, as_table)["targets"]

    assert "+33711111111" in target["grounds"]
    assert "+33722222222" not in target["grounds"]


def test_refused_files_are_counted_beside_every_figure(
    handmade: Rows, settings: CaseSettings, as_table: AsTable
) -> None:
    """Nobody quotes a figure without them by mistake."""
    handmade["source"][0]["status"] = "refused"
    made = _made(handmade, settings, as_table)

    assert made["left_out"] == ["declared_contact/list.csv"]
    assert {figure["left_out"] for figure in made["figures"].values()} == {1}
    assert "declared_contact" in made["lacking"]


def test_a_case_without_anything_has_figures(settings: CaseSettings, as_table: AsTable) -> None:
    """Zeros, not a fault: an empty case is a case."""
    made = _made({}, settings, as_table)

    assert made["figures"]["handsets"]["value"] == 0
    assert made["figures"]["expected_yield"]["value"]["share"] is None
    assert made["figures"]["expected_yield_by_cells"]["value"] == []
    assert made["targets"] == []
