"""What was acknowledged is never lost: killed writers, full disks, held stores, many threads."""

from __future__ import annotations

import errno
import io
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, make_case
from tests.ledger.writer_process import write

from portique.core.errors import Problem
from portique.engine import journal_sqlite, journal_store
from portique.ledger import notes as notes_module
from portique.ledger.checkpoint import parse, verify
from portique.ledger.entry import read_json
from portique.ledger.journal import Busy, Journal
from portique.ledger.program import hex_sha256
from portique.ledger.tree import leaf_hash, root_of_leaves

KILLS = 20


def check_whole(journal: Journal) -> list[str]:
    """Check a log from its leaves up, and return the hash of each payload."""
    held = journal.entries(0, 1_000_000)
    leaves = [leaf_hash(each.payload, each.signature) for each in held]
    notes = list(journal.checkpoints())
    assert list(journal.notes) == notes
    for note in notes[-50:]:
        said = verify(note, journal.vkey())
        assert root_of_leaves(leaves[: said.size]) == said.root
    assert parse(journal.checkpoint()).size == len(held)
    covered: list[int] = []
    for each in held:
        read = read_json(each.payload)
        if read["kind"] == "received":
            body = read["body"]
            covered += range(body["first_sequence"], body["last_sequence"] + 1)
    own = [n for n, each in enumerate(held) if read_json(each.payload)["device_id"] == "portique"]
    assert sorted(covered + own) == list(range(len(held)))
    return [hex_sha256(each.payload) for each in held]


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """kill -9 at any moment, again and again: each acknowledged entry is in its place."""
    case = make_case(tmp_path / "case")
    with Journal.open(case, create=True) as journal:
        journal.enrol([MadeDevice("d1").new()], "A")
    drawn = random.Random(7)
    acknowledged: dict[int, str] = {}
    # A server that has loaded everything forks each writer: a kill costs no second of loading.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.ledger.writer_process"])
    for run in range(KILLS):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=write, args=(case, run, theirs))
        process.start()
        theirs.close()
        lines = [ours.recv_bytes()]
        time.sleep(drawn.random() * 0.25)
        process.kill()
        with ours, suppress(EOFError, OSError):
            while True:
                lines.append(ours.recv_bytes())
        process.join()
        assert process.exitcode == -signal.SIGKILL
        for line in lines:
            sequence, _, sha256 = line.decode().partition(" ")
            acknowledged[int(sequence)] = sha256
    with Journal.open(case, create=True) as journal:
        hashes = check_whole(journal)

    assert len(acknowledged) > KILLS
    assert {n: hashes[n] for n in acknowledged} == acknowledged


def test_many_threads_share_transactions_and_each_is_answered(
    journal: Journal, device: MadeDevice
) -> None:
    """Batches of several threads; each reply's checkpoint covers what it acknowledges."""
    devices = [MadeDevice(f"t{number}") for number in range(12)]
    journal.enrol([each.new() for each in devices], "A")

    def send(each: MadeDevice) -> None:
        for _ in range(8):
            accepted = journal.accept([each.post() for _ in range(5)], each.id)
            size = parse(accepted.checkpoint).size
            assert {judged.status for judged in accepted.results} == {"stored"}
            assert all(judged.sequence + 1 < size for judged in accepted.results)  # type: ignore[operator]  # stored

    with ThreadPoolExecutor(12) as pool:
        for done in [pool.submit(send, each) for each in devices]:
            done.result()

    assert len(check_whole(journal)) == 1 + 12 + 12 * 8 * 6
    assert journal.alarms(rules=False) == []


def test_two_processes_worth_of_journals_write_in_turn(case: Path, journal: Journal) -> None:
    """Each re-reads the end of the log that the other moved."""
    with Journal.open(case) as other:
        for number in range(6):
            (journal, other)[number % 2].enrol([MadeDevice(f"p{number}").new()], "A")
        with ThreadPoolExecutor(2) as pool:
            for number in range(6, 20):
                made = MadeDevice(f"p{number}").new()
                pool.submit((journal, other)[number % 2].enrol, [made], "A")
        assert journal.checkpoint() == other.checkpoint()
    assert len(check_whole(journal)) == 20


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a held store for a moment only."""
    monkeypatch.setattr(journal_sqlite, "WAIT_S", 0.2)


def test_a_held_store_is_waited_for_then_busy_then_goes_on(tmp_path: Path, hasty: None) -> None:
    """Nothing is acknowledged while somebody else holds it, and nothing is lost."""
    with Journal.open(make_case(tmp_path / "case"), create=True) as journal:
        device = MadeDevice("d1")
        journal.enrol([device.new()], "A")
        post = device.post()
        holder = sqlite3.connect(journal.folder / "journal.db", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Busy) as busy:
            journal.accept([post], "d1")
        assert busy.value.retry_after_s >= 1
        assert journal.size() == 1
        holder.execute("COMMIT")
        holder.close()

        assert [each.status for each in journal.accept([post], "d1").results] == ["stored"]
        check_whole(journal)


def test_a_store_held_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    """Who asks meanwhile is answered when it is free."""
    with Journal.open(make_case(tmp_path / "case"), create=True) as journal:
        holder = sqlite3.connect(
            journal.folder / "journal.db", isolation_level=None, check_same_thread=False
        )
        holder.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(0.4, holder.execute, ["COMMIT"])
        release.start()
        journal.enrol([MadeDevice("d1").new()], "A")
        release.join()
        holder.close()
        assert journal.size() == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 4 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None or os.getuid() != 0, reason="only root mounts")
def test_a_full_disk_is_busy_loses_nothing_and_passes(small_disk: Path) -> None:
    """Entries, checkpoints and files: refused while it is full, taken when there is room."""
    with Journal.open(make_case(small_disk / "case"), create=True) as journal:
        device = MadeDevice("d1")
        journal.enrol([device.new()], "A")
        acknowledged = 0
        filler = small_disk / "filler"
        refused = []
        for _ in range(400):
            post = device.post(body={"note": "x" * 10_000})
            try:
                accepted = journal.accept([post], "d1")
            except Busy:
                refused.append(post)
                break
            acknowledged += sum(each.status == "stored" for each in accepted.results)
            if acknowledged == 20:
                with pytest.raises(OSError, match="space"):
                    filler.write_bytes(bytes(8 * 2**20))
        assert refused
        with pytest.raises(Busy):
            journal.accept(refused, "d1")
        with pytest.raises(Busy):
            journal.put_attachment("0" * 64, io.BytesIO(bytes(8 * 2**20)), "d1")
        filler.unlink()

        results = journal.accept(refused, "d1").results
        assert results[0].status in {"stored", "known"}
        hashes = check_whole(journal)
        assert len(hashes) == 1 + 2 * (acknowledged + 1)


def test_checkpoints_that_could_not_be_written_come_later(
    journal: Journal, device: MadeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is in the store, not acknowledged; sent again it is known, and all is published."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    post = device.post()
    with monkeypatch.context() as patched:
        patched.setattr(notes_module, "_write_whole", full)
        with pytest.raises(Busy):
            journal.accept([post], "d1")
    assert [each.status for each in journal.accept([post], "d1").results] == ["known"]
    check_whole(journal)


@pytest.mark.parametrize("cut", [1, 30, 150, 400])
def test_a_file_of_checkpoints_cut_short_is_mended(case: Path, cut: int) -> None:
    """A process that ended while it wrote left half a note; the store has all of them."""
    with Journal.open(case, create=True) as journal:
        for number in range(4):
            journal.enrol([MadeDevice(f"d{number}").new()], "A")
        path = journal.notes.path
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with Journal.open(case, create=True) as journal:
        assert path.read_bytes() == whole
        check_whole(journal)
    path.unlink()
    with Journal.open(case) as journal:
        journal.enrol([MadeDevice("d9").new()], "A")
        check_whole(journal)
    assert path.read_bytes().startswith(whole)


def test_an_older_store_is_never_lengthened(tmp_path: Path) -> None:
    """A store put back from before a checkpoint would make two logs of one."""
    case = make_case(tmp_path / "case")
    with Journal.open(case, create=True) as journal:
        journal.enrol([MadeDevice("d1").new()], "A")
    older = (case / "journal.db").read_bytes()
    with Journal.open(case) as journal:
        journal.enrol([MadeDevice("d2").new()], "A")
    (case / "journal.db").write_bytes(older)
    with Journal.open(case) as journal:
        with pytest.raises(Problem, match="once signed a checkpoint of 2 entries"):
            journal.enrol([MadeDevice("d3").new()], "A")
        assert journal.size() == 1


def test_rows_of_the_log_are_guarded_against_accidents(case: Path, journal: Journal) -> None:
    """A statement that would change or delete one fails; it is no proof, only a guard."""
    journal.enrol([MadeDevice("d1").new()], "A")
    for statement in ("UPDATE entry SET payload = payload", "DELETE FROM checkpoint"):
        with pytest.raises(Exception, match="append-only"), journal.store.writing() as writing:
            writing.run(statement)  # type: ignore[attr-defined]  # what stores themselves use
    check_whole(journal)


def test_a_journal_without_its_keys_is_read_and_not_written(case: Path, journal: Journal) -> None:
    """Losing a key ends writing, and no new one is made in its place."""
    journal.enrol([MadeDevice("d1").new()], "A")
    (case / "keys" / "checkpoint.key").unlink()
    with Journal.open(case, create=True) as again:
        assert again.size() == 1
        assert again.inclusion(0, 1)[1] == []
        with pytest.raises(Problem, match="missing or damaged"):
            again.enrol([MadeDevice("d2").new()], "A")
    assert not (case / "keys" / "checkpoint.key").exists()


def test_an_unreadable_store_is_named(tmp_path: Path) -> None:
    """What is no database, and one whose head is damaged."""
    case = make_case(tmp_path / "case")
    Journal.open(case, create=True).close()
    content = (case / "journal.db").read_bytes()
    for damaged in (b"no database" * 1000, content[:100] + b"\xff" * 4000 + content[4100:]):
        (case / "journal.db").write_bytes(damaged)
        with pytest.raises(Problem) as told:
            Journal.open(case)
        assert told.value.code == "LED-006"
        assert "journal.db" in told.value.where


def test_waiting_is_bounded() -> None:
    """A request that came before the end of the server is answered within ten seconds."""
    assert journal_store.WAIT_S <= 5
