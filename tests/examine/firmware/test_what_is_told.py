"""What a behaviour must name before it is told, and what explains it."""

from __future__ import annotations

import pytest

from portique.examine.firmware.given import Given, Site
from portique.examine.firmware.items import kinds_of
from portique.examine.firmware.strings import Text
from portique.examine.firmware.uses import _by_length
from portique.examine.firmware.words import labels_of


def text(value: str) -> Text:
    """Return a plain text."""
    return Text(0, 0, len(value), value, "ascii")


@pytest.mark.parametrize("value", ["0000", "000000", "1234", "12345", "0123", "112", "911"])
def test_a_default_pin_and_an_emergency_call_are_no_short_codes(value: str) -> None:
    """No service is called by zeros, by a count, or by what begins with a zero."""
    assert list(kinds_of(text(value))) == []


@pytest.mark.parametrize("value", ["7781", "12346", "1290", "8888", "90210"])
def test_other_short_digits_may_be_short_codes(value: str) -> None:
    """Three to six digits."""
    assert list(kinds_of(text(value))) == [("short_code", value)]


def test_a_question_is_one_that_the_user_is_asked() -> None:
    """Words that end with a question mark; no request of HTTP, no format."""
    assert "prompt" in labels_of("Copy notes to memory card?")
    assert "prompt" not in labels_of("GET /a.php?")
    assert "prompt" not in labels_of("x?")


def test_two_fills_of_an_identity_s_length_with_a_number_are_told_in_part() -> None:
    """Two buffers of 15 to 17 bytes, copied into what a number is given together with."""
    one, two = Given("filled", None, 16, "buffer"), Given("filled", None, 32, "buffer")
    number = Given("number", text("+33600000000"), 8)
    site = Site(0, 64, 1, ((number,), (one, two)))

    assert [(each.kind, each.strength) for each in _by_length(site)] == [
        ("identity_sms", "partial")
    ]
    assert list(_by_length(Site(0, 64, 1, ((number,), (one,))))) == []
    came = Given("incoming", None, 3, "buffer")
    assert list(_by_length(Site(0, 64, 1, ((number,), (one, two, came))))) == []
