"""What a ledger line can mean."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.ids import luhn_digit
from portique.identify.ledger import Line, cut_range, lost_zeros, one_slip, read_ledger

bodies = st.integers(0, 10**14 - 1).map(lambda n: f"{n:014d}")


def line(text: str) -> Line:
    """Return a line that says nothing but an IMEI."""
    return Line("S1", text, "", "", 1)


def test_a_line_is_read_without_separators_and_with_its_tac_filled_up() -> None:
    """A spreadsheet drops the zeros that a TAC begins with; people write dashes into an IMEI."""
    sales = pa.table(
        {
            "sale_id": ["S1", "S2"],
            "imei": ["00-101701 000001 9", None],
            "tac": ["101701", "unknown"],
            "model": [" Mini ", None],
            "quantity": [None, 40],
        }
    )

    assert read_ledger(sales) == [
        Line("S1", "001017010000019", "00101701", "Mini", 1),
        Line("S2", "", "", "", 40),
    ]


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("001017010000019", True, False),
        ("001017010000018", False, True),
        ("001017010000010", False, False),
        ("00101701000001", False, False),
        ("0010170100000199", False, False),
    ],
)
def test_a_check_digit_is_right_wrong_or_no_check_digit(
    text: str, right: bool, wrong: bool
) -> None:
    """A 0 is a filler, 14 digits have none, 16 digits carry a software version instead."""
    assert (line(text).has_right_check, line(text).has_wrong_check) == (right, wrong)


@given(bodies, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_leads_back_to_the_phone(body: str, place: int, shift: int) -> None:
    """Whichever digit was mistyped, the true IMEI is among the readings and its check fits."""
    wrong = str((int(body[place]) + shift) % 10)
    written = body[:place] + wrong + body[place + 1 :] + str(luhn_digit(body))

    assert one_slip(line(written))[int(body)]


@given(bodies, st.integers(0, 14))
def test_one_lost_digit_leads_back_to_the_phone(body: str, place: int) -> None:
    """With a check digit to confirm it, a lost digit is put back."""
    whole = body + str(luhn_digit(body))

    assert one_slip(line(whole[:place] + whole[place + 1 :]))[int(body)]


@given(bodies)
def test_the_text_itself_is_no_slip_of_itself(body: str) -> None:
    """Fourteen digits read as another phone differ from what was written."""
    assert int(body) not in {k for k, fits in one_slip(line(body)).items() if not fits}


def test_words_have_no_reading() -> None:
    """Text that is no IMEI stands for no phone."""
    assert not one_slip(line("unknown"))
    assert not lost_zeros(line("unknown"))
    assert cut_range(line("unknown")) is None


@given(bodies, st.integers(1, 4))
def test_a_cut_text_spans_the_phones_that_begin_with_it(body: str, cut: int) -> None:
    """The span of a text of 10 to 13 digits holds the phone it was cut from."""
    span = cut_range(line(body[:-cut]))

    assert span is not None
    assert span[0] <= int(body) < span[1]
    assert span[1] - span[0] == 10**cut
