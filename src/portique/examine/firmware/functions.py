"""Functions in a decoded code segment, and hashes of them that do not change when code moves.

No build of these phones carries symbols. A function begins at a push of the link register (Thumb
`push {.., lr}`, ARM `stmfd sp!, {.., lr}`) or where a call lands, and runs to the next beginning;
its literal pool belongs to it. A halfword that some `ldr rX, [pc, #n]` loads is data, so a constant
that looks like a push begins nothing.

The hash leaves out what differs between two links of the same source: distances of calls, places
of literals and their values. What is left is the instructions in their order.

Source: ARM DDI 0100, chapters A3 and A6. Thumb-2 is not read: the chips of these phones (ARM7EJ-S,
ARM926) do not have it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Halfwords = npt.NDArray[np.uint16]
_Function = TypeVar("_Function", bound=Callable[..., Any])

FEWEST_BYTES = 16
"""Shorter functions (a return of a constant) are alike in every program: no sign of kinship."""
_FNV_START = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)


def _compiled(function: _Function) -> _Function:
    return cast("_Function", numba.njit(cache=True, nogil=True)(function))


@dataclass(frozen=True)
class Functions:
    """Functions of one segment, in the order of their places; arrays of one length.

    Args:
        address: at which the first byte of the code runs; 0 where unknown.
        starts: offset of the first byte of each.
        ends: offset behind the last byte of each, padding left out.
        hashes: of the instructions, position-independent.
        is_arm: whether each is ARM code; otherwise Thumb.
        call_from: offsets of calls whose target lies in the segment or has an address.
        call_to: offset of the target of each, relative to the segment; may lie outside of it.
    """

    address: int
    starts: Places
    ends: Places
    hashes: Hashes
    is_arm: Flags
    call_from: Places
    call_to: Places

    def __len__(self) -> int:
        return len(self.starts)

    def of(self, offset: int) -> int:
        """Return the number of the function in which an offset lies; -1: in none."""
        number = int(np.searchsorted(self.starts, offset, "right")) - 1
        return number if number >= 0 and offset < self.ends[number] else -1

    def distinct(self, fewest_bytes: int = FEWEST_BYTES) -> Hashes:
        """Return the hashes of functions of at least so many bytes, each once and sorted.

        The set by which two builds are compared.
        """
        return cast("Hashes", np.unique(self.hashes[self.ends - self.starts >= fewest_bytes]))


def functions_of(code: bytes, address: int = 0) -> Functions:
    """Return the functions of a code segment.

    Args:
        code: plain bytes, calls relative (`alice_branches.bin`, not `alice.bin`).
        address: where they run; 0 where unknown. Changes no hash.

    >>> first = functions_of(bytes.fromhex("10b5 00f0 03f8 10bd c046 c046 10b5 0120 10bd c046"))
    >>> first.starts.tolist(), first.ends.tolist(), first.call_to.tolist()
    ([0, 12], [8, 18], [12])
    """
    halfwords = np.frombuffer(code[: len(code) // 4 * 4], "<u2")
    if not len(halfwords):
        nothing = np.zeros(0, np.int64)
        return Functions(
            address,
            nothing,
            nothing,
            np.zeros(0, np.uint64),
            np.zeros(0, np.bool_),
            nothing,
            nothing,
        )
    literal = literals_of(halfwords)
    arm = _arm_begins(halfwords)
    calls, targets = _thumb_calls(halfwords, literal)
    arm_calls, arm_targets = _arm_calls(halfwords, arm)
    begins = _begins(halfwords, literal, targets) | arm
    starts = np.flatnonzero(begins)
    is_arm = arm[starts]
    ends, hashes = _ends_and_hashes(halfwords, literal, starts, is_arm)
    return Functions(
        address=address,
        starts=2 * starts,
        ends=2 * ends,
        hashes=hashes,
        is_arm=is_arm,
        call_from=2 * np.concatenate([calls, arm_calls]),
        call_to=2 * np.concatenate([targets, arm_targets]),
    )


@_compiled
def literals_of(halfwords: Halfwords) -> Flags:
    """Return which halfwords some Thumb `ldr rX, [pc, #n]` loads.

    Literals lie behind the instruction that loads them, so one pass knows of each halfword whether
    it is data before it could be taken for an instruction. Texts and tables hold bytes that look
    like such loads: what a branch leads to, or what code runs into, is no literal.
    """
    size = len(halfwords)
    literal = np.zeros(size, np.bool_)
    for at in range(size):
        if literal[at]:
            continue
        word = halfwords[at]
        if at + 1 < size and literal[at + 1] and not _may_precede_data(word):
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
            place = _branches_ahead(word, at)
            if 0 <= place < size:
                literal[place] = False
                literal[place | 1] = False
    return literal


@_compiled
def _pads(word: int) -> bool:
    return not word or word == 0x46C0


@_compiled
def _may_precede_data(word: int) -> bool:
    """Return whether control does not run on behind an instruction, or it is padding."""
    leaves = word & 0xFF00 == 0xBD00 or word & 0xFF87 == 0x4700 or word >> 11 == 0b11100
    return leaves or _pads(word)


@_compiled
def _branches_ahead(word: int, at: int) -> int:
    """Return which halfword a branch leads to, where that lies ahead; otherwise -1."""
    if word >> 12 == 0b1101 and (word >> 8) & 0xF < 14 and word & 0xFF < 0x80:
        return at + 2 + (word & 0xFF)
    if word >> 11 == 0b11100 and word & 0x7FF < 0x400:
        return at + 2 + (word & 0x7FF)
    return -1


def _arm_begins(halfwords: Halfwords) -> Flags:
    """Return where ARM functions begin: `stmfd sp!, {.., lr}` at a multiple of 4."""
    begins = np.zeros(len(halfwords), np.bool_)
    begins[::2] = (halfwords[1::2] == 0xE92D) & (halfwords[::2] & 0x4000 != 0)
    return begins


def _begins(halfwords: Halfwords, literal: Flags, targets: Places) -> Flags:
    begins: Flags = (halfwords & 0xFF00 == 0xB500) & ~literal
    inside = targets[(targets >= 0) & (targets < len(halfwords))]
    called = np.zeros(len(halfwords), np.bool_)
    called[inside] = True
    # Before a push, varargs functions save their arguments: `push {r0-r3}` is their beginning.
    after = np.zeros(len(halfwords), np.bool_)
    after[1:] = called[:-1] & (halfwords[:-1] & 0xFFF0 == 0xB400)
    begins |= called & ~literal
    begins &= ~after
    return begins


def _thumb_calls(halfwords: Halfwords, literal: Flags) -> tuple[Places, Places]:
    """Return where BL and BLX begin and the halfwords that they call."""
    first = halfwords[:-1] >> 11 == 0b11110
    second = halfwords[1:] >> 11
    to_arm = (second == 0b11101) & (halfwords[1:] & 1 == 0)
    calls = np.flatnonzero(first & ((second == 0b11111) | to_arm) & ~literal[:-1] & ~literal[1:])
    field = (halfwords[calls].astype(np.int64) & 0x7FF) << 11 | (halfwords[calls + 1] & 0x7FF)
    distance = np.where(field > 0x1FFFFF, field - 0x400000, field)
    targets = calls + 2 + distance
    return calls, np.where(to_arm[calls], targets & ~1, targets)


def _arm_calls(halfwords: Halfwords, arm: Flags) -> tuple[Places, Places]:
    """Return where ARM BL stand and the halfwords that they call; only where ARM functions are."""
    nothing = np.zeros(0, np.int64)
    if not arm.any():
        return nothing, nothing
    words = np.flatnonzero(halfwords[1::2] & 0xFF00 == 0xEB00)
    near = np.searchsorted(np.flatnonzero(arm), 2 * words, "right") > 0
    words = words[near]
    field = (halfwords[2 * words + 1].astype(np.int64) & 0xFF) << 16 | halfwords[2 * words]
    distance = np.where(field > 0x7FFFFF, field - 0x1000000, field)
    targets = 2 * (words + 2 + distance)
    # ARM bytes in Thumb code look like calls to anywhere: those that stay are calls to functions.
    inside = (targets >= 0) & (targets < len(halfwords))
    words, targets = words[inside], targets[inside]
    real = arm[targets]
    return 2 * words[real], targets[real]


@_compiled
def _ends_and_hashes(
    halfwords: Halfwords, literal: Flags, starts: Places, is_arm: Flags
) -> tuple[Places, Hashes]:
    ends = np.empty(len(starts), np.int64)
    hashes = np.empty(len(starts), np.uint64)
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
        hashes[number] = _hash(halfwords, literal, start, end, is_arm[number])
    return ends, hashes


@_compiled
def _hash(halfwords: Halfwords, literal: Flags, start: int, end: int, arm: bool) -> np.uint64:
    told = _FNV_START
    at = start
    while at < end:
        kept = int(halfwords[at])
        calls = at + 1 < end and kept >> 11 == 0x1E
        if arm:
            if (at & 1) == 0 and at + 1 < end and (halfwords[at + 1] & 0x0F00) == 0x0B00:
                kept = 0
        elif literal[at] or _pads(kept):
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
