"""The embedded engine: UTC, no network, a total order, and nothing left on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.engine.duckdb import DuckEngine

SCHEMA = pa.schema([("first", pa.int64()), ("second", pa.string()), ("row", pa.int64())])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """One engine for the tests that leave it as it was."""
    opened = DuckEngine(tmp_path_factory.mktemp("engine") / "scratch", memory_gib=0.5)
    yield opened
    opened.close()


def _stream(rows: list[tuple[int | None, str | None]], size: int) -> pa.RecordBatchReader:
    made = [{"first": a, "second": b, "row": row} for row, (a, b) in enumerate(rows)]
    table = pa.Table.from_pylist(made, schema=SCHEMA)
    return pa.RecordBatchReader.from_batches(SCHEMA, table.to_batches(max_chunksize=size))


def _sorted(engine: DuckEngine, reader: pa.RecordBatchReader, size: int) -> list[dict[str, object]]:
    batches = engine.sorted_batches(reader, ("first", "second", "row"), size)
    return [row for batch in batches for row in batch.to_pylist()]


pairs = st.tuples(st.none() | st.integers(-3, 3), st.none() | st.sampled_from(["", "a", "B", "é"]))


@given(st.lists(pairs, max_size=40), st.integers(1, 50), st.integers(1, 50))
def test_a_stream_comes_back_in_one_order_however_it_was_cut(
    engine: DuckEngine, rows: list[tuple[int | None, str | None]], cut: int, size: int
) -> None:
    """Empty values first, texts by their bytes, and not one row more or less."""

    def place(row: dict[str, object]) -> tuple[object, ...]:
        first, second = row["first"], row["second"]
        text = str(second).encode() if second is not None else b""
        return (first is not None, first or 0, second is not None, text, row["row"])

    found = _sorted(engine, _stream(rows, cut), size)

    given_rows: list[dict[str, object]]
    given_rows = [{"first": a, "second": b, "row": row} for row, (a, b) in enumerate(rows)]
    assert found == sorted(given_rows, key=place)


def test_a_stream_that_is_left_half_read_does_not_stand_in_the_way(engine: DuckEngine) -> None:
    """The next one is sorted all the same."""
    rows: list[tuple[int | None, str | None]] = [(number, "a") for number in range(5000)]
    batches = engine.sorted_batches(_stream(rows, 100), ("first",), 10)
    next(batches)
    batches.close()  # type: ignore[attr-defined]  # it is a generator

    assert len(_sorted(engine, _stream(rows[:7], 2), 3)) == 7


def test_instants_are_in_utc_wherever_the_machine_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hour of the day that the engine reads from an instant is that of UTC."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    path = tmp_path / "instants.parquet"
    instant = datetime(2025, 3, 30, 0, 59, 59, 999_999, tzinfo=UTC)
    pq.write_table(pa.table({"at_utc": pa.array([instant], pa.timestamp("us", "UTC"))}), path)
    engine = DuckEngine(tmp_path / "scratch")
    instants = engine.parquet(path)

    hours = engine.run(instants.mutate(hour=instants.at_utc.hour()))
    engine.close()

    assert hours["hour"].to_pylist() == [0]
    assert hours["at_utc"].cast(pa.int64()).to_pylist() == [
        int(instant.timestamp()) * 10**6 + 999_999
    ]


def test_the_engine_never_fetches_what_it_lacks(engine: DuckEngine) -> None:
    """An extension that is not here is not looked for on the network."""
    (setting,) = engine.connection.raw_sql(
        "SELECT current_setting('autoinstall_known_extensions')"
    ).fetchall()
    assert setting == (False,)


def test_the_scratch_folder_goes_with_the_engine(tmp_path: Path) -> None:
    """Whatever lay in it: rows that were spilled are personal data."""
    scratch = tmp_path / "deep" / "scratch"
    engine = DuckEngine(scratch)
    (scratch / "spilled.tmp").write_bytes(b"rows")
    engine.close()

    assert not scratch.exists()
    assert scratch.parent.is_dir()
