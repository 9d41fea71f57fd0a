"""The pack of a case: whole, checked by itself, the same bytes from the same log."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, make_case

from portique.core.errors import Refused
from portique.flow.permissions import Person
from portique.flow.proof import Export, Verify, export_pack, verify_journal
from portique.ledger.journal import Journal
from portique.ledger.subject_keys import destruction, make_subject_key, remove_key

PERSON = Person("A. Person", "lead_investigator")


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Return a case with entries, a file, a revoked device, two subject keys, one destroyed."""
    case = make_case(tmp_path / "case")
    (case / "sources" / "sale").mkdir(parents=True)
    (case / "sources" / "sale" / "ledger.csv").write_text("sale_id\n")
    (case / "derived").mkdir()
    (case / "derived" / "figures.json").write_text("{}")
    device = MadeDevice("tablet-1")
    with Journal.open(case, create=True) as journal:
        journal.enrol([device.new(), MadeDevice("tablet-2").new()], "A. Person")
        content = b"a photograph"
        name = hashlib.sha256(content).hexdigest()
        named = [{"sha256": name, "bytes": len(content), "media_type": "image/jpeg"}]
        journal.put_attachment(name, io.BytesIO(content), "tablet-1")
        journal.accept([device.post(attachments=named), device.post()], "tablet-1")
        journal.revoke("tablet-2", "A. Person")
        make_subject_key(case, "person-1")
        gone = make_subject_key(case, "person-2")
        journal.append(destruction(case, gone.key_id, "A. Person", "retention"))
        remove_key(case, gone.key_id)
    return case


def unpacked(case: Path, folder: Path) -> Path:
    """Return the folder of an exported pack."""
    export_pack(Export(case, folder.with_suffix(".zip"), "the defence"), PERSON)
    with zipfile.ZipFile(folder.with_suffix(".zip")) as pack:
        pack.extractall(folder)
    return folder


def checked(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a verifier in an interpreter that sees nothing of this project."""
    command = [sys.executable, "-I", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_pack_verifies_by_itself(filled: Path, tmp_path: Path) -> None:
    """Exit 0 with `cryptography`, 2 without, and the case is whole afterwards."""
    pack = unpacked(filled, tmp_path / "pack")

    done = checked(pack / "verify.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert checked("-S", pack / "verify.py").returncode == 2
    assert checked(pack / "verify.py", tmp_path / "pack.zip").returncode == 0
    assert verify_journal(Verify(filled, (pack / "checkpoint.txt",)), PERSON).ok


def test_the_pack_holds_what_the_contract_lists(filled: Path, tmp_path: Path) -> None:
    """Every name, every entry of the checkpoint, every signer, the keys and what became of one."""
    pack = unpacked(filled, tmp_path / "pack")

    names = {path.relative_to(pack).as_posix() for path in pack.rglob("*") if path.is_file()}
    attachment = hashlib.sha256(b"a photograph").hexdigest()
    assert names == {
        "entries.jsonl",
        "checkpoint.txt",
        "devices.json",
        "journal.pub",
        f"attachments/{attachment}",
        "subject_keys.json",
        "sources.json",
        "versions.json",
        "derived/figures.json",
        "verify.py",
    }
    lines = (pack / "entries.jsonl").read_text().splitlines()
    assert len(lines) == int((pack / "checkpoint.txt").read_text().split("\n")[1])
    devices = json.loads((pack / "devices.json").read_text())
    assert [each["id"] for each in devices] == ["portique", "tablet-1", "tablet-2"]
    assert [bool(each["until"]) for each in devices] == [False, False, True]
    keys = json.loads((pack / "subject_keys.json").read_text())
    assert len(keys["keys"]) == len(keys["destroyed"]) == 1
    sources = json.loads((pack / "sources.json").read_text())
    assert [each["file"] for each in sources] == ["sale/ledger.csv"]


def test_what_no_device_signed_in_a_pack_is_bound_by_its_last_entry(
    filled: Path, tmp_path: Path
) -> None:
    """A change of a derived file, of the list of sources or of the verifier itself is found."""
    pack = unpacked(filled, tmp_path / "pack")
    for name in ("derived/figures.json", "sources.json", "subject_keys.json"):
        content = (pack / name).read_bytes()
        (pack / name).write_bytes(content + b" ")
        assert checked(pack / "verify.py").returncode == 1
        (pack / name).write_bytes(content)
    assert checked(pack / "verify.py").returncode == 0


def test_a_key_that_somebody_may_not_have_is_withheld(filled: Path, tmp_path: Path) -> None:
    """The pack says which, and still verifies."""
    pack = unpacked(filled, tmp_path / "one")
    (key,) = json.loads((pack / "subject_keys.json").read_text())["keys"]
    out = tmp_path / "two.zip"
    export_pack(Export(filled, out, withheld=(key["key_id"],)), PERSON)

    with zipfile.ZipFile(out) as made:
        keys = json.loads(made.read("subject_keys.json"))
    assert keys["keys"] == []
    assert keys["withheld"] == [key["key_id"]]
    assert checked(pack / "verify.py", out).returncode == 0


def test_every_file_in_the_zip_has_the_same_date_and_rights(filled: Path, tmp_path: Path) -> None:
    """Nothing in the ZIP comes from the clock or the machine."""
    unpacked(filled, tmp_path / "pack")

    with zipfile.ZipFile(tmp_path / "pack.zip") as made:
        about = {(i.date_time, i.external_attr, i.create_system) for i in made.infolist()}
    assert about == {((1980, 1, 1, 0, 0, 0), 0o644 << 16, 3)}


def test_who_may_export_and_verify_is_decided_in_one_place(filled: Path, tmp_path: Path) -> None:
    """An analyst does not export, an administrator does neither, an auditor verifies."""
    for role in ("analyst", "administrator"):
        with pytest.raises(Refused):
            export_pack(Export(filled, tmp_path / "x.zip"), Person("B", role))
    assert verify_journal(Verify(filled), Person("B", "auditor")).ok


def test_the_commands_end_with_the_codes_of_the_contract(filled: Path, tmp_path: Path) -> None:
    """0 all fits, 1 something does not, 2 no journal."""
    portique = Path(sys.executable).with_name("portique")

    def code(*words: object) -> int:
        command = [str(portique), *map(str, words)]
        return subprocess.run(command, check=False, timeout=60, capture_output=True).returncode

    assert code("export", filled, "--defence", tmp_path / "x.zip") == 0
    assert code("verify", filled, "--json") == 0
    (filled / "journal.pub").write_text("nonsense")
    assert code("verify", filled) == 1
    assert code("verify", make_case(tmp_path / "fresh")) == 2
