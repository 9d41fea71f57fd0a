"""A backup is a whole instant of a journal that goes on, and is put back only where it fits."""

from __future__ import annotations

import io
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, make_case

from portique.core.errors import Problem, Refused
from portique.ledger.backup import backup, restore
from portique.ledger.checkpoint import parse
from portique.ledger.journal import Journal, Posted
from portique.ledger.program import hex_sha256


def lose(journal: Journal) -> None:
    """Lose the store of a journal, wherever it lies."""
    if (journal.folder / "journal.db").exists():
        for path in journal.folder.glob("journal.db*"):
            path.unlink()
        return
    with journal.store.writing() as writing:
        writing.run(  # type: ignore[attr-defined]  # what stores themselves use
            "DROP TABLE fact, entry, node, checkpoint, set_aside, set_aside_bytes, attachment, "
            "named_attachment"
        )


def test_a_backup_made_while_others_write_is_whole(
    journal: Journal, device: MadeDevice, tmp_path: Path
) -> None:
    """Its checkpoint is one of the journal's, and every entry before it is there."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            journal.accept([device.post() for _ in range(3)], "d1")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        said = [backup(journal, tmp_path / f"backup-{number}") for number in range(3)]
    finally:
        stop.set()
        writer.join()

    assert [each.size for each in said] == sorted(each.size for each in said)
    assert {each.size for each in said} <= {parse(note).size for note in journal.checkpoints()}
    assert not list(tmp_path.glob("backup-*/**/*.key"))
    with pytest.raises(Refused, match="something in this place"):
        backup(journal, tmp_path / "backup-0")


def test_what_was_lost_is_put_back_and_goes_on(
    journal: Journal, device: MadeDevice, case: Path, tmp_path: Path
) -> None:
    """Entries, quarantine, files and checkpoints; and a new entry follows."""
    journal.put_attachment(hex_sha256(b"photo"), io.BytesIO(b"photo"), "d1")
    journal.accept([device.post(), Posted("no", "no")], "d1")
    held = journal.entries(0, 100)
    said = backup(journal, tmp_path / "backup")
    lose(journal)
    shutil.rmtree(case / "attachments")
    journal.close()

    assert restore(case, tmp_path / "backup") == said
    with Journal.open(case) as again:
        assert again.entries(0, 100) == held
        assert again.quarantine() == {"base64": 1}
        assert (again.attachments / hex_sha256(b"photo")).read_bytes() == b"photo"
        assert again.accept([device.post()], "d1").results[0].status == "stored"
        assert again.consistency(said.size, again.size())
    with pytest.raises(Refused, match="a store lies here"):
        restore(case, tmp_path / "backup")


def test_a_backup_older_than_a_known_checkpoint_is_refused(
    journal: Journal, device: MadeDevice, case: Path, tmp_path: Path
) -> None:
    """What was acknowledged since would be lost, and one log would become two."""
    backup(journal, tmp_path / "backup")
    journal.accept([device.post()], "d1")
    lose(journal)
    with pytest.raises(Refused, match="knows a checkpoint of 3 entries"):
        restore(case, tmp_path / "backup")


def test_another_journals_backup_is_refused(journal: Journal, tmp_path: Path) -> None:
    """By its case, and by its key."""
    backup(journal, tmp_path / "backup")
    other = make_case(tmp_path / "other", case_id="case-2")
    with pytest.raises(Refused, match="is of the case 'case-1'"):
        restore(other, tmp_path / "backup")
    with Journal.open(make_case(tmp_path / "same"), create=True) as same:
        lose(same)
        with pytest.raises(Refused, match="another key"):
            restore(same.folder, tmp_path / "backup")
    with pytest.raises(Refused, match="no backup"):
        restore(make_case(tmp_path / "third"), tmp_path)


def test_a_changed_backup_is_refused(journal: Journal, device: MadeDevice, tmp_path: Path) -> None:
    """One byte of one payload is enough; a damaged file is named."""
    journal.accept([device.post()], "d1")
    backup(journal, tmp_path / "backup")
    path = tmp_path / "backup" / "journal.db"
    with sqlite3.connect(path) as changed:
        for (name,) in changed.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            changed.execute(f"DROP TRIGGER {name}")
        changed.execute("UPDATE entry SET payload = CAST(payload || ' ' AS BLOB)")
    changed.close()
    case = make_case(tmp_path / "new")
    with pytest.raises(Problem, match="not those of its checkpoint"):
        restore(case, tmp_path / "backup")
    path.write_bytes(b"no database" * 500)
    with pytest.raises(Problem, match="cannot be read"):
        restore(case, tmp_path / "backup")
    assert not (case / "journal.db").exists()
