"""What arithmetic says of a function: packing of septets, digits in pairs of half-bytes.

A message is sent as SMS-SUBMIT: the number as digits in swapped half-bytes behind a type of address
(0x91 international, 0x81 unknown), the text as septets packed into octets. However a compiler
writes it, the first needs a shift by four, a filler of fifteen and the sign of a digit; the second
shifts that change by seven and eight. Few functions of a firmware do either; hardly one that sends
no message gives one of its arguments to the first and another to the second.
Sources: 3GPP TS 23.040, 9.1.2.3 and 9.1.2.5; TS 23.038, 6.1.2.1; ARM DDI 0100, chapter A7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from portique.examine.firmware.program import Program

_LONGEST = 700
_FEWEST_SHIFTS = 5
Code = list[int]


def packers(program: Program) -> set[int]:
    """Return the functions that look like packing septets into octets, or the way back."""
    shifting = _with(program, lambda half: (half & 0xFF80 == 0x4080) | (half & 0xFFC0 == 0x40C0))
    by_seven = _with(program, lambda half: (half >> 13 == 1) & (half & 0xFF == 7))
    by_seven |= _with(program, lambda half: half & 0xFDC0 == 0x1DC0)
    found = _small(program, shifting & by_seven, _packs)
    unrolled = _with(program, lambda half: half & 0xFFC0 == 0x01C0)
    unrolled &= _with(program, lambda half: half & 0xFFC0 == 0x0980)
    return found | _small(program, unrolled, _packs_unrolled)


def coders(program: Program) -> set[int]:
    """Return the functions that look like writing digits of a number as half-bytes."""
    by_four = _with(program, lambda half: half & 0xFFC0 == 0x0100)
    joined = _with(program, lambda half: half & 0xFFC0 == 0x4300)
    return _small(program, by_four & joined, _codes)


def decoders(program: Program) -> set[int]:
    """Return the functions that look like writing half-bytes as digits of a text."""
    by_four = _with(program, lambda half: (half & 0xFFC0 == 0x0900) | (half & 0xFFC0 == 0x1100))
    digit = _with(program, lambda half: (half & 0xF8FF == 0x3030) | (half & 0xF8FF == 0x2030))
    return _small(program, by_four & digit, _decodes)


def _with(program: Program, test: Callable[[Any], Any]) -> set[int]:
    """Return the functions in which a halfword passes a test."""
    found: set[int] = set()
    for segment, base in zip(program.segments, program.bases, strict=True):
        half = np.frombuffer(segment.data[: len(segment.data) // 2 * 2], "<u2")
        places = base + 2 * np.flatnonzero(test(half))
        found |= set(np.unique(program.function_at(places)).tolist())
    return found - {-1}


def _small(program: Program, some: Iterable[int], test: Callable[[Code], bool]) -> set[int]:
    found = set()
    for function in sorted(some):
        start, end = int(program.starts[function]), int(program.ends[function])
        if end - start <= _LONGEST and program.is_thumb(function):
            code = np.frombuffer(program.bytes_at(start, (end - start) // 2 * 2), "<u2").tolist()
            if _walks_bytes(code) and test(code):
                found.add(function)
    return found


def _walks_bytes(code: Code) -> bool:
    """Return whether code reads a byte, writes a byte, and goes back to something before."""
    reads = any(word >> 11 == 0b01111 or word >> 9 in {0b0101110, 0b0101011} for word in code)
    writes = any(word >> 11 == 0b01110 or word >> 9 == 0b0101010 for word in code)
    back = any(
        word & 0xFC00 == 0xE400 or (word >> 12 == 0b1101 and word >> 8 & 15 < 14 and word & 0x80)
        for word in code
    )
    return reads and writes and back


def _packs(code: Code) -> bool:
    masks = any(word >> 11 == 0b00100 and word & 0xFF == 127 for word in code)
    masks |= any(word & 0xFFC0 == 0x0640 for word in code)  # lsl #25, the way back is lsr #25
    steps = any(word >> 13 == 1 and word & 0xFF == 8 for word in code)
    return masks or steps or any(word & 0xFFC0 in {0x0A00, 0x08C0} for word in code)


def _packs_unrolled(code: Code) -> bool:
    left = {word >> 6 & 31 for word in code if word >> 11 == 0} & set(range(1, 8))
    right = {word >> 6 & 31 for word in code if word >> 11 == 1} & set(range(1, 8))
    return len(left) >= _FEWEST_SHIFTS and len(right) >= _FEWEST_SHIFTS


def _codes(code: Code) -> bool:
    return _has_filler(code) and _has(code, {0x30, 0xD0, 0x2B, 0x81, 0x91, 0x2A})


def _decodes(code: Code) -> bool:
    cuts = any(word & 0xFFC0 == 0x0700 for word in code)  # lsl #28, and lsr #28 behind
    return cuts or _has(code, {0x0F})


def _has_filler(code: Code) -> bool:
    return _has(code, {0x0F, 0xF0})


def _has(code: Code, numbers: set[int]) -> bool:
    """Return whether code moves, compares, adds or takes away one of some small numbers."""
    return any(word >> 13 == 1 and word & 0xFF in numbers for word in code)
