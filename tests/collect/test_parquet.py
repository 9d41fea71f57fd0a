"""Parquet of the contract: other physical types, damaged parts, and files larger than memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.collect.made_case import SECTOR, MadeCase, csv_text, record

ROW = record()
INSTANT_S = 1_743_501_600  # 2025-04-01T10:00:00Z


def _table(**changed: pa.Array) -> pa.Table:
    columns: dict[str, Any] = {name: pa.array([value]) for name, value in ROW.items()}
    return pa.table(columns | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"started_at_utc": pa.array([INSTANT_S * 10**6], pa.timestamp("us", "UTC"))},
        {"started_at_utc": pa.array([INSTANT_S], pa.timestamp("s", "UTC"))},
        {"started_at_utc": pa.array([INSTANT_S * 10**3], pa.timestamp("ms"))},
        {"started_at_utc": pa.array([INSTANT_S * 10**9 + 1], pa.timestamp("ns", "Europe/Paris"))},
        {"imei": pa.array([1017010000010])},
        {"imsi": pa.array([208010000000001])},
        {"imsi": pa.array([208010000000001.0])},
        {"msisdn": pa.array([33711111111], pa.uint64())},
        {"duration_s": pa.array([60], pa.int8())},
        {"duration_s": pa.array([60.0], pa.float32())},
        {"kind": pa.array(["call_out"]).dictionary_encode()},
        {"operator": pa.array([20801], pa.int16())},
        {"sector_id": pa.array(["208-01-1-2"], pa.large_string())},
        {"counterpart": pa.array(["+33722222222"], pa.string_view())},
    ],
    ids=lambda changed: f"{next(iter(changed))}-{next(iter(changed.values())).type}",
)
def test_other_physical_types_of_one_meaning_give_the_same_record(
    case: MadeCase, changed: dict[str, pa.Array]
) -> None:
    """The record is that of the CSV; only an IMEI that lost its zeros is no identifier."""
    case.put("sector/register.csv", csv_text("sector", SECTOR))
    case.put("retained_record/a.parquet", _table(**changed))
    case.put("retained_record/b.csv", csv_text("retained_record", ROW))

    tables = case.take()

    lost_zeros = changed.get("imei") is not None
    reason = "malformed_identifier" if lost_zeros else "duplicate"
    assert tables.reasons() == {reason: 1}
    (row,) = tables.rows("record")
    assert row["started_at_utc"].timestamp() == INSTANT_S
    assert row["source_id"] == (1 if lost_zeros else 0)


def test_not_a_number_is_not_known(case: MadeCase) -> None:
    """As some programs write a number that is missing."""
    columns = {"sector_id": ["208-01-1-2"], "lat": [48.0], "lon": [2.0], "azimuth_deg": [np.nan]}
    case.put("sector/a.parquet", pa.table(columns))

    (row,) = case.take().rows("sector")

    assert row["azimuth_deg"] is None


def test_a_type_without_meaning_makes_the_file_unreadable(case: MadeCase) -> None:
    """A list of IMEIs on one row is no IMEI."""
    case.put("retained_record/a.parquet", _table(imei=pa.array([["00101701000001"]])))

    source = case.take().source("retained_record/a.parquet")

    assert source["status"] == "unreadable"
    assert "the column imei holds list" in source["note"]


def test_instants_without_a_zone_are_utc_and_said(case: MadeCase) -> None:
    """The contract says UTC; that it was not written is noted."""
    changed = _table(started_at_utc=pa.array([INSTANT_S * 10**6], pa.timestamp("us")))
    case.put("retained_record/a.parquet", changed)

    note = case.take().source("retained_record/a.parquet")["note"]

    assert "started_at_utc: instants without a zone, taken as UTC" in note


def test_a_file_without_its_footer_is_unreadable(case: MadeCase) -> None:
    """A copy that was cut short; the run goes on."""
    path = case.put("retained_record/a.parquet", _table())
    path.write_bytes(path.read_bytes()[:-20])

    source = case.take().source("retained_record/a.parquet")

    assert source["status"] == "unreadable"
    assert "damaged or cut short" in source["note"]


def test_a_damaged_row_group_is_counted_and_the_others_are_used(case: MadeCase) -> None:
    """Its rows are set aside; numbers of later rows do not move."""
    rows = [record(imei=f"{10**13 + number:014}") for number in range(30)]
    table = pa.Table.from_pylist(rows)
    path = case.folder / "sources" / "retained_record" / "a.parquet"
    path.parent.mkdir()
    pq.write_table(table, path, row_group_size=10, write_page_checksum=True)
    column = pq.ParquetFile(path).metadata.row_group(1).column(3)
    content = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    content[start + column.total_compressed_size // 2] ^= 0xFF
    path.write_bytes(bytes(content))

    tables = case.take()

    assert tables.set_aside()["retained_record/a.parquet", "malformed_row"] == 10
    kept = [row["source_row"] for row in tables.rows("record")]
    assert kept == [*range(1, 11), *range(21, 31)]
    assert tables.source("retained_record/a.parquet")["rows_read"] == 30


_MEASURED = """
import resource, sys
from pathlib import Path
from tests.collect.made_case import MadeCase
MadeCase(Path(sys.argv[1])).take()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def _write_many(path: Path, groups: int, rows: int) -> None:
    draw = np.random.default_rng(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = None
    for _ in range(groups):
        phone = draw.integers(0, 10**6, rows)
        moment = (INSTANT_S + draw.integers(0, 30 * 86_400, rows)) * 10**6
        table = pa.table(
            {
                "started_at_utc": pa.array(moment, pa.timestamp("us", "UTC")),
                "kind": pa.array(["data"] * rows).dictionary_encode(),
                "imei": pa.array(10**13 + phone).cast(pa.string()),
                "imsi": pa.array(208_010_000_000_000 + phone).cast(pa.string()),
                "counterpart": pa.array(33_710_000_000 + phone).cast(pa.string()),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(case: MadeCase) -> None:
    """Three million rows more, and not half a gigabyte: rows are streamed and sorted on disk."""
    peaks = []
    for groups in (4, 16):
        _write_many(case.folder / "sources/retained_record/a.parquet", groups, 250_000)
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, str(case.folder)],
            capture_output=True,
            check=True,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        peaks.append(int(done.stdout))

    assert peaks[1] < 1_400
    assert peaks[1] - peaks[0] < 500
