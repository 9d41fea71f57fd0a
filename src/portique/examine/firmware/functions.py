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

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from portique.examine.firmware import function_loops as loops
from portique.examine.firmware.compiled import compiled

Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Halfwords = npt.NDArray[np.uint16]

FEWEST_BYTES = 16
"""Shorter functions (a return of a constant) are alike in every program: no sign of kinship."""


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


def literals_of(halfwords: Halfwords) -> Flags:
    """Return which halfwords some Thumb `ldr rX, [pc, #n]` loads, of an even number of them.

    Literals lie behind the instruction that loads them, so one pass knows of each halfword whether
    it is data before it could be taken for an instruction. Texts and tables hold bytes that look
    like such loads: what a branch leads to, or what code runs into, is no literal.
    """
    literal = np.zeros(len(halfwords), np.bool_)
    mark = compiled(loops.mark_literals, loops.PARTS, ("uint16", "bool_"))
    mark(np.ascontiguousarray(halfwords), literal)
    return literal


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


def _ends_and_hashes(
    halfwords: Halfwords, literal: Flags, starts: Places, is_arm: Flags
) -> tuple[Places, Hashes]:
    ends, hashes = np.empty(len(starts), np.int64), np.empty(len(starts), np.uint64)
    kinds = ("uint16", "bool_", "int64", "bool_", "int64", "uint64")
    find = compiled(loops.find_ends, loops.PARTS, kinds)
    find(halfwords, literal, starts, is_arm, ends, hashes)
    return ends, hashes
