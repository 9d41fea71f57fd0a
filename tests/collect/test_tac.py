"""An optional list of type allocation codes: two forms, and nothing without it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from portique.collect.stage import run
from portique.collect.tac import (
    NO_CODE,
    NO_NAME,
    REPEATED,
    TAC_FILE,
    load_tac_names,
    read_tac_names,
    tac_table,
)
from portique.core.case import CaseSettings
from portique.core.errors import Problem
from portique.core.progress import silent
from portique.core.tables import TAC_NAME
from portique.engine.store import Store


def test_the_export_of_osmocom_is_read_under_its_licence_line(samples: Path) -> None:
    """The first of two columns `name` is the brand; a quoted comma belongs to the model."""
    names = load_tac_names(samples / "tac" / "osmocom.csv")

    assert names == {"00101701": ("Example", "Tiny, the first"), "00101702": ("Example", "Tiny 2")}


def test_every_row_is_used_or_counted(samples: Path) -> None:
    """A repeated code, a cut one, one without a name, and a row that breaks off."""
    read = read_tac_names(samples / "tac" / "osmocom.csv")

    assert read.rows_read == 6
    assert read.left_out == {
        REPEATED: 1,
        NO_CODE: 1,
        NO_NAME: 1,
        "rows with too few or too many fields": 1,
    }


def test_columns_may_stand_in_any_order(samples: Path) -> None:
    """A tidied list, with line ends of another system and a model that is not known."""
    assert load_tac_names(samples / "tac" / "tidy.csv") == {
        "00101701": ("Example", "Tiny"),
        "00101705": ("Éxemple", ""),
    }


def test_a_case_with_a_list_has_a_table_in_the_order_of_its_key(
    tmp_path: Path, samples: Path
) -> None:
    """The list lies in `profiles/`, and an empty name is no value."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / TAC_FILE).write_bytes((samples / "tac" / "tidy.csv").read_bytes())

    table = tac_table(tmp_path)

    assert table.schema.equals(TAC_NAME.schema)
    assert table.to_pylist() == [
        {"tac": "00101701", "brand": "Example", "model": "Tiny"},
        {"tac": "00101705", "brand": "Éxemple", "model": None},
    ]


def test_a_case_without_a_list_has_an_empty_table(tmp_path: Path) -> None:
    """The list is optional."""
    assert tac_table(tmp_path).equals(TAC_NAME.schema.empty_table())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"tac,name\n00101701,Example\n",
        b"banner\nbanner\ntac,brand,model\n",
        b"tac,brand,m\xe9del\n",
        b"PAR1\0\0",
    ],
)
def test_what_is_no_list_is_a_problem_with_words(tmp_path: Path, content: bytes) -> None:
    """It is said what the file is not, and where it lies."""
    path = tmp_path / "tac.csv"
    path.write_bytes(content)

    with pytest.raises(Problem) as problem:
        load_tac_names(path)
    assert problem.value.where == str(path)


def test_the_public_list_is_read_whole(public_lists: Path) -> None:
    """24,757 codes, tidied from the Osmocom TAC database; nothing is left out."""
    read = read_tac_names(public_lists / "tac_osmocom_clean.csv")

    assert len(read.names) == read.rows_read == 24_757
    assert read.left_out == {}


def _take_in_a_case_without_sources(case: Path) -> pa.Table:
    settings = CaseSettings(
        "T", "T", ZoneInfo("Europe/Paris"), datetime(2025, 5, 19, tzinfo=UTC), (), 10, ()
    )
    with Store(case / "derived", case / "scratch", memory_gib=1.0) as store:
        run(case, settings, store, silent)
        return store.arrow("tac_name")


def test_the_stage_writes_the_table_of_names(tmp_path: Path, samples: Path) -> None:
    """With a list its codes, without one no rows; later stages always find the table."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "profiles").mkdir()
    without = _take_in_a_case_without_sources(tmp_path)
    (tmp_path / TAC_FILE).write_bytes((samples / "tac" / "osmocom.csv").read_bytes())

    assert len(without) == 0
    assert _take_in_a_case_without_sources(tmp_path)["tac"].to_pylist() == ["00101701", "00101702"]
