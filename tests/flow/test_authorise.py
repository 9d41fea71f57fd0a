"""From targets to orders, on a tiny invented case."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from portique.authorise.wording import french
from portique.core.case import read_case
from portique.core.clock import parse_utc
from portique.core.errors import Refused
from portique.flow import authorise, custody
from portique.flow.access import log_of
from portique.flow.authorise import Asking
from portique.flow.custody import ExhibitAct
from portique.flow.folder import CaseFolder
from portique.flow.journal_state import standing_of
from portique.flow.permissions import PROSECUTION, Person

LEA, JUDGE = Person("lea", "lead_investigator"), Person("judge", "magistrate")


@pytest.fixture(scope="module")
def requested(
    invented_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[str]]:
    """Return a copy of the run case with its requests made, and their ids."""
    case = tmp_path_factory.mktemp("requested") / "case"
    shutil.copytree(invented_run, case)
    return case, authorise.request(Asking(case, purpose="test"), LEA)["requested"]


def test_each_target_has_one_request_and_asking_again_makes_none(
    requested: tuple[Path, list[str]],
) -> None:
    """A request a cell; the same words are the same request; the read of targets is logged."""
    case, names = requested
    targets = pq.read_table(case / "derived" / "target.parquet")

    assert len(names) == len(targets)
    assert authorise.request(Asking(case), LEA) == {"requested": [], "known": names}
    assert "authorise request" in log_of(CaseFolder(case), PROSECUTION).read_text("utf-8")


def test_every_finding_has_french_words(requested: tuple[Path, list[str]]) -> None:
    """What `locate` says of an invented case is all in the French catalogue."""
    case, _ = requested
    words = pq.read_table(case / "derived" / "attribution_term.parquet")["words"].to_pylist()

    assert sorted({text for text in words if not french(text)}) == []


def test_no_number_of_anybody_outside_the_fleet_stands_in_a_request(
    requested: tuple[Path, list[str]],
) -> None:
    """Neither declared contacts nor counterparts nor names of columns that hold them."""
    case, names = requested
    declared = pq.read_table(case / "derived" / "declared_contact.parquet")["msisdn"].to_pylist()
    outside = {number.lstrip("+") for number in declared if number}
    for name in names:
        text = (case / "authorities" / name / "request.json").read_text("utf-8")
        assert not [number for number in outside if number in text]


def test_two_people_sign_and_the_cell_is_authorised(requested: tuple[Path, list[str]]) -> None:
    """One person twice is one; with the magistrate it is in force, and its cell authorised."""
    case, names = requested
    signed = authorise.sign(case, names[0], "test", LEA)
    again = authorise.sign(case, names[0], "test", Person(" LEA", "lead_investigator"))
    done = authorise.sign(case, names[0], "test", JUDGE)

    assert signed["in_force_utc"] is None
    assert again["in_force_utc"] is None
    assert [flag["rule"] for flag in again["flags"]] == ["authority"]
    assert done["in_force_utc"] is not None
    told = json.loads((case / "authorities" / names[0] / "request.json").read_text("utf-8"))
    state = standing_of(case).state.value["cells"][told["cell_id"]]
    assert (state["state"], state["is_targeted"]) == ("authorised", True)


def test_an_act_under_a_revoked_order_is_entered_and_flagged(
    requested: tuple[Path, list[str]],
) -> None:
    """The exhibit is there, and the flag says that the order had been revoked."""
    case, names = requested
    for person in (LEA, JUDGE):
        authorise.sign(case, names[1], "test", person)
    authorise.revoke(case, names[1], "wrong cell", "test", JUDGE)
    done = custody.record(
        ExhibitAct(case, "seize", "E9", {"cell_id": "C"}, authority_id=names[1]), LEA
    )

    assert done["exhibit"]["state"] == "seized"
    assert any("revoked before" in flag["what"] for flag in done["flags"])


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [
        ("2025-03-28T20:00:00Z", ("2025-03-29T05:00:00Z", "2025-03-29T20:00:00Z")),
        ("2025-03-29T20:00:00Z", ("2025-03-30T04:00:00Z", "2025-03-30T19:00:00Z")),
        ("2025-10-25T20:00:00Z", ("2025-10-26T05:00:00Z", "2025-10-26T20:00:00Z")),
        ("2025-10-25T22:30:00Z", ("2025-10-27T05:00:00Z", "2025-10-27T20:00:00Z")),
    ],
)
def test_the_hours_of_a_search_are_those_of_the_wall_on_the_days_that_clocks_change(
    requested: tuple[Path, list[str]], horizon: str, expected: tuple[str, str]
) -> None:
    """6 to 21 h in Paris, whichever offset that morning has; the journal holds UTC alone."""
    settings = replace(read_case(requested[0]), as_of_utc=parse_utc(horizon))
    period = authorise.period_of(settings, Asking(requested[0]))

    assert (period["from_utc"], period["until_utc"]) == expected


def test_who_may_not_sign_is_refused(requested: tuple[Path, list[str]]) -> None:
    """An analyst signs nothing, and nobody signs what was not asked for."""
    case, names = requested
    with pytest.raises(Refused, match="may not give"):
        authorise.sign(case, names[0], "test", Person("a", "analyst"))
    with pytest.raises(Refused, match="nobody asked"):
        authorise.sign(case, "DA-none", "test", JUDGE)
