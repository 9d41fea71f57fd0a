"""docs/verifier.md is enough for a verifier in another language, and its values are computed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.proof.naive_pack import Log, invented, vkey_of
from tests.ledger.proof.odd_log import Alarms, by_the_program, drawn, table, with_every_alarm
from tests.ledger.proof.test_pack_changes import checked
from tests.ledger.proof.test_pack_export import filled, unpacked
from tests.ledger.proof.worked_example import PAGE, blocks

from portique.ledger.standalone.verify import main

ROOT = Path(__file__).parents[3]
SECOND = Path(__file__).parent / "second_verifier.mjs"

__all__ = ["filled"]


def _node(*words: object) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js here")
    command = [node, str(SECOND), *map(str, words)]
    return subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)


def second(*words: object) -> int:
    """Run the second verifier."""
    return _node(*words).returncode


def alarms_of_the_second(pack: Path) -> Alarms:
    """Return what the second verifier lists."""
    ended = _node(pack)
    assert ended.returncode == 0, ended.stdout
    lines = [line.split()[1:] for line in ended.stdout.splitlines() if line.startswith("alarm ")]
    return sorted((kind, [int(place) for place in places]) for kind, *places in lines)


def alarms_of_the_pack(log: Log) -> Alarms:
    """Return what `verify.py` lists."""
    check = checked(log)
    assert check.exit_code == 0, check.faults
    return sorted((each["kind"], sorted(each["sequences"])) for each in check.alarms)


@pytest.mark.parametrize("name", ["leaf", "tree", "key", "checkpoint"])
def test_every_value_of_the_page_is_computed(name: str) -> None:
    """The page holds the block as it comes out now."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")

    assert f"```text\n{blocks()[name]}\n```" in page


def test_both_verifiers_accept_a_pack_by_other_hands(tmp_path: Path) -> None:
    """With and without what is known from outside."""
    log = invented()
    pack = log.save(tmp_path / "pack")
    (tmp_path / "kept").write_text(log.note(5))
    outside = ["--checkpoint", str(tmp_path / "kept"), "--vkey", vkey_of(log.signer)]

    assert second(pack) == main([str(pack)]) == 0
    assert second(pack, *outside) == main([str(pack), *outside]) == 0


def test_both_verifiers_accept_an_exported_pack(filled: Path, tmp_path: Path) -> None:
    """The program's own pack."""
    pack = unpacked(filled, tmp_path / "pack")

    assert second(pack) == main([str(pack)]) == 0


def test_the_page_lists_the_alarms_of_a_log_that_has_them_all() -> None:
    """Its table is what comes out now, with every kind in it."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")

    assert f"```text\n{table()}\n```" in page
    assert {kind for kind, _ in by_the_program(with_every_alarm())} == {
        "conflict", "gap", "predecessor", "incomplete", "rule",
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_pack_and_the_program_list_the_same_alarms(seed: int) -> None:
    """Whatever devices number, chain, close and correct: kind and entries of each are the same."""
    log = drawn(seed)

    assert alarms_of_the_pack(log) == by_the_program(log)


@pytest.mark.parametrize("seed", range(12))
def test_the_second_verifier_lists_the_same_alarms(tmp_path: Path, seed: int) -> None:
    """Written from the page alone, in another language."""
    log = with_every_alarm() if seed == 0 else drawn(seed, 30)

    assert alarms_of_the_second(log.save(tmp_path / "pack")) == by_the_program(log)


def test_what_is_not_checked_here_is_said_by_name(tmp_path: Path, capsys: Any) -> None:
    """The rules of the domain: in the lines and in the JSON, and the exit code is 0."""
    pack = invented().save(tmp_path / "pack")

    assert main([str(pack)]) == 0
    assert "rules of the domain" in capsys.readouterr().out
    assert main([str(pack), "--json"]) == 0
    [said] = json.loads(capsys.readouterr().out)["not_checked_here"]
    assert said.startswith("rules of the domain (authority, custody, seals, roles")


CHANGES = [
    "payload",
    "signature",
    "received_at_utc",
    "sequence",
    "device key",
    "device until",
    "attachment",
    "deletion",
    "second copy",
    "not covered",
    "foreign checkpoint",
]


def change(log: Log, what: str) -> None:
    """Change a log before it is written."""
    row = log.rows[5]
    if what in {"payload", "signature"}:
        row[what] = row[what][:20] + bytes([row[what][20] ^ 1]) + row[what][21:]
    elif what == "received_at_utc":
        row[what] = "2025-05-20T06:00:00Z"
    elif what == "sequence":
        row[what] = 4
    elif what == "device key":
        log.devices[1]["public_key"] = log.devices[2]["public_key"]
    elif what == "device until":
        log.devices[2]["until"] = None
    elif what == "attachment":
        log.files = dict.fromkeys(log.files, b"other")
    elif what == "deletion":
        del log.rows[5]
    elif what == "second copy":
        log.rows.append(dict(row) | {"sequence": len(log.rows)})
    elif what == "not covered":
        log.put(log.write("tablet-1", "found"), log.now())


@pytest.mark.parametrize("what", CHANGES)
def test_both_verifiers_refuse_the_same(tmp_path: Path, what: str) -> None:
    """Each change that one finds, the other finds."""
    log = invented()
    change(log, what)
    pack = log.save(tmp_path / "pack")
    (tmp_path / "kept").write_text(invented("other").note(5))
    outside = ["--checkpoint", str(tmp_path / "kept")] if what == "foreign checkpoint" else []

    assert second(pack, *outside) == main([str(pack), *outside]) == 1
