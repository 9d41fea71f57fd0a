"""What each device numbered and chained, over a whole log: about a hundred bytes an entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from portique.ledger.recheck import Seen

ZERO_HASH = bytes(32)


class Alarm(NamedTuple):
    """What devices signed and people have to look at.

    Args:
        kind: conflict, gap, predecessor, incomplete or rule.
        sequences: the entries concerned.
        what: in words.
    """

    kind: str
    sequences: list[int]
    what: str


class Ties:
    """Collects ranges in order, then says which numbers conflict, are missing or do not follow."""

    def __init__(self) -> None:
        self._codes: list[npt.NDArray[np.int32]] = []
        self._numbers: list[npt.NDArray[np.int64]] = []
        self._hashes, self._befores, self._keys = bytearray(), bytearray(), bytearray()
        self._names: dict[str, int] = {}
        self._odd: dict[int, int] = {}
        self._size = 0

    def take(self, seen: Seen) -> None:
        """Take in one range; ranges come in the order of the log."""
        known = [self._names.setdefault(name, len(self._names)) for name in seen.names]
        self._codes.append(np.array([*known, -1], np.int32)[seen.codes])
        self._numbers.append(seen.numbers)
        self._hashes += seen.hashes
        self._befores += seen.befores
        self._keys += seen.keys
        self._odd |= {self._size + place: number for place, number in seen.odd}
        self._size += seen.count

    def finish(self) -> tuple[list[Alarm], dict[str, list[list[int]]], set[int]]:
        """Return the alarms, the gaps by device, and the entries that came second."""
        if not self._size:
            return [], {}, set()
        codes, numbers = np.concatenate(self._codes), np.concatenate(self._numbers)
        names = list(self._names)
        same = set(self._same_ids())
        alarms: list[Alarm] = []
        gaps: dict[str, list[list[int]]] = {}
        order = np.lexsort((numbers, codes))
        starts = np.flatnonzero(np.diff(codes[order], prepend=-2))
        suspects = self._unfitting(codes[order], numbers[order], order)
        odd_codes = {int(codes[place]) for place in self._odd}
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
            code = int(codes[order[start]])
            if code < 0 or (code not in suspects and code not in odd_codes):
                continue
            here = self._device(names[code], order[start:end], numbers, gaps)
            for alarm in here:
                if alarm.kind == "conflict":
                    same.add(tuple(alarm.sequences))
                else:
                    alarms.append(alarm)
        what = "one entry_id, or one number of a device, and several payloads"
        alarms += [Alarm("conflict", list(sequences), what) for sequences in same]
        seconds = {sequence for sequences in same for sequence in sequences[1:]}
        ordered = sorted(alarms, key=lambda each: (each.sequences, each.kind))
        return ordered, dict(sorted(gaps.items())), seconds

    def _unfitting(
        self,
        codes: npt.NDArray[np.int32],
        numbers: npt.NDArray[np.int64],
        order: npt.NDArray[np.int64],
    ) -> set[int]:
        """Return the devices whose entries are not simply 1, 2, 3 ... each after the last."""
        hashes = np.frombuffer(self._hashes, "S32")
        befores = np.frombuffer(self._befores, "S32")
        is_first = np.diff(codes, prepend=-2) != 0
        expected = np.where(is_first, np.bytes_(b""), np.roll(hashes[order], 1))
        follows = numbers == np.where(is_first, 1, np.roll(numbers, 1) + 1)
        fits = follows & (befores[order] == expected)
        return {int(code) for code in np.unique(codes[~fits])}

    def _device(
        self,
        name: str,
        rows: npt.NDArray[np.int64],
        numbers: npt.NDArray[np.int64],
        gaps: dict[str, list[list[int]]],
    ) -> Iterator[Alarm]:
        """Yield the alarms of one device whose entries are not simply in order."""
        held: dict[int, list[int]] = {}
        for row in map(int, rows):
            held.setdefault(self._odd.get(row, int(numbers[row])), []).append(row)
        before = 0
        for number, here in sorted(held.items()):
            here.sort()
            if len(here) > 1:
                yield Alarm("conflict", here, "")
            if number > before + 1:
                gaps.setdefault(name, []).append([before + 1, number - 1])
                what = f"{name}: numbers {before + 1} to {number - 1} are not here"
                yield Alarm("gap", here, what)
            before = max(before, number)
            fitting = {self._hash(row) for row in held.get(number - 1, ())}
            fitting |= {ZERO_HASH} if number == 1 else set()
            for row in here:
                if fitting and bytes(self._befores[32 * row : 32 * row + 32]) not in fitting:
                    yield Alarm("predecessor", [row], f"{name}: fits nothing held before it")

    def _hash(self, row: int) -> bytes:
        return bytes(self._hashes[32 * row : 32 * row + 32])

    def _same_ids(self) -> Iterator[tuple[int, ...]]:
        """Yield the entries of each entry_id that several payloads have."""
        keys = np.frombuffer(self._keys, np.uint64).reshape(-1, 2)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        is_new = np.any(np.diff(keys[order], axis=0, prepend=0) != 0, axis=1)
        is_new[0] = True
        starts = np.flatnonzero(is_new)
        lengths = np.diff(starts, append=len(order))
        for at in np.flatnonzero(lengths > 1):
            start = starts[at]
            yield tuple(sorted(map(int, order[start : start + lengths[at]])))
