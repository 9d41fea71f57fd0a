"""The stage as a whole: what its tables say, on hand-made records."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from portique.core.tables import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.identify.conftest import Material

MINE, OTHER, STRANGER = 101701000001, 101701000002, 35000001000001
ONE, TWO, THREE = 208010000000001, 208010000000002, 208010000000003
FRIEND, TAXI = "+33710000009", "+33720000001"
TABLES = (
    "fleet_imei",
    "fleet_record",
    "clone_split",
    "handset_sim",
    "handset",
    "number_reach",
    "second_contact",
)
Row = dict[str, Any]


@pytest.fixture
def small(material: Material, call: Callable[..., Row]) -> Material:
    """Two phones of the fleet, one stranger, one phone sold and never seen."""
    material.tacs = ("00101701",)
    material.records = [
        call(MINE, ONE, 1.0, counterpart=FRIEND, msisdn="+33710000001"),
        call(MINE, ONE, 30.0, counterpart=TAXI, msisdn="+33710000001"),
        call(OTHER, TWO, 2.0, counterpart=TAXI),
        call(OTHER, TWO, 3.0, counterpart=None, kind="data"),
        call(STRANGER, THREE, 2.0, counterpart=TAXI),
        call(STRANGER, THREE, 5.0, counterpart="+33700000000"),
    ]
    material.sales = [
        {"sale_id": "S1", "imei": "001017010000019", "model": "Mini", "tac": "00101701"},
        {"sale_id": "S2", "imei": "001017010000993", "model": "Mini", "tac": "00101701"},
    ]
    return material


def test_a_phone_that_was_only_sold_is_no_handset(small: Material) -> None:
    """A handset is what the records can tell; a sale without a record has no rows behind it."""
    small.identify()

    assert [row["imei"] for row in small.rows("handset")] == [f"{MINE:014d}", f"{OTHER:014d}"]


def test_a_handset_says_why_it_is_of_the_fleet_and_when_it_was_seen(small: Material) -> None:
    """Bases, ledger lines, model, subscriptions, numbers, first and last record."""
    small.identify()
    mine = small.rows("handset")[0]

    assert (mine["handset_id"], mine["basis"]) == ("H-00101701000001-1", ["sale", "tac"])
    assert (mine["sale_ids"], mine["model"], mine["records"]) == (["S1"], "Mini", 2)
    assert (mine["imsis"], mine["msisdns"]) == ([str(ONE)], ["+33710000001"])
    assert mine["first_seen_utc"] == small.records[0]["started_at_utc"]
    assert mine["last_seen_utc"] == small.records[1]["started_at_utc"]


def test_reach_counts_strangers_but_lists_only_the_fleets_numbers(small: Material) -> None:
    """The taxi was called by three phones, two of them of the fleet; the stranger's own friend
    is nobody's business."""
    small.identify()

    assert small.rows("number_reach") == [
        {"number": FRIEND, "phones": 1, "fleet_handsets": 1},
        {"number": TAXI, "phones": 3, "fleet_handsets": 2},
    ]


def test_contacts_of_contacts_are_counted_and_never_named(
    small: Material, call: Callable[..., Row]
) -> None:
    """A friend nobody declared calls two numbers that one inmate declared, and is called from a
    third; the second inmate's number he never met, and the taxi is declared itself."""
    mother, sister, aunt = "+33710000021", "+33710000022", "+33710000023"
    small.records += [
        call(STRANGER, THREE, 6.0, msisdn=FRIEND, counterpart=mother),
        call(STRANGER, THREE, 7.0, msisdn=FRIEND, counterpart=sister),
        call(STRANGER, THREE, 7.5, msisdn=FRIEND, counterpart=sister),
        call(35000001000002, THREE + 1, 8.0, msisdn=aunt, counterpart=FRIEND),
        call(STRANGER, THREE, 9.0, msisdn=TAXI, counterpart=mother),
    ]
    small.declared = [
        {"inmate_id": inmate, "msisdn": number}
        for inmate, number in (
            ("I1", mother),
            ("I1", sister),
            ("I1", aunt),
            ("I2", "+33710000029"),
            ("I2", TAXI),
        )
    ]
    small.identify()

    assert small.rows("second_contact") == [
        {"number": FRIEND, "inmate_id": "I1", "declared_numbers": 3}
    ]


def test_a_subscription_has_its_span_and_its_latest_number(
    small: Material, call: Callable[..., Row]
) -> None:
    """A number may change; the last one delivered stands for the subscription."""
    small.records.append(call(MINE, ONE, 40.0, msisdn="+33710000077"))
    small.identify()
    row = small.rows("handset_sim")[0]

    assert (row["imsi"], row["msisdn"], row["records"]) == (ONE, "+33710000077", 3)
    assert row["until_utc"] == small.records[-1]["started_at_utc"]


def test_every_record_of_the_fleet_is_in_the_extract_once(small: Material) -> None:
    """No row is dropped or doubled, and none of a stranger gets in."""
    small.identify()

    assert [row["source_row"] for row in small.rows("fleet_record")] == [1, 2, 3, 4]


def test_a_tac_that_is_not_listed_is_read_from_the_ledger_alone(small: Material) -> None:
    """Without case.toml's word one sale of a TAC is one phone."""
    small.tacs = ()
    small.identify()

    assert [row["basis"] for row in small.rows("handset")] == [["sale"]]


def test_a_case_without_a_fleet_has_empty_tables(small: Material) -> None:
    """Nothing known of the supplier: nobody is of the fleet, and every table is written."""
    small.tacs, small.sales = (), []
    small.identify()

    assert [small.rows(table) for table in TABLES] == [[]] * len(TABLES)


def test_a_case_without_records_has_empty_tables(material: Material) -> None:
    """A ledger alone names no handset."""
    material.tacs = ("00101701",)
    material.sales = [{"sale_id": "S1", "imei": "001017010000019", "tac": "00101701"}]
    material.identify()

    assert [material.rows(table) for table in TABLES] == [[]] * len(TABLES)


def test_the_same_case_gives_the_same_bytes(small: Material) -> None:
    """Two runs, one hash a table."""
    hashes = []
    for _ in range(2):
        small.identify()
        hashes.append(
            [hashlib.sha256(small.store.path(table).read_bytes()).hexdigest() for table in TABLES]
        )

    assert hashes[0] == hashes[1]


def test_the_extract_carries_every_column_of_the_records_but_the_flag(small: Material) -> None:
    """What later stages read is what was delivered."""
    small.identify()
    columns = set(small.store.arrow("fleet_record").column_names)

    assert columns == {*RECORD.names, "handset_id"} - {"imei_flag"}
