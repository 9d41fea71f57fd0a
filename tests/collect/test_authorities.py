"""Which files and rows may be used: authorities, their periods, the horizon."""

from __future__ import annotations

import pytest
from tests.collect.made_case import COVERED, HORIZON, Authority, MadeCase, csv_text, record

from portique.core.errors import Refused

ABSENCE = {"inmate_id": "I1", "reason": "court"}


def test_a_kind_without_authority_stops_the_run_and_every_file_is_named(case: MadeCase) -> None:
    """Two refused files of two kinds: both named, both kinds asked for, nothing written."""
    case.authorities = (Authority(covers=("sale",)),)
    case.records(record())
    case.put("find/seized.csv", csv_text("find"))

    with pytest.raises(Refused) as told:
        case.take()

    assert "sources/find/seized.csv" in told.value.where
    assert "sources/retained_record/a.csv" in told.value.where
    assert "find, retained_record" in told.value.mend
    assert not (case.folder / "derived" / "source.parquet").exists()


def test_without_any_authority_only_reference_data_is_used(case: MadeCase) -> None:
    """Sectors, prisons and cells need none."""
    case.authorities = ()
    case.records(record())

    tables = case.take(leave_out_refused=True)

    assert tables.source("sector/register.csv")["status"] == "used"
    assert tables.source("retained_record/a.csv")["status"] == "refused"
    assert tables.rows("record") == []


def test_what_is_left_out_is_counted_with_its_reason(case: MadeCase) -> None:
    """Rows of a refused file stand in `set_aside`, and the file says which authority lacks."""
    case.authorities = (Authority(covers=("sale",)),)
    case.records(record(), record())

    tables = case.take(leave_out_refused=True)

    assert tables.set_aside()["retained_record/a.csv", "refused_source"] == 2
    source = tables.source("retained_record/a.csv")
    assert (source["rows_read"], source["rows_used"]) == (2, 0)
    assert "no authority covers the kind retained_record" in source["note"]


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        ("2025-02-28T23:59:59.999999Z", "outside_period"),
        ("2025-03-01T00:00:00Z", None),
        ("2025-04-30T23:59:59.999999Z", None),
        ("2025-05-01T00:00:00Z", "outside_period"),
        ("2025-05-10T00:00:00Z", None),
        ("2025-05-19T20:00:00Z", None),
        ("2025-05-19T20:00:00.000001Z", "after_horizon"),
        ("2026-01-01T00:00:00Z", "after_horizon"),
    ],
)
@pytest.mark.parametrize("kind", ["retained_record", "sale", "find", "offence"])
def test_an_instant_has_to_lie_in_a_period_and_before_the_horizon(
    case: MadeCase, kind: str, moment: str, reason: str | None
) -> None:
    """Periods are half-open, the gap between two is outside, the horizon is included."""
    case.authorities = (
        Authority("A", until_utc="2025-05-01T00:00:00Z"),
        Authority("B", from_utc="2025-05-10T00:00:00Z"),
    )
    rows = {
        "retained_record": record(started_at_utc=moment, sector_id=""),
        "sale": {"sale_id": "S1", "sold_at_utc": moment},
        "find": {"find_id": "F1", "found_at_utc": moment, "cell_id": "C1"},
        "offence": {"offence_id": "O1", "occurred_at_utc": moment},
    }
    case.put(f"{kind}/a.csv", csv_text(kind, rows[kind]))

    tables = case.take()

    assert len(tables.rows("record" if kind == "retained_record" else kind)) == (not reason)
    assert tables.set_aside().get((f"{kind}/a.csv", reason or ""), 0) == (1 if reason else 0)


@pytest.mark.parametrize(
    ("start", "end", "reason", "kept_end"),
    [
        ("2025-01-01T00:00:00Z", "2025-03-01T00:00:00Z", "outside_period", None),
        ("2025-01-01T00:00:00Z", "2025-03-01T00:00:01Z", None, "2025-03-01"),
        ("2025-01-01T00:00:00Z", "", None, None),
        ("2025-05-01T00:00:00Z", HORIZON, None, "2025-05-19"),
        ("2025-05-01T00:00:00Z", "2025-05-19T21:00:00Z", None, None),
        ("2025-05-19T21:00:00Z", "", "after_horizon", None),
    ],
)
def test_a_span_has_to_overlap_a_period_and_an_end_after_the_horizon_is_open(
    case: MadeCase, start: str, end: str, reason: str | None, kept_end: str | None
) -> None:
    """Stays and absences begin before the order: it is enough that they reach into its period."""
    row = ABSENCE | {"from_utc": start, "until_utc": end}
    case.put("absence/a.csv", csv_text("absence", row))

    tables = case.take()

    rows = tables.rows("absence")
    assert tables.reasons() == ({reason: 1} if reason else {})
    assert len(rows) == (not reason)
    for kept in rows:
        assert (kept["until_utc"].date().isoformat() if kept["until_utc"] else None) == kept_end


def test_a_declared_contact_without_dates_is_always_valid(case: MadeCase) -> None:
    """An empty start and an empty end are open."""
    row = {"inmate_id": "I1", "msisdn": "0712345678", "relation": "visitor"}
    case.put("declared_contact/a.csv", csv_text("declared_contact", row))

    (kept,) = case.take().rows("declared_contact")

    assert kept["msisdn"] == "+33712345678"


def test_a_sale_whose_instant_is_not_known_cannot_be_shown_to_be_covered(case: MadeCase) -> None:
    """It is set aside, and the note says why."""
    case.put("sale/a.csv", csv_text("sale", {"sale_id": "S1"}))

    tables = case.take()

    assert tables.reasons() == {"outside_period": 1}
    assert "sold_at_utc is not known" in tables.note("outside_period")


def test_each_file_names_the_authorities_that_cover_it(case: MadeCase) -> None:
    """In the order of case.toml."""
    case.authorities = (Authority("Z"), Authority("A", covers=("sale",)))
    case.put("sale/a.csv", csv_text("sale"))
    case.put("stay/a.csv", csv_text("stay"))

    tables = case.take()

    assert tables.source("sale/a.csv")["authority_ids"] == ["Z", "A"]
    assert tables.source("stay/a.csv")["authority_ids"] == ["Z"]


def test_a_plan_says_what_a_run_would_use_refuse_set_aside_and_lack(case: MadeCase) -> None:
    """The same counts as the run, without a file written."""
    case.authorities = (Authority(covers=tuple(k for k in COVERED if k != "sale")),)
    case.records(record(), record(imei="1"))
    case.put("sale/a.csv", csv_text("sale", {"sale_id": "S1"}))

    plan = case.plan()
    tables = case.take(leave_out_refused=True)

    assert plan["sources"] == tables.rows("source")
    assert plan["set_aside"] == tables.rows("set_aside")
    assert plan["refused"] == ["sources/sale/a.csv: no authority covers the kind sale"]
    assert "no usable file of the kind sale" in plan["lacks"]
    assert "no authority covers the kind sale" in plan["lacks"]
