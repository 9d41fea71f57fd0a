"""Which handsets an offence leads to, on hand-made records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.link.conftest import Case

A, B, C = "H-00101701000001-1", "H-00101701000002-1", "H-00101701000003-1"
IMEI_A, IMEI_B = "00101701000001", "00101701000002"
OWN, FRIEND = "+33710000001", "+33720000009"
SIM = 208010000000001


@pytest.mark.parametrize(
    ("named", "way"),
    [
        ("001017010000019", [IMEI_A]),
        ("208010000000001", ["208010000000001", IMEI_A]),
        ("07 10 00 00 01", [OWN, IMEI_A]),
    ],
)
def test_a_named_handset_is_of_grade_1(case: Case, named: str, way: list[str]) -> None:
    """The file names its IMEI, its subscription or its number: nothing lies between."""
    case.add(A, 9, imsi=SIM, msisdn=OWN)
    case.add(A, 11, imsi=SIM, msisdn=OWN)
    case.add(B, 10, imsi=SIM + 1)
    case.offence(named)

    links = case.link()

    assert list(links) == [(A, "O1")]
    assert links[A, "O1"]["path"] == way
    assert (links[A, "O1"]["grade"], links[A, "O1"]["records"]) == (1, 2)


def test_a_cloned_imei_alone_is_a_lead_to_each_of_its_handsets(case: Case) -> None:
    """Several handsets show the IMEI: it names none of them for certain."""
    case.add(A, 10, imsi=SIM)
    case.add("H-00101701000001-2", 10, imsi=SIM + 1)
    case.offence(IMEI_A)

    assert [row["grade"] for row in case.link().values()] == [3, 3]


def test_a_cloned_imei_with_the_right_subscription_is_of_grade_1(case: Case) -> None:
    """The subscription says which of the clones it was."""
    case.add(A, 10, imsi=SIM)
    case.add("H-00101701000001-2", 10, imsi=SIM + 1)
    case.offence(f"{IMEI_A};{SIM}")

    links = case.link()

    assert links[A, "O1"]["grade"] == 1
    assert links["H-00101701000001-2", "O1"]["grade"] == 3


def test_of_two_phones_with_one_sim_the_one_that_had_it_then_is_named(case: Case) -> None:
    """The SIM moved from A to B before the offence: A is one step away."""
    case.add(A, 1, imsi=SIM)
    case.add(A, 5, imsi=SIM)
    case.add(B, 8, imsi=SIM)
    case.add(B, 12, imsi=SIM)
    case.offence(str(SIM), day=10)

    links = case.link()

    assert links[B, "O1"]["grade"] == 1
    assert links[A, "O1"]["grade"] == 2


def test_a_number_seen_long_before_the_offence_is_not_grade_1(case: Case) -> None:
    """After 200 days a number may be somebody else's."""
    case.add(A, 1, imsi=SIM, msisdn=OWN)
    case.offence(OWN, day=201)

    assert case.link()[A, "O1"]["grade"] == 2


def test_a_handset_that_shared_a_sim_with_the_named_one_is_of_grade_2(case: Case) -> None:
    """The path goes over the subscription, and counts its records in the other phone."""
    case.add(A, 9, imsi=SIM)
    case.add(B, 20, imsi=SIM)
    case.add(B, 21, imsi=SIM + 5)
    case.offence(IMEI_A)

    link = case.link()[B, "O1"]

    assert link["path"] == [IMEI_A, str(SIM), IMEI_B]
    assert (link["grade"], link["records"]) == (2, 1)


def test_a_handset_that_called_a_named_number_is_of_grade_2(case: Case) -> None:
    """It exchanged with a number of the file, three times."""
    for day in (1, 2, 3):
        case.add(B, day, imsi=SIM, counterpart=FRIEND)
    case.offence("0720000009")

    link = case.link()[B, "O1"]

    assert (link["path"], link["grade"], link["records"]) == ([FRIEND, IMEI_B], 2, 3)


def test_a_named_help_line_ties_nobody(case: Case) -> None:
    """More than fifty phones exchange with it."""
    case.add(B, 1, imsi=SIM, counterpart=FRIEND)
    case.reach[FRIEND] = 51
    case.offence(FRIEND)

    assert not case.link()


def test_a_rare_contact_shared_with_the_named_handset_is_a_lead(case: Case) -> None:
    """The path goes over the number that both exchanged with."""
    case.add(A, 9, imsi=SIM, counterpart=FRIEND)
    case.add(B, 20, imsi=SIM + 1, counterpart=FRIEND)
    case.reach[FRIEND] = 2
    case.offence(str(SIM))

    link = case.link()[B, "O1"]

    assert link["path"] == [str(SIM), FRIEND, IMEI_B]
    assert (link["grade"], link["records"]) == (3, 1)


@pytest.mark.parametrize(("number", "phones"), [(FRIEND, 11), ("3179", 2)])
def test_a_common_contact_or_a_short_code_is_no_lead(case: Case, number: str, phones: int) -> None:
    """A taxi or a voicemail between two phones says nothing."""
    case.add(A, 9, imsi=SIM, counterpart=number)
    case.add(B, 20, imsi=SIM + 1, counterpart=number)
    case.reach[number] = phones
    case.offence(str(SIM))

    assert list(case.link()) == [(A, "O1")]


def test_a_handset_that_called_the_named_handset_is_a_lead(case: Case) -> None:
    """The file names A by its IMEI; B called A's number."""
    case.add(A, 9, imsi=SIM, msisdn=OWN)
    case.add(B, 9, imsi=SIM + 1, counterpart=OWN)
    case.offence(IMEI_A)

    link = case.link()[B, "O1"]

    assert (link["path"], link["grade"]) == ([IMEI_A, OWN, IMEI_B], 3)


def test_leads_do_not_chain(case: Case) -> None:
    """A shares a contact with B and B another with C: C is not tied."""
    case.add(A, 9, imsi=SIM, counterpart=FRIEND)
    case.add(B, 9, imsi=SIM + 1, counterpart=FRIEND)
    case.add(B, 10, imsi=SIM + 1, counterpart="+33720000010")
    case.add(C, 10, imsi=SIM + 2, counterpart="+33720000010")
    case.offence(str(SIM))

    assert sorted(case.link()) == [(A, "O1"), (B, "O1")]


def test_an_offence_after_the_horizon_is_not_looked_at(case: Case) -> None:
    """Nothing later than the knowledge horizon is used."""
    case.add(A, 9, imsi=SIM)
    case.offence(str(SIM), day=366)

    assert not case.link()


def test_the_order_of_rows_changes_nothing(case: Case) -> None:
    """Records and offences in another order give the same links."""
    case.add(A, 9, imsi=SIM, counterpart=FRIEND)
    case.add(B, 9, imsi=SIM, counterpart=FRIEND)
    case.add(C, 10, imsi=SIM + 2, counterpart=FRIEND)
    case.offence(str(SIM), name="O1")
    case.offence(FRIEND, name="O2")
    one = case.link()
    case.records.reverse()
    case.offences.reverse()

    assert case.link() == one


def test_a_case_without_offences_has_no_links(case: Case) -> None:
    """The table is written all the same."""
    case.add(A, 9, imsi=SIM)

    assert not case.link()
