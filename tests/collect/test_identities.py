"""Identifiers of records: what is accepted, what is flagged, what is kept without a place."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.made_case import SECTOR, MadeCase, csv_text, record

from portique.collect.numbers import code_of, read_numbers, texts_of
from portique.collect.records import luhn_digits
from portique.core.ids import REGION_OF_MCC, luhn_digit, read_number


@pytest.mark.parametrize(
    ("written", "imei", "flag"),
    [
        ("49015420323751", 49015420323751, 0),
        ("490154203237518", 49015420323751, 0),
        ("490154203237510", 49015420323751, 0),
        ("490154203237517", 49015420323751, 1),
        ("4901542032375199", 49015420323751, 0),
        (" 490154203237518 ", 49015420323751, 0),
        ("00101701000001", 101701000001, 0),
        ("4901542032375", None, 0),
        ("49015420323751888", None, 0),
        ("49015420323751A", None, 0),
        ("8,67E+14", None, 0),
        ("4901542032375F", None, 0),
        ("\u0664901542032375\u0661", None, 0),
        ("", None, 0),
    ],
)
def test_an_imei_has_14_15_or_16_digits(
    case: MadeCase, written: str, imei: int | None, flag: int
) -> None:
    """A wrong check digit is flagged, a filler 0 and a version are no fault, the rest is aside."""
    case.records(record(imei=f'"{written}"'))

    tables = case.take()

    if imei is None:
        assert tables.reasons() == {"malformed_identifier": 1}
        assert tables.rows("record") == []
    else:
        assert tables.reasons() == {}
        (row,) = tables.rows("record")
        assert (row["imei"], row["imei_flag"]) == (imei, flag)
        note = tables.source("retained_record/a.csv")["note"]
        assert (note is not None) == bool(flag)


@given(st.lists(st.integers(0, 10**14 - 1), min_size=1, max_size=20))
def test_check_digits_of_a_column_are_those_of_each(bodies: list[int]) -> None:
    """The fast rule is the slow one."""
    expected = [luhn_digit(f"{body:014d}") for body in bodies]

    assert luhn_digits(np.array(bodies)).tolist() == expected


@pytest.mark.parametrize("written", ["1", "868x", "49015420323751", "490154203237517"])
def test_an_imei_of_the_ledger_is_kept_as_written(case: MadeCase, written: str) -> None:
    """A malformed one is flagged and matched later; nothing is set aside for it."""
    row = {"sale_id": "S1", "sold_at_utc": "2025-04-01T00:00:00Z", "imei": written}
    case.put("sale/a.csv", csv_text("sale", row))

    tables = case.take()

    assert [sale["imei"] for sale in tables.rows("sale")] == [written]
    assert tables.reasons() == {}
    flagged = "kept, flagged" in (tables.source("sale/a.csv")["note"] or "")
    assert flagged == (written != "49015420323751")


@pytest.mark.parametrize(
    ("imsi", "kept"),
    [("208010000000001", 208010000000001), ("", None), ("20801000000001", 20801000000001)],
)
def test_an_imsi_may_be_missing(case: MadeCase, imsi: str, kept: int | None) -> None:
    """Fourteen or fifteen digits, or nothing."""
    case.records(record(imsi=imsi))

    assert [row["imsi"] for row in case.take().rows("record")] == [kept]


def test_an_imsi_of_another_length_is_malformed(case: MadeCase) -> None:
    """Nothing is padded."""
    case.records(record(imsi="20801"))

    assert case.take().reasons() == {"malformed_identifier": 1}


@pytest.mark.parametrize(
    ("sector", "moment", "kept"),
    [
        ("208-01-1-2", "2025-04-01T00:00:00Z", "208-01-1-2"),
        (" 208-01-1-2 ", "2025-04-01T00:00:00Z", "208-01-1-2"),
        ("208-01-9-9", "2025-04-01T00:00:00Z", None),
        ("", "2025-04-01T00:00:00Z", None),
        ("208-01-7-7", "2025-04-01T00:00:00Z", "208-01-7-7"),
        ("208-01-7-7", "2025-04-10T00:00:00Z", None),
        ("208-01-7-7", "2025-04-20T00:00:00Z", "208-01-7-7"),
    ],
)
def test_a_sector_is_known_where_the_register_has_it_at_that_instant(
    case: MadeCase, sector: str, moment: str, kept: str | None
) -> None:
    """Else the record is kept without a place and counted; validity is half-open and may return."""
    spans = [("", "2025-04-10T00:00:00Z"), ("2025-04-20T00:00:00Z", "")]
    rows = [
        SECTOR | {"sector_id": "208-01-7-7", "valid_from_utc": a, "valid_until_utc": b}
        for a, b in spans
    ]
    case.records(record(sector_id=sector, started_at_utc=moment))
    case.put("sector/more.csv", csv_text("sector", *rows))

    tables = case.take()

    assert [row["sector_id"] for row in tables.rows("record")] == [kept]
    assert tables.reasons() == ({} if kept else {"sector_unknown": 1})
    assert tables.source("retained_record/a.csv")["rows_used"] == 1


@pytest.mark.parametrize(
    ("delivered", "operator", "kept", "undecided"),
    [
        ("+33712345678", "20801", "+33712345678", False),
        ("33712345678", "20801", "+33712345678", False),
        ("0712345678", "20801", "+33712345678", False),
        ("3179", "20801", "3179", False),
        ("118218", "20801", "118218", False),
        ("0692123456", "64710", "+262692123456", False),
        ("0712345678", "99999", None, True),
        ("336123456", "20801", None, True),
        ("FREE", "20801", None, False),
        ("anonymous", "20801", None, False),
        ("", "20801", None, False),
    ],
)
def test_a_counterpart_is_read_in_the_region_of_the_delivering_network(
    case: MadeCase, delivered: str, operator: str, kept: str | None, undecided: bool
) -> None:
    """What cannot be decided is kept with its record, counted, and no number."""
    case.records(record(counterpart=delivered, operator=operator))

    tables = case.take()

    assert [row["counterpart"] for row in tables.rows("record")] == [kept]
    assert tables.reasons() == ({"number_undecided": 1} if undecided else {})


NUMBERS = st.one_of(
    st.from_regex(r"(\+|00)?[0-9]{1,16}", fullmatch=True),
    st.from_regex(r"0[1-9]([ .]?[0-9]{2}){4}", fullmatch=True),
    st.text(max_size=12),
)


@given(st.lists(st.tuples(NUMBERS, st.sampled_from(["FR", "RE", "ZZ"])), min_size=1, max_size=20))
def test_numbers_of_a_column_are_those_of_each(given_: list[tuple[str, str]]) -> None:
    """The fast rule is the slow one, and the integer gives the text back."""
    texts = [text or None for text, _ in given_]
    regions = pa.array([region for _, region in given_])

    found = read_numbers(pa.array(texts, pa.string()), regions)

    each = [read_number(text, region) for text, region in given_]
    assert found.codes.tolist() == [code_of(number) for number in each]
    expected = [number.value if code_of(number) else None for number in each]
    assert texts_of(found.codes).to_pylist() == expected


def test_every_region_of_the_list_reads_its_own_national_form() -> None:
    """The list of regions is one that the library of numbers knows."""
    assert {read_number("+33712345678", r).form for r in REGION_OF_MCC.values()} == {"number"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"started_at_utc": ""}, "malformed_time"),
        ({"started_at_utc": "2025-02-30T10:00:00Z"}, "malformed_time"),
        ({"started_at_utc": "01/04/2025 10:00"}, "malformed_time"),
        ({"started_at_utc": "1743501600"}, "malformed_time"),
        ({"started_at_utc": "2025-04-01"}, "malformed_time"),
        ({"kind": "fax"}, "malformed_row"),
        ({"kind": ""}, "malformed_row"),
        ({"duration_s": "-1"}, "malformed_row"),
        ({"duration_s": "1h"}, "malformed_row"),
        ({"duration_s": "99999999999"}, "malformed_row"),
    ],
)
def test_a_value_that_cannot_be_read_sets_its_row_aside(
    case: MadeCase, changed: dict[str, str], reason: str
) -> None:
    """With the number of the row, and never with the value."""
    case.records(record(), record(**changed))

    tables = case.take()

    assert tables.reasons() == {reason: 1}
    assert tables.note(reason).endswith("row 2")
    value = next(iter(changed.values()))
    assert not value or value not in tables.note(reason)


@pytest.mark.parametrize(
    "written",
    [
        "2025-04-01T10:00:00Z",
        "2025-04-01 10:00:00",
        "2025-04-01T12:00:00+02:00",
        "2025-04-01T10:00Z",
        "2025-04-01T10:00:00.000000900Z",
        " 2025-04-01T10:00:00Z ",
    ],
)
def test_an_instant_has_one_meaning_in_every_iso_form(case: MadeCase, written: str) -> None:
    """With a zone or without (UTC), with fractions or not."""
    case.records(record(started_at_utc=written))

    (row,) = case.take().rows("record")

    assert row["started_at_utc"].isoformat() == "2025-04-01T10:00:00+00:00"
