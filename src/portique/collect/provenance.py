"""Rows as delivered, by file and row number, for whoever asks why a derived row stands there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from portique.collect.lawyers import KIND, learn
from portique.collect.privilege import FIELDS_WITH_NUMBERS, Privileged, is_lawyer
from portique.collect.reader import Block, Head, Request
from portique.collect.registry import all_readers, choose_reader, read_head
from portique.collect.survey import files_below, is_leftover
from portique.collect.values import is_text, plain
from portique.core.tables import INPUT, SIGHTING


@dataclass(frozen=True)
class DeliveredRow:
    """One row as delivered.

    Args:
        row: number of the row in the file, from 1.
        line: line of the file on which it begins, from 1; None: the format has no lines.
        fields: column -> text as delivered; None: a column without a value in this row.
    """

    row: int
    line: int | None
    fields: dict[str, str | None]


def source_rows(
    path: Path, rows: Sequence[int], reader: str = "", privileged: Privileged | None = None
) -> list[DeliveredRow]:
    """Return some rows of a file, in the order of the file.

    Rows with a lawyer's number, in whatever field, and rows that declare a lawyer are left out,
    whoever asks. Rows that the file does not have, or that have no fields, are left out too.

    Args:
        path: a file below the `sources/` of a case.
        rows: row numbers, from 1.
        reader: name of the reader; empty: the one that takes the file.
        privileged: `lawyers_of` the case, for whoever asks about several files; None: found out.

    Raises:
        Problem: no reader takes the file, or it has no rows to be had.
        ValueError: the file lies in no folder `sources/`.
    """
    sources = _sources_of(path)
    kind = path.relative_to(sources).parts[0]
    name = reader or choose_reader(Head(path, kind, read_head(str(path))))
    table = SIGHTING if all_readers()[name].table == "sighting" else INPUT[kind]
    wanted = frozenset(rows)
    if privileged is None:
        privileged = lawyers_of(sources)
    found: list[DeliveredRow] = []
    for block in all_readers()[name].rows(Request(path, table, sources, only=wanted)):
        found += [row for row in _chosen(block, wanted) if not _is_privileged(row, privileged)]
        if len(block.row) and block.row[-1] >= max(wanted, default=0):
            break
    return found


def _sources_of(path: Path) -> Path:
    """Return the folder `sources/` of the case that a file lies in."""
    named = [folder for folder in path.parents if folder.name == "sources"]
    of_case = [folder for folder in named if (folder.parent / "case.toml").is_file()]
    for folder in (of_case or named)[-1:]:
        return folder
    raise ValueError(f"not below a folder of sources: {path}")


def lawyers_of(sources: Path) -> Privileged:
    """Return the lawyers' numbers that the lists of a case declare.

    Args:
        sources: the folder `sources/` of the case.
    """
    privileged = Privileged()
    for path in sorted(files_below(sources / KIND)):
        shown = path.relative_to(sources).as_posix()
        if path.is_file() and not path.is_symlink() and not is_leftover(shown):
            learn(privileged, path, sources)
    return privileged


def _chosen(block: Block, wanted: frozenset[int]) -> Iterator[DeliveredRow]:
    places = [place for place, row in enumerate(block.row.tolist()) if row in wanted]
    if not places:
        return
    taken = {name: _texts(column.take(pa.array(places))) for name, column in block.columns.items()}
    for number, place in enumerate(places):
        line = int(block.line[place]) if len(block.line) else None
        fields = {name: texts[number] for name, texts in taken.items()}
        yield DeliveredRow(int(block.row[place]), line, fields)


def _texts(column: pa.Array) -> list[Any]:
    array = plain(column)
    return list((array if is_text(array.type) else array.cast(pa.string())).to_pylist())


def _is_privileged(row: DeliveredRow, privileged: Privileged) -> bool:
    if is_lawyer(row.fields.get("relation")):
        return True
    texts = [text for name, text in row.fields.items() if text and name in FIELDS_WITH_NUMBERS]
    return any(privileged.in_text(text) or privileged.is_one(text) for text in texts)
