"""The contract's own columns as CSV: UTF-8, commas, a header.

Made by: whoever delivers in the form that docs/reference/case-folder.md describes. Known faults:
a byte order mark, names in another case, columns that are not in the contract, quoted line
breaks, lines that are not UTF-8, a last line cut in the middle. Each is counted or said.
"""

from __future__ import annotations

from collections.abc import Iterator

from portique.collect.csvrows import RowStream, read_header, split_header
from portique.collect.header import match_columns, required_columns, share_of_columns
from portique.collect.reader import Block, Head, Reader, Recognition, Request
from portique.core.errors import Problem
from portique.core.tables import INPUT

NO_LINE_END = "the last line has no line end"


def recognises(head: Head) -> Recognition:
    """Return whether the first line names the columns of the kind."""
    if head.kind not in INPUT:
        return Recognition("no", f"the contract has no columns for {head.kind}")
    table = INPUT[head.kind]
    try:
        names = split_header(head.start.partition(b"\n")[0], str(head.path))
    except Problem as problem:
        return Recognition("no", problem.what)
    needed, known = share_of_columns(names, table)
    wanted = len(required_columns(table))
    said = f"the first line names {known} of {len(table.columns)} columns of {table.name}"
    if needed == wanted:
        return Recognition("certain", said)
    if known >= 2 or 2 * needed >= wanted:
        return Recognition("likely", said)
    return Recognition("no", said)


def rows(request: Request) -> Iterator[Block]:
    """Yield the rows of a file.

    Raises:
        Problem: a required column is missing or named twice.
    """
    names = read_header(request.path)
    matched = match_columns(names, request.table, str(request.path))
    stream = RowStream(
        request.path, len(names), sorted(matched.places.values()), keep_raw=request.keep_raw
    )
    notes = matched.notes
    for piece in stream:
        if piece.lacks_line_end:
            notes = (*notes, NO_LINE_END)
        columns = {name: piece.columns[place] for name, place in matched.places.items()}
        yield Block(piece.row, columns, piece.faults, notes, piece.line)


READER = Reader("CSV of the contract", "", recognises, rows, first_row_line=2)
