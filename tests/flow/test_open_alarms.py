"""What needs a person's eye, at one place: who sees it, and how much of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.made_journal import MadeDevice, make_case, posted, written

from portique.core.errors import Refused
from portique.flow.access import logged
from portique.flow.alarms import open_alarms
from portique.flow.correcting import Correction, correct
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person
from portique.flow.proof import Verify, verify_journal
from portique.ledger.journal import Journal

LEA = Person("Lea Brandt", "lead_investigator")
ADMIN = Person("x", "administrator")


@pytest.fixture
def sides() -> list[str]:
    """Return the hashes of the two payloads that contradict each other."""
    return []


@pytest.fixture
def case(tmp_path: Path, sides: list[str]) -> Path:
    """Return a journal with a contradiction, a gap, a broken rule, a clock ahead, a quarantine."""
    folder = make_case(tmp_path / "case")
    phone, other = MadeDevice("d1"), MadeDevice("d2")
    with Journal.open(folder, create=True) as journal:
        journal.enrol([phone.new(), other.new()], "A. Person")
        first = phone.payload(kind="seized", subject={"type": "exhibit", "id": "E1"})
        said = json.loads(first)
        rival = written(said | {"body": {"note": "another"}})
        sides += [hashlib.sha256(each).hexdigest() for each in (first, rival)]
        late = {"occurred_at_utc": "2999-01-01T00:00:00Z", "time_source": "device"}
        other.seq = 4
        journal.accept(
            [
                phone.sign(first),
                phone.sign(rival),
                other.sign(other.payload(**late)),
                posted(written(said | {"device_id": "nobody"}), bytes(64)),
            ],
            "d1",
        )
    return folder


def _settle(case: Path, side: str, approved_by: str) -> None:
    change: tuple[Any, Any] = (None, side)
    correct(Correction(case, side, "payload_sha256", change, "the photo", approved_by), LEA)


def test_everything_open_stands_at_one_place(case: Path) -> None:
    """Alarms by kind, what is set aside, the clock that is ahead, the open contradiction."""
    told = open_alarms(case, LEA, "the evening")

    assert told["counts"].keys() == {"conflict", "gap", "rule"}
    assert told["gaps"] == {"d2": [[1, 4]]}
    assert sum(told["quarantine"].values()) == 1
    assert told["clocks"]["d2"]["ahead_s"] > 10**9
    assert told["contradictions"] == [{"entries": [2, 3], "counts": None, "settled_by": None}]
    assert told["checkpoint"]["size"] == 6
    [line] = list(logged(CaseFolder(case), "prosecution"))
    assert (line["command"], line["purpose"]) == ("journal alarms", "the evening")


def test_who_settled_a_contradiction_is_said(case: Path, sides: list[str]) -> None:
    """One person alone settles none; of two, both are named, and which entry counts."""
    _settle(case, sides[1], "lea brandt")
    assert open_alarms(case, LEA)["contradictions"][0]["counts"] is None

    _settle(case, sides[1], "Marie Curie")
    [told] = open_alarms(case, LEA)["contradictions"]
    by = told["settled_by"]

    assert told["counts"] == 3
    assert (by["actor"], by["approved_by"], by["sequence"]) == ("Lea Brandt", "Marie Curie", 7)
    assert "conflict" not in open_alarms(case, LEA)["counts"]


def test_an_administrator_sees_no_case_data_and_no_name(case: Path, sides: list[str]) -> None:
    """Machines, counts and places; neither here nor in `verify` an exhibit or who settled what."""
    with Journal.open(case) as journal:
        phone = MadeDevice("d3")
        journal.enrol([phone.new()], "A. Person")
        about = {"type": "exhibit", "id": "EX-77"}
        journal.accept([phone.post(kind="returned", subject=about)], "d3")
    _settle(case, sides[0], "Marie Curie")
    seen = json.dumps(open_alarms(case, ADMIN))
    report = json.dumps(verify_journal(Verify(case), ADMIN).as_dict())

    for text in (seen, report):
        assert "EX-77" not in text
        assert "Marie" not in text
        assert "an act breaks a rule" in text
    assert "EX-77" in json.dumps(verify_journal(Verify(case), LEA).as_dict())
    assert "Lea" not in seen


@pytest.mark.parametrize("role", ["prison_liaison", "examiner", "search_team"])
def test_others_do_not_see_them(case: Path, role: str) -> None:
    """Refused before anything is read."""
    with pytest.raises(Refused):
        open_alarms(case, Person("x", role, "P1"))
