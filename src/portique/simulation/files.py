"""Writing the files of a case: CSV or Parquet with the same columns, whole or as a stream."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from portique.simulation.draw import Ints
from portique.simulation.period import EPOCH_S, instants

_INSTANT = pa.timestamp("us", tz="UTC")


class RowFile:
    """A file that grows by batches of rows; its ending says in which form.

    Args:
        path: `.csv` or `.parquet`.
        schema: columns; instants are written as ISO 8601 in CSV.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._is_csv = path.suffix == ".csv"
        self.rows = 0
        self._writer: pv.CSVWriter | pq.ParquetWriter
        if self._is_csv:
            quoting = pv.WriteOptions(quoting_style="needed")
            self._writer = pv.CSVWriter(path, _as_text_schema(schema), write_options=quoting)
        else:
            self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, rows: pa.Table) -> None:
        """Add rows to the end."""
        if len(rows):
            self._writer.write_table(as_text(rows) if self._is_csv else rows)
            self.rows += len(rows)

    def __enter__(self) -> RowFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the file."""
        self._writer.close()


def write_rows(path: Path, rows: pa.Table) -> None:
    """Write one whole file."""
    with RowFile(path, rows.schema) as file:
        file.write(rows)


def as_text(rows: pa.Table) -> pa.Table:
    """Return rows with instants as ISO 8601 text in UTC, to the second."""
    columns = []
    for column in rows.columns:
        if column.type == _INSTANT:
            seconds = column.cast(pa.timestamp("s", tz="UTC"), safe=False)
            columns.append(pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ"))
        else:
            columns.append(column)
    return pa.table(columns, schema=_as_text_schema(rows.schema))


def _as_text_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema(
        [pa.field(f.name, pa.string() if f.type == _INSTANT else f.type) for f in schema]
    )


def known_instants(second: Ints, unknown: Iterable[int]) -> pa.Array:
    """Return instants, empty where the second is one of those that stand for "not known"."""
    mask = pc.is_in(pa.array(second), value_set=pa.array(list(unknown), pa.int64()))
    return pc.if_else(mask, pa.scalar(None, _INSTANT), instants(second))


def text_of_second(second: int) -> str:
    """Return one instant as written in CSV.

    >>> text_of_second(0)
    '2025-02-18T20:00:00Z'
    """
    moment = pa.scalar(second + EPOCH_S, pa.timestamp("s", tz="UTC"))
    return str(pc.strftime(moment, format="%Y-%m-%dT%H:%M:%SZ").as_py())
