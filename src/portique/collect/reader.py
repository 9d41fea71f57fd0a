"""What a reader is: it says whether a file is its own, and gives the rows as delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from portique.core.tables import Table

HEAD_BYTES = 64 * 1024
FIRST_ROWS = 5
"""How many row numbers a note names before it counts the others."""

Level = Literal["certain", "likely", "no"]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Head:
    """What a reader may look at to know its own files.

    Args:
        path: the file, for formats that are known by their end.
        kind: kind of source, the first folder below `sources/`.
        start: the first 64 KiB.
    """

    path: Path
    kind: str
    start: bytes


@dataclass(frozen=True)
class Recognition:
    """Whether a file is of a reader's format, with the reason in words."""

    level: Level
    reason: str


@dataclass(frozen=True)
class Fault:
    """Rows that could not be told apart into fields, for one reason.

    Args:
        reason: one of `core.tables.REASONS`.
        words: what is wrong; never a value that was delivered.
        count: rows concerned.
        first: numbers of the first of them.
        raw: the rows as delivered, where the caller asked to see them.
    """

    reason: str
    words: str
    count: int
    first: tuple[int, ...] = ()
    raw: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Block:
    """Some consecutive rows of a file, by column, as delivered.

    Args:
        row: numbers of the rows that have fields, from 1; faulty rows are counted in between.
        columns: column of the table -> values, of whatever type the file holds.
        faults: rows without fields.
        notes: what a person should know of the file.
        line: physical line on which each row begins; empty where the format has no lines.
    """

    row: Rows
    columns: dict[str, pa.Array]
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    line: Rows = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def rows_in(self) -> int:
        """Rows of the file that this block accounts for."""
        return len(self.row) + sum(fault.count for fault in self.faults)


@dataclass(frozen=True)
class Request:
    """What is asked of a reader: one file, as rows of one table.

    Args:
        path: the file.
        table: the table whose columns are wanted.
        sources: the folder `sources/`, for formats of more than one file.
        keep_raw: hand over faulty rows as delivered.
        only: rows that are looked for; a reader may pass over pieces of the file without any of
            them. Empty: all.
    """

    path: Path
    table: Table
    sources: Path
    keep_raw: bool = False
    only: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Reader:
    """One format.

    Args:
        title: what a person calls it.
        table: derived table its rows belong to; empty: the table of the kind.
        recognises: tells a file of this format from others, by its content.
        rows: the file as blocks; raises `Problem` where there are no rows to be had.
        first_row_line: line of data row 1.
        companion: tells a second file of this format, which gives no rows of its own.
    """

    title: str
    table: str
    recognises: Callable[[Head], Recognition]
    rows: Callable[[Request], Iterator[Block]]
    first_row_line: int = 1
    companion: Callable[[Head], bool] | None = None
