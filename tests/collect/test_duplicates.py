"""The same event delivered twice: told once, and told from events that only look alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.made_case import SECTOR, MadeCase, csv_text, record

from portique.collect.duplicates import without_duplicates
from portique.collect.packed import PACKED, SORTED_BY


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"started_at_utc": "2025-04-01T10:00:01Z"},
        {"duration_s": "61"},
        {"duration_s": "59", "started_at_utc": "2025-04-01T10:00:00.5Z"},
        {"imei": "0010170100000123"},
        {"counterpart": "0722222222"},
        {"operator": ""},
    ],
)
def test_an_event_delivered_twice_is_used_once(case: MadeCase, changed: dict[str, str]) -> None:
    """By line and by IMEI, with another rounding or another spelling: the first stays."""
    case.records(record())
    case.put("retained_record/b.csv", csv_text("retained_record", record(**changed)))

    tables = case.take()

    assert tables.set_aside() == {("retained_record/b.csv", "duplicate"): 1}
    (row,) = tables.rows("record")
    assert (row["source_id"], row["source_row"]) == (0, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"started_at_utc": "2025-04-01T10:00:01.000001Z"},
        {"duration_s": "62"},
        {"duration_s": ""},
        {"imei": "00101701000002"},
        {"imsi": "208010000000002"},
        {"counterpart": "0722222223"},
        {"kind": "sms_out"},
        {"sector_id": "208-01-1-3"},
        {"sector_id": "208-01-9-9"},
    ],
)
def test_events_that_differ_are_both_kept(case: MadeCase, changed: dict[str, str]) -> None:
    """Another phone or place at the same second is a conflict, not a repetition."""
    case.records(record(), record(**changed))
    case.put("sector/more.csv", csv_text("sector", SECTOR | {"sector_id": "208-01-1-3"}))

    tables = case.take()

    assert len(tables.rows("record")) == 2
    assert "duplicate" not in tables.reasons()


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [("counterpart", "FREE", "AMAZON"), ("sector_id", "208-01-9-8", "208-01-9-9")],
)
def test_what_is_not_known_does_not_make_two_events_one(
    case: MadeCase, column: str, one: str, other: str
) -> None:
    """Two senders by name, two sectors that no register knows: different, and empty alike."""
    case.records(*(record(kind="sms_in", **{column: text}) for text in (one, other, one)))

    tables = case.take()

    assert [row[column] for row in tables.rows("record")] == [None, None]
    assert tables.reasons()["duplicate"] == 1


def test_without_a_subscription_the_number_tells_who_it_was(case: MadeCase) -> None:
    """IMSI, else own number."""
    numbers = ["0711111111", "+33711111111", "0711111112"]
    case.records(*(record(imsi="", msisdn=number) for number in numbers))

    assert len(case.take().rows("record")) == 2


def test_a_chain_of_seconds_is_no_single_event(case: MadeCase) -> None:
    """The third is near the second alone, which was left out: it stays."""
    case.records(*(record(started_at_utc=f"2025-04-01T10:00:0{second}Z") for second in range(5)))

    kept = [row["source_row"] for row in case.take().rows("record")]

    assert kept == [1, 3, 5]


def test_a_file_sent_again_gives_nothing_new(case: MadeCase) -> None:
    """All its rows are repetitions; the first file stays as it was."""
    rows = [record(started_at_utc=f"2025-04-01T10:{minute:02}:00Z") for minute in range(50)]
    case.records(*rows)
    case.put("retained_record/again.csv", csv_text("retained_record", *rows))

    tables = case.take()

    assert tables.set_aside()["retained_record/again.csv", "duplicate"] == 50
    assert tables.source("retained_record/again.csv")["rows_used"] == 0


def test_rows_that_stand_twice_in_a_small_table_are_used_once(case: MadeCase) -> None:
    """Across files too, whatever the form."""
    row = {"inmate_id": "I1", "cell_id": "C1", "from_utc": "2025-04-01T00:00:00Z"}
    case.put("stay/a.csv", csv_text("stay", row, row | {"cell_id": "C2"}))
    table = pa.table({"inmate_id": ["I1"], "cell_id": ["C1"], "from_utc": ["2025-04-01 00:00:00"]})
    case.put("stay/b.parquet", table)

    tables = case.take()

    assert len(tables.rows("stay")) == 2
    assert tables.set_aside() == {("stay/b.parquet", "duplicate"): 1}


@pytest.mark.parametrize("kind", ["prison", "prison_cell"])
def test_an_identifier_of_a_place_stands_once(case: MadeCase, kind: str) -> None:
    """A second row with another content would double everything that lies there."""
    rows = {
        "prison": [{"prison_id": "P1", "lat": "48", "lon": x, "name": "N"} for x in ("2", "3")],
        "prison_cell": [{"cell_id": "C1", "prison_id": x} for x in ("P1", "P2")],
    }
    case.put(f"{kind}/a.csv", csv_text(kind, *rows[kind]))

    tables = case.take()

    assert len(tables.rows(kind)) == 1
    assert tables.reasons() == {"malformed_identifier": 1}


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 2),  # imei
        st.integers(0, 5).map(lambda halves: halves * 500_000),  # start
        st.integers(-1, 3),  # duration
        st.integers(0, 1),  # counterpart
    ),
    min_size=1,
    max_size=30,
)


def _packed(events: list[tuple[int, int, int, int]]) -> pa.RecordBatch:
    columns: dict[str, Any] = {name: [0] * len(events) for name in PACKED.names}
    columns["imei"] = [event[0] for event in events]
    columns["started_us"] = [event[1] for event in events]
    columns["duration_s"] = [event[2] for event in events]
    columns["counterpart"] = [event[3] for event in events]
    columns["source_row"] = list(range(len(events)))
    table = pa.table(columns, schema=PACKED).sort_by([(name, "ascending") for name in SORTED_BY])
    return table.combine_chunks().to_batches()[0]


def _one_by_one(batch: pa.RecordBatch) -> list[int]:
    kept: list[dict[str, int]] = []
    for row in batch.to_pylist():
        same = [k for k in kept if all(k[n] == row[n] for n in ("imei", "counterpart"))]
        near = [
            k
            for k in same
            if row["started_us"] - k["started_us"] <= 1_000_000
            and abs(row["duration_s"] - k["duration_s"]) <= 1
        ]
        if not near:
            kept.append(row)
    return [row["source_row"] for row in kept]


@given(EVENTS, st.integers(1, 7))
def test_repetitions_do_not_depend_on_where_a_batch_ends(
    events: list[tuple[int, int, int, int]], size: int
) -> None:
    """Any batches of the same rows give what a rule applied row by row gives."""
    batch = _packed(events)
    parts = [batch.slice(start, size) for start in range(0, batch.num_rows, size)]
    left_out: list[int] = []

    found = list(without_duplicates(iter(parts), lambda _, rows: left_out.extend(rows.tolist())))

    kept = np.concatenate([rows["source_row"] for rows in found]).tolist()
    assert kept == _one_by_one(batch)
    assert sorted(kept + left_out) == list(range(len(events)))
