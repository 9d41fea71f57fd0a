"""Texts in all their forms."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portique.examine.firmware import strings
from portique.examine.firmware.strings import texts

TEMPLATE = "IMEI:%s,IMSI:%s"


def septets(value: str) -> bytes:
    """Return a text packed as a short message, lowest bits first."""
    bits = sum(ord(letter) << 7 * place for place, letter in enumerate(value))
    return bits.to_bytes((7 * len(value) + 7) // 8, "little")


def found(data: bytes) -> set[tuple[str, str]]:
    """Return (encoding, value) of the texts in some bytes."""
    return {(each.encoding, each.value) for each in texts(0, data)}


@pytest.mark.parametrize("lead", range(8))
def test_a_packed_template_is_found_wherever_it_begins(lead: int) -> None:
    """On any byte; its first letters may be joined by what stands before."""
    data = b"\xf0" * lead + septets(TEMPLATE) + b"\0" * 9

    assert any(form == "gsm-7" and TEMPLATE in value for form, value in found(data))


@given(st.integers(1, 255), st.sampled_from([TEMPLATE, "+8613800138000"]))
def test_a_text_under_any_key_is_found(key: int, value: str) -> None:
    """Every key but one that leaves it readable or only changes case; zeros before may read too."""
    data = bytes(3) + bytes(byte ^ key for byte in value.encode() + b"\0") + bytes(9)

    readable = all(0x20 <= ord(letter) ^ key < 0x7F for letter in value)
    told = {
        text for form, text in found(data) if form == f"xor {key:#04x}" and text.endswith(value)
    }
    assert readable or key == 0x20 or told


@pytest.mark.parametrize("form", ["utf-16-le", "utf-16-be"])
def test_two_bytes_a_letter_are_read_in_their_order(form: str) -> None:
    """Both orders, at an even offset."""
    assert (form, TEMPLATE) in found(bytes(8) + TEMPLATE.encode(form) + bytes(4))


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([b"\0", b"a", b"B\0", b"\0a", b"\xff", b"\t", b"x" * 300, b"www.a"])
    ).map(b"".join)
)
def test_runs_of_letters_are_what_the_patterns_find(data: bytes) -> None:
    """The quick way gives what one pattern over all bytes would give."""
    plain = [
        (match.start(), match[0].rstrip(b"\0").decode("ascii"))
        for match in strings._ASCII.finditer(data)
    ]
    wide = [match[0][::2].decode("ascii") for match in strings._WIDE.finditer(data)]
    found = list(texts(0, data))

    assert [(each.offset, each.value) for each in found if each.encoding == "ascii"] == plain
    assert [each.value for each in found if each.encoding.startswith("utf-16")] == wide
