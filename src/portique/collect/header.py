"""Column names as delivered against the columns of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portique.core.errors import Problem
from portique.core.tables import Table

ALSO_REQUIRED = {"declared_contact": ("relation",)}
"""Without the relation a lawyer's number cannot be told from another."""

_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z _.-]{0,30}\Z")


@dataclass(frozen=True)
class Matched:
    """Where the columns of a table stand in a file.

    Args:
        places: column -> position in the file, from 0.
        notes: what was accepted or ignored, in words.
    """

    places: dict[str, int]
    notes: tuple[str, ...]


def folded(name: str) -> str:
    """Return a column name without the differences that mean nothing.

    >>> folded(" Started-At UTC ")
    'started_at_utc'
    """
    return re.sub(r"[\s\-]+", "_", name.strip("\ufeff \t\r\n\u00a0")).lower()


def required_columns(table: Table) -> tuple[str, ...]:
    """Return the columns that a file has to have.

    >>> from portique.core.tables import INPUT
    >>> required_columns(INPUT["declared_contact"])
    ('inmate_id', 'msisdn', 'relation')
    """
    return table.required + ALSO_REQUIRED.get(table.name, ())


def share_of_columns(names: Sequence[str], table: Table) -> tuple[int, int]:
    """Return how many required columns a file has, and how many of the table's in all."""
    have = {folded(name) for name in names}
    needed = sum(name in have for name in required_columns(table))
    return needed, sum(name in have for name in table.names)


def match_columns(names: Sequence[str], table: Table, where: str) -> Matched:
    """Return where the columns of a table stand among the names of a file.

    Raises:
        Problem: a required column is missing, or a column of the table stands there twice.
    """
    plain = [folded(name) for name in names]
    missing = [name for name in required_columns(table) if name not in plain]
    if missing:
        raise Problem(
            f"the file lacks {_columns(missing)}",
            where=where,
            mend=f"ask for the file with the columns {', '.join(table.names)}",
            code="COL-010",
        )
    twice = sorted({name for name in table.names if plain.count(name) > 1})
    if twice:
        raise Problem(
            f"the file names {_columns(twice)} more than once",
            where=where,
            mend="ask which one is meant, and for a file with one of them",
            code="COL-011",
        )
    places = {name: plain.index(name) for name in table.names if name in plain}
    return Matched(places, tuple(_notes(names, plain, table)))


def _notes(names: Sequence[str], plain: list[str], table: Table) -> list[str]:
    notes = []
    respelt = [n for n, p in zip(names, plain, strict=True) if p in table.names and n != p]
    if respelt:
        notes.append(f"{len(respelt)} column names differ from the contract's in case or spacing")
    lacking = [name for name in table.names if name not in plain]
    if lacking:
        notes.append(f"without {_columns(lacking)}: taken as not known")
    extra = [n for n, p in zip(names, plain, strict=True) if p not in table.names]
    if extra:
        # A file without a header shows its first row here: only plain words are repeated.
        words = [n.strip() for n in extra if _PLAIN_WORD.match(n.strip())]
        named = f" ({', '.join(words[:10])})" if words else ""
        notes.append(f"{len(extra)} columns that the contract does not know are ignored{named}")
    return notes


def _columns(names: list[str]) -> str:
    return f"the column{'s' if len(names) > 1 else ''} {', '.join(names)}"
