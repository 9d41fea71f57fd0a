"""A sector register in the contract's own form, made from a delivered list of masts or cells.

What a list says is taken over, what it does not say stays empty; `readers/sites_csv.py` and
`readers/sectors_azimuth_csv.py` tell what is constructed, and why. A list may as well lie in
`sources/sector/` as it was received. What this adds: of a list of sites, one row for each
generation of a site, since a phone of 2G chooses among the masts of 2G alone; and a file that a
person can look through, and complete with identities or directions when they come.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portique.collect.reader import Block, Head, Request
from portique.collect.registry import all_readers, choose_reader, read_head
from portique.collect.tally import Verdict
from portique.collect.typed import typed_columns
from portique.core.errors import Refused
from portique.core.tables import SECTOR

KIND = SECTOR.name
LISTS = frozenset({"sites_csv", "sectors_azimuth_csv"})
COLUMNS = (*SECTOR.names, "delivered_row")
"""Of the register: the contract's, and the row of the delivered list."""

Row = tuple[str, ...]


@dataclass
class _Counts:
    rows_read: int = 0
    sectors: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    notes: dict[str, None] = field(default_factory=dict)
    seen: set[Row] = field(default_factory=set)


def build_register(delivered: Path, register: Path) -> dict[str, Any]:
    """Write a sector register, as CSV with the contract's columns, from a delivered list.

    Rows lie in the order of the list; the same list gives the same bytes. `delivered_row` is the
    row of the list, from 1. Only what can be used is written; all else is counted.

    Args:
        delivered: a list of sites or of LTE cells, as received.
        register: the file to write, e.g. `CASE/sources/sector/register.csv`; must not exist.

    Returns:
        `register`, `reader`, `delivered_sha256`, `rows_read`, `sectors`, `set_aside` (reason ->
        rows of the list) and `notes`.

    Raises:
        Refused: the register is there already, is no `.csv`, or the list needs no register.
        Problem: no reader takes the list, or a column of it is missing.
    """
    _refuse_place(register)
    reader = _list_reader(delivered)
    counts = _Counts()
    request = Request(delivered, SECTOR, delivered.parent)
    partial = register.with_name(register.name + ".partial")
    register.parent.mkdir(parents=True, exist_ok=True)
    try:
        with partial.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(COLUMNS)
            for block in all_readers()[reader].rows(request):
                writer.writerows(_register_rows(block, counts))
        partial.rename(register)
    finally:
        partial.unlink(missing_ok=True)
    return {
        "register": str(register),
        "reader": reader,
        "delivered_sha256": hashlib.sha256(delivered.read_bytes()).hexdigest(),
        "rows_read": counts.rows_read,
        "sectors": counts.sectors,
        "set_aside": dict(sorted(counts.set_aside.items())),
        "notes": list(counts.notes),
    }


def _refuse_place(register: Path) -> None:
    if register.exists():
        raise Refused(
            "there is a file in this place already",
            where=str(register),
            mend="name a file that does not exist; a register that was used is never altered",
            code="COL-030",
        )
    if register.suffix.lower() != ".csv":
        raise Refused(
            "a register is written as CSV",
            where=str(register),
            mend="give the register a name that ends in .csv",
            code="COL-031",
        )


def _list_reader(delivered: Path) -> str:
    name = choose_reader(Head(delivered, KIND, read_head(str(delivered))))
    if name not in LISTS:
        raise Refused(
            "this file names sectors in the contract's own form already",
            where=str(delivered),
            mend=f"put it into sources/{KIND}/ as it is",
            code="COL-032",
        )
    return name


def _register_rows(block: Block, counts: _Counts) -> Iterator[Row]:
    """Yield the rows of the register that a block gives, and count every row of the block."""
    verdict = Verdict(len(block.row))
    typed_columns(block, SECTOR, verdict)
    counts.rows_read += block.rows_in
    counts.notes.update(dict.fromkeys(block.notes))
    for fault in block.faults:
        counts.set_aside[fault.reason] += fault.count
    texts = {name: column.to_pylist() for name, column in block.columns.items()}
    for place, reason in enumerate(verdict.reasons()):
        if reason:
            counts.set_aside[reason] += 1
            continue
        given = {name: values[place] or "" for name, values in texts.items()}
        new = [row for row in _rows_of(given) if row not in counts.seen]
        if not new:
            counts.set_aside["duplicate"] += 1
        counts.sectors += len(new)
        counts.seen.update(new)
        yield from ((*row, str(block.row[place])) for row in new)


def _rows_of(given: dict[str, str]) -> Iterator[Row]:
    """Yield one row of the register, or of a site one for each of its generations.

    >>> site = {"sector_id": "constructed:20801:48.85:2.35", "technologies": "2G 4G"}
    >>> [row[:3] for row in _rows_of(site)]
    [('constructed:20801:48.85:2.35:2G', '', '2G'), ('constructed:20801:48.85:2.35:4G', '', '4G')]
    """
    generations = given.get("technologies", "").split()
    for generation in generations or [""]:
        row = dict(given)
        if generation:
            row |= {
                "sector_id": f"{given['sector_id']}:{generation}",
                "technology": generation,
            }
        yield tuple(row.get(name, "") for name in SECTOR.names)
