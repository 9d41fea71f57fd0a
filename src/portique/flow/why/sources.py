"""The rows as delivered: file, line, hash, and the fields as they were written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portique.core.errors import Refused
from portique.flow.folder import CaseFolder
from portique.flow.seen import Seen
from portique.flow.why.tables import Derived, Row

Place = tuple[int, int]
"""(source_id, source_row)."""


@dataclass(frozen=True)
class Delivered:
    """One row as delivered.

    Args:
        file: where it lies below the case folder, e.g. "sources/sale/ledger.csv".
        row: number of the row in the file, from 1.
        line: line of the file on which it begins; None: the format has no lines.
        sha256: of the file, as the run used it and as it is now.
        fields: column -> text as delivered.
    """

    file: str
    row: int
    line: int | None
    sha256: str
    fields: dict[str, Any]


def place_of(row: Row) -> Place | None:
    """Return where a derived row was delivered; None: it was not, it was derived."""
    if "source_row" not in row:
        return None
    return int(row["source_id"]), int(row["source_row"])


def delivered(
    folder: CaseFolder, derived: Derived, seen: Seen, places: Iterable[Place]
) -> list[Delivered]:
    """Return rows as delivered, by file and row.

    Only rows that a derived table names may be asked for: a privileged row is in none.

    Raises:
        Refused: a file is missing, or is no longer the one that the run used.
    """
    by_file: dict[int, set[int]] = defaultdict(set)
    for source_id, row in places:
        by_file[source_id].add(row)
    from portique.collect.provenance import lawyers_of, source_rows  # noqa: PLC0415 - and readers

    found: list[Delivered] = []
    lawyers = lawyers_of(folder.sources) if by_file else None
    for source in derived.rows("source", source_id=sorted(by_file)):
        path = folder.sources / source["path"]
        if not path.is_file() or seen.sha256(path) != source["sha256"]:
            raise altered(f"sources/{source['path']}", source["sha256"])
        rows = sorted(by_file[source["source_id"]])
        found += [
            Delivered(folder.relative(path), raw.row, raw.line, source["sha256"], dict(raw.fields))
            for raw in source_rows(path, rows, source["reader"] or "", lawyers)
        ]
    return found


def altered(file: str, sha256: str) -> Refused:
    """Return the refusal to show a file that is no longer the one that the run used.

    Args:
        file: where it lies below the case folder.
        sha256: of the file that the run used.
    """
    return Refused(
        "a source was altered since the run that used it",
        where=f"{file} (the run used sha256 {sha256})",
        mend="put the file back as it was received, or run the case again",
        code="WHY-005",
    )
