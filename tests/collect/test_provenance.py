"""Rows as delivered: the right ones, as they were written, and none of a lawyer's."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.collect.made_case import MadeCase, csv_text, record

from portique.collect.provenance import source_rows

LAWYER = "+33639981234"


def test_a_row_of_a_csv_file_has_its_number_its_line_and_its_text(case: MadeCase) -> None:
    """Quoted line breaks and blank lines move the line, not the number of the row."""
    text = csv_text("sale", {"sale_id": "S1", "model": '"a\nb"'}, {"sale_id": "S2", "imei": " x "})
    path = case.put("sale/a.csv", text.replace("S2", "\nS2"))

    first, second = source_rows(path, [2, 1])

    assert (first.row, first.line, first.fields["model"]) == (1, 2, "a\nb")
    assert (second.row, second.line, second.fields["imei"]) == (2, 5, " x ")


def test_rows_that_the_file_does_not_have_are_left_out(case: MadeCase) -> None:
    """Nothing is invented."""
    path = case.put("sale/a.csv", csv_text("sale", {"sale_id": "S1"}))

    assert [row.row for row in source_rows(path, [0, 1, 2])] == [1]


def test_rows_of_parquet_are_found_in_their_row_group(case: MadeCase) -> None:
    """They have a number and no line, and values of any type are written out."""
    path = case.folder / "sources" / "stay" / "a.parquet"
    path.parent.mkdir()
    table = pa.table(
        {
            "inmate_id": [f"I{number}" for number in range(25)],
            "cell_id": list(range(25)),
            "from_utc": pa.array([0] * 25, pa.timestamp("us", "UTC")),
        }
    )
    pq.write_table(table, path, row_group_size=10)

    found = source_rows(path, [3, 21])

    assert [(r.row, r.line, r.fields["inmate_id"], r.fields["cell_id"]) for r in found] == [
        (3, None, "I2", "2"),
        (21, None, "I20", "20"),
    ]
    assert (found[0].fields["from_utc"] or "").startswith("1970-01-01 00:00:00")


@pytest.mark.parametrize("column", ["counterpart", "msisdn"])
@pytest.mark.parametrize("written", [LAWYER, "0639981234", "0033639981234", "06 39 98 12 34"])
def test_a_row_with_a_lawyers_number_is_never_shown(
    case: MadeCase, column: str, written: str
) -> None:
    """Even to somebody who asks for its very number."""
    case.lawyer(LAWYER)
    path = case.records(record(), record(**{column: written}))

    assert [row.row for row in source_rows(path, [1, 2])] == [1]


def test_a_row_that_declares_a_lawyer_is_never_shown(case: MadeCase) -> None:
    """Nor is a visitor's row with the same number."""
    case.lawyer(LAWYER)
    rows = [
        {"inmate_id": "I1", "msisdn": number, "relation": relation}
        for number, relation in [(LAWYER, "lawyer"), (LAWYER, "visitor"), ("0711111111", "visitor")]
    ]
    path = case.put("declared_contact/a.csv", csv_text("declared_contact", *rows))

    assert [row.row for row in source_rows(path, [1, 2, 3])] == [3]


def test_every_used_record_can_be_shown(case: MadeCase) -> None:
    """What the table says of its origin leads back to the row."""
    case.lawyer(LAWYER)
    rows = [record(imei=f"{10**13 + n:014}", counterpart=f"07{n:08}") for n in range(200)]
    path = case.records(*rows, record(counterpart=LAWYER))

    used = {row["source_row"]: row["imei"] for row in case.take().rows("record")}

    shown = {row.row: int(row.fields["imei"] or 0) for row in source_rows(path, sorted(used))}
    assert shown == used


def test_a_file_outside_of_every_case_is_no_source(case: MadeCase) -> None:
    """The kind of a file is the folder below `sources/`."""
    path = case.folder / "loose.csv"
    path.write_text("a\n1\n", encoding="utf-8")

    with pytest.raises(ValueError, match="not below a folder of sources"):
        source_rows(path, [1])
