"""The answer to "why": a row, the rows behind it, and the rows as delivered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from portique.core.clock import utc_text
from portique.core.errors import Refused
from portique.flow.folder import CaseFolder
from portique.flow.manifest import read_manifest
from portique.flow.seen import Seen
from portique.flow.stages import STAGES
from portique.flow.why.keys import find_row, key_of
from portique.flow.why.links import behind, records_behind
from portique.flow.why.names import name_rows
from portique.flow.why.sources import Delivered, Place, delivered, place_of
from portique.flow.why.tables import Derived, Row
from portique.flow.why.words import shown_value, words

SHOWN_ROWS = 12
"""Delivered rows that are printed of each table unless all are asked for."""


@dataclass(frozen=True)
class Step:
    """One derived row, and those that stand behind it.

    Args:
        table: which table it is of.
        key: its key, as `portique why` takes it.
        words: what it says.
        row: its columns.
        follows_from: the rows behind it; a row that stands elsewhere is not repeated.
    """

    table: str
    key: str
    words: str
    row: dict[str, Any]
    follows_from: tuple[Step, ...]


@dataclass(frozen=True)
class Answer:
    """Why a row stands in a table.

    Args:
        step: the row and what it follows from.
        total: delivered rows behind it.
        rows: those that are shown, as delivered.
    """

    step: Step
    total: int
    rows: tuple[Delivered, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the answer for `--json`."""
        shown = [asdict(row) for row in self.rows]
        sources = {"total": self.total, "shown": len(shown), "rows": shown}
        return asdict(self.step) | {"source_rows": sources}


class _Tracer:
    """Walks back from a row, each row once, and notes where rows were delivered."""

    def __init__(self, derived: Derived) -> None:
        self._derived = derived
        self._met: set[tuple[str, str]] = set()
        self.places: dict[str, dict[Place, None]] = {}
        self.codes: set[str] = set()

    def step(self, name: str, row: Row) -> Step:
        table = self._derived.table(name)
        key = key_of(table, row)
        self._met.add((name, key))
        self._note(name, row)
        if name == "tac_name":
            self.codes.add(row["tac"])
        follows = [
            self.step(other, found)
            for other, rows in behind(self._derived, name, row)
            for found in rows
            if (other, key_of(self._derived.table(other), found)) not in self._met
        ]
        return Step(name, key, words(name, row), _plain_row(row), tuple(follows))

    def note_records(self, records: list[Row]) -> None:
        for record in records:
            self._note("fleet_record", record)

    def _note(self, table: str, row: Row) -> None:
        place = place_of(row)
        if place is not None:
            self.places.setdefault(table, {})[place] = None


def answer(folder: CaseFolder, table: str, key: str, *, all_rows: bool) -> Answer:
    """Return why a row stands in a derived table.

    Args:
        folder: the case.
        table: name of the table.
        key: the row's key, its parts joined by "/".
        all_rows: give every delivered row behind it, not the first of each table.

    Raises:
        Refused: the case has not been run through, the table or key is unknown, or a source was
            altered since.
    """
    seen = Seen(folder)
    derived = Derived(folder)
    shape = derived.table(table)
    _require_whole(folder, seen)
    row = derived.row(table, find_row(derived, shape, key))
    tracer = _Tracer(derived)
    step = tracer.step(table, row)
    tracer.note_records(records_behind(derived, table, row))
    every = {place for noted in tracer.places.values() for place in noted}
    limit = None if all_rows else SHOWN_ROWS
    chosen = {place for noted in tracer.places.values() for place in islice(noted, limit)}
    named = name_rows(folder, seen, tracer.codes)
    rows = named + delivered(folder, derived, seen, chosen)
    seen.save()
    return Answer(step, len(every) + len(named), tuple(rows))


def _require_whole(folder: CaseFolder, seen: Seen) -> None:
    """Refuse to explain tables that are not those of one whole run."""
    manifest = read_manifest(folder)
    names = [stage.name for stage in STAGES]
    outputs = {n: h for entry in manifest.entries.values() for n, h in entry.outputs.items()}
    paths = {name: folder.derived / name for name in outputs}
    sound = all(p.is_file() and seen.sha256(p) == outputs[n] for n, p in paths.items())
    if not manifest.is_whole(names) or not sound:
        raise Refused(
            "the derived tables are not those of one whole run",
            where=str(folder.derived),
            mend=f"give `portique run {folder.root}`, then ask again",
            code="WHY-006",
        )


def _plain_row(row: Row) -> dict[str, Any]:
    """Return the columns of a row as JSON can hold them."""
    return {name: _plain(name, value) for name, value in row.items()}


def _plain(name: str, value: object) -> object:
    if isinstance(value, datetime):
        return utc_text(value)
    return shown_value(name, value) if name in {"imei", "imsi", "linked_from"} and value else value
