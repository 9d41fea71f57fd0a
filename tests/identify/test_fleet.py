"""Membership of the fleet by ledger and TAC."""

from __future__ import annotations

import numpy as np
import pytest

from portique.core.ids import imei_text, luhn_digit
from portique.identify.fleet import Member, find_members
from portique.identify.ledger import Line
from portique.identify.observed import SERIALS, Observed

TAC, OTHER = 101701, 101888
KNOWN = ("00101701",)


def phones(*imeis: int) -> Observed:
    """Return an observation of these IMEIs, one record each."""
    return Observed(np.array(sorted(imeis)), np.ones(len(imeis), np.int64))


def imei(serial: int, tac: int = TAC) -> int:
    """Return an IMEI of a TAC."""
    return tac * SERIALS + serial


def sold(number: int, *, check: bool = True, sale: str = "S1", tac: str = "") -> Line:
    """Return the ledger line of a phone."""
    body = imei_text(number)
    return Line(sale, body + str(luhn_digit(body)) if check else body, tac, "Mini", 1)


def members(lines: list[Line], seen: Observed, tacs: tuple[str, ...] = ()) -> dict[int, Member]:
    """Return the members alone."""
    return find_members(lines, seen, tacs)[0]


def test_every_phone_of_a_listed_tac_is_of_the_fleet() -> None:
    """The investigation says that the code is the supplier's; others stay out."""
    found = members([], phones(imei(1), imei(2), imei(1, OTHER)), KNOWN)

    assert {number: member.basis for number, member in found.items()} == {
        imei(1): {"tac"},
        imei(2): {"tac"},
    }


def test_a_line_with_a_right_check_digit_names_its_phone_whatever_the_tac() -> None:
    """No single slip passes the check digit."""
    found = members([sold(imei(7, OTHER))], phones(imei(7, OTHER), imei(8, OTHER)))

    assert list(found) == [imei(7, OTHER)]
    assert found[imei(7, OTHER)].basis == {"sale"}
    assert found[imei(7, OTHER)].sale_match == "exact"


def test_a_line_whose_tac_column_agrees_names_its_phone() -> None:
    """Fourteen digits alone need a second voice; another TAC in the column is none."""
    seen = phones(imei(7, OTHER))
    agreeing = sold(imei(7, OTHER), check=False, tac="00101888")

    assert list(members([agreeing], seen)) == [imei(7, OTHER)]


def test_a_sale_of_a_phone_never_seen_makes_no_member() -> None:
    """There is no row to tie it to: it is counted as sold, and no handset."""
    assert not members([sold(imei(9, OTHER))], phones(imei(7, OTHER)))


@pytest.mark.parametrize(("named", "belongs"), [(5, True), (4, False)])
def test_a_tac_belongs_when_the_ledger_accounts_for_most_of_it(named: int, belongs: bool) -> None:
    """Five of five seen put the lower bound above one half; four of four do not."""
    serials = range(1, named + 1)
    lines = [sold(imei(s, OTHER), sale=f"S{s}") for s in serials]
    _, trusted = find_members(lines, phones(*(imei(s, OTHER) for s in serials)), ())

    assert trusted == (frozenset({OTHER}) if belongs else frozenset())


def test_a_tac_with_many_innocent_owners_brings_in_only_the_phones_sold() -> None:
    """Ten of the forty seen are in the ledger: the other thirty are strangers."""
    seen = phones(*(imei(s, OTHER) for s in range(40)))
    lines = [sold(imei(s, OTHER), sale=f"S{s}") for s in range(10)]
    found, trusted = find_members(lines, seen, ())

    assert not trusted
    assert sorted(found) == [imei(s, OTHER) for s in range(10)]


def test_one_wrong_digit_still_names_the_only_phone_that_fits() -> None:
    """The line's check digit confirms the reading."""
    body = imei_text(imei(123456))
    written = body[:-1] + "7" + str(luhn_digit(body))
    found = members([Line("S1", written, "", "Mini", 1)], phones(imei(123456)), KNOWN)

    assert found[imei(123456)].basis == {"sale", "tac"}
    assert found[imei(123456)].sale_match == "one_digit"


def test_a_likeness_outside_the_ledgers_tacs_is_no_membership() -> None:
    """The true phone may never have been seen; a bystander resembles it."""
    body = imei_text(imei(123456, OTHER))
    written = body[:-1] + "7" + str(luhn_digit(body))

    assert not members([Line("S1", written, "", "", 1)], phones(imei(123456, OTHER)), KNOWN)


def test_a_likeness_to_two_phones_names_neither() -> None:
    """Without a check digit to choose, both fit."""
    line = Line("S1", imei_text(imei(100)), "00101701", "", 1)
    found = members([line], phones(imei(101), imei(102)), KNOWN)

    assert all(member.basis == {"tac"} for member in found.values())


def test_a_cut_imei_names_the_only_phone_that_begins_so() -> None:
    """Thirteen digits, one phone seen with them."""
    line = Line("S1", imei_text(imei(123456))[:-1], "", "", 1)
    found = members([line], phones(imei(123456), imei(999999)), KNOWN)

    assert found[imei(123456)].sale_match == "truncated"


def test_many_lines_on_one_imei_are_all_kept() -> None:
    """A cloned IMEI stands on many lines; the strongest match stands for them."""
    lines = [sold(imei(5), sale=f"S{n}") for n in range(3)]

    assert members(lines, phones(imei(5)), KNOWN)[imei(5)].sale_ids == ["S0", "S1", "S2"]


def test_a_filler_is_never_a_phone() -> None:
    """An IMEI of one repeated digit is what a phone without identity sends."""
    filler = 11111111111111

    assert not members([sold(filler)], phones(filler), ("11111111",))


def test_a_phone_known_by_tac_gets_the_model_that_the_ledger_ties_to_it() -> None:
    """The phone has no line of its own; the model of its TAC is known."""
    found = members([sold(imei(1))], phones(imei(1), imei(2)), KNOWN)

    assert found[imei(2)].model == "Mini"
