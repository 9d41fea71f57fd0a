"""Texts that code decodes one by one, under XOR."""

from __future__ import annotations

from tests.examine.firmware.assembler import Call, Code, If, Label, Load, Step
from tests.examine.firmware.stripped import small

from portique.examine.firmware.decoded import decoded
from portique.examine.firmware.loaded import Segment
from portique.examine.firmware.program import Program

START = 0x10020000
HIDDEN = b"7311"
KEY = 0x5B
LOOP: list[Step] = [
    small(4, 0), Label("next"), 0x5D0D, 0x405D, 0x5505, 0x3401, 0x4294, If(3, "next"),
]  # fmt: skip
"""`ldrb r5, [r1, r4]`, `eor r5, r3`, `strb r5, [r0, r4]` until r4 is r2."""


def program_of(decoder: list[Step], *before: Step, raw: bytes) -> Program:
    """Return a program that gives hidden bytes to a decoder."""
    code = Code(START)
    code.function("decode", *decoder)
    code.function("work", *before, Load("hidden", 1), small(2, len(raw)), Call("decode"))
    code.hold("hidden", raw + bytes(-len(raw) % 4) + bytes(4))
    return Program([Segment("code", 0, START, code.build(), True)])


def test_a_key_that_is_given_and_one_that_stands_in_the_decoder_are_used() -> None:
    """The text is what comes out; the call is what refers to it."""
    raw = bytes(each ^ KEY for each in HIDDEN)
    for decoder, before in ((LOOP, [small(3, KEY)]), ([small(3, KEY), *LOOP], [])):
        found = list(decoded(program_of(decoder, *before, raw=raw)))

        assert [each.text.value for each in found] == ["7311"]
        assert found[0].text.encoding == "xor 0x5b"
        assert found[0].reference.function == 1


def test_what_comes_out_must_be_letters() -> None:
    """Under another key the same bytes are no text."""
    raw = bytes([0x01, 0x90, 0xFF, 0x80])

    assert list(decoded(program_of(LOOP, small(3, 0x20), raw=raw))) == []
