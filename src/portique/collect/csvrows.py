"""Rows of a comma-separated file, in bounded memory, whatever is wrong with some of them.

The rules, whichever of three paths a piece of the file takes (the first two are fast, and give
up rather than decide): a row is one line; a field that opens with a quote may hold line breaks,
within 100 lines and 1 MiB; when that does not end in a whole row, the first line alone is
malformed and reading goes on with the next. An empty line is no row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from portique.collect.reader import FIRST_ROWS, Fault, Rows
from portique.core.errors import Problem

READ_BYTES = 4 << 20
SMALL_BYTES = 16 << 10
MAX_ROW_BYTES = 1 << 20
MAX_ROW_LINES = 100
BOM = b"\xef\xbb\xbf"

CUT_WORDS = "the file ends in the middle of a row"
LONG_WORDS = "rows of more than 1 MiB"
FIELDS_WORDS = "rows with too few or too many fields"
QUOTE_WORDS = "rows with a quote that is not closed, or with text after it"
NUL_WORDS = "rows with a NUL byte"
BYTES_WORDS = "rows that are not UTF-8"

csv.field_size_limit(MAX_ROW_BYTES)


@dataclass(frozen=True)
class RowBlock:
    """Rows of one piece of a file.

    Args:
        row: numbers of the whole rows, from 1.
        line: physical line on which each begins, from 1.
        columns: position in the file -> texts, for the positions that were asked for.
        faults: rows that are not whole.
    """

    row: Rows
    line: Rows
    columns: dict[int, pa.Array]
    faults: tuple[Fault, ...]
    lacks_line_end: bool = False


@dataclass
class _Faults:
    keep_raw: bool
    rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    raw: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def add(self, reason: str, words: str, row: int, raw: bytes) -> None:
        self.rows.setdefault((reason, words), []).append(row)
        if self.keep_raw:
            self.raw.setdefault((reason, words), []).append(raw)

    def all(self) -> tuple[Fault, ...]:
        return tuple(
            Fault(*key, len(rows), tuple(rows[:FIRST_ROWS]), tuple(self.raw.get(key, ())))
            for key, rows in self.rows.items()
        )


def read_header(path: Path) -> list[str]:
    """Return the column names on the first line.

    Raises:
        Problem: no text in UTF-8, or a first line that is no row.
    """
    with path.open("rb") as handle:
        return split_header(handle.readline(MAX_ROW_BYTES), str(path))


def split_header(line: bytes, where: str) -> list[str]:
    """Return the column names of a first line, as delivered.

    >>> split_header(b"sale_id,sold_at_utc", "a.csv")
    ['sale_id', 'sold_at_utc']
    """
    if line[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in line[:200]:
        raise _no_header("the file is not UTF-8 text; it looks like UTF-16 or is not text", where)
    try:
        text = line.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise _no_header("the first line is not UTF-8 text", where) from fault
    try:
        rows = list(csv.reader([text.rstrip("\r\n")], strict=True))
    except csv.Error as fault:
        raise _no_header("the first line is no row of comma-separated names", where) from fault
    return rows[0] if rows else []


def _no_header(what: str, where: str) -> Problem:
    return Problem(
        what,
        where=where,
        mend="ask for the file again as CSV in UTF-8, commas between fields, with a header",
        code="COL-012",
    )


class RowStream:
    """The rows of one file after its header, in pieces, read once.

    Args:
        path: the file.
        width: fields that a whole row has.
        wanted: positions whose values are handed over.
        keep_raw: hand over faulty rows as delivered.
        read_bytes: how much is read at a time; the rows do not depend on it.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        wanted: list[int],
        *,
        keep_raw: bool = False,
        read_bytes: int = READ_BYTES,
    ) -> None:
        self.path = path
        self.width = width
        self.wanted = wanted
        self.keep_raw = keep_raw
        self.read_bytes = read_bytes
        self.row = 1
        self.line = 2

    def __iter__(self) -> Iterator[RowBlock]:
        with self.path.open("rb") as handle:
            handle.readline(MAX_ROW_BYTES)
            held = b""
            final = False
            while not final:
                data = handle.read(self.read_bytes)
                held, final = held + data, not data
                cut = len(held) if final else held.rfind(b"\n") + 1
                whole, held = held[:cut], held[cut:]
                too_long = len(held) > MAX_ROW_BYTES
                unused = b""
                if whole and b'"' not in whole:
                    yield _joined(list(self._unquoted(whole, final=final)))
                else:
                    block, unused = self._parse(whole, complete=final or too_long, final=final)
                    yield block
                if too_long:
                    yield self._skipped(held)
                    held, final = _after_line(handle, held, self.read_bytes)
                held = unused + held

    def _skipped(self, start: bytes) -> RowBlock:
        faults = _Faults(self.keep_raw)
        faults.add("malformed_row", LONG_WORDS, self.row, start[:MAX_ROW_BYTES])
        self.row += 1
        self.line += 1
        return self._block([], [], [], faults)

    def _unquoted(self, whole: bytes, *, final: bool) -> Iterator[RowBlock]:
        """Yield lines without quotes, each of them a row, halved until a fault stands almost alone.

        One faulty row in each piece would else make the whole file take the slow paths.
        """
        lacks_end = final and not whole.endswith(b"\n")
        block = None if _is_odd(whole) else self._by_arrow(whole, lacks_end)
        middle = whole.find(b"\n", len(whole) // 2) + 1
        if block is not None:
            yield block
        elif len(whole) <= SMALL_BYTES or not 0 < middle < len(whole):
            yield self._parse(whole, complete=True, final=final)[0]
        else:
            yield from self._unquoted(whole[:middle], final=False)
            yield from self._unquoted(whole[middle:], final=final)

    def _parse(self, whole: bytes, *, complete: bool, final: bool) -> tuple[RowBlock, bytes]:
        lacks_end = final and bool(whole) and not whole.endswith(b"\n")
        if whole and not _is_odd(whole):
            block = self._by_arrow(whole, lacks_end) or self._by_csv(whole, lacks_end)
            if block is not None:
                return block, b""
        return self._by_line(whole, complete, lacks_end)

    def _by_arrow(self, whole: bytes, lacks_end: bool) -> RowBlock | None:
        if b'"' in whole or whole.startswith(BOM) or not _is_utf8(whole):
            return None
        lines = whole.count(b"\n") + lacks_end
        names = [f"f{place}" for place in range(self.width)]
        wanted = [f"f{place}" for place in self.wanted]
        try:
            table = pcsv.read_csv(
                io.BytesIO(whole),
                pcsv.ReadOptions(use_threads=False, block_size=len(whole) + 1, column_names=names),
                pcsv.ParseOptions(quote_char=False),
                pcsv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pa.string()),
                    include_columns=wanted,
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if len(table) != lines:
            return None
        row, line = self.row + np.arange(lines), self.line + np.arange(lines)
        self.row += lines
        self.line += lines
        columns = {p: _one(table[n]) for p, n in zip(self.wanted, wanted, strict=True)}
        return RowBlock(row, line, columns, (), lacks_end)

    def _by_csv(self, whole: bytes, lacks_end: bool) -> RowBlock | None:
        try:
            lines = whole.decode("utf-8").split("\n")
            if not lacks_end:
                lines.pop()
            rows = list(csv.reader(lines, strict=True))
        except (UnicodeDecodeError, csv.Error):
            return None
        if len(rows) != len(lines):
            return None
        faults = _Faults(self.keep_raw)
        good: list[list[str]] = []
        at: list[tuple[int, int]] = []
        for place, fields in enumerate(rows):
            if len(fields) == self.width:
                good.append(fields)
                at.append((self.row, self.line + place))
            elif fields:
                words = CUT_WORDS if lacks_end and place == len(rows) - 1 else FIELDS_WORDS
                faults.add("malformed_row", words, self.row, lines[place].encode())
            self.row += bool(fields)
        self.line += len(rows)
        return self._block(good, [r for r, _ in at], [n for _, n in at], faults, lacks_end)

    def _by_line(self, whole: bytes, complete: bool, lacks_end: bool) -> tuple[RowBlock, bytes]:
        lines = whole.split(b"\n")
        if not lacks_end:
            lines.pop()
        faults = _Faults(self.keep_raw)
        good: list[list[str]] = []
        rows: list[int] = []
        starts: list[int] = []
        place = 0
        while place < len(lines):
            found = _one_row(lines, place, self.width)
            if found is None and not complete:
                break  # the rest of this row is still to be read
            used, fields, reason, words = found or (1, None, "malformed_row", QUOTE_WORDS)
            if fields:
                good.append(fields)
                rows.append(self.row)
                starts.append(self.line)
            elif reason:
                if lacks_end and place == len(lines) - 1 and reason == "malformed_row":
                    words = CUT_WORDS
                faults.add(reason, words, self.row, lines[place][:MAX_ROW_BYTES])
            self.row += bool(fields or reason)
            self.line += used
            place += used
        unused = b"".join(line + b"\n" for line in lines[place:])
        return self._block(good, rows, starts, faults, lacks_end and not unused), unused

    def _block(
        self,
        good: list[list[str]],
        rows: list[int],
        lines: list[int],
        faults: _Faults,
        lacks_end: bool = False,
    ) -> RowBlock:
        columns = {p: pa.array([fields[p] for fields in good], pa.string()) for p in self.wanted}
        return RowBlock(
            np.array(rows, np.int64), np.array(lines, np.int64), columns, faults.all(), lacks_end
        )


def _joined(parts: list[RowBlock]) -> RowBlock:
    if len(parts) == 1:
        return parts[0]
    return RowBlock(
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.line for part in parts]),
        {p: pa.concat_arrays([part.columns[p] for part in parts]) for p in parts[0].columns},
        tuple(fault for part in parts for fault in part.faults),
        parts[-1].lacks_line_end,
    )


_Found = tuple[int, list[str] | None, str, str]


def _one_row(lines: list[bytes], place: int, width: int) -> _Found | None:
    """Return (lines used, fields, reason, words) of the row at a line; None: more lines needed."""
    joined = lines[place]
    first = _fields(joined, width)
    if first is not None:
        return (1, *first)
    for used in range(1, MAX_ROW_LINES):
        if place + used == len(lines):
            return None
        joined += b"\n" + lines[place + used]
        if len(joined) > MAX_ROW_BYTES:
            break
        found = _fields(joined, width) if b'"' in lines[place + used] else None
        if found is not None:
            return (used + 1, *found) if found[0] else (1, None, "malformed_row", QUOTE_WORDS)
    return 1, None, "malformed_row", QUOTE_WORDS


def _fields(raw: bytes, width: int) -> tuple[list[str] | None, str, str] | None:
    """Return (fields, reason, words) of one row; None: a quote is still open."""
    if len(raw) > MAX_ROW_BYTES:
        return None, "malformed_row", LONG_WORDS
    if b"\0" in raw:
        return None, "malformed_row", NUL_WORDS
    try:
        rows = list(csv.reader([raw.decode("utf-8")], strict=True))
    except UnicodeDecodeError:
        return None, "undecodable", BYTES_WORDS
    except csv.Error as fault:
        is_open = "unexpected end of data" in str(fault)
        return None if is_open else (None, "malformed_row", QUOTE_WORDS)
    fields = rows[0] if rows else []
    if fields and len(fields) != width:
        return None, "malformed_row", FIELDS_WORDS
    return fields or None, "", ""


def _after_line(handle: BinaryIO, held: bytes, read_bytes: int) -> tuple[bytes, bool]:
    """Return what follows the next line end, and whether the file has ended."""
    while b"\n" not in held:
        held = handle.read(read_bytes)
        if not held:
            return b"", True
    return held[held.index(b"\n") + 1 :], False


def _is_odd(whole: bytes) -> bool:
    lone_return = b"\r" in whole and whole.count(b"\r") != whole.count(b"\r\n")
    return b"\0" in whole or lone_return or _has_long_line(whole)


def _has_long_line(whole: bytes) -> bool:
    if len(whole) <= MAX_ROW_BYTES:
        return False
    ends = np.flatnonzero(np.frombuffer(whole, np.uint8) == 10)
    edges = np.concatenate([[-1], ends, [len(whole)]])
    return bool(np.diff(edges).max() > MAX_ROW_BYTES)


def _is_utf8(whole: bytes) -> bool:
    if whole.isascii():
        return True
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
