"""Witness, time stamp, purge and preparation on the command line."""

from __future__ import annotations

import hashlib
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, make_case
from tests.ledger.test_witness import MadeWitness, answered, authority

from portique.cli.main import command_line
from portique.flow.permissions import Person
from portique.flow.proof import Export, export_pack
from portique.ledger.journal import Journal
from portique.ledger.standalone.reading import Pack
from portique.ledger.standalone.verify import Check
from portique.ledger.subject_keys import CannotOpen, SubjectKey, subject_keys
from portique.ledger.verify import verify

Said = tuple[int, str, str]
Run = Callable[..., Said]
LEA = ("--actor", "lea")
PHOTO = b"a photograph of somebody"
NAME = hashlib.sha256(PHOTO).hexdigest()

__all__ = ["authority"]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process: exit code, standard output, standard error."""

    def run(*words: str | Path) -> Said:
        with pytest.raises(SystemExit) as ended:
            command_line.main([str(word) for word in words])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return a journal with a device and a file."""
    folder = make_case(tmp_path / "case")
    with Journal.open(folder, create=True) as journal:
        journal.enrol([MadeDevice("d1").new()], "A. Person")
        journal.put_attachment(NAME, io.BytesIO(PHOTO), "d1")
    return folder


def _note(case: Path) -> str:
    with Journal.open(case) as journal:
        return journal.checkpoint()


def test_a_witnesss_line_is_kept_and_a_fork_is_told(case: Path, run: Run, tmp_path: Path) -> None:
    """`verify` holds the log to what was witnessed; another root of the size exits with 2."""
    other = make_case(tmp_path / "other")
    witness, answer = MadeWitness("w.example/1"), tmp_path / "answer.txt"
    answer.write_text(witness.cosign(_note(case), 1_747_720_800))
    code, out, _ = run("journal", "witness", case, answer, "--key", str(witness.vkey))
    assert (code, out) == (0, "w.example/1 saw 2 entries at 2025-05-20T06:00:00Z\n")
    assert verify(case).ok

    with Journal.open(other, create=True) as journal:
        foreign = journal.checkpoint()
    answer.write_text(witness.cosign(foreign, 1_747_720_800))
    code, _, err = run("journal", "witness", case, answer, "--key", str(witness.vkey))
    assert code == 2
    assert "LED-031" in err


def test_a_log_that_is_not_what_a_witness_saw_does_not_verify(
    case: Path, run: Run, tmp_path: Path
) -> None:
    """The fork of the whole log, with the same keys, is found by the witness's line alone."""
    witness, answer = MadeWitness("w.example/1"), tmp_path / "answer.txt"
    answer.write_text(witness.cosign(_note(case), 5))
    assert run("journal", "witness", case, answer, "--key", str(witness.vkey))[0] == 0
    seen = (case / "checkpoints" / "cosigned-2.txt").read_text()
    for path in (case / "checkpoints").iterdir():
        path.unlink()
    for path in case.glob("journal.db*"):
        path.unlink()
    with Journal.open(case, create=True) as journal:
        journal.enrol([MadeDevice("d2").new(), MadeDevice("d3").new()], "Nobody")
    assert not [fault for fault in verify(case).faults if "cosigned" in fault.what]

    (case / "checkpoints" / "cosigned-2.txt").write_text(seen)
    assert "cosigned-2.txt" in verify(case).faults[0].what


def test_a_time_stamp_finds_its_checkpoint_though_the_log_grew(
    case: Path, run: Run, tmp_path: Path, authority: Path
) -> None:
    """Asked for at 2 entries, answered when there are 3."""
    query, reply = tmp_path / "query.tsq", tmp_path / "answer.tsr"
    assert run("journal", "time-request", case, query)[0] == 0
    assert run("device", "revoke", case, "d1")[0] == 0
    reply.write_bytes(answered(authority, query.read_bytes()))
    code, out, err = run("journal", "time-stamp", case, reply, "--root", authority / "root.pem")

    assert (code, err) == (0, "")
    assert out.startswith("2 entries at ")
    assert (case / "checkpoints" / "timestamp-2.tsr").read_bytes() == reply.read_bytes()
    reply.write_bytes(b"nothing")
    code, _, err = run("journal", "time-stamp", case, reply, "--root", authority / "root.pem")
    assert code == 2
    assert "LED-032" in err


def test_two_people_destroy_a_file_and_everything_still_verifies(
    case: Path, run: Run, tmp_path: Path
) -> None:
    """One alone does not; the log says who, why, and the pack is whole without it."""
    words = ("journal", "purge", case, "--file", NAME, "--reason", "end of retention", *LEA)
    code, _, err = run(*words, "--second", " LEA ")
    assert code == 2
    assert "LED-015" in err
    assert (case / "attachments" / NAME).is_file()

    for _ in range(2):
        assert run(*words, "--second", "marie")[0] == 0
    assert not (case / "attachments" / NAME).exists()
    with Journal.open(case) as journal:
        said = [json.loads(held.payload) for held in journal.entries(0, 100)]
    [gone] = [each for each in said if each["kind"] == "attachment_destroyed"]
    assert gone["body"] == {"sha256": NAME, "ground": "end of retention", "second": "marie"}
    assert (gone["actor"], gone["role"]) == ("lea", "lead_investigator")
    assert verify(case).ok
    export_pack(Export(case, tmp_path / "pack.zip"), Person("lea", "lead_investigator"))
    check = Check(Pack(tmp_path / "pack.zip"))
    check.run()
    assert check.faults == []
    assert (
        "LED-014"
        in run("journal", "purge", case, "--file", "0" * 64, "--reason", "r", "--second", "m")[2]
    )


def test_a_device_is_prepared_and_a_destroyed_key_opens_nothing(
    case: Path, run: Run, tmp_path: Path
) -> None:
    """One key a person, in a file for its owner alone; after the purge the text is closed."""
    out = tmp_path / "keys.json"
    words = ("device", "prepare", case, "d1", "--person", "inmate-12", "--out", out)
    assert run(*words)[1].endswith("1 keys, 1 new\n")
    assert run(*words)[1].endswith("1 keys, 0 new\n")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    [given] = json.loads(out.read_text())["keys"]
    [kept] = subject_keys(case)
    sealed = SubjectKey(given["key_id"], "", bytes.fromhex(given["key"])).seal("e1", b"a name")
    assert kept.open("e1", sealed) == b"a name"

    asked = ("journal", "purge", case, "--key", given["key_id"], "--reason", "retention", *LEA)
    assert run(*asked, "--second", "marie")[0] == 0
    assert subject_keys(case) == []
    with pytest.raises(CannotOpen):
        SubjectKey(given["key_id"], "", bytes(32)).open("e1", sealed)
    assert verify(case).ok
    assert b"inmate-12" not in (case / "journal.db").read_bytes()


@pytest.mark.parametrize("device_id", ["nobody", "d1"])
def test_who_is_not_enrolled_gets_no_key(
    case: Path, run: Run, tmp_path: Path, device_id: str
) -> None:
    """Nor a device that was revoked; nothing is written."""
    run("device", "revoke", case, "d1")
    out = tmp_path / "keys.json"
    code, _, err = run("device", "prepare", case, device_id, "--person", "p", "--out", out)

    assert code == 2
    assert "DEV-004" in err
    assert not out.exists()
    assert subject_keys(case) == []
