"""The loops over the halfwords of a segment: which are data, where functions end, their hashes.

Each halfword depends on those before it, so numpy cannot do it at once; numba compiles these
functions, and nobody checks the bounds of an index: each lies inside by the conditions beside it.

Source: ARM DDI 0100, chapters A3 and A6.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = Any
"""A numpy array of one dimension."""
_FNV_START = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)


def pads(word: int) -> bool:
    """Return whether a halfword is padding."""
    return not word or word == 0x46C0


def may_precede_data(word: int) -> bool:
    """Return whether control does not run on behind an instruction, or it is padding."""
    leaves = word & 0xFF00 == 0xBD00 or word & 0xFF87 == 0x4700 or word >> 11 == 0b11100
    return leaves or pads(word)


def branches_ahead(word: int, at: int) -> int:
    """Return which halfword a branch leads to, where that lies ahead; otherwise -1."""
    if word >> 12 == 0b1101 and (word >> 8) & 0xF < 14 and word & 0xFF < 0x80:
        return at + 2 + (word & 0xFF)
    if word >> 11 == 0b11100 and word & 0x7FF < 0x400:
        return at + 2 + (word & 0x7FF)
    return -1


def hash_of(halfwords: Numbers, literal: Numbers, start: int, end: int, arm: bool) -> np.uint64:
    """Return the hash of a function, from its first halfword up to its end."""
    told = _FNV_START
    at = start
    while at < end:
        kept = int(halfwords[at])
        calls = at + 1 < end and kept >> 11 == 0x1E
        if arm:
            if (at & 1) == 0 and at + 1 < end and (halfwords[at + 1] & 0x0F00) == 0x0B00:
                kept = 0
        elif literal[at] or pads(kept):
            at += 1
            continue
        elif calls and (halfwords[at + 1] >> 11 == 0x1F or halfwords[at + 1] >> 11 == 0x1D):
            kept = 0xF000
            at += 1
        elif kept >> 11 == 0x09 or kept >> 11 == 0x14:
            kept = kept & 0xFF00
        told = (told ^ np.uint64(kept & 0xFF)) * _FNV_PRIME
        told = (told ^ np.uint64(kept >> 8)) * _FNV_PRIME
        at += 1
    return told


def mark_literals(halfwords: Numbers, literal: Numbers) -> int:
    """Mark which halfwords some Thumb `ldr rX, [pc, #n]` loads; return how many were looked at.

    Args:
        halfwords: an even number of them.
        literal: as many, all false.
    """
    size = len(halfwords)
    for at in range(size):
        if literal[at]:
            continue
        word = halfwords[at]
        if at + 1 < size and literal[at + 1] and not may_precede_data(word):
            literal[at + 1] = False
            literal[(at + 1) | 1] = False
        after_prefix = at > 0 and not literal[at - 1] and halfwords[at - 1] >> 11 == 0b11110
        if after_prefix:
            continue
        if word >> 11 == 0b01001:
            place = ((at + 2) & ~1) + 2 * (word & 0xFF)
            if place + 1 < size:
                literal[place] = True
                literal[place + 1] = True
        else:
            place = branches_ahead(word, at)
            if 0 <= place < size:
                literal[place] = False
                literal[place | 1] = False
    return size


def find_ends(
    halfwords: Numbers,
    literal: Numbers,
    starts: Numbers,
    is_arm: Numbers,
    ends: Numbers,
    hashes: Numbers,
) -> int:
    """Fill in where functions end, padding left out, and their hashes; return how many there are.

    Args:
        halfwords: of the segment.
        literal: which of them are data.
        starts, is_arm: of each function, in their order.
        ends, hashes: room for as many.
    """
    for number in range(len(starts)):
        start = starts[number]
        end = starts[number + 1] if number + 1 < len(starts) else len(halfwords)
        while (
            end > start + 1
            and (halfwords[end - 1] == 0 or halfwords[end - 1] == 0x46C0)
            and not literal[end - 1]
        ):
            end -= 1
        ends[number] = end
        hashes[number] = hash_of(halfwords, literal, start, end, is_arm[number])
    return len(starts)


PARTS = (pads, may_precede_data, branches_ahead, hash_of)
"""What the loops call, each after what it calls itself."""
