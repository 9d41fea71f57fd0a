"""To which addresses instructions refer: literals, `adr`, and what is added behind a literal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from portique.examine.firmware.functions import Places, literals_of

_MOST_ADDED = 6
RECORD_BYTES = 512
"""How far behind an address that code refers to a field of the same record may lie."""
WAYS = ("literal", "adr", "pointer", "record", "none")
"""How the first reference to a text is made; the first two are as `Found.kinds` numbers them."""
_LEAST_GAP = 4
_FAR = np.int64(1 << 62)
BY_POINTER, BY_RECORD, BY_NOTHING = 2, 3, 4


@dataclass
class Found:
    """References as they are found: values, places of the instructions, 0 literal or 1 `adr`."""

    values: list[Places] = field(default_factory=list)
    places: list[Places] = field(default_factory=list)
    kinds: list[Places] = field(default_factory=list)

    def add(self, values: Places, places: Places, kind: int) -> None:
        """Add references of one kind."""
        self.values.append(values)
        self.places.append(places)
        self.kinds.append(np.full(len(values), kind, np.int64))


def joined(arrays: Iterable[Places]) -> Places:
    """Return arrays one behind another; of none, an empty one."""
    kept = [np.asarray(each, np.int64) for each in arrays]
    return np.concatenate(kept) if kept else np.zeros(0, np.int64)


def distinct(numbers: Places) -> Places:
    """Return each number once, sorted: many times as fast as `np.unique` where most are distinct.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered: Places = np.sort(numbers)
    is_last: npt.NDArray[np.bool_] = np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)]
    kept: Places = ordered[is_last]
    return kept


def halves_at(places: Places, held: Sequence[tuple[int, bytes]]) -> Places:
    """Return the halfword at each address; 0 where there is none.

    Args:
        places: the addresses.
        held: where each segment runs and its bytes, in order; of several at one place the last.

    >>> halves_at(np.array([4, 5, 9]), [(4, bytes([1, 2, 3]))]).tolist()
    [513, 770, 0]
    """
    row = np.searchsorted([base for base, _ in held], places, "right") - 1
    found = np.zeros(len(places), np.int64)
    for number, (base, raw) in enumerate(held):
        data = np.frombuffer(raw + b"\0", np.uint8)
        here = np.flatnonzero((row == number) & (places - base < len(raw)))
        offsets = places[here] - base
        found[here] = data[offsets] | data[offsets + 1].astype(np.int64) << 8
    return found


def thumb_references(data: bytes, base: int, found: Found) -> npt.NDArray[np.bool_]:
    """Add what Thumb code refers to; return which halfwords are literals."""
    halfwords = np.frombuffer(data[: len(data) // 4 * 4], "<u2")
    literal = literals_of(halfwords)
    words = np.frombuffer(data[: len(data) // 4 * 4], "<u4")
    loads = np.flatnonzero((halfwords >> 11 == 0b01001) & ~literal)
    place = ((loads + 2) & ~1) + 2 * (halfwords[loads] & 0xFF).astype(np.int64)
    loads, place = loads[place + 1 < len(halfwords)], place[place + 1 < len(halfwords)]
    found.add(_folded(halfwords, loads, words[place // 2]), base + 2 * loads, 0)
    near = np.flatnonzero((halfwords >> 11 == 0b10100) & ~literal)
    target = ((2 * near + 4) & ~3) + 4 * (halfwords[near] & 0xFF).astype(np.int64)
    found.add(base + target, base + 2 * near, 1)
    return literal


def _folded(halfwords: npt.NDArray[np.uint16], loads: Places, values: Any) -> Places:
    """Return what a register holds once the additions just behind its load are done.

    One base and distances from it name many texts (`ldr r0, =base`, `adds r0, #n`), and many
    fields of a table (`ldr r0, [r0, #n]`).
    """
    total: Places = values.astype(np.int64)
    register = halfwords[loads].astype(np.int64) >> 8 & 7
    padded = np.concatenate([halfwords, np.zeros(_MOST_ADDED + 2, np.uint16)]).astype(np.int64)
    goes_on = np.ones(len(loads), np.bool_)
    for step in range(1, _MOST_ADDED + 2):
        behind = padded[loads + step]
        fields = goes_on & (behind >> 11 == 0b01101)
        fields &= (behind & 7 == register) & (behind >> 3 & 7 == register)
        total += np.where(fields, 4 * (behind >> 6 & 31), 0)
        goes_on &= behind & 0xFF00 == 0x3000 | register << 8
        total += np.where(goes_on, behind & 0xFF, 0)
    return total


def arm_references(data: bytes, base: int, found: Found) -> None:
    """Add what ARM code refers to."""
    words = np.frombuffer(data[: len(data) // 4 * 4], "<u4")
    loads = np.flatnonzero(words & 0xFF7F0000 == 0xE51F0000)
    far = (words[loads] & 0xFFF).astype(np.int64)
    place = 4 * loads + 8 + np.where(words[loads] & 0x00800000 != 0, far, -far)
    real = (place >= 0) & (place + 4 <= 4 * len(words)) & (place % 4 == 0)
    found.add(words[place[real] // 4].astype(np.int64), base + 4 * loads[real], 0)
    near = np.flatnonzero(words & 0xFFFF0F00 == 0xE28F0000)
    found.add(base + 4 * near + 8 + (words[near] & 0xFF).astype(np.int64), base + 4 * near, 1)


@dataclass(frozen=True)
class Referred:
    """To what code and pointers refer, for questions about many places at once.

    Args:
        values, kinds: addresses to which code refers, sorted, and how it does.
        pointers: addresses that stand in data, sorted.
        function_at: the number of the function in which each address lies; -1: in none.
    """

    values: Places
    kinds: Places
    pointers: Places
    function_at: Callable[[Places], Places]

    def ways(self, lows: Places, highs: Places, gaps: Places) -> Places:
        """Return the number in `WAYS` of how each place is first referred to.

        By a pointer is said where a pointer is all there is; whether code refers to that is left.

        Args:
            lows, highs: first address of each, and the one behind its last.
            gaps: bytes between each and the text before it; a field of a record has some.
        """
        first = np.searchsorted(self.values, lows)
        pointed = np.searchsorted(self.pointers, lows)
        by_pointer = np.append(self.pointers, _FAR)[pointed] < highs
        by_code = np.append(self.values, _FAR)[first] < highs
        found = np.where(by_pointer, BY_POINTER, BY_NOTHING)
        found = np.where(by_code, np.append(self.kinds, 0)[first], found)
        asked = np.flatnonzero((found == BY_NOTHING) & (gaps >= _LEAST_GAP))
        before = np.searchsorted(self.values, lows[asked], "right") - 1
        asked, before = asked[before >= 0], before[before >= 0]
        value = self.values[before]
        is_code = (value & 1 == 1) & (self.function_at(value) >= 0)
        found[asked[(lows[asked] - value <= RECORD_BYTES) & ~is_code]] = BY_RECORD
        return found

    def is_referred_into(self, lows: Places, highs: Places) -> npt.NDArray[np.bool_]:
        """Return whether anything refers to an address from each low up to its high."""
        by_code, by_pointer = (
            np.searchsorted(each, highs) > np.searchsorted(each, lows)
            for each in (self.values, self.pointers)
        )
        return by_code | by_pointer
