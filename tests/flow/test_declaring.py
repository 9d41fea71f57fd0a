"""Authorities of the case file in the journal, and the sources that rest on them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.examine.traffic.lab import Lab
from tests.examine.traffic.phones import sale_report

from portique.core.clock import parse_utc
from portique.core.errors import Refused
from portique.core.progress import silent
from portique.flow import authorise, custody, declaring, handlers, search_day
from portique.flow.commands import ExamineTraffic, Run
from portique.flow.custody import ExhibitAct
from portique.flow.examined import UnderCase
from portique.flow.permissions import Person
from portique.flow.search_day import SearchAct
from portique.flow.stages import STAGES
from portique.ledger.journal import Journal
from portique.ledger.projection import rule_alarms
from portique.ledger.verify import verify

ANNA = Person("anna", "analyst")
LEA = Person("lea", "lead_investigator")
ERIKA = Person("erika", "examiner")
MARA = Person("mara", "magistrate")
CASE_TOML = """
[case]
id = "declared"
as_of_utc = 2026-06-30T00:00:00Z
[[authority]]
id = "REQ-1"
kind = "requisition"
basis = "CPP 77-1-1"
issued_utc = 2025-01-02T00:00:00Z
covers = ["sale", "traffic", "image"]
from_utc = 2025-01-01T00:00:00Z
until_utc = 2026-07-01T00:00:00Z
"""
SALES = "sale_id,sold_at_utc,model,tac,imei,quantity,customer_ref,postcode,channel\n"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return a case with one authority, two files of sources and a journal."""
    folder = tmp_path / "case"
    for name, content in (
        ("sale/a.csv", SALES + "s1,2025-02-01T10:00:00Z,mini,,,1,c1,75001,web\n"),
        ("prison/p.csv", "prison_id,name,kind,lat,lon,capacity,perimeter_m\nP1,A,MA,48,2,9,100\n"),
    ):
        (folder / "sources" / name).parent.mkdir(parents=True)
        (folder / "sources" / name).write_text(content, encoding="utf-8")
    (folder / "case.toml").write_text(CASE_TOML, encoding="utf-8")
    Journal.open(folder, create=True).close()
    return folder


def _said(case: Path) -> list[dict[str, Any]]:
    with Journal.open(case) as journal:
        return [json.loads(each.payload) for each in journal.entries(0, 1000)]


def _kinds(case: Path) -> list[str]:
    return [each["kind"] for each in _said(case)]


def _alarms(case: Path) -> list[str]:
    report = verify(case, rules=rule_alarms)
    assert report.ok, report.faults
    return [alarm.what for alarm in report.alarms]


def _run(case: Path) -> None:
    handlers.run(Run(case, purpose="inventory"), ANNA, stages=STAGES[:1])


def test_a_run_tells_the_journal_each_source_with_hash_and_authority(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reference data needs no authority and is not told; nothing of it breaks a rule."""
    monkeypatch.setattr(handlers, "read_figures", lambda _: {})
    _run(case)

    declared, received = _said(case)
    assert (declared["kind"], declared["subject"]["id"]) == ("authority_declared", "REQ-1")
    assert declared["body"]["source_kinds"] == ["image", "sale", "traffic"]
    toml = hashlib.sha256((case / "case.toml").read_bytes()).hexdigest()
    assert declared["body"]["case_toml_sha256"] == toml
    sale = (case / "sources/sale/a.csv").read_bytes()
    assert (received["kind"], received["authority_id"]) == ("source_received", "REQ-1")
    assert received["body"] == {
        "path": "sale/a.csv",
        "sha256": hashlib.sha256(sale).hexdigest(),
        "source_kind": "sale",
        "status": "used",
        "size_bytes": len(sale),
        "rows_read": 1,
        "rows_used": 1,
        "from_utc": "2025-01-01T00:00:00Z",
        "until_utc": "2026-07-01T00:00:00Z",
    }
    assert (received["actor"], received["role"], received["purpose"]) == (
        "anna", "analyst", "inventory",
    )  # fmt: skip
    assert _alarms(case) == []


def test_a_second_run_tells_only_what_is_new(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing, then a file more, then what the changed words of the case file concern."""
    monkeypatch.setattr(handlers, "read_figures", lambda _: {})
    _run(case)
    _run(case)
    assert len(_kinds(case)) == 2

    (case / "sources/sale/b.csv").write_text(SALES, encoding="utf-8")
    _run(case)
    assert _kinds(case)[2:] == ["source_received"]

    toml = CASE_TOML.replace("2026-07-01", "2026-06-01")
    (case / "case.toml").write_text(toml, encoding="utf-8")
    _run(case)
    assert _kinds(case)[3:] == ["authority_declared", "source_received", "source_received"]
    assert _alarms(case) == []


def test_a_run_derives_the_same_bytes_with_and_without_a_journal(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is told; nothing of it comes back into `derived/`, and a run makes no journal."""
    monkeypatch.setattr(handlers, "read_figures", lambda _: {})
    bare = tmp_path / "bare"
    (case / "sources").rename(tmp_path / "kept")
    for folder in (case, bare):
        folder.mkdir(exist_ok=True)
        (folder / "case.toml").write_text(CASE_TOML, encoding="utf-8")
        (folder / "sources").symlink_to(tmp_path / "kept")
        _run(folder)

    derived = [
        {p.name: p.read_bytes() for p in (folder / "derived").iterdir()} for folder in (case, bare)
    ]
    assert derived[0] == derived[1]
    assert not (bare / "journal.db").exists()


def test_an_examination_brings_the_declaration_along(case: Path, tmp_path: Path) -> None:
    """One transaction, the declaration first; nothing of it is outside its authority."""
    capture = sale_report(Lab()).save(tmp_path)
    under = UnderCase(case, "SC-7", "REQ-1", "to know where it calls")
    for _ in range(2):
        handlers.examine_traffic(ExamineTraffic(capture, under=under), ERIKA, silent)

    assert _kinds(case) == ["authority_declared", "examined", "examined"]
    body = _said(case)[1]["body"]
    assert body["source_kind"] == "traffic"
    assert parse_utc(body["from_utc"]) < parse_utc(body["until_utc"])
    assert not [what for what in _alarms(case) if "authority" in what]


def test_an_examination_outside_the_declared_period_is_flagged_by_rules(
    case: Path, tmp_path: Path
) -> None:
    """The answer says it, and so does the journal, by itself."""
    toml = CASE_TOML.replace("2026-07-01", "2025-07-01")
    (case / "case.toml").write_text(toml, encoding="utf-8")
    capture = sale_report(Lab()).save(tmp_path)
    told = handlers.examine_traffic(
        ExamineTraffic(capture, under=UnderCase(case, "SC-7", "REQ-1")), ERIKA, silent
    )

    assert [each["flag"] for each in told["authority_flags"]] == ["period"]
    assert "examined outside authority REQ-1: the data lie outside its period" in _alarms(case)


def test_an_examination_may_rest_on_an_order_of_the_journal(case: Path, tmp_path: Path) -> None:
    """One that two people signed for it; before that it is entered and flagged."""
    _issue(case, ["examine"])
    capture = sale_report(Lab()).save(tmp_path)
    asked = ExamineTraffic(capture, under=UnderCase(case, "SC-7", "O-9"))
    told = handlers.examine_traffic(asked, ERIKA, silent)
    before = [what for what in _alarms(case) if "outside authority" in what]
    authorise.sign(case, "O-9", "x", MARA)
    authorise.sign(case, "O-9", "x", LEA)
    handlers.examine_traffic(asked, ERIKA, silent)

    assert told["authority"] == "O-9"
    assert before == [
        "examined outside authority O-9: two people, one of them a magistrate, have not signed it"
    ]
    assert len([w for w in _alarms(case) if "examined outside authority" in w]) == 1
    assert "authority_declared" not in _kinds(case)


def _issue(case: Path, scope: list[str]) -> None:
    words = declaring.Words(LEA, "x")
    with Journal.open(case) as journal:
        journal.append(words.entry("authority_requested", "O-9", {"scope": scope}))


def test_acts_on_exhibits_and_in_cells_are_held_against_what_is_declared(case: Path) -> None:
    """Each brings the declaration along, and none of these acts is covered by it."""
    opened = {"seal_number": "S1", "reason": "r", "witnesses": ["w"], "second": "bo"}
    done = [
        custody.record(ExhibitAct(case, "open", "E1", opened, "REQ-1"), ERIKA),
        search_day.record(SearchAct(case, "found", "C1", {}, "REQ-1"), LEA),
    ]

    assert _kinds(case)[0] == "authority_declared"
    assert _kinds(case).count("authority_declared") == 1
    for each in done:
        assert any("two people have not signed it" in flag["what"] for flag in each["flags"])


def test_declaring_by_hand_enters_what_changed_and_what_is_gone(case: Path) -> None:
    """Then `status` shows it as declared, not as in force."""
    first = declaring.declare(case, "x", ANNA)
    again = declaring.declare(case, "x", ANNA)
    [shown] = authorise.status(case, "x", LEA)["authorities"]
    (case / "case.toml").write_text(CASE_TOML.partition("[[authority]]")[0], encoding="utf-8")
    gone = declaring.declare(case, "x", ANNA)
    [after] = authorise.status(case, "x", LEA)["authorities"]

    assert first == {"declared": ["REQ-1"], "withdrawn": []}
    assert again == {"declared": [], "withdrawn": []}
    assert (shown["status"], shown["in_force_utc"]) == ("declared", None)
    assert gone == {"declared": [], "withdrawn": ["REQ-1"]}
    assert after["status"] == "withdrawn"
    assert _alarms(case) == []


def test_a_run_whose_journal_cannot_be_written_says_so_after_deriving(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys are away: what was derived stays, and the next run tells the journal."""
    monkeypatch.setattr(handlers, "read_figures", lambda _: {})
    (case / "keys").rename(case.parent / "safe")
    with pytest.raises(Exception, match="key"):
        _run(case)
    assert (case / "derived/source.parquet").is_file()

    (case.parent / "safe").rename(case / "keys")
    _run(case)
    assert _kinds(case) == ["authority_declared", "source_received"]


def test_who_may_not_declare_declares_nothing(case: Path) -> None:
    """The role is asked first."""
    with pytest.raises(Refused):
        declaring.declare(case, "x", ERIKA)
    assert _kinds(case) == []
