"""Keys of persons: sealed text opens under its key and for its entry alone, until it is gone."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from tests.ledger.made_journal import make_case

from portique.core.errors import Refused
from portique.ledger.entry import read_json
from portique.ledger.journal import Journal
from portique.ledger.subject_keys import (
    CannotOpen,
    SubjectKey,
    make_subject_key,
    remove_key,
    subject_keys,
)


def test_a_sealed_text_opens_for_its_entry_alone() -> None:
    """Another entry, another key, another form or a changed byte: nothing is read."""
    key, other = (SubjectKey("k", "person", bytes([n]) * 32) for n in (1, 2))
    sealed = key.seal("entry-1", "Été".encode())

    assert key.open("entry-1", json.loads(json.dumps(sealed))).decode() == "Été"
    assert sealed["alg"] == "A256GCM"
    for changed in (
        sealed | {"alg": "none"},
        sealed | {"key_id": "j"},
        sealed | {"nonce": ""},
        sealed | {"ciphertext": 3},
        sealed | {"ciphertext": "AAAA" + sealed["ciphertext"][4:]},
        {},
    ):
        with pytest.raises(CannotOpen):
            key.open("entry-1", changed)
    with pytest.raises(CannotOpen):
        key.open("entry-2", sealed)
    with pytest.raises(CannotOpen):
        other.open("entry-1", sealed)


def test_a_key_is_kept_private_and_its_name_says_nothing(tmp_path: Path) -> None:
    """The file's name is drawn; who it belongs to stands inside."""
    case = make_case(tmp_path)
    made = make_subject_key(case, "inmate-12")

    assert subject_keys(case) == [made]
    path = next((case / "keys").glob("*.json"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "12" not in path.name.removeprefix(made.key_id)


def test_destroying_a_key_is_in_the_log_first(journal: Journal, case: Path) -> None:
    """And a process that ended in between is made up for at the next start."""
    kept, gone = make_subject_key(case, "a"), make_subject_key(case, "b")
    content = next((case / "keys").glob(f"{gone.key_id}*"))
    before = content.read_bytes()
    journal.destroy_key(gone.key_id, "A. Person", "retention")

    assert subject_keys(case) == [kept]
    entry = read_json(journal.entries(0, 1)[0].payload)
    assert entry["kind"] == "subject_key_destroyed"
    assert entry["body"] == {"key_id": gone.key_id, "ground": "retention"}
    content.write_bytes(before)
    Journal.open(case, create=True).close()
    assert subject_keys(case) == [kept]
    remove_key(case, gone.key_id)
    for name in (gone.key_id, "../checkpoint", ""):
        with pytest.raises(Refused, match="no such subject key"):
            journal.destroy_key(name, "A", "r")
