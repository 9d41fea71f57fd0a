"""The contract's own columns as Parquet.

Made by: whoever delivers in the form that docs/reference/case-folder.md describes. Seen with
other physical types for the same columns (large or dictionary text, whole numbers for
identifiers, instants in other units or without a zone): what has one meaning is read and said.
Known faults: a row group that cannot be read; its rows are counted, the others are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from portique.collect.header import Matched, match_columns, required_columns, share_of_columns
from portique.collect.reader import Block, Fault, Head, Reader, Recognition, Request
from portique.collect.values import can_read, is_text
from portique.core.errors import Problem
from portique.core.tables import INPUT, UTC_US, Table

MAGIC = b"PAR1"
BATCH_ROWS = 65_536
UNREADABLE = (OSError, ValueError, pa.ArrowException, OverflowError, MemoryError)
"""What pyarrow raises on damaged files: ArrowInvalid is a ValueError, ArrowMemoryError a
MemoryError (a damaged length asks for absurd memory and is refused at once)."""


def recognises(head: Head) -> Recognition:
    """Return whether the file is Parquet with columns of the kind."""
    if not head.start.startswith(MAGIC):
        return Recognition("no", "the file does not begin as Parquet does")
    if head.kind not in INPUT:
        return Recognition("no", f"the contract has no columns for {head.kind}")
    table = INPUT[head.kind]
    try:
        with _open(head.path) as file:
            names = list(file.schema_arrow.names)
    except UNREADABLE:
        return Recognition("likely", "the file begins as Parquet, and its footer cannot be read")
    needed, known = share_of_columns(names, table)
    said = f"Parquet with {known} of {len(table.columns)} columns of {table.name}"
    return Recognition("certain" if needed == len(required_columns(table)) else "likely", said)


def rows(request: Request) -> Iterator[Block]:
    """Yield the rows of a file, one row group after another.

    Raises:
        Problem: the footer cannot be read, a required column is missing, or a column holds
            something that has no meaning in the contract.
    """
    where = str(request.path)
    try:
        file = _open(request.path)
        schema = file.schema_arrow
    except UNREADABLE as fault:
        raise Problem(
            "the footer of this Parquet file cannot be read: it is damaged or cut short",
            where=where,
            mend="ask for the file again, and compare its SHA-256 with the sender's",
            code="COL-013",
        ) from fault
    with file:
        matched = match_columns(schema.names, request.table, where)
        notes = (*matched.notes, *_checked_types(schema, matched, request.table, where))
        yield from _groups(file, matched, notes, request.only)


def _open(path: object) -> pq.ParquetFile:
    return pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False)


def _groups(
    file: pq.ParquetFile, matched: Matched, notes: tuple[str, ...], only: frozenset[int]
) -> Iterator[Block]:
    first = 1
    names = [file.schema_arrow.names[place] for place in matched.places.values()]
    for group in range(file.num_row_groups):
        rows_in_group = file.metadata.row_group(group).num_rows
        if only and only.isdisjoint(range(first, first + rows_in_group)):
            first += rows_in_group
            continue
        done = 0
        with suppress(*UNREADABLE):
            for batch in file.iter_batches(
                BATCH_ROWS, row_groups=[group], columns=names, use_threads=False
            ):
                block = _block(batch, names, matched, first + done, notes)
                done += batch.num_rows
                yield block
        if done < rows_in_group:  # a damaged group may also end early without an error
            words = f"row group {group} cannot be read from its row {done + 1} on"
            fault = Fault("malformed_row", words, rows_in_group - done, (first + done,))
            yield Block(np.zeros(0, np.int64), _no_columns(matched), (fault,), notes)
            done = rows_in_group
        first += done


def _block(
    batch: pa.RecordBatch, names: list[str], matched: Matched, first: int, notes: tuple[str, ...]
) -> Block:
    row = first + np.arange(batch.num_rows)
    columns = {}
    bad = np.zeros(batch.num_rows, bool)
    for place, column in enumerate(matched.places):
        array = batch.column(names[place])
        array, broken = _valid_text(array)
        columns[column] = array
        bad |= broken
    if not bad.any():
        return Block(row, columns, (), notes)
    keep = pa.array(~bad)
    lost = row[bad]
    fault = Fault("undecodable", "rows that are not UTF-8", len(lost), tuple(lost[:5].tolist()))
    kept = {column: array.filter(keep) for column, array in columns.items()}
    return Block(row[~bad], kept, (fault,), notes)


def _valid_text(array: pa.Array) -> tuple[pa.Array, np.typing.NDArray[np.bool_]]:
    """Return texts with every broken one emptied, and which were broken."""
    if pa.types.is_dictionary(array.type):
        array.validate(full=True)
        array = array.dictionary_decode()
    broken = np.zeros(len(array), bool)
    if not is_text(array.type):
        return array, broken
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        texts: list[str | None] = []
        for place, raw in enumerate(array.cast(pa.large_binary()).to_pylist()):
            try:
                texts.append(None if raw is None else raw.decode("utf-8"))
            except UnicodeDecodeError:
                texts.append(None)
                broken[place] = True
        array = pa.array(texts, pa.string())
    return array, broken


def _no_columns(matched: Matched) -> dict[str, pa.Array]:
    return {name: pa.array([], pa.string()) for name in matched.places}


def _checked_types(schema: pa.Schema, matched: Matched, table: Table, where: str) -> list[str]:
    """Return notes on physical types that are not the contract's.

    Raises:
        Problem: values of the type cannot be read.
    """
    notes = []
    wanted = {column.name: column.type for column in table.columns}
    for name, place in matched.places.items():
        given = schema.field(place).type
        if not can_read(given):
            raise Problem(
                f"the column {name} holds {given}, which has no meaning there",
                where=where,
                mend="ask for the column as text, or as the type in docs/reference/tables.md",
                code="COL-014",
            )
        if pa.types.is_timestamp(given) and given.tz is None and wanted[name] == UTC_US:
            notes.append(f"{name}: instants without a zone, taken as UTC")
        elif wanted[name] == pa.string() and not is_text(_inner(given)):
            notes.append(f"{name}: delivered as {given}; zeros on the left are lost")
        elif given != wanted[name] and not is_text(_inner(given)):
            notes.append(f"{name}: delivered as {given}, read as {wanted[name]}")
    return notes


def _inner(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_


READER = Reader("Parquet of the contract", "", recognises, rows)
