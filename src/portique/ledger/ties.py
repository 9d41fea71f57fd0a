"""Which devices are simply in order, over a whole log: about a hundred bytes an entry.

Whoever is not (a number twice or missing, a predecessor that does not fit, a close-out) is looked
at entry by entry afterwards; on most days these are few.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from portique.ledger.recheck import Seen

Sequences = npt.NDArray[np.int64]


class Tied(NamedTuple):
    """What came out.

    Args:
        watched: the entries that have to be looked at one by one, in order.
        seconds: entries whose entry_id or number an earlier one has: the store has to say so.
    """

    watched: list[int]
    seconds: set[int]


class Ties:
    """Collects ranges in the order of the log."""

    def __init__(self) -> None:
        self._codes: list[npt.NDArray[np.int32]] = []
        self._numbers: list[Sequences] = []
        self._hashes, self._befores, self._keys = bytearray(), bytearray(), bytearray()
        self._names: dict[str, int] = {}
        self._watched: list[int] = []
        self._closed: set[str] = set()
        self._size = 0

    def take(self, seen: Seen) -> None:
        """Take in one range."""
        known = [self._names.setdefault(name, len(self._names)) for name in seen.names]
        self._codes.append(np.array([*known, -1], np.int32)[seen.codes])
        self._numbers.append(seen.numbers)
        self._hashes += seen.hashes
        self._befores += seen.befores
        self._keys += seen.keys
        self._watched += seen.corrections
        self._closed |= seen.closed
        self._size += seen.count

    def finish(self) -> Tied:
        """Return what is not simply in order."""
        if not self._size:
            return Tied([], set())
        codes, numbers = np.concatenate(self._codes), np.concatenate(self._numbers)
        order = np.lexsort((numbers, codes))
        suspects = self._unfitting(codes[order], numbers[order], order)
        suspects |= {self._names[name] for name in self._closed}
        watched = set(self._watched)
        watched |= set(np.flatnonzero(np.isin(codes, list(suspects))).tolist())
        seconds = set(_later(order, codes[order], numbers[order]).tolist())
        keys = np.frombuffer(self._keys, np.uint64).reshape(-1, 2)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        ordered = keys[order]
        seconds |= set(_later(order, ordered[:, 0], ordered[:, 1]).tolist())
        watched |= set(_all_of(order, ordered).tolist())
        seconds = {each for each in seconds if codes[each] >= 0}
        return Tied(sorted(each for each in watched if codes[each] >= 0), seconds)

    def _unfitting(
        self, codes: npt.NDArray[np.int32], numbers: Sequences, order: Sequences
    ) -> set[int]:
        """Return the devices whose entries are not 1, 2, 3 ... each after the one before."""
        hashes = np.frombuffer(self._hashes, "S32")
        befores = np.frombuffer(self._befores, "S32")
        is_first = np.diff(codes, prepend=-2) != 0
        follows = numbers == np.where(is_first, 1, np.roll(numbers, 1) + 1)
        expected = np.where(is_first, np.bytes_(b""), np.roll(hashes[order], 1))
        fits = follows & (befores[order] == expected)
        return {int(code) for code in np.unique(codes[~fits])}


def _later(
    order: Sequences, one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]
) -> Sequences:
    """Return the entries that have the same two values as one before them in a stable order."""
    is_same = (one[1:] == one[:-1]) & (other[1:] == other[:-1])
    later: Sequences = order[1:][is_same]
    return later


def _all_of(order: Sequences, keys: npt.NDArray[np.uint64]) -> Sequences:
    """Return the entries whose key several have."""
    is_same = np.all(keys[1:] == keys[:-1], axis=1)
    return np.concatenate((order[1:][is_same], order[:-1][is_same]))
