"""Counting IMEIs in a table that is in their order, a batch at a time."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.report import records
from portique.report.records import count_records


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somewhere to write."""
    return tmp_path_factory.mktemp("records")


@given(st.lists(st.integers(0, 5)), st.integers(1, 4))
def test_imeis_are_counted_across_batches(place: Path, imeis: list[int], batch: int) -> None:
    """However the rows are cut into batches, an IMEI counts once."""
    path = place / "record.parquet"
    pq.write_table(pa.table({"imei": pa.array(sorted(imeis), pa.int64())}), path)
    patched = pytest.MonkeyPatch()
    patched.setattr(records, "BATCH_ROWS", batch)
    try:
        assert count_records(path) == (len(imeis), len(set(imeis)))
    finally:
        patched.undo()
