"""The journal as others use it: accepted, appended, proven."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice

from portique.core.errors import Refused
from portique.ledger.checkpoint import Vkey, verify
from portique.ledger.entry import read_json
from portique.ledger.journal import Journal


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
