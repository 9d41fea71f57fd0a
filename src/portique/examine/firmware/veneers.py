"""Veneers: pieces of code that only load an address and go on there.

Linkers put them where a call could not reach, or where a call changes from Thumb to ARM code.
Source: ARM DDI 0100, chapters A4 (LDR to the program counter) and A7 (BX, POP).
"""

from __future__ import annotations

from collections.abc import Callable

BX_PC = 0x4778
_LOAD_PC = 0xE51FF004
_VENEER = 7
"""Halfwords of the longest veneer."""


def veneer_of(
    place: int, half_at: Callable[[int], int], word_at: Callable[[int], int | None]
) -> int | None:
    """Return where a veneer leads: code that only loads an address and goes there; None: no veneer.

    Three forms: `bx pc` before the ARM code `ldr pc, [pc, #-4]`; a literal loaded and branched to;
    a literal put on the stack and popped into the program counter.

    Args:
        place: address of the first instruction.
        half_at: gives the halfword at an address.
        word_at: gives the word at an address; None: none is there.
    """
    first = half_at(place)
    if first == BX_PC:
        where = word_at((place + 4) & ~3)
        found = word_at(((place + 4) & ~3) + 4) if where == _LOAD_PC else None
        return None if found is None else found & ~1
    if first >> 9 != 0b1011010 and first >> 11 != 0b01001:
        return None
    literal: int | None = None
    for at in range(place, place + 2 * _VENEER, 2):
        half = half_at(at)
        if half >> 11 == 0b01001 and literal is None:
            literal = word_at(((at + 4) & ~3) + 4 * (half & 0xFF))
        elif half & 0xFF00 == 0xBD00 or half & 0xFF87 == 0x4700:
            leads = literal is not None and literal & 1 and half != 0x4770
            return literal & ~1 if literal is not None and leads else None
        elif half >> 11 == 0b10010 or half & 0xFF00 == 0x4600:
            continue
        elif half >> 9 not in {0b1011010, 0b1011110} or half & 0x100:
            return None
    return None
