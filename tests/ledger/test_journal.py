"""The journal as others use it: accepted, appended, proven."""

from __future__ import annotations

import hashlib
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, make_case, posted

from portique.core.errors import Refused
from portique.ledger import growth
from portique.ledger.checkpoint import Vkey, verify
from portique.ledger.entry import Malformed, read_json
from portique.ledger.journal import Journal, ProgramEntry
from portique.ledger.sequencer import Job


def test_a_new_journal_is_empty_signed_and_private(journal: Journal) -> None:
    """Keys are readable by their owner alone, and the empty log has a checkpoint."""
    folder = journal.folder
    signer = Vkey.parse((folder / "journal.pub").read_text())

    assert verify(journal.checkpoint(), signer).size == 0
    assert signer.name == "portique/case-1"
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700
    for key in ("checkpoint.key", "portique.key"):
        assert stat.S_IMODE((folder / "keys" / key).stat().st_mode) == 0o600


def test_a_case_without_a_journal_is_refused(case: Path) -> None:
    """Reading makes nothing."""
    with pytest.raises(Refused, match="no journal yet"):
        Journal.open(case)
    assert not (case / "keys").exists()


def test_what_is_accepted_is_held_under_the_checkpoint_of_the_reply(
    journal: Journal, device: MadeDevice
) -> None:
    """A batch is followed by `received`, and its reply's checkpoint covers both."""
    accepted = journal.accept([device.post(), device.post()], "d1")

    assert [(each.status, each.sequence) for each in accepted.results] == [
        ("stored", 1),
        ("stored", 2),
    ]
    assert verify(accepted.checkpoint, journal.vkey()).size == 4
    last = read_json(journal.entries(3, 1)[0].payload)
    assert last["kind"] == "received"
    assert last["body"]["first_sequence"] == 1
    assert last["body"]["last_sequence"] == 2
    assert last["body"]["received_at_utc"] == journal.entries(1, 1)[0].received_at_utc


def test_processes_that_begin_at_once_make_one_journal(case: Path) -> None:
    """One makes keys and tables; the others find them."""

    def begin(_: int) -> str:
        with Journal.open(case, create=True) as made:
            return str(made.vkey())

    with ThreadPoolExecutor(6) as pool:
        vkeys = set(pool.map(begin, range(6)))
    assert vkeys == {(case / "journal.pub").read_text().strip()}


def test_proofs_are_given_for_every_size_up_to_the_present_one(
    journal: Journal, device: MadeDevice
) -> None:
    """And for no other."""
    journal.accept([device.post() for _ in range(5)], "d1")
    size = journal.size()

    leaf, path = journal.inclusion(2, 3)
    assert (len(leaf), len(path)) == (64, 1)
    assert journal.consistency(0, size) == journal.consistency(size, size) == []
    assert len(journal.consistency(3, size)) == 4
    for sequence, tree in ((0, size + 1), (3, 3), (0, 0)):
        with pytest.raises(LookupError):
            journal.inclusion(sequence, tree)
    for first, second in ((0, size + 1), (4, 3)):
        with pytest.raises(LookupError):
            journal.consistency(first, second)


def test_the_journal_of_another_case_is_refused(case: Path) -> None:
    """A case whose id was changed, and an id that no journal can have."""
    Journal.open(case, create=True).close()
    settings = (case / "case.toml").read_text()
    (case / "case.toml").write_text(settings.replace("case-1", "case-2"))
    with pytest.raises(Refused, match="of the case 'case-1', not of 'case-2'"):
        Journal.open(case, create=True)
    (case / "case.toml").write_text(settings.replace("case-1", "case 1"))
    with pytest.raises(Refused, match="has 1 to 64 letters"):
        Journal.open(case)


def test_entries_of_the_program_are_written_all_or_none(journal: Journal) -> None:
    """What cannot be written is a fault of the caller, and the log stays as it was."""
    good = ProgramEntry("exported", "document", "x", {}, "A", "magistrate", "defence")
    with pytest.raises(Malformed):
        journal.append_all([good, replace(good, body={"x": float("nan")})])
    assert journal.size() == 0
    held = journal.append_all([good, good])
    assert [each.sequence for each in held] == [0, 1]
    assert journal.entries(0, 9) == held
    assert len(list(journal.checkpoints())) == 2


def test_a_fault_of_ours_keeps_its_traceback_and_stops_nobody(journal: Journal) -> None:
    """Who writes next writes."""

    def faulty(_: object) -> None:
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        journal._sequencer.do(Job(faulty))
    said = ProgramEntry("exported", "document", "x", {}, "A", "magistrate", "defence")
    assert journal.append(said).sequence == 0


def test_a_full_quarantine_keeps_hashes_and_counts_alone(
    journal: Journal, device: MadeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What revoked devices signed has a part of its own, and good devices go on."""
    assert growth.PART_BYTES == 2**30
    monkeypatch.setattr(growth, "PART_BYTES", 3000)
    other = MadeDevice("d2")
    journal.enrol([other.new()], "A")
    journal.revoke("d2", "A")
    posts = [posted(b"x" * 1000 + b"%d" % number, bytes(64)) for number in range(9)]
    journal.accept(posts, "d1")
    signed = other.payload()
    accepted = journal.accept([posted(b"y" * 5000, b""), other.sign(signed), device.post()], "d1")

    assert [each.status for each in accepted.results] == ["invalid", "invalid", "stored"]
    assert journal.quarantine() == {"json": 10, "revoked": 1}
    with journal.store.reading() as reading:
        assert reading.quarantine_bytes(is_signed=False) <= 3000
        assert reading.set_aside(hashlib.sha256(b"y" * 5000).digest())[0].material is None
        assert reading.set_aside(hashlib.sha256(signed).digest())[0].material == signed


def test_a_journal_is_read_from_a_medium_that_cannot_be_written(tmp_path: Path) -> None:
    """A copy on a disc: nothing is made beside it."""
    case = make_case(tmp_path / "case")
    with Journal.open(case, create=True) as journal:
        journal.append(ProgramEntry("exported", "document", "x", {}, "A", "magistrate", "d"))
    bound = subprocess.run(["mount", "--bind", str(case), str(case)], check=False)
    if bound.returncode:
        pytest.skip("this user may not mount")
    try:
        again = ["mount", "-o", "remount,ro,bind", str(case)]
        subprocess.run(again, check=True)
        with Journal.open(case) as frozen:
            assert frozen.size() == 1
            assert frozen.checkpoint()
            assert frozen.alarms(rules=False) == []
    finally:
        subprocess.run(["umount", str(case)], check=True)
