"""DuckDB behind Ibis: connection, memory bound, reading Parquet, sorting a stream."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import ibis
import pyarrow as pa

from portique.core.errors import Problem

if TYPE_CHECKING:
    import ibis.expr.types as ir

_FULL = (
    (errno.ENOSPC, "max_temp_directory_size"),
    *((number, os.strerror(number)) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)),
)
"""What a full disk is to the operating system, and a word by which DuckDB tells it."""


class DuckEngine:
    """One in-process DuckDB, in UTC, that spills to a scratch folder and never to the network.

    Args:
        scratch: folder for spilling; made when missing.
        memory_gib: memory before it spills.
    """

    def __init__(self, scratch: Path, *, memory_gib: float = 4.0) -> None:
        self.scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)
        self.connection = ibis.duckdb.connect(
            threads=os.cpu_count() or 1,
            memory_limit=f"{memory_gib:.2f}GiB",
            temp_directory=str(scratch),
        )
        for setting in (
            "SET TimeZone = 'UTC'",
            "SET autoinstall_known_extensions = false",
            "SET enable_progress_bar = false",
        ):
            self.connection.raw_sql(setting)

    def close(self) -> None:
        """Close the connection and remove what was spilled."""
        self.connection.disconnect()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def parquet(self, path: Path) -> ir.Table:
        """Return one Parquet file as an Ibis table."""
        return self.connection.read_parquet(str(path))

    def run(self, expression: ir.Table) -> pa.Table:
        """Return the rows of an expression.

        Raises:
            OSError: the disk of the scratch folder is full.
            Problem: the memory bound is too small.
        """
        with _full_is_said(self.scratch):
            return self.connection.to_pyarrow(expression)

    def sorted_batches(
        self, rows: pa.RecordBatchReader, by: tuple[str, ...], size: int
    ) -> Iterator[pa.RecordBatch]:
        """Yield a stream's rows in the order of `by`, spilling to disk beyond the memory bound.

        Args:
            rows: a stream that is read once.
            by: a unique key, so that the order is total.
            size: rows a batch.

        Raises:
            OSError: the disk of the scratch folder is full.
            Problem: the memory bound is too small.
        """
        raw = self.connection.con
        raw.register("stream", rows)
        try:
            order = ", ".join(f'"{name}" ASC NULLS FIRST' for name in by)
            with _full_is_said(self.scratch):
                result = raw.sql(f"SELECT * FROM stream ORDER BY {order}")  # noqa: S608 - our names
                yield from result.to_arrow_reader(size)
        finally:
            raw.unregister("stream")


@contextmanager
def _full_is_said(scratch: Path) -> Iterator[None]:
    """Say that the disk or the memory is full as the rest of the program does.

    DuckDB takes no more of a disk than was free when it began, and calls that an end of memory.
    """
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as fault:
        said = str(fault)
        for number, word in _FULL:
            if word in said:
                raise OSError(number, os.strerror(number), str(scratch)) from fault
        if isinstance(fault, duckdb.OutOfMemoryException):
            raise Problem(
                "the memory that the engine may use is too small for this case",
                where="--memory-gib",
                mend="give the same command with more, e.g. --memory-gib 8; it goes on where it "
                "stopped",
                code="ENG-001",
            ) from fault
        raise
