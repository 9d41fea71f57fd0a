"""What the engine says when the disk or its memory is full, and what it does on little of both."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from portique.core.errors import Problem
from portique.engine.duckdb import DuckEngine

ROWS = 100_000


def _stream(blocks: int) -> pa.RecordBatchReader:
    schema = pa.schema([("key", pa.int64()), ("text", pa.string())])

    def made() -> Iterator[pa.RecordBatch]:
        for block in range(blocks):
            keys = np.random.default_rng(block).permutation(ROWS) * blocks + block
            texts = [f"{block:040d}"] * ROWS
            yield pa.record_batch([pa.array(keys), pa.array(texts)], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, made())


def test_a_stream_larger_than_the_memory_is_sorted_on_the_disk(tmp_path: Path) -> None:
    """Every row comes back, in order, and the scratch folder goes with the engine."""
    engine = DuckEngine(tmp_path / "scratch", memory_gib=0.1)
    batches = engine.sorted_batches(_stream(20), ("key",), 1 << 17)
    keys = np.concatenate([batch["key"].to_numpy() for batch in batches])
    engine.close()

    assert np.array_equal(keys, np.arange(20 * ROWS))
    assert not (tmp_path / "scratch").exists()


def test_a_full_disk_is_told_as_the_operating_system_would(tmp_path: Path) -> None:
    """The command line then says the same as for every other file that finds no space."""
    engine = DuckEngine(tmp_path / "scratch", memory_gib=0.1)
    engine.connection.raw_sql("SET max_temp_directory_size = '20MB'")
    with pytest.raises(OSError, match="No space left") as found:
        list(engine.sorted_batches(_stream(40), ("key", "text"), 1 << 17))
    engine.close()

    assert found.value.errno == errno.ENOSPC
    assert found.value.filename == str(tmp_path / "scratch")


def test_too_little_memory_is_told_with_the_option_that_mends_it(tmp_path: Path) -> None:
    """It is no fault of the program: it was told how much it may use."""
    engine = DuckEngine(tmp_path / "scratch", memory_gib=0.02)
    with pytest.raises(Problem, match="memory") as found:
        list(engine.sorted_batches(_stream(40), ("key", "text"), 1 << 17))
    engine.close()

    assert found.value.code == "ENG-001"
    assert found.value.where == "--memory-gib"
