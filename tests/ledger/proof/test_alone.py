"""The verifier as it lies in a pack: one file, run by a bare interpreter."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.ledger.proof.naive_pack import invented, vkey_of

from portique.ledger.standalone.script import script

OLDEST = "python3.9"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Return a pack with its verifier in it."""
    folder = invented().save(tmp_path / "pack")
    (folder / "verify.py").write_text(script(), encoding="utf-8")
    return folder


def run(*words: object, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Run an interpreter that sees nothing of this project."""
    command = [python, "-I", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def oldest() -> str:
    """Return an interpreter of the oldest version that has to do, or skip the test."""
    beside = sorted(Path.home().glob(f".pyenv/versions/3.9*/bin/{OLDEST}"))
    found = str(beside[0]) if beside else shutil.which(OLDEST)
    if found is None or run("-c", "pass", python=found).returncode:
        pytest.skip(f"no {OLDEST} here")
    return found


def test_it_checks_the_folder_in_which_it_lies(pack: Path) -> None:
    """With `cryptography`, everything is checked: exit 0, and size, root and key are printed."""
    done = run(pack / "verify.py")

    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("size         12", "root  ", "fingerprint  ", "all fits", "forged as a whole"):
        assert word in done.stdout


def test_without_the_package_for_signatures_it_says_what_was_left_out(pack: Path) -> None:
    """Exit 2: never a silent pass; and a fault is still a fault."""
    done = run("-S", pack / "verify.py")
    assert done.returncode == 2
    assert "LEFT OUT     every signature" in done.stdout

    (pack / "checkpoint.txt").write_text(invented().note(3))
    assert run("-S", pack / "verify.py").returncode == 1


def test_the_oldest_interpreter_will_do(pack: Path) -> None:
    """Python 3.9 with nothing installed."""
    done = run("-S", pack / "verify.py", python=oldest())

    assert done.returncode == 2, done.stdout + done.stderr


def test_what_is_known_from_outside_is_given_by_options(pack: Path, tmp_path: Path) -> None:
    """A kept checkpoint and the key; one that cannot be read is a check left out."""
    (tmp_path / "kept.txt").write_text(invented().note(5))
    vkey = vkey_of("checkpoint")
    kept = ("--checkpoint", tmp_path / "kept.txt")

    done = run(pack / "verify.py", pack, *kept, "--vkey", vkey)
    assert done.returncode == 0
    assert "forged" not in done.stdout
    assert run(pack / "verify.py", "--vkey", vkey_of("other")).returncode == 1
    assert run(pack / "verify.py", *kept, "--checkpoint", tmp_path / "none").returncode == 2
    (tmp_path / "kept.txt").write_text(invented("other").note(5))
    assert run(pack / "verify.py", *kept).returncode == 1


def test_it_answers_programs_too(pack: Path) -> None:
    """--json gives one object."""
    answer = json.loads(run(pack / "verify.py", "--json").stdout)

    assert answer["ok"] is True
    assert answer["size"] == 12
    assert answer["first_bad"] is None


def test_what_a_terminal_would_obey_is_printed_as_an_escape(pack: Path) -> None:
    """A name in a pack cannot hide a line."""
    (pack / "devices.json").write_text('[{"id": "\\u001b[2J", "public_key": "AAAA"}]')
    done = run(pack / "verify.py")

    assert done.returncode == 1
    assert "\x1b" not in done.stdout
