"""`examine report`: who may read it, what is logged, what the journal confirms, the PDF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_examine_commands import Portique, portique
from tests.examine.joined import firmware_answers as made
from tests.examine.traffic.lab import Lab
from tests.examine.traffic.phones import sale_report
from tests.flow.test_examined import ERIKA, case

from portique.core.errors import Refused
from portique.core.progress import silent
from portique.flow import handlers
from portique.flow.commands import ExamineReport, ExamineTraffic
from portique.flow.examined import Act, UnderCase, examined, stored_in
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person
from portique.ledger.journal import Journal

__all__ = ["case", "portique"]  # fixtures


@pytest.fixture
def examined_case(case: Path, tmp_path: Path) -> Path:
    """Return a case with a journal, and the firmware and traffic of one exhibit."""
    Journal.open(case, create=True).close()
    under = UnderCase(case, "SC-7", "ORD-7")
    capture = sale_report(Lab()).save(tmp_path)
    handlers.examine_traffic(ExamineTraffic(capture, under=under), ERIKA, silent)
    examined(Act("firmware", "image"), under, ERIKA, made.sale_report)
    return case


def test_stored_examinations_are_joined_and_the_journal_confirms_them(
    examined_case: Path,
) -> None:
    """A stored answer that was altered since is no longer what the journal names."""
    request = ExamineReport(examined_case, "SC-7")
    told = handlers.examine_report(request, ERIKA)
    path = next(p for p in stored_in(CaseFolder(examined_case)).iterdir() if p.name[0] == "a")
    path.write_text(path.read_text("utf-8").replace('"grade": 2', '"grade": 5'), encoding="utf-8")
    altered = handlers.examine_report(request, ERIKA)

    assert told["grade"] == 1
    assert [each["kind"] for each in told["links"]] == ["host_contacted"]
    assert {part["in_journal"] for part in told["parts"]} == {True}
    assert [part["in_journal"] for part in altered["parts"]] == [False, True]


def test_the_read_is_logged_and_not_everybody_may_read(examined_case: Path) -> None:
    """The auditor reads logs, not findings."""
    handlers.examine_report(
        ExamineReport(examined_case, "SC-7", purpose="for the hearing"), Person("m", "magistrate")
    )
    with pytest.raises(Refused):
        handlers.examine_report(ExamineReport(examined_case, "SC-7"), Person("a", "auditor"))

    lines = (examined_case / ".portique" / "access.jsonl").read_text("utf-8").splitlines()
    last = json.loads(lines[-1])
    assert (last["command"], last["key"]) == ("examine report", "SC-7")
    assert last["purpose"] == "for the hearing"


def test_an_exhibit_of_which_nothing_is_stored_is_refused(examined_case: Path) -> None:
    """With the exhibits that are known."""
    with pytest.raises(Refused) as refused:
        handlers.examine_report(ExamineReport(examined_case, "SC-8"), ERIKA)

    assert refused.value.code == "EXC-005"
    assert "SC-7" in refused.value.mend


def test_a_stored_answer_that_cannot_be_read_is_said(examined_case: Path) -> None:
    """It never reads as "nothing found"."""
    (stored_in(CaseFolder(examined_case)) / ("0" * 64 + ".json")).write_text("{", "utf-8")

    told = handlers.examine_report(ExamineReport(examined_case, "SC-7"), ERIKA)

    assert {"stored answers"} <= {each["part"] for each in told["not_examined"]}


def test_the_command_prints_words_one_object_and_a_pdf(
    portique: Portique, examined_case: Path, tmp_path: Path
) -> None:
    """For the exhibit and for the fleet; the PDF has the same bytes each time."""
    words = ("examine", "report", "SC-7", "--case", examined_case)
    code, out, err = portique(*words, "--pdf", tmp_path / "a.pdf")
    assert (code, err) == (0, "")
    assert "host_contacted: http://sales.sink.example" in out
    assert "in the journal" in out

    code, out, _ = portique(*words, "--json", "--pdf", tmp_path / "b.pdf")
    assert json.loads(out)["grade"] == 1
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()

    fleet = ("examine", "report", "--fleet", "--case", examined_case)
    code, out, _ = portique(*fleet, "--pdf", tmp_path / "fleet.pdf")
    assert code == 0
    assert "Build it2160-v7: grade 1" in out
    assert (tmp_path / "fleet.pdf").read_bytes().startswith(b"%PDF")

    for wrong in (("SC-7", "--fleet"), ()):
        code, _, err = portique("examine", "report", *wrong, "--case", examined_case)
        assert (code, "EXC-006" in err) == (2, True)


def test_text_out_of_a_phone_is_no_instruction_of_the_page(case: Path, tmp_path: Path) -> None:
    """Marks of the layout language in a value are printed as they are."""
    hostile = made.answer("a", 3, [made.item("host", "#panic()", 1)], build='#panic("x") $ * _ \\')
    under = UnderCase(case, "SC-#panic()", "ORD-7")
    examined(Act("firmware", "image"), under, ERIKA, lambda: hostile)

    for exhibit in ("SC-#panic()", None):
        handlers.examine_report(ExamineReport(case, exhibit, tmp_path / "x.pdf"), ERIKA)
        assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
