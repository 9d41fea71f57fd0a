"""The derived tables as `why` reads them: which may be shown, and rows by value."""

from __future__ import annotations

import difflib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from portique.core.errors import Refused
from portique.core.tables import Table, derived_tables
from portique.flow.folder import CaseFolder

Row = dict[str, Any]

OTHER_PEOPLE = frozenset({"record", "sighting"})
"""Tables with rows of people outside the fleet: counted, never listed."""


class Derived:
    """The derived tables of a case, read by value without an engine.

    Args:
        folder: the case.
    """

    def __init__(self, folder: CaseFolder) -> None:
        self._folder = folder
        self._tables = derived_tables()

    def table(self, name: str) -> Table:
        """Return what a table is.

        Raises:
            Refused: no such table, or one that is about other people.
        """
        shown = sorted(self._tables.keys() - OTHER_PEOPLE)
        if name in OTHER_PEOPLE:
            raise Refused(
                f"rows of {name} are not shown: they are about other people than the fleet's users",
                where=f"derived/{name}.parquet",
                mend="the fleet's own records are in fleet_record",
                code="WHY-001",
            )
        if name not in shown:
            raise Refused(
                f"there is no table {name!r}",
                where="the command line",
                mend=_nearest(name, shown) + "name one of: " + ", ".join(shown),
                code="WHY-002",
            )
        return self._tables[name]

    def columns(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Return some columns of a table, in the order of its key."""
        return pq.ParquetFile(self._folder.derived / f"{name}.parquet").read(columns=columns)

    def rows(self, name: str, **wanted: Any) -> list[Row]:
        """Return the rows whose columns have the wanted values, in the order of the key.

        Args:
            name: the table.
            wanted: column -> value, or a list of values of which one has to fit.
        """
        if any(value in (None, []) for value in wanted.values()):
            return []
        filters = [
            (column, "in" if isinstance(value, list) else "=", value)
            for column, value in wanted.items()
        ]
        found = pq.read_table(self._folder.derived / f"{name}.parquet", filters=filters)
        keys = [(key, "ascending") for key in self._tables[name].key]
        return _as_rows(found.sort_by(keys))

    def row(self, name: str, number: int) -> Row:
        """Return one row by its place in the table."""
        return _as_rows(self.columns(name).slice(number, 1))[0]


def _nearest(name: str, shown: list[str]) -> str:
    near = difflib.get_close_matches(name, shown, n=1, cutoff=0.6)
    return f"did you mean {near[0]}? " if near else ""


def _as_rows(found: pa.Table) -> list[Row]:
    rows: list[Row] = found.to_pylist()
    return rows
