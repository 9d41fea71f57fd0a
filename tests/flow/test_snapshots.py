"""The stored projection of a case: used where it fits the log, thrown away where it does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, make_case

from portique.flow import snapshots
from portique.flow.journal_state import Reader
from portique.ledger.journal import Journal

KEPT = Path(".portique") / snapshots.FILE


@pytest.fixture(autouse=True)
def kept_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a projection from the first entry on."""
    monkeypatch.setattr(snapshots, "LEAST", 1)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return a case with seven entries, whose projection is kept."""
    made = make_case(tmp_path / "case")
    with Journal.open(made, create=True) as journal:
        _write(journal, MadeDevice("d1"), 5)
        Reader(journal).standing()
    return made


def _write(journal: Journal, device: MadeDevice, count: int) -> None:
    if journal.device(device.id) is None:
        journal.enrol([device.new()], "A. Person")
    for number in range(count):
        subject = {"type": "cell", "id": f"C{number}"}
        journal.accept([device.post(subject=subject)], device.id)


def _from_zero(case: Path) -> bytes:
    kept = case / KEPT
    content = kept.read_bytes()
    kept.unlink()
    with Journal.open(case) as journal:
        state = Reader(journal).standing().state.canonical
    kept.write_bytes(content)
    return state


@pytest.fixture
def read_entries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note from which entry on the journal is read."""
    asked: list[int] = []
    entries = Journal.entries

    def noting(journal: Journal, first: int, limit: int) -> list[object]:
        asked.append(first)
        return list(entries(journal, first, limit))

    monkeypatch.setattr(Journal, "entries", noting)
    return asked


def test_a_command_goes_on_from_what_the_one_before_kept(
    case: Path, read_entries: list[int]
) -> None:
    """Also when entries came since; and it is what a rebuild from zero says."""
    with Journal.open(case) as journal:
        size = journal.size()
        _write(journal, MadeDevice("d2"), 1)
        state = Reader(journal).standing().state
    assert read_entries[0] == size
    assert state.canonical == _from_zero(case)


@pytest.mark.parametrize("how", ["altered", "cut", "empty", "of another program"])
def test_what_does_not_fit_is_thrown_away(
    case: Path, read_entries: list[int], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read from entry 0, and kept anew."""
    kept = case / KEPT
    content = kept.read_bytes()
    changed = {"altered": content[:-1] + b"?", "cut": content[:50], "empty": b""}
    kept.write_bytes(changed.get(how, content))
    if how == "of another program":
        monkeypatch.setattr("portique.__version__", "other")
    with Journal.open(case) as journal:
        state = Reader(journal).standing().state
    assert read_entries[0] == 0
    assert kept.read_bytes() != changed.get(how)
    assert state.canonical == _from_zero(case)


def test_that_of_a_newer_log_or_of_a_fork_is_thrown_away(
    case: Path, tmp_path: Path, read_entries: list[int]
) -> None:
    """A journal put back from before, and one that went on otherwise from there."""
    shutil.copytree(case, tmp_path / "earlier")
    with Journal.open(case) as journal:
        _write(journal, MadeDevice("d2"), 3)
        Reader(journal).standing()
    earlier = tmp_path / "earlier"
    shutil.copy(case / KEPT, earlier / KEPT)
    for count in (0, 9):
        read_entries.clear()
        with Journal.open(earlier) as journal:
            if count:
                shutil.copy(case / KEPT, earlier / KEPT)
                _write(journal, MadeDevice("d3"), count)
            state = Reader(journal).standing().state
        assert read_entries[0] == 0
        assert state.canonical == _from_zero(earlier)
