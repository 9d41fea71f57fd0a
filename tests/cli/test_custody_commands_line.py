"""Exhibits, search day and corrections on the command line: what is entered, told, logged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portique.cli.main import command_line
from portique.flow.access import log_of
from portique.flow.folder import CaseFolder
from portique.flow.permissions import DEFENCE, PROSECUTION
from portique.ledger.journal import Journal, ProgramEntry

Said = tuple[int, str, str]
Run = Callable[..., Said]
TEAM = ("--role", "search_team", "--actor", "anna")
DESK = ("--role", "lead_investigator", "--actor", "carla")
KEEPER = ("--role", "exhibit_custodian", "--actor", "bruno")


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
def case(tmp_path: Path, run: Run) -> Path:
    """Return a case in which a phone was found in C1, seized as E1, sealed, and given to Bruno."""
    made = tmp_path / "case"
    for words in (
        ("init", made),
        ("search", "start", made, "C1", "--site", "P1", "--team", "T1", *TEAM),
        ("search", "found", made, "C1", "--handset", "H1", "--exhibit", "E1", *TEAM),
        ("exhibit", "seize", made, "E1", "--cell", "C1", *TEAM),
        ("exhibit", "seal", made, "E1", "--seal", "S1", *TEAM),
        ("exhibit", "hand-over", made, "E1", "--to", "bruno", *TEAM),
        ("exhibit", "take-over", made, "E1", *KEEPER),
    ):
        assert run(*words)[0] == 0, words
    return made


def _entries(case: Path) -> list[dict[str, Any]]:
    with Journal.open(case) as journal:
        return [json.loads(held.payload) for held in journal.entries(0, 1000)]


def _last(case: Path, kind: str) -> dict[str, Any]:
    return [entry for entry in _entries(case) if entry["kind"] == kind][-1]


def test_a_take_over_names_the_hand_over_as_its_cause(case: Path) -> None:
    """So that a slow clock never puts the in before the out."""
    out = _last(case, "handed_over")
    assert _last(case, "taken_over")["causes"] == [out["entry_id"]]


@pytest.mark.parametrize(
    ("words", "kind", "body"),
    [
        (("damaged", "--what", "screen"), "damaged", {"what": "screen"}),
        (("lost", "--what", "gone"), "lost", {"what": "gone"}),
        (("disputed", "--what", "the seal"), "disputed", {"what": "the seal"}),
        (("provisional-seal", "--seal", "S9"), "provisional_seal", {"seal_number": "S9"}),
        (
            ("unlock-attempt", "--method", "PIN", "--failed"),
            "unlock_attempt",
            {"method": "PIN", "succeeded": False},
        ),
        (
            ("link", "--handset", "H2", "--reason", "IMEI"),
            "linked",
            {"handset_id": "H2", "reason": "IMEI"},
        ),
        (("unlink", "--reason", "another"), "link_withdrawn", {"reason": "another"}),
    ],
)
def test_what_befalls_an_exhibit_is_an_entry(
    case: Path, run: Run, words: tuple[str, ...], kind: str, body: dict[str, Any]
) -> None:
    """Of the right kind, about the exhibit, with what was said and nothing empty."""
    code, out, _ = run("exhibit", words[0], case, "E1", *words[1:], *DESK)
    entry = _last(case, kind)

    assert code == 0
    assert "E1: " in out
    assert entry["body"] == body
    assert entry["subject"] == {"type": "exhibit", "id": "E1"}
    assert entry["status"] == ("assessment" if kind == "linked" else "fact")


def test_a_photograph_is_kept_and_named(case: Path, run: Run, tmp_path: Path) -> None:
    """As an attachment of the opening, which is then not flagged for want of one."""
    photo = tmp_path / "seal.jpg"
    photo.write_bytes(b"a picture")
    digest = hashlib.sha256(b"a picture").hexdigest()
    asked = ("--seal", "S1", "--reason", "order", "--witness", "dora", "--second", "eric")
    code, _, err = run("exhibit", "open", case, "E1", *asked, "--photo", photo, *KEEPER)

    assert code == 0
    assert "photograph" not in err
    named = {"sha256": digest, "bytes": 9, "media_type": "image/jpeg"}
    assert _last(case, "seal_opened")["attachments"] == [named]
    assert (case / "attachments" / digest).read_bytes() == b"a picture"
    assert run("verify", case)[0] == 0


def test_an_examination_takes_what_its_answer_says(case: Path, run: Run, tmp_path: Path) -> None:
    """Tool, version and hashes; what is stated by hand comes first; nonsense is refused."""
    answer = tmp_path / "answer.json"
    told = {"capture_sha256": "a" * 64, "examination": "triage", "program": "portique 7.0"}
    answer.write_text(json.dumps(told), encoding="utf-8")
    words = ("exhibit", "examine", case, "E1", *DESK)

    assert run(*words, "--answer", answer, "--conclusion", "nothing left")[0] == 0
    assert _last(case, "examined")["body"] == {
        "tool": "portique examine triage",
        "tool_version": "7.0",
        "of_sha256": "a" * 64,
        "source_kind": "traffic",
        "result_sha256": hashlib.sha256(answer.read_bytes()).hexdigest(),
        "conclusion": "nothing left",
    }
    assert run(*words)[0] == 2
    answer.write_text("[]", encoding="utf-8")
    assert "CUS-006" in run(*words, "--answer", answer)[2]


def test_a_correction_by_two_people_counts(case: Path, run: Run) -> None:
    """The seal reads otherwise, the entry stays; one person alone is entered and has no effect."""
    sealed = _last(case, "sealed")["entry_id"]
    words = ("journal", "correct", case, sealed, "--field", "seal_number", "--old", "S1")
    more = ("--new", "S7", "--reason", "misread", *DESK)

    assert "no second person" in run(*words, *more, "--approved-by", "Carla")[2]
    assert "seal S1" in run("exhibit", "show", case, "E1", *DESK[:2])[1]
    code, out, err = run(*words, *more, "--approved-by", "marie")
    assert (code, err) == (0, "")
    assert "corrects entry 3" in out
    assert "seal S7" in run("exhibit", "show", case, "E1", *DESK[:2])[1]
    other = ("journal", "correct", case, "nothing", *words[4:], *more, "--approved-by", "marie")
    assert "CUS-009" in run(*other)[2]


def test_each_outcome_of_a_cell_is_counted(case: Path, run: Run) -> None:
    """Begun, found, not found, aborted, beside the targets; and the sums hold."""
    for words in (
        ("not-found", "C2"),
        ("aborted", "C3", "--reason", "alarm"),
        ("opportunistic", "C4"),
    ):
        assert run("search", words[0], case, *words[1:], "--site", "P1", *TEAM)[0] == 0
    told = json.loads(run("search", "figures", case, "--json", *DESK[:2])[1])

    assert told["sites"]["P1"]["opportunistic"] == 2
    assert all(told["sums"].values())
    assert set(told["sums"]) == {"site P1", "cells", "handsets"}
    out = run("search", "figures", case, *DESK[:2])[1]
    assert "P1: 0 targeted = 0 seized + 0 not found + 0 not searched + 0 aborted" in out


def test_figures_of_a_size_are_the_same_bytes_ever_after(case: Path, run: Run) -> None:
    """Read with the log at that size, and again when it has grown."""
    then = run("search", "figures", case, "--json", *DESK[:2])[1]
    size = json.loads(then)["checkpoint"]["size"]
    run("search", "not-found", case, "C2", "--site", "P1", *TEAM)

    assert run("search", "figures", case, "--at", str(size), "--json", *DESK[:2])[1] == then
    assert run("search", "figures", case, "--json", *DESK[:2])[1] != then
    assert "CUS-008" in run("search", "figures", case, "--at", "999", *DESK[:2])[2]


def test_a_site_is_closed_with_what_is_open(case: Path, run: Run) -> None:
    """Counts and open cells stand in the journal; a site that nobody named is refused."""
    run("search", "start", case, "C2", "--site", "P1", *TEAM)
    code, out, _ = run("search", "close-out", case, "P1", *DESK)
    body = _last(case, "search_closed")["body"]

    assert code == 0
    assert "open, searching: C2" in out
    assert body["open"]["searching"] == ["C2"]
    assert (body["opportunistic"], body["exhibits"]) == (1, 1)
    assert "CUS-007" in run("search", "close-out", case, "P9", *DESK)[2]


def _reading(case: Path, out: Path, tally: Path) -> Iterator[tuple[str, tuple[str | Path, ...]]]:
    yield "exhibit list", ("exhibit", "list", case)
    yield "exhibit show", ("exhibit", "show", case, "E1")
    yield "exhibit labels", ("exhibit", "labels", case, out)
    yield "exhibit sheet", ("exhibit", "sheet", case, "E1", out)
    yield "exhibit close-out", ("exhibit", "close-out", case, tally)
    yield "exhibit lost", ("exhibit", "lost", case, "E1", "--what", "gone")
    yield "search start", ("search", "start", case, "C2")
    yield "search premises", ("search", "premises", case, "warehouse 1")
    yield "search close-out", ("search", "close-out", case, "P1")
    yield "search figures", ("search", "figures", case)
    yield "authorise status", ("authorise", "status", case)
    yield "journal alarms", ("journal", "alarms", case)
    words = ("--field", "to", "--old", "a", "--new", "b", "--reason", "r", "--approved-by", "m")
    yield "journal correct", ("journal", "correct", case, _last(case, "sealed")["entry_id"], *words)


def test_each_command_that_shows_anything_is_logged(case: Path, run: Run, tmp_path: Path) -> None:
    """With its purpose, one line each; the defence's reads in a file of their own."""
    tally = tmp_path / "tally.csv"
    tally.write_text("site,seized\nP1,1\n", encoding="utf-8")
    log = log_of(CaseFolder(case), PROSECUTION)
    for name, words in _reading(case, tmp_path / "out.pdf", tally):
        before = log.read_text(encoding="utf-8").count("\n")
        code, _, err = run(*words, "--purpose", "the hearing", *DESK[:2])
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        assert code == 0, err
        assert (name, "the hearing") in [(x["command"], x["purpose"]) for x in lines[before:]]
    assert not log_of(CaseFolder(case), DEFENCE).exists()
    run("exhibit", "list", case, "--role", "defence_expert")
    assert log_of(CaseFolder(case), DEFENCE).is_file()


DECLARED = """
[[authority]]
id = "REQ-1"
kind = "requisition"
covers = ["image"]
from_utc = 2025-01-01T00:00:00Z
until_utc = 2026-01-01T00:00:00Z
"""


def test_what_the_case_file_declares_is_shown_as_that(case: Path, run: Run) -> None:
    """Entered once, listed as signed by nobody, and an opened seal under it is flagged."""
    settings = case / "case.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + DECLARED, encoding="utf-8")

    assert run("authorise", "declare", case, *DESK)[1] == "declared: REQ-1\nwithdrawn: none\n"
    assert run("authorise", "declare", case, *DESK)[1] == "declared: none\nwithdrawn: none\n"
    line = run("authorise", "status", case, *DESK[:2])[1].splitlines()[0]
    assert line == (
        "REQ-1: declared (from the case file, signed by nobody here), covers image from "
        "2025-01-01T00:00:00Z to 2026-01-01T00:00:00Z, used 0 times"
    )
    asked = ("--seal", "S1", "--reason", "r", "--witness", "dora", "--second", "eric")
    code, _, err = run("exhibit", "open", case, "E1", *asked, "--authority", "REQ-1", *KEEPER)
    assert code == 0
    assert "only declared in the case file" in err
    body = ("--tool", "t", "--tool-version", "1", "--source-kind", "image")
    code, _, err = run("exhibit", "examine", case, "E1", *body, "--authority", "REQ-1", *DESK)
    assert (code, err) == (0, "")


def test_what_is_done_at_the_suppliers_is_entered(case: Path, run: Run) -> None:
    """A search without an order is flagged; the closing of a web site asks for none."""
    words = ("search", "premises", case, "warehouse 1", "--present", "dora", *DESK)
    code, out, err = run(*words)
    assert (code, out.splitlines()[0]) == (0, "warehouse 1: entered")
    assert "names no authority" in err
    assert _last(case, "supplier_premises_searched")["body"] == {"present": ["dora"]}

    closed = ("search", "site-closed", case, "shop.example", "--note", "seized", *DESK)
    code, _, err = run(*closed)
    assert (code, err) == (0, "")
    assert _last(case, "site_closed")["subject"] == {"type": "site", "id": "shop.example"}
    told = json.loads(run("search", "figures", case, "--json", *DESK[:2])[1])
    assert "shop.example" not in told["sites"]


def test_ground_and_recipient_of_a_read_are_kept(
    case: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stated with the command or once in the environment; not stated is said as such."""
    log = log_of(CaseFolder(case), PROSECUTION)

    def last(*more: str) -> tuple[str, str]:
        assert run("exhibit", "list", case, *DESK[:2], *more)[0] == 0
        line = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
        return line["justification"], line["recipient"]

    assert last("--justification", "order 2025-0117", "--recipient", "the judge") == (
        "order 2025-0117", "the judge",
    )  # fmt: skip
    assert last() == ("not stated", "not stated")
    monkeypatch.setenv("PORTIQUE_JUSTIFICATION", "order 2025-0118")
    assert last("--recipient", "the prefect") == ("order 2025-0118", "the prefect")
    out = ("export", case, "--defence", case.parent / "pack.zip", "--recipient", "the defence")
    assert run(*out, *DESK[:2])[0] == 0
    line = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    assert (line["justification"], line["recipient"]) == ("order 2025-0118", "the defence")


def test_what_breaks_a_rule_is_an_alarm_of_verify(case: Path, run: Run) -> None:
    """Of kind rule, with the entries that it is about; the exit code stays 0."""
    code, out, _ = run("verify", case, "--json")
    found = json.loads(out)["alarms"]

    assert code == 0
    assert {"kind": "rule", "sequences": [2], "what": "seized names no authority"} in found
    assert {alarm["kind"] for alarm in found} == {"rule"}


def test_signing_and_revoking_an_order_are_logged(case: Path, run: Run) -> None:
    """What they print names who signed."""
    asked = ProgramEntry(
        kind="authority_requested",
        subject_type="document",
        subject_id="O-1",
        body={"scope": ["search"], "cells": ["C1"]},
        actor="carla",
        role="analyst",
        purpose="test",
    )
    with Journal.open(case) as journal:
        journal.append(asked)
    for name, more in (("sign", ()), ("revoke", ("--reason", "ended"))):
        code, out, err = run("authorise", name, case, "O-1", *more, *DESK)
        assert code == 0, err
        assert out.startswith("O-1: ")
        last = log_of(CaseFolder(case), PROSECUTION).read_text(encoding="utf-8").splitlines()[-1]
        assert json.loads(last)["command"] == f"authorise {name}"
