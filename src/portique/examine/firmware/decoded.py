"""Texts that code decodes one by one: what a call of a small decoder puts into memory.

A short text under XOR (a number without a plus, a word, a short code) shows nothing by which it
could be found among other bytes. But the code that decodes it says where it lies, how long it is
and under which key: a small function that reads a byte, changes it by `eor` and writes it, and
calls that give it a constant source. Source: ARM DDI 0100, chapter A7 (LDRB, EOR, STRB, BL).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from portique.examine.firmware.program import Program, Reference
from portique.examine.firmware.strings import Text
from portique.examine.firmware.traces import Call, Value

_LONGEST_DECODER = 96
_LONGEST = 512
_LETTERS = frozenset(range(0x20, 0x7F)) | {9, 10, 13}
_FEWEST = 2
_SMALL = 256


@dataclass(frozen=True)
class Decoded:
    """One decoded text.

    Args:
        text: where its hidden bytes lie, and what they say.
        reference: the call that decodes it.
        address: at which it then stands; None: not known.
    """

    text: Text
    reference: Reference
    address: int | None


def decoded(program: Program) -> Iterator[Decoded]:
    """Yield the texts that calls of small decoders bring out.

    Args:
        program: the code.
    """
    for decoder in _changing(program):
        size = int(program.ends[decoder] - program.starts[decoder])
        if size <= _LONGEST_DECODER and program.callers[decoder] and program.is_thumb(decoder):
            code = program.bytes_at(int(program.starts[decoder]), size)
            if (key := _key(code)) is not None:
                yield from _of(program, decoder, key)


def _changing(program: Program) -> list[int]:
    """Return the functions in which something that may be `eor` stands."""
    found: set[int] = set()
    for segment, base in zip(program.segments, program.bases, strict=True):
        halfwords = np.frombuffer(segment.data[: len(segment.data) // 2 * 2], "<u2")
        places = base + 2 * np.flatnonzero(halfwords >> 6 == 0b0100000001)
        found |= set(program.function_at(places).tolist())
    return sorted(found - {-1})


def _key(code: bytes) -> Value | None:
    """Return the key of a decoder, a constant or an argument; None: it decodes nothing."""
    halfwords = [int.from_bytes(code[at : at + 2], "little") for at in range(0, len(code) - 1, 2)]
    loaded = {each & 7 for each in halfwords if each >> 9 == 0b0101110 or each >> 11 == 0b01111}
    stored = {each & 7 for each in halfwords if each >> 9 == 0b0101010 or each >> 11 == 0b01110}
    moved = {each >> 8 & 7: each & 0xFF for each in reversed(halfwords) if each >> 11 == 0b00100}
    copied = {
        (each & 7) | (each >> 4 & 8): each >> 3 & 15
        for each in halfwords
        if each >> 8 == 0x46 or each >> 6 == 0b0001110000
    }
    for each in halfwords:
        target, other = each & 7, each >> 3 & 7
        if each >> 6 != 0b0100000001 or not {target, other} & loaded or target not in stored:
            continue
        register = other if target in loaded else target
        if moved.get(register):
            return Value("constant", moved[register])
        register = copied.get(register, register)
        if register < 4:
            return Value("argument", register)
    return None


def _of(program: Program, decoder: int, key: Value) -> Iterator[Decoded]:
    for caller in program.callers[decoder]:
        for event in program.trace(caller).events:
            if isinstance(event, Call) and program.function_of(event.callee) == decoder:
                given = event.given[key.number] if key.kind == "argument" else key
                if given.kind == "constant" and 0 < given.number < _SMALL:
                    yield from _text(program, caller, event, given.number)


def _text(program: Program, caller: int, event: Call, key: int) -> Iterator[Decoded]:
    """Yield what one call decodes: from the argument that points to hidden bytes."""
    constants = [each for each in event.given[:4] if each.kind == "constant"]
    sizes = [each.number for each in constants if 0 < each.number <= _LONGEST]
    targets = [
        each.number
        for each in constants
        if each.number > _LONGEST and program.segment_at(each.number) < 0
    ]
    for source in constants:
        segment = program.segment_at(source.number)
        if segment < 0 or source.number <= _LONGEST:
            continue
        raw = bytes(each ^ key for each in program.bytes_at(source.number, _LONGEST))
        length = next((each for each in raw_ends(raw, sizes)), 0)
        value = raw[:length]
        if length >= _FEWEST and set(value) <= _LETTERS:
            offset = source.number - program.bases[segment]
            text = Text(segment, offset, length, value.decode("ascii"), f"xor {key:#04x}")
            reference = Reference(caller, "literal", source.place)
            yield Decoded(text, reference, targets[0] if targets else None)


def raw_ends(raw: bytes, sizes: list[int]) -> Iterator[int]:
    """Yield where a decoded text may end: at its zero, or where a length given with it says.

    >>> list(raw_ends(b"5373" + bytes(1) + b"xx", [5])), list(raw_ends(b"5373zzz", [4]))
    ([4], [4])
    """
    for size in sorted(sizes):
        until = raw[:size].find(0)
        if (until if until >= 0 else min(size, len(raw))) >= _FEWEST:
            yield until if until >= 0 else min(size, len(raw))
    if not sizes and raw.find(0) > 0:
        yield raw.find(0)
