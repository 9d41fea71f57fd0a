"""Custody through the flow: who may, who sees what, two people, papers."""

from __future__ import annotations

from pathlib import Path

import pytest

from portique.core.errors import Refused
from portique.flow import custody, custody_papers
from portique.flow.access import log_of
from portique.flow.custody import ExhibitAct
from portique.flow.folder import CaseFolder
from portique.flow.permissions import PROSECUTION, Person

ANNA = Person("Anna Weber", "search_team")
BRUNO = Person("Bruno Petit", "exhibit_custodian")


@pytest.fixture
def held(handmade_case: Path) -> Path:
    """Return a case with one exhibit, seized at P1 by Anna, sealed, and held by Bruno."""
    for person, verb, body in (
        (ANNA, "seize", {"site": "P1", "cell_id": "C1", "what": "a phone of J. Dupont"}),
        (ANNA, "seal", {"seal_number": "S1"}),
        (ANNA, "hand-over", {"to": "Bruno Petit"}),
        (BRUNO, "take-over", {}),
    ):
        custody.record(ExhibitAct(handmade_case, verb, "E1", body), person)
    return handmade_case


def test_custody_goes_from_hand_to_hand(held: Path) -> None:
    """The line of holders, and no flag but that the seizure named no authority."""
    told = custody.one(held, "E1", "test", BRUNO)

    assert [t["holder"] for t in told["exhibit"]["line"]] == ["Anna Weber", "Bruno Petit"]
    assert [flag["rule"] for flag in told["flags"]] == ["authority"]


def test_an_examiner_sees_no_name(held: Path) -> None:
    """Holders are roles, free text is left out, whichever way the exhibit is read."""
    examiner = Person("eva", "examiner")
    told = [custody.one(held, "E1", "x", examiner), custody.listed(held, None, "x", examiner)]

    assert "Anna" not in str(told)
    assert "Bruno" not in str(told)
    assert "Dupont" not in str(told)
    assert told[0]["exhibit"]["holder"] == "exhibit_custodian 2"


def test_a_prison_liaison_sees_the_own_site_alone(held: Path) -> None:
    """Without a site refused, for another site refused, and of the own one no detail."""
    with pytest.raises(Refused):
        custody.listed(held, None, "x", Person("l", "prison_liaison"))
    with pytest.raises(Refused):
        custody.listed(held, "P1", "x", Person("l", "prison_liaison", "P2"))

    own = custody.listed(held, None, "x", Person("l", "prison_liaison", "P1"))["exhibits"]
    assert own == {"E1": {"state": "taken_over", "site": "P1"}}
    assert custody.listed(held, None, "x", Person("l", "prison_liaison", "P2"))["exhibits"] == {}


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_who_has_no_case_data_reads_none(held: Path, role: str) -> None:
    """Neither list nor show."""
    with pytest.raises(Refused):
        custody.listed(held, None, "x", Person("x", role))
    with pytest.raises(Refused):
        custody.one(held, "E1", "x", Person("x", role))


def test_reads_are_logged_with_their_purpose(held: Path) -> None:
    """Before anything is shown."""
    custody.one(held, "E1", "preparing the hearing", BRUNO)

    assert "preparing the hearing" in log_of(CaseFolder(held), PROSECUTION).read_text("utf-8")


@pytest.mark.parametrize("verb", sorted(custody.TWO_PEOPLE))
def test_an_act_of_two_people_names_both(held: Path, verb: str) -> None:
    """One alone is asked for the other before anything is entered; the same twice is flagged."""
    body = {"seal_number": "S1", "reason": "r", "to": "x", "method": "m", "witnesses": ["w"]}
    with pytest.raises(Refused, match="two people"):
        custody.record(ExhibitAct(held, verb, "E1", body), BRUNO)
    done = custody.record(ExhibitAct(held, verb, "E1", body | {"second": "bruno petit"}), BRUNO)

    assert "two people" in [flag["rule"] for flag in done["flags"]]


def test_papers_are_the_same_bytes_each_time(held: Path, tmp_path: Path) -> None:
    """Labels and sheet, set twice."""
    for name in ("a", "b"):
        custody_papers.labels(held, (), tmp_path / f"labels-{name}.pdf", "x", BRUNO)
        custody_papers.sheet(held, "E1", tmp_path / f"sheet-{name}.pdf", "x", BRUNO)
    for paper in ("labels", "sheet"):
        first, second = (tmp_path / f"{paper}-{name}.pdf" for name in "ab")
        assert first.read_bytes() == second.read_bytes()


def test_the_close_out_lists_each_difference_by_site(held: Path, tmp_path: Path) -> None:
    """Paper and journal side by side; what was not counted on paper is not compared."""
    tally = tmp_path / "tally.csv"
    tally.write_text("site,seized,exhibits\nP1,1,\nP2,,2\n", encoding="utf-8")
    told = custody_papers.close_out(held, tally, "x", BRUNO)

    assert told["differences"] == [
        {"site": "P1", "count": "seized", "paper": 1, "journal": 0},
        {"site": "P2", "count": "exhibits", "paper": 2, "journal": 0},
    ]


@pytest.mark.parametrize("text", ["site,seized\nP1,many\n", "site\nP1\nP1\n", "seized\n1\n"])
def test_a_tally_that_cannot_be_read_is_refused(held: Path, tmp_path: Path, text: str) -> None:
    """A word for a count, a site twice, no site."""
    tally = tmp_path / "tally.csv"
    tally.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="cannot be read"):
        custody_papers.close_out(held, tally, "x", BRUNO)
