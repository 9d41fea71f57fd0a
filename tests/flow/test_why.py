"""From a derived row back to the rows as delivered, on a case small enough to see through."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portique.core.errors import Refused
from portique.flow import handlers
from portique.flow.commands import Run, Why
from portique.flow.permissions import Person
from portique.flow.stages import Stage
from portique.flow.why.answer import Answer, Step
from portique.flow.why.words import words

ANNA = Person("anna", "analyst")
Rows = dict[str, list[dict[str, Any]]]
Stages = tuple[Stage, ...]
HANDSET = "H-00101701000001-1"


@pytest.fixture
def case(handmade_case: Path, handmade: Rows, writing_stages: Callable[[Rows], Stages]) -> Path:
    """The handmade case, run."""
    handlers.run(Run(handmade_case), ANNA, stages=writing_stages(handmade))
    return handmade_case


def _why(case: Path, table: str, key: str, **asked: Any) -> Answer:
    return handlers.why(Why(case, table, key, **asked), ANNA)


def _tables(step: Step) -> set[str]:
    return {step.table}.union(*(_tables(behind) for behind in step.follows_from))


def test_a_target_leads_to_every_kind_of_source_behind_it(case: Path) -> None:
    """Records, ledger, stays and declared contacts, each with file, line and hash."""
    found = _why(case, "target", "1")

    files = {row.file for row in found.rows}
    assert files == {
        "sources/declared_contact/list.csv",
        "sources/retained_record/may.csv",
        "sources/sale/ledger.csv",
        "sources/stay/stays.csv",
    }
    for row in found.rows:
        assert row.sha256 == hashlib.sha256((case / row.file).read_bytes()).hexdigest()
    assert {"attribution", "placement", "presence", "handset", "fleet_imei", "sale"} <= _tables(
        found.step
    )


def test_rows_are_given_as_delivered_with_their_line(case: Path) -> None:
    """Row 3 of the file is line 4, and its IMEI has the 15 digits that the operator wrote."""
    found = _why(case, "fleet_record", f"{HANDSET}/2025-05-02T10:00:00Z")

    (row,) = found.rows
    assert (row.row, row.line) == (3, 4)
    assert row.fields["imei"] == "001017010000010"
    assert row.fields["counterpart"] == "+33722222222"


def test_rows_of_other_people_stay_where_they_are(case: Path) -> None:
    """The second record of the file is somebody else's, and no answer has it."""
    for table, key in (
        ("target", "1"),
        ("handset", HANDSET),
        ("source", "retained_record/may.csv"),
    ):
        said = json.dumps(_why(case, table, key, all_rows=True).as_dict(), default=str)
        assert "355555550000000" not in said
        assert "33733333333" not in said


@pytest.mark.parametrize("table", ["record", "sighting"])
def test_a_table_of_other_people_is_refused(case: Path, table: str) -> None:
    """It is counted, never listed."""
    with pytest.raises(Refused, match="about other people") as found:
        _why(case, table, "1")
    assert found.value.code == "WHY-001"


def test_a_table_that_does_not_exist_is_refused_with_the_nearest(case: Path) -> None:
    """A slip of the finger is met with what was meant."""
    with pytest.raises(Refused) as found:
        _why(case, "handsets", HANDSET)
    assert found.value.code == "WHY-002"
    assert found.value.mend.startswith("did you mean handset? ")


def test_a_key_that_does_not_exist_is_refused_with_those_that_come_near(case: Path) -> None:
    """One wrong digit: the right key is named."""
    with pytest.raises(Refused) as found:
        _why(case, "handset", "H-00101701000002-1")
    assert found.value.code == "WHY-004"
    assert HANDSET in found.value.mend


def test_a_key_that_fits_several_rows_is_refused_with_all_of_them(case: Path) -> None:
    """The handset alone does not say which place."""
    with pytest.raises(Refused, match="2 rows of placement fit") as found:
        _why(case, "placement", HANDSET)
    assert f"{HANDSET}/P1" in found.value.mend
    assert f"{HANDSET}/-" in found.value.mend


@pytest.mark.parametrize(
    ("table", "key", "whole"),
    [
        ("target", "C1", "1"),
        ("placement", f"{HANDSET}/-", f"{HANDSET}/-"),
        ("attribution", f"{HANDSET}/I1", f"{HANDSET}/I1"),
        ("fleet_imei", "00101701000001", "00101701000001"),
        ("attribution_term", f"{HANDSET}/I1", f"{HANDSET}/I1/contacts"),
        ("sale", "S1", "2/1"),
        ("set_aside", "retained_record/may.csv", "retained_record/may.csv/duplicate"),
    ],
)
def test_a_row_is_named_by_its_key_or_by_a_short_name(
    case: Path, table: str, key: str, whole: str
) -> None:
    """The cell of a target, the first parts of a key where they suffice, a dash for nothing."""
    assert _why(case, table, key).step.key == whole


def test_a_source_that_was_altered_since_is_not_shown_as_the_one_that_was_used(
    case: Path,
) -> None:
    """The hash of the file is not the one in the table: that row is nobody's evidence."""
    ledger = case / "sources/sale/ledger.csv"
    ledger.write_text(ledger.read_text().replace("75011", "75012"))

    with pytest.raises(Refused, match="altered since") as found:
        _why(case, "handset", HANDSET)
    assert found.value.code == "WHY-005"


def test_tables_of_two_runs_explain_nothing(case: Path) -> None:
    """A derived file that is not the one of the last run stops the answer."""
    (case / "derived/handset.parquet").write_bytes(b"another")

    with pytest.raises(Refused, match="not those of one whole run") as found:
        _why(case, "target", "1")
    assert found.value.code == "WHY-006"


def test_each_read_is_logged_with_person_row_and_purpose(case: Path) -> None:
    """Who looked at what, when, and why; a refused question is no read."""
    _why(case, "target", "C1", purpose="request to the judge")
    with pytest.raises(Refused):
        _why(case, "target", "C9")

    lines = (case / ".portique/access.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert (last["actor"], last["role"], last["command"]) == ("anna", "analyst", "why")
    assert (last["table"], last["key"]) == ("target", "1")
    assert last["purpose"] == "request to the judge"
    assert len([line for line in lines if '"why"' in line]) == 1


def test_a_role_that_may_not_ask_is_refused_before_anything_is_read(case: Path) -> None:
    """The custodian of exhibits has no business with grounds."""
    with pytest.raises(Refused, match="may not give the command why"):
        handlers.why(Why(case, "target", "1"), Person("carl", "exhibit_custodian"))
    assert '"why"' not in (case / ".portique/access.jsonl").read_text()


def test_rows_beyond_the_first_are_counted_and_given_on_request(
    handmade_case: Path, handmade: Rows, writing_stages: Callable[[Rows], Stages]
) -> None:
    """Twenty stays stand behind one attribution: twelve are printed, all are counted."""
    stays = handmade_case / "sources/stay/stays.csv"
    line = "I1,C1,2025-01-01T00:00:00Z,\n"
    stays.write_text("inmate_id,cell_id,from_utc,until_utc\n" + 20 * line)
    stay = handmade["stay"][0]
    handmade["stay"] = [stay | {"source_row": row} for row in range(1, 21)]
    handmade["source"][3]["sha256"] = hashlib.sha256(stays.read_bytes()).hexdigest()
    handlers.run(Run(handmade_case), ANNA, stages=writing_stages(handmade))

    some = _why(handmade_case, "attribution", f"{HANDSET}/I1")
    every = _why(handmade_case, "attribution", f"{HANDSET}/I1", all_rows=True)

    assert some.total == every.total == len(every.rows)
    assert len([r for r in some.rows if r.file == "sources/stay/stays.csv"]) == 12
    assert len([r for r in every.rows if r.file == "sources/stay/stays.csv"]) == 20


def test_a_cell_that_is_not_to_be_searched_says_which_limit_leaves_it_out() -> None:
    """And one that is, its rank."""
    row = {"place": 2, "prison_id": "P1", "cell_id": "C2", "p_any": 0.5}

    left = words("cell_chance", row | {"target_rank": None, "left_out": "prison_limit"})
    taken = words("cell_chance", row | {"target_rank": 1, "left_out": None})

    assert "not to be searched: its prison has as many as may be searched there" in left
    assert "rank 1 of the cells to search" in taken
