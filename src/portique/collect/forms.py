"""Delivered forms that have column names of their own: found by them, and read under them.

A form is a `Table` whose columns are those of the file as delivered; a reader makes the columns
of the derived table from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.csvrows import MAX_ROW_BYTES, RowStream, read_header, split_header
from portique.collect.header import folded, match_columns
from portique.collect.reader import FIRST_ROWS, Block, Fault, Head, Mask
from portique.collect.values import as_mask
from portique.core.errors import Problem
from portique.core.tables import TEXT, Column, Table

NO_LINE_END = "the last line has no line end"
_WITH_ZONE = r"(?:[Zz]|[0-9]\s?[+-][0-9]{2}(?::?[0-9]{2})?)\s*$"


def form(name: str, row: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Table:
    """Return a form: what one row is, columns that have to be there, and columns that may be.

    Args:
        name: what a person calls it.
        row: what one row is.
        required, optional: names as `header.folded` returns them.

    >>> form("list of antennas", "one antenna", ("antenna_id",), ("name",)).required
    ('antenna_id',)
    """
    columns = [Column(column, TEXT, "as delivered", required=True) for column in required]
    columns += [Column(column, TEXT, "as delivered") for column in optional]
    return Table(name, row, tuple(columns), ())


def names_of(head: Head) -> frozenset[str]:
    """Return the folded column names on a file's first line; none where it is no such line.

    >>> sorted(names_of(Head(Path("a.csv"), "sector", b"Lat, LON")))
    ['lat', 'lon']
    """
    return _names_on(head.start.partition(b"\n")[0])


def names_in(path: Path) -> frozenset[str]:
    """Return the folded column names on the first line of a file, as `names_of` does."""
    with path.open("rb") as handle:
        return _names_on(handle.readline(MAX_ROW_BYTES))


def _names_on(line: bytes) -> frozenset[str]:
    try:
        return frozenset(folded(name) for name in split_header(line, ""))
    except Problem:
        return frozenset()


def has_form(names: frozenset[str], wanted: Table) -> bool:
    """Return whether a file has every column that a form has to have."""
    return names.issuperset(wanted.required)


def read_form(path: Path, wanted: Table, *, keep_raw: bool = False) -> Iterator[Block]:
    """Yield the rows of a file under the names of a form; columns that it lacks are left out.

    Args:
        path: the file, CSV in UTF-8.
        wanted: the form.
        keep_raw: hand over faulty rows as delivered.

    Raises:
        Problem: a required column is missing, or a column is named twice.
    """
    names = [folded(name) for name in read_header(path)]
    matched = match_columns(names, _present(wanted, names), str(path))
    stream = RowStream(path, len(names), sorted(matched.places.values()), keep_raw=keep_raw)
    notes = matched.notes
    for piece in stream:
        if piece.lacks_line_end:
            notes = (*notes, NO_LINE_END)
        columns = {name: piece.columns[place] for name, place in matched.places.items()}
        yield Block(piece.row, columns, piece.faults, notes, piece.line)


def _present(wanted: Table, names: list[str]) -> Table:
    """Return a form without the optional columns that a file lacks: each reader says what for."""
    columns = tuple(c for c in wanted.columns if c.required or c.name in names)
    return replace(wanted, columns=columns)


def text_column(block: Block, name: str) -> pa.Array:
    """Return a column as delivered; where the file lacks it, nothing is known."""
    given = block.columns.get(name)
    return pa.nulls(len(block.row), TEXT) if given is None else given


def without(block: Block, rows: Mask, reason: str, words: str) -> Block:
    """Return a block whose rows of a mask are counted as faulty, for one reason.

    Args:
        block: some rows.
        rows: True for the rows concerned, shape (rows,).
        reason: one of `core.tables.REASONS`.
        words: what is wrong; never a value that was delivered.
    """
    if not rows.any():
        return block
    lost = block.row[rows]
    fault = Fault(reason, words, len(lost), tuple(lost[:FIRST_ROWS].tolist()))
    keep = pa.array(~rows)
    return replace(
        block,
        row=block.row[~rows],
        line=block.line[~rows] if len(block.line) else block.line,
        columns={name: column.filter(keep) for name, column in block.columns.items()},
        faults=(*block.faults, fault),
    )


def lacks_zone(instants: pa.Array) -> bool:
    """Return whether an instant is written without a zone.

    >>> lacks_zone(pa.array(["2023-05-17 14:16:00+00:00", ""]))
    False
    >>> lacks_zone(pa.array(["2014-03-02 07:13:30"]))
    True
    """
    zoned = as_mask(pc.match_substring_regex(instants, _WITH_ZONE))
    written = as_mask(pc.match_substring_regex(instants, r"\S"))
    return bool((written & ~zoned).any())
