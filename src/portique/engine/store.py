"""The derived tables of one case: written once, in order, and read back as Ibis or Arrow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from portique.core.tables import Table, derived_tables

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from portique.engine.duckdb import DuckEngine

ROW_GROUP_ROWS = 122_880


class Store:
    """The folder `derived/` of one case, and the engine that computes over it.

    The engine is opened when it is first needed, so that a run with nothing to do never loads it.

    Args:
        folder: `CASE/derived`.
        scratch: where the engine may spill; emptied when the store is closed.
        memory_gib: memory the engine may use before it spills.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with Store(pathlib.Path(place) / "derived", pathlib.Path(place) / "tmp") as store:
    ...         store.has("sale")
    False
    """

    def __init__(self, folder: Path, scratch: Path, *, memory_gib: float = 4.0) -> None:
        self.folder = folder
        self.scratch = scratch
        self.memory_gib = memory_gib
        self.tables = derived_tables()
        self._engine: DuckEngine | None = None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def engine(self) -> DuckEngine:
        """The embedded engine, opened at first use."""
        if self._engine is None:
            from portique.engine.duckdb import DuckEngine  # noqa: PLC0415 - loads Ibis: a second

            self._engine = DuckEngine(self.scratch, memory_gib=self.memory_gib)
        return self._engine

    def close(self) -> None:
        """Close the engine and empty its scratch folder."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def path(self, name: str) -> Path:
        """Return where a derived table lies, whether or not it was written."""
        return self.folder / f"{self.tables[name].name}.parquet"

    def has(self, name: str) -> bool:
        """Return whether a derived table was written."""
        return self.path(name).is_file()

    def arrow(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Return a whole derived table, or some of its columns, in memory, in key order."""
        return pq.ParquetFile(self.path(name)).read(columns=columns)

    def table(self, name: str) -> ir.Table:
        """Return a derived table as an Ibis expression; nothing is read yet."""
        return self.engine.parquet(self.path(name))

    def run(self, expression: ir.Table) -> pa.Table:
        """Return the rows of an Ibis expression; their order is the expression's own."""
        return self.engine.run(expression)

    def write(self, name: str, rows: pa.Table) -> None:
        """Write a derived table: cast to its schema, put in key order, checked, swapped in whole.

        Raises:
            AssertionError: a key that is not unique or a required column that is empty: a fault
                of the stage that made the rows.
        """
        table = self.tables[name]
        conformed = conform(rows, table).sort_by(_sort_keys(table))
        _check(conformed, table)
        self.write_batches(name, iter(conformed.to_batches(max_chunksize=ROW_GROUP_ROWS)))

    def write_batches(self, name: str, batches: Iterator[pa.RecordBatch]) -> None:
        """Write a derived table from batches that are already in key order, in bounded memory."""
        table = self.tables[name]
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.path(name).with_suffix(".parquet.partial")
        with pq.ParquetWriter(partial, table.schema, compression="zstd") as writer:
            for group in _regrouped(batches, table):
                writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
        with partial.open("rb+") as handle:
            os.fsync(handle.fileno())
        partial.replace(self.path(name))


def conform(rows: pa.Table, table: Table) -> pa.Table:
    """Return the rows with exactly the columns and types of a table; a missing column is empty."""
    columns = []
    for column in table.columns:
        if column.name in rows.column_names:
            columns.append(rows[column.name].cast(column.type))
        else:
            columns.append(pa.nulls(len(rows), column.type))
    return pa.table(columns, schema=table.schema)


def empty(table: Table) -> pa.Table:
    """Return a table without rows."""
    return table.schema.empty_table()


def _sort_keys(table: Table) -> list[tuple[str, str]]:
    return [(name, "ascending") for name in table.key]


def _check(rows: pa.Table, table: Table) -> None:
    for name in table.required:
        if rows[name].null_count:
            raise AssertionError(f"{table.name}.{name} is empty in {rows[name].null_count} rows")
    distinct = rows.select(list(table.key)).group_by(list(table.key)).aggregate([])
    if len(distinct) != len(rows):
        raise AssertionError(f"{table.name} has {len(rows) - len(distinct)} rows with a known key")


def _regrouped(batches: Iterable[pa.RecordBatch], table: Table) -> Iterator[pa.Table]:
    """Yield whole row groups, the last one shorter: the same rows give the same bytes."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= ROW_GROUP_ROWS:
            whole = pa.Table.from_batches(held, schema=table.schema)
            yield whole.slice(0, ROW_GROUP_ROWS).combine_chunks()
            held = whole.slice(ROW_GROUP_ROWS).to_batches()
            count -= ROW_GROUP_ROWS
    rest = pa.Table.from_batches(held, schema=table.schema)
    if len(rest):
        yield rest.combine_chunks()


def instants_us(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return instants as whole microseconds since 1970, the form arithmetic is done in."""
    return pc.cast(column, pa.int64())
