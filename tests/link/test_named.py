"""What an offence's file names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portique.link.named import Named, read_named


def test_a_number_is_one_number_in_every_form() -> None:
    """National, international and spaced forms are the same E.164 number."""
    forms = ["0639981234", "+33639981234", "33639981234", "06 39 98 12 34"]

    assert {read_named(form) for form in forms} == {Named((), (), ("+33639981234",))}


def test_fifteen_digits_are_looked_for_as_imei_and_as_imsi() -> None:
    """Nothing in the digits tells the two apart, so neither reading is thrown away."""
    assert read_named("208019876543210") == Named(("20801987654321",), ("208019876543210",), ())


def test_sixteen_digits_are_an_imei_with_its_software_version() -> None:
    """An IMEISV has no check digit and is never a subscription."""
    assert read_named("4901542032375101") == Named(("49015420323751",), (), ())


def test_short_codes_and_words_name_nobody() -> None:
    """A help line is everybody's; what has no form of an identifier is left out."""
    assert read_named("3179; pseudo Zed ;;112") == Named((), (), ())


@given(st.lists(st.sampled_from(["0639981234", "208019876543210", "49015420323751", "3179"])))
def test_the_order_of_identifiers_is_immaterial(parts: list[str]) -> None:
    """The same identifiers in any order, repeated or not, read the same."""
    assert read_named(";".join(parts)) == read_named(" ; ".join(sorted(set(parts))))


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    """Free text from a file never stops a run, and gives only well-formed identifiers."""
    named = read_named(text)

    assert all(len(imei) == 14 for imei in named.imeis)
    assert all(number.startswith("+") for number in named.numbers)
