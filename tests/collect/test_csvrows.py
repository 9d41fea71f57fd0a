"""Rows of a CSV file: which lines are rows, whatever is wrong with some of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.made_case import MadeCase, csv_text, record

from portique.collect import csvrows
from portique.collect.csvrows import RowBlock, RowStream
from portique.core.tables import INPUT

HEADER = ",".join(INPUT["retained_record"].names) + "\n"
GOOD = csv_text("retained_record", record()).split("\n")[1]
SALE = {"sale_id": "S1", "sold_at_utc": "2025-04-01T00:00:00Z"}


def _all(path: Path, width: int, read_bytes: int) -> tuple[list[object], dict[object, int]]:
    rows: list[object] = []
    faults: dict[object, int] = {}
    blocks: list[RowBlock] = list(RowStream(path, width, list(range(width)), read_bytes=read_bytes))
    for block in blocks:
        columns = [block.columns[place].to_pylist() for place in range(width)]
        rows += zip(block.row.tolist(), block.line.tolist(), *columns, strict=True)
        for fault in block.faults:
            faults[fault.reason, fault.words] = faults.get((fault.reason, fault.words), 0)
            faults[fault.reason, fault.words] += fault.count
    return rows, faults


PIECES = st.lists(
    st.sampled_from(
        (
            *(
                b"a,b\n",
                b"a,b\r\n",
                b'"a\nx",b\n',
                b'"a""",b\n',
                b'"a,b\n',
                b"a\n",
                b"a,b,c\n",
                b"\n",
            ),
            *(b"\xff,b\n", b"a\0,b\n", "é,b\n".encode(), b'"a"x,b\n', b"a\rb,c\n", b'",\n', b"a,b"),
        )
    ),
    max_size=25,
)


@given(PIECES, st.integers(1, 40))
def test_rows_do_not_depend_on_how_much_is_read_at_a_time(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], read_bytes: int
) -> None:
    """Whole rows, their lines, and faults are the same from byte to byte and at once."""
    path = tmp_path_factory.getbasetemp() / "pieces.csv"
    path.write_bytes(b"x,y\n" + b"".join(pieces))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csvrows, "SMALL_BYTES", 8)
        in_halves = _all(path, 2, 1 << 20)

    assert _all(path, 2, read_bytes) == in_halves == _all(path, 2, 1 << 20)


@pytest.mark.parametrize(
    ("content", "used", "reasons"),
    [
        (HEADER + GOOD + "\n", 1, {}),
        (HEADER + GOOD, 1, {}),
        ("\ufeff" + HEADER + GOOD + "\n", 1, {}),
        ((HEADER + GOOD + "\n").replace("\n", "\r\n"), 1, {}),
        (HEADER.upper() + GOOD + "\n", 1, {}),
        (HEADER + "\n\n" + GOOD + "\n\n", 1, {}),
        (HEADER + GOOD + "\n" + GOOD[:40], 1, {"malformed_row": 1}),
        (HEADER + GOOD + ",more\n" + GOOD + "\n", 1, {"malformed_row": 1}),
        (HEADER + GOOD.replace("+33722222222", '"Dupont\n\nJo, ""x"""') + "\n", 1, {}),
        (HEADER + '"' + GOOD + "\n" + GOOD + "\n", 1, {"malformed_row": 1}),
        (HEADER + GOOD.replace("60", "6\0") + "\n" + GOOD + "\n", 1, {"malformed_row": 1}),
        (HEADER, 0, {}),
    ],
)
def test_a_csv_file_with_faults_gives_its_whole_rows(
    case: MadeCase, content: str, used: int, reasons: dict[str, int]
) -> None:
    """Byte order mark, line ends, cut rows, too many fields, quotes, blank lines."""
    case.records()
    case.put("retained_record/a.csv", content)

    tables = case.take()

    assert len(tables.rows("record")) == used
    assert tables.reasons() == reasons
    assert tables.source("retained_record/a.csv")["rows_used"] == used


def test_rows_in_cp1252_are_undecodable_and_the_others_are_used(case: MadeCase) -> None:
    """One accent in one row costs that row alone."""
    accent = csv_text("sale", SALE | {"model": "Été"}).split("\n")[1].encode("cp1252")
    good = csv_text("sale", SALE)
    case.put("sale/a.csv", good.encode() + accent + b"\n" + good.encode().split(b"\n")[1])

    tables = case.take()

    assert tables.reasons() == {"undecodable": 1, "duplicate": 1}
    assert "row 2" in tables.note("undecodable")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty (0 bytes)"),
        ("sale_id,model\nS1,Mini\n", None),
        (HEADER.replace("imei,", "") + GOOD + "\n", "lacks the column imei"),
        (HEADER.replace("imei,", "imei,IMEI,") + GOOD + "\n", "names the column imei more than"),
        ((HEADER + GOOD).encode("utf-16"), "UTF-16"),
        (HEADER.replace("imei", "im\xe9i").encode("cp1252"), "not UTF-8"),
        ("\0" * 500, "not text"),
        ("PK\x03\x04", None),
    ],
)
def test_a_file_that_is_no_table_of_its_kind_is_unreadable(
    case: MadeCase, content: str | bytes, words: str | None
) -> None:
    """It is named with the reason, it has a row in `set_aside`, and the run goes on."""
    case.records(record(), path="retained_record/good.csv")
    case.put("retained_record/a.csv", content)

    tables = case.take()

    source = tables.source("retained_record/a.csv")
    assert source["status"] == "unreadable"
    assert (source["rows_read"], source["rows_used"]) == (0, 0)
    assert words is None or words in source["note"]
    assert [path for path, _ in tables.set_aside()] == ["retained_record/a.csv"]
    assert len(tables.rows("record")) == 1


def test_columns_in_any_order_and_unknown_ones_are_no_fault(case: MadeCase) -> None:
    """An unknown column is ignored and said; an optional one that lacks is empty and said."""
    case.put("sale/a.csv", "Colour, sold_at_utc ,Sale-ID\nred,2025-04-01T00:00:00Z,S1\n")

    tables = case.take()

    assert [row["sale_id"] for row in tables.rows("sale")] == ["S1"]
    note = tables.source("sale/a.csv")["note"]
    assert "(Colour)" in note
    assert "without the columns model" in note


def test_several_files_of_one_kind_are_one_table(case: MadeCase) -> None:
    """In folders below the kind too, CSV beside Parquet, numbered by their paths."""
    for number, path in enumerate(["sale/b.csv", "sale/2025/a.csv", "sale/c.csv"]):
        case.put(path, csv_text("sale", SALE | {"sale_id": f"S{number}"}))

    tables = case.take()

    paths = [row["path"] for row in tables.rows("source")]
    assert paths == ["sale/2025/a.csv", "sale/b.csv", "sale/c.csv"]
    assert [(r["source_id"], r["sale_id"]) for r in tables.rows("sale")] == [
        (0, "S1"),
        (1, "S0"),
        (2, "S2"),
    ]


def test_a_row_of_more_than_a_mebibyte_is_malformed(case: MadeCase) -> None:
    """It is counted once, and rows behind it are read."""
    long = GOOD.replace("+33722222222", "9" * (5 << 20))
    case.records()
    case.put("retained_record/a.csv", HEADER + long + "\n" + GOOD + "\n")

    tables = case.take()

    assert tables.reasons() == {"malformed_row": 1}
    assert [row["source_row"] for row in tables.rows("record")] == [2]


def test_a_quote_left_open_costs_its_row_alone(case: MadeCase) -> None:
    """Thousands of rows behind it are read."""
    rows = [record(started_at_utc=f"2025-04-01T10:{n // 60:02}:{n % 60:02}Z") for n in range(3000)]
    rows[10]["counterpart"] = '"+33722222222'
    case.records(*({**row, "imei": f"{10**13 + n:014}"} for n, row in enumerate(rows)))

    tables = case.take()

    assert tables.reasons() == {"malformed_row": 1}
    assert "row 11" in tables.note("malformed_row")
    assert len(tables.rows("record")) == 2999
