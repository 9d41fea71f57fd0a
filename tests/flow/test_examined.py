"""An examination within a case: authority, role, log of reads, stored answer, journal entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.examine.traffic.lab import Lab
from tests.examine.traffic.phones import sale_report

from portique.core.errors import Refused
from portique.core.progress import silent
from portique.flow import handlers
from portique.flow.commands import ExamineTraffic, Run
from portique.flow.examined import Act, Examination, UnderCase, examined, stored_in
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person
from portique.flow.stages import Stage
from portique.ledger.journal import Journal

Rows = dict[str, list[dict[str, Any]]]
ERIKA = Person("erika", "examiner")
CASE_TOML = """
[case]
id = "lab-case"
as_of_utc = 2026-06-30T00:00:00Z
[[authority]]
id = "ORD-7"
kind = "order"
basis = "CPP 156"
covers = ["traffic", "image"]
from_utc = 2026-01-01T00:00:00Z
until_utc = 2026-07-01T00:00:00Z
[[authority]]
id = "REQ-1"
kind = "requisition"
basis = "CPP 77-1-1"
covers = ["sale"]
from_utc = 2025-01-01T00:00:00Z
until_utc = 2025-07-01T00:00:00Z
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return a case with an authority for captures and images, and one for sales."""
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "case.toml").write_text(CASE_TOML, encoding="utf-8")
    return folder


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Return the capture of a covert phone, in 2026."""
    return sale_report(Lab()).save(tmp_path)


def _examined(
    case: Path, capture: Path, authority: str = "ORD-7", exhibit: str = "SC-7", **asked: Any
) -> dict[str, Any]:
    under = UnderCase(case, exhibit, authority, "to know where it calls")
    request = ExamineTraffic(capture, under=under, **asked)
    return handlers.examine_traffic(request, ERIKA, silent)


def test_the_answer_names_exhibit_and_authority_and_is_stored(case: Path, capture: Path) -> None:
    """The same bytes each time, under the hash of the capture."""
    told = _examined(case, capture)
    digest = hashlib.sha256(capture.read_bytes()).hexdigest()
    path = case / "derived" / "examination" / f"{digest}.json"
    first = path.read_bytes()
    _examined(case, capture)

    assert json.loads(first) == told
    assert path.read_bytes() == first
    assert (told["exhibit"], told["authority"], told["authority_flags"]) == ("SC-7", "ORD-7", [])
    assert told["case_id"] == "lab-case"
    assert told["grade"] == 1
    record = Path(f"{capture}.toml")
    assert told["material"] == {"record": hashlib.sha256(record.read_bytes()).hexdigest()}


def test_without_a_case_no_authority_is_shown(capture: Path) -> None:
    """And nothing is stored anywhere."""
    told = handlers.examine_traffic(ExamineTraffic(capture), ERIKA, silent)

    assert told["authority"] == "no authority shown"
    assert "authority_flags" not in told


def test_an_authority_that_the_case_does_not_know_is_refused(case: Path, capture: Path) -> None:
    """Before anything is read or stored, and the known ones are named."""
    with pytest.raises(Refused) as refused:
        _examined(case, capture, authority="ORD-8")

    assert refused.value.code == "EXC-001"
    assert "ORD-7, REQ-1" in refused.value.mend
    assert not (case / "derived").exists()


def test_what_the_authority_does_not_cover_is_recorded_and_flagged(
    case: Path, capture: Path
) -> None:
    """Kind and period: reality is stored, legality is a flag."""
    told = _examined(case, capture, authority="REQ-1")

    assert {each["flag"] for each in told["authority_flags"]} == {"kind", "period"}
    assert stored_in(CaseFolder(case)).is_dir()


def test_a_record_of_another_exhibit_is_flagged(case: Path, capture: Path) -> None:
    """The capture may be of the phone beside it."""
    told = _examined(case, capture, exhibit="SC-8")

    assert [each["flag"] for each in told["authority_flags"]] == ["exhibit"]
    assert told["exhibit"] == "SC-8"


@pytest.mark.parametrize("role", ["defence_expert", "analyst", "auditor"])
def test_only_who_may_write_in_the_case_examines_in_it(
    case: Path, capture: Path, role: str
) -> None:
    """The defence's expert examines without a case; nothing of it is stored."""
    request = ExamineTraffic(capture, under=UnderCase(case, "SC-7", "ORD-7"))

    with pytest.raises(Refused) as refused:
        handlers.examine_traffic(request, Person("d", role), silent)

    assert refused.value.code == "ACC-001"
    assert not (case / ".portique").exists()


def test_the_read_is_logged_before_the_capture_is_read(case: Path, tmp_path: Path) -> None:
    """Even where the capture then turns out to be none."""
    broken = tmp_path / "x.pcap"
    broken.write_bytes(b"no capture")

    with pytest.raises(Refused):
        _examined(case, broken)

    line = json.loads((case / ".portique" / "access.jsonl").read_text("utf-8"))
    assert (line["actor"], line["command"], line["key"]) == ("erika", "examine traffic", "SC-7")
    assert line["purpose"] == "to know where it calls"


def test_the_journal_says_what_was_examined_with_what(case: Path, capture: Path) -> None:
    """One entry `examined` for each examination, about the exhibit, under the authority."""
    Journal.open(case, create=True).close()

    told = _examined(case, capture)

    with Journal.open(case) as journal:
        (held,) = [
            json.loads(each.payload)
            for each in journal.entries(0, 100)
            if json.loads(each.payload)["kind"] == "examined"
        ]
    path = stored_in(CaseFolder(case)) / f"{told['capture_sha256']}.json"
    assert held["subject"] == {"type": "exhibit", "id": "SC-7"}
    assert (held["authority_id"], held["actor"], held["role"]) == ("ORD-7", "erika", "examiner")
    assert held["body"]["examined_sha256"] == told["capture_sha256"]
    assert held["body"]["answer_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert held["body"]["tool"] == "portique examine traffic"
    assert held["body"]["material"] == told["material"]


def test_no_answer_takes_the_place_of_another(case: Path, capture: Path) -> None:
    """Triage, another examination of the same file, and the same bytes of another exhibit."""
    _examined(case, capture)
    _examined(case, capture, triage=True)
    _examined(case, capture, exhibit="SC-8")

    stored = [json.loads(path.read_text("utf-8")) for path in stored_in(CaseFolder(case)).iterdir()]

    assert sorted((each["examination"], each["exhibit"]) for each in stored) == [
        ("traffic", "SC-7"), ("traffic", "SC-8"), ("triage", "SC-7"),
    ]  # fmt: skip


def test_a_fleet_is_kept_at_once(case: Path) -> None:
    """Many exhibits, one command: an answer and an entry each, under one checkpoint."""
    Journal.open(case, create=True).close()
    answers = [(f"SC-{n}", {"image_sha256": f"{n:064x}", "grade": 5}) for n in range(1, 4)]

    under = UnderCase(case, "FLEET", "ORD-7")
    told = Examination(Act("firmware", "image"), under, ERIKA).keep(answers)

    assert [each["exhibit"] for each in told] == ["SC-1", "SC-2", "SC-3"]
    with Journal.open(case) as journal:
        kinds = [json.loads(each.payload)["kind"] for each in journal.entries(0, 100)]
    assert kinds.count("examined") == 3


@pytest.mark.parametrize("exhibit", ["", "  ", "a\nb", "x" * 201])
def test_what_is_no_id_of_an_exhibit_is_refused(case: Path, exhibit: str) -> None:
    """Empty, several lines, or a text."""
    with pytest.raises(Refused) as refused:
        examined(Act("unpack", "image"), UnderCase(case, exhibit, "ORD-7"), ERIKA, dict)

    assert refused.value.code == "EXC-002"


def test_a_run_leaves_examinations_alone(
    handmade_case: Path, handmade: Rows, writing_stages: Callable[[Rows], tuple[Stage, ...]]
) -> None:
    """Its manifest is the same with and without them, and it deletes none."""
    anna, stages = Person("anna", "analyst"), writing_stages(handmade)
    handlers.run(Run(handmade_case), anna, stages=stages)
    derived = CaseFolder(handmade_case).derived
    before = (derived / "manifest.json").read_bytes()
    kept = derived / "examination" / ("a" * 64 + ".json")
    kept.parent.mkdir()
    kept.write_text("{}\n", encoding="utf-8")

    again = handlers.run(Run(handmade_case), anna, stages=stages)
    (derived / "target.parquet").unlink()
    mended = handlers.run(Run(handmade_case), anna, stages=stages)

    assert not any(stage.reason for stage in again.stages)
    assert any(stage.reason for stage in mended.stages)
    assert kept.read_text("utf-8") == "{}\n"
    assert (derived / "manifest.json").read_bytes() == before
