"""On an invented operation, rows of every table lead back to what was delivered."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from portique.core.ids import read_number
from portique.core.tables import derived_tables
from portique.flow import handlers
from portique.flow.commands import Run, Why
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person
from portique.flow.why.answer import Answer
from portique.flow.why.keys import key_of
from portique.flow.why.links import records_behind
from portique.flow.why.sources import Delivered
from portique.flow.why.tables import OTHER_PEOPLE, Derived

ANNA = Person("anna", "analyst")
TABLES = sorted(derived_tables().keys() - OTHER_PEOPLE - {"tac_name"})
WITHOUT_ROWS = {"source", "set_aside"}
"""Tables whose rows are about a file, not about rows of it."""


@pytest.mark.parametrize("name", TABLES)
def test_the_first_and_the_last_row_of_a_table_lead_to_delivered_rows(
    invented_run: Path, name: str
) -> None:
    """Each delivered row is in the file that is named, and the file has the hash that is given."""
    rows = pq.read_table(invented_run / "derived" / f"{name}.parquet")
    shape = derived_tables()[name]
    for place in sorted({0, len(rows) - 1}) if len(rows) else []:
        key = key_of(shape, rows.slice(place, 1).to_pylist()[0])

        found = handlers.why(Why(invented_run, name, key, all_rows=True), ANNA)

        assert found.step.key == key
        assert found.rows or name in WITHOUT_ROWS
        assert found.total == len(found.rows)
        for file in {row.file for row in found.rows}:
            sha256 = hashlib.sha256((invented_run / file).read_bytes()).hexdigest()
            assert {row.sha256 for row in found.rows if row.file == file} == {sha256}


def test_delivered_rows_are_the_lines_of_the_file_letter_by_letter(invented_run: Path) -> None:
    """Of a target: in a CSV the line that is named, in each Parquet file a row."""
    found = handlers.why(Why(invented_run, "target", "1", all_rows=True), ANNA)

    assert {row.file.rpartition(".")[2] for row in found.rows} == {"csv", "parquet"}
    lines = {row.file: (invented_run / row.file).read_text().splitlines() for row in _csv(found)}
    for row in _csv(found):
        assert row.line is not None
        header, line = lines[row.file][0], lines[row.file][row.line - 1]
        assert dict(row.fields) == next(csv.DictReader([header, line])), row
    tables = {row.file: row for row in found.rows if row.file.endswith(".parquet")}
    for file, row in tables.items():
        imeis = pq.read_table(invented_run / file, columns=["imei"])["imei"]
        assert row.fields["imei"] == imeis[row.row - 1].as_py(), row


def _csv(found: Answer) -> list[Delivered]:
    return [row for row in found.rows if row.file.endswith(".csv")]


def test_every_tie_to_an_offence_shows_the_records_it_counts(invented_run: Path) -> None:
    """As many of the handset's records carry the last step of the path as the row says."""
    derived = Derived(CaseFolder(invented_run))
    links = pq.read_table(invented_run / "derived/offence_link.parquet").to_pylist()
    assert links
    for link in links:
        records = records_behind(derived, "offence_link", link)
        own = [r for r in records if r["handset_id"] == link["handset_id"]]
        assert len(own) == link["records"], link
        assert len(link["path"]) < 3 or len(records) > len(own), link


def test_no_answer_has_a_lawyers_number(invented_run: Path) -> None:
    """Every target, every handset and every offence with all rows, in any spelling."""
    contacts = invented_run / "sources/declared_contact"
    lists = [path.read_text().splitlines() for path in contacts.glob("*.csv")]
    rows = [row for lines in lists for row in csv.DictReader(lines)]
    lawyers = {read_number(r["msisdn"]).value for r in rows if r["relation"] == "lawyer"}
    assert lawyers
    asked = [("target", "rank"), ("handset", "handset_id"), ("offence", "offence_id")]
    for table, column in asked:
        keys = pq.read_table(invented_run / "derived" / f"{table}.parquet")[column].to_pylist()
        for key in keys[:6]:
            found = handlers.why(Why(invented_run, table, str(key), all_rows=True), ANNA)
            said = json.dumps(found.as_dict(), default=str).replace(" ", "")
            assert not [n for n in lawyers if n and n.removeprefix("+33") in said]


def test_a_name_of_a_model_leads_to_its_line_in_the_list(invented: Path, tmp_path: Path) -> None:
    """profiles/tac.csv is no source and has no authority, but it has lines and a hash."""
    case = tmp_path / "case"
    shutil.copytree(invented, case)
    names = case / "profiles/tac.csv"
    names.parent.mkdir(exist_ok=True)
    names.write_text("tac,brand,model\n35555555,Other,One\n00101701,Example,Tiny\n")
    handlers.run(Run(case), ANNA)

    found = handlers.why(Why(case, "tac_name", "00101701"), ANNA)

    (row,) = found.rows
    assert (row.file, row.row, row.line) == ("profiles/tac.csv", 2, 3)
    assert list(row.fields.values()) == ["00101701", "Example", "Tiny"]
    assert row.sha256 == hashlib.sha256(names.read_bytes()).hexdigest()
