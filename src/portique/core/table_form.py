"""What a table between stages is: its columns, their types, its key."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column: name, Arrow type, meaning with its unit, and whether it may be empty."""

    name: str
    type: pa.DataType
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """One table: name, what one row is, columns, and the unique key that orders it."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema; required columns are not nullable in meaning, checked at writing."""
        return pa.schema([pa.field(c.name, c.type) for c in self.columns])

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(c.name for c in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that are never empty."""
        return tuple(c.name for c in self.columns if c.required)


def may_be_empty(name: str, type_: pa.DataType, meaning: str) -> Column:
    """Return a column that may be empty."""
    return Column(name, type_, meaning)


def always_there(name: str, type_: pa.DataType, meaning: str) -> Column:
    """Return a column that is never empty."""
    return Column(name, type_, meaning, required=True)
