"""Rows with a lawyer's number: set aside before anything else, in any column, spelling and date."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.collect.made_case import Authority, MadeCase, csv_text, record

from portique.collect.privilege import Privileged, is_lawyer

NUMBER = "+33639981234"
SPELLINGS = [
    "+33639981234",
    "33639981234",
    "0033639981234",
    "0639981234",
    "639981234",
    "06 39 98 12 34",
    "+33 (0)6.39.98.12.34",
    "+33 06 39 98 12 34",
    "tel:+33639981234",
    "*31#0639981234",
    "#31#0639981234",
    "00 33 6-39-98-12-34",
    "06 39 98 12 34 / 07 11 11 11 11",
    "06\u00a039\u00a098\u00a012\u00a034",
]
PROTECTED = {"reason": "privileged"}


@pytest.mark.parametrize("declared", SPELLINGS)
@pytest.mark.parametrize("delivered", SPELLINGS)
def test_a_lawyers_number_is_known_in_every_spelling(declared: str, delivered: str) -> None:
    """Whatever form the list has and whatever form the record has, it is one number."""
    known = Privileged()
    known.add(declared)

    assert known.in_text(delivered) or known.is_one(delivered)


@pytest.mark.parametrize("delivered", SPELLINGS)
@pytest.mark.parametrize("column", ["counterpart", "msisdn"])
def test_a_record_with_a_lawyers_number_is_set_aside(
    case: MadeCase, column: str, delivered: str
) -> None:
    """In either column of a record; the other record stays."""
    case.lawyer(NUMBER)
    case.records(record(), record(**{column: delivered, "imei": "00101701000002"}))

    tables = case.take()

    assert tables.set_aside()["retained_record/a.csv", "privileged"] == 1
    assert [row["imei"] for row in tables.rows("record")] == [101701000001]


@pytest.mark.parametrize("operator", ["20801", "64710", "23410", "", "99999"])
def test_a_national_form_is_a_lawyers_whatever_network_delivers_it(
    case: MadeCase, operator: str
) -> None:
    """A network overseas reads the same ten digits as a number of its own."""
    case.lawyer(NUMBER)
    case.records(record(counterpart="0639981234", operator=operator))

    assert case.take().rows("record") == []


@pytest.mark.parametrize("overseas", ["+262692123456", "0692123456", "00262692123456"])
def test_a_lawyer_overseas_is_known_from_home_and_from_there(case: MadeCase, overseas: str) -> None:
    """A number of Réunion, declared in one form, dialled in all others."""
    case.lawyer(overseas)
    forms = ["+262692123456", "0692123456", "262692123456"]
    networks = ["20801", "64710"]
    case.records(*(record(counterpart=f, operator=n) for f in forms for n in networks))

    tables = case.take()

    assert tables.rows("record") == []
    assert tables.reasons()["privileged"] == len(forms) * len(networks) + 1


def test_a_short_code_of_a_lawyer_is_protected_as_it_is(case: MadeCase) -> None:
    """A chamber of lawyers may have one; another short code stays."""
    case.lawyer("3200")
    case.records(record(counterpart="3200"), record(counterpart="3201"))

    assert [row["counterpart"] for row in case.take().rows("record")] == ["3201"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("", ""),
        ("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z"),
        ("2030-01-01T00:00:00Z", ""),
        ("?", "?"),
    ],
)
def test_dates_of_a_lawyers_row_do_not_matter(case: MadeCase, start: str, end: str) -> None:
    """Long ended, not yet begun, or dates that cannot be read: the number is protected."""
    row = {"inmate_id": "I1", "msisdn": NUMBER, "relation": "lawyer"}
    case.put(
        "declared_contact/a.csv",
        csv_text("declared_contact", row | {"from_utc": start, "until_utc": end}),
    )
    case.records(record(counterpart=NUMBER))

    tables = case.take()

    assert tables.rows("record") == []
    assert tables.set_aside()["declared_contact/a.csv", "privileged"] == 1


@pytest.mark.parametrize("word", ["lawyer", "Lawyer", " LAWYER ", "avocat", "Avocate", "attorney"])
def test_the_relation_to_a_lawyer_has_several_words(word: str) -> None:
    """The contract's own word, in any case, and what an operator or a registry may write."""
    assert is_lawyer(word)


def test_a_number_that_is_also_a_visitors_is_protected(case: MadeCase) -> None:
    """Another inmate declares the same number as a visitor's: that row is set aside too."""
    case.lawyer(NUMBER)
    visitor = {"inmate_id": "I2", "msisdn": "0639981234", "relation": "visitor"}
    other = {"inmate_id": "I2", "msisdn": "0711111111", "relation": "visitor"}
    case.put("declared_contact/b.csv", csv_text("declared_contact", visitor, other))

    tables = case.take()

    assert [row["msisdn"] for row in tables.rows("declared_contact")] == ["+33711111111"]
    assert tables.set_aside()["declared_contact/b.csv", "privileged"] == 1


@pytest.mark.parametrize("column", ["numbers", "summary"])
def test_an_offence_whose_file_names_a_lawyers_number_is_set_aside(
    case: MadeCase, column: str
) -> None:
    """Among other identifiers, or in the free text."""
    case.lawyer(NUMBER)
    text = "00101701000001;06 39 98 12 34;+33711111111"
    row = {"offence_id": "O1", "occurred_at_utc": "2025-04-01T00:00:00Z", column: text}
    case.put("offence/a.csv", csv_text("offence", row))

    tables = case.take()

    assert tables.rows("offence") == []
    assert tables.reasons()["privileged"] == 2


def test_a_customer_who_is_a_lawyer_is_protected(case: MadeCase) -> None:
    """The supplier's name for a customer may be a number."""
    case.lawyer(NUMBER)
    row = {"sale_id": "S1", "sold_at_utc": "2025-04-01T00:00:00Z", "customer_ref": "33639981234"}
    case.put("sale/a.csv", csv_text("sale", row))

    assert case.take().rows("sale") == []


def test_a_lawyers_row_counts_as_such_whatever_else_is_wrong(case: MadeCase) -> None:
    """A wrong IMEI, no instant, after the horizon: one reason, and no row number beside it."""
    case.lawyer(NUMBER)
    case.records(
        record(counterpart=NUMBER, imei="1"),
        record(counterpart=NUMBER, started_at_utc="?"),
        record(counterpart=NUMBER, started_at_utc="2026-01-01T00:00:00Z"),
    )

    tables = case.take()

    assert tables.reasons() == {"privileged": 4}
    assert tables.note("privileged") == ""


def test_lawyers_are_learned_from_files_that_may_not_be_used(case: MadeCase) -> None:
    """No authority covers the list of contacts: it protects all the same."""
    case.authorities = (Authority(covers=("retained_record",)),)
    case.lawyer(NUMBER)
    case.records(record(counterpart=NUMBER))

    tables = case.take(leave_out_refused=True)

    assert tables.rows("record") == []
    assert tables.rows("declared_contact") == []


@pytest.mark.parametrize(
    "content",
    [
        "inmate_id,msisdn,relation\nI1,0639981234,lawyer,too,many\n",
        'inmate_id,msisdn,relation\nI1,0639981234,"lawyer\n',
        "détenu,numéro,lien\nI1;06 39 98 12 34;avocat\n",
        "inmate_id,msisdn,relation\nI\xe9,0639981234,lawyer\n".encode("latin-1"),
        "d\xe9tenu;num\xe9ro;lien\nI1;06 39 98 12 34;avocat\n".encode("cp1252"),
    ],
)
def test_lawyers_are_learned_from_rows_and_files_that_cannot_be_read(
    case: MadeCase, content: str | bytes
) -> None:
    """A row without fields, and a list in a form of its own, still say whose number it is."""
    case.put("declared_contact/a.csv", content)
    case.records(record(counterpart=NUMBER))

    tables = case.take()

    assert tables.rows("record") == []


def test_a_list_that_cannot_be_read_is_said(case: MadeCase) -> None:
    """Nobody may believe that lawyers are protected when their list could not be read."""
    case.put("declared_contact/a.parquet", b"PAR1 and no more")
    case.records(record())

    source = case.take().source("declared_contact/a.parquet")

    assert source["status"] == "unreadable"
    assert "lawyers' numbers in this file, if any, are not all known" in source["note"]


def test_lawyers_in_parquet_with_numbers_as_integers_are_known(case: MadeCase) -> None:
    """A column that lost its zeros is still read in every way."""
    table = pa.table({"inmate_id": ["I1"], "msisdn": [639981234], "relation": ["lawyer"]})
    case.put("declared_contact/a.parquet", table)
    case.records(record(counterpart="0639981234"))

    assert case.take().rows("record") == []


def test_no_derived_file_holds_a_lawyers_number(case: MadeCase) -> None:
    """Not in a table, a note or the name of anything."""
    case.lawyer(NUMBER)
    case.records(record(counterpart=NUMBER), record(msisdn="0639981234"), record())
    case.put("declared_contact/cut.csv", 'inmate_id,msisdn,relation\nI1,"0639981234,lawyer\n')

    tables = case.take()

    for path in sorted(tables.folder.iterdir()):
        assert "39981234" not in str(pq.read_table(path).to_pylist()), path.name
