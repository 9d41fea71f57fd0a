"""What the instructions of a function say before they are gone through one by one.

Source: ARM DDI 0100, chapter A7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_AHEAD = 4
"""Instructions behind a call in which its result must be compared for the call to be a question."""
_MOVE_LINK = 0x4670
_LONGEST_TABLE = 64
_ROWS = frozenset({8, 12, 16, 20, 24})
"""Bytes that a row of a table with a pointer and something else may have."""


def is_asked(code: Sequence[int], at: int) -> bool:
    """Return whether code just behind a call compares r0, or a copy, and branches on it."""
    compared = False
    for word in code[at : at + _AHEAD]:
        if compared and word >> 12 == 0b1101:
            return True
        if word >> 11 == 0b00101 or word & 0xFFC0 in {0x4280, 0x4200} or word & 0xFFC0 == 0:
            compared = True
        elif word >> 11 == 0b11110 or word & 0xFE00 == 0xBC00:
            return False
        elif word >> 10 == 0b000111 and not word & 0x1C0:
            compared = True
    return False


def ends_soon(code: Sequence[int], at: int) -> bool:
    """Return whether only the function's end follows: moves, the frame given back, a return."""
    for word in code[at : at + _AHEAD]:
        if word & 0xFF00 == 0xBD00 or word & 0xFF87 == 0x4700:
            return True
        if word & 0xFF80 != 0xB000 and word & 0xFE00 != 0xBC00 and word >> 8 != 0x46:
            return False
    return False


def strides(code: Sequence[int]) -> list[int]:
    """Return by how many bytes registers are moved on in loops, as by the rows of a table.

    >>> strides([0x3608, 0x6831, 0xE7FC]), strides([0x3608, 0x6831])
    ([8], [])
    """
    added = {word & 0xFF for word in code if word & 0xF800 == 0x3000}
    return sorted(added & _ROWS) if any(_goes_back(word) for word in code) else []


def switch_targets(
    code: Sequence[int], at: int, half_at: Callable[[int], int], helper: int, most: int
) -> list[int]:
    """Return where code goes on behind the call of a helper that branches by a table; else nothing.

    Such a helper begins by reading where it was called from, for there the table stands. ARM's has
    the number of rows first, then distances in halfwords, as bytes; gcc's has only those.

    Args:
        code: halfwords of the function.
        at: behind the call.
        half_at: gives the halfword at an address.
        helper: address that is called.
        most: rows, where the table does not say.

    >>> arm = {0: 0xB430, 2: 0x4674, 4: 0x3C01, 6: 0x7825}
    >>> switch_targets([0xF000, 0xF800, 0x0302, 0x0504, 0, 0, 0], 2, arm.get, 0, 16)
    [5, 6]
    """
    if half_at(helper + 2) & 0xFFF8 != _MOVE_LINK:
        return []
    table = b"".join(word.to_bytes(2, "little") for word in code[at : at + _LONGEST_TABLE])
    is_gcc = half_at(helper + 4) >> 11 == 1
    if is_gcc and half_at(helper + 8) & 0xFE00 not in {0x5C00, 0x5600}:
        return []
    rows = table[:most] if is_gcc else table[1 : table[0] + 1] if table else b""
    found = [at + row for row in rows if row and at + row < len(code)]
    return list(dict.fromkeys(found))


def _goes_back(word: int) -> bool:
    """Return whether an instruction is a branch to somewhere before it."""
    return word & 0xFC00 == 0xE400 or (word >> 12 == 0b1101 and word & 0x80 != 0)
