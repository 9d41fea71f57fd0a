"""Reading one file the way a run does, up to typed values and a reason for each row."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.collect.made_case import MadeCase

from portique.collect.reader import Head, Request
from portique.collect.registry import all_readers, choose_reader, read_head
from portique.collect.tally import Verdict
from portique.collect.typed import typed_columns
from portique.core.tables import INPUT, SIGHTING, Table

ROOT = Path(__file__).parents[2]


@dataclass
class Taken:
    """What one file gave: the reader's name, typed rows by their number, and what was counted."""

    reader: str
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    lines: dict[int, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rows_in: int = 0

    def used(self) -> list[dict[str, Any]]:
        """Return the rows without a reason, in order."""
        return [row for number, row in self.rows.items() if not self.reasons[number]]


TakeIn = Callable[..., Taken]


def take_in(path: Path, kind: str, sources: Path | None = None) -> Taken:
    """Read a file of a kind with the reader that takes it."""
    taken = Taken(choose_reader(Head(path, kind, read_head(str(path)))))
    reader = all_readers()[taken.reader]
    table: Table = SIGHTING if reader.table == "sighting" else INPUT[kind]
    for block in reader.rows(Request(path, table, sources or path.parent)):
        verdict = Verdict(len(block.row))
        columns = typed_columns(block, table, verdict)
        listed = {name: column.to_pylist() for name, column in columns.items()}
        numbers = block.row.tolist()
        for place, number in enumerate(numbers):
            taken.rows[number] = {name: values[place] for name, values in listed.items()}
        taken.reasons.update(zip(numbers, verdict.reasons(), strict=True))
        taken.lines.update(zip(numbers, block.line.tolist(), strict=True))
        for fault in block.faults:
            taken.faults[fault.reason, fault.words] += fault.count
        taken.notes += [note for note in block.notes if note not in taken.notes]
        taken.rows_in += block.rows_in
    return taken


@pytest.fixture(name="take_in")
def take_in_fixture() -> TakeIn:
    """Return `take_in`."""
    return take_in


@pytest.fixture
def case(tmp_path: Path) -> MadeCase:
    """Return a case without sources, under one order that covers every kind."""
    return MadeCase(tmp_path / "case")


@pytest.fixture
def samples() -> Path:
    """Return the folder of hand-made samples, one folder a reader."""
    return ROOT / "tests" / "data" / "collect"


@pytest.fixture
def real_data() -> Path:
    """Return the folder of real files, $PORTIQUE_REAL_DATA; a test is skipped without it."""
    folder = Path(os.environ.get("PORTIQUE_REAL_DATA", ROOT / ".." / "shared" / "real")).resolve()
    if not folder.is_dir():
        pytest.skip("no real files here; $PORTIQUE_REAL_DATA names their folder")
    return folder


@pytest.fixture
def public_lists(real_data: Path) -> Path:
    """Return the folder of public lists beside the real files; a test is skipped without it."""
    folder = real_data.parent / "data"
    if not folder.is_dir():
        pytest.skip("no public lists beside the real files")
    return folder
