"""Stretches: the records of one subscription in one IMEI, the pieces that handsets are made of.

A subscription that may have gone from one phone to another of the same IMEI has two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.identify.extract import Extract
from portique.identify.observed import Ints


@dataclass(frozen=True)
class Stretches:
    """Every stretch of the extract; stretches of one IMEI are neighbours, earliest first.

    Args:
        of_record: shape (records,): stretch of each record, -1 where no subscription was delivered.
        imei, imsi: shape (stretches,).
        first_us, last_us: shape (stretches,): first and last record.
        rows: records in stretch order; those of stretch s are `rows[starts[s]:starts[s + 1]]`.
        starts: shape (stretches + 1,).
    """

    of_record: Ints
    imei: Ints
    imsi: Ints
    first_us: Ints
    last_us: Ints
    rows: Ints
    starts: Ints

    def __len__(self) -> int:
        return len(self.imei)

    def rows_of(self, stretch: int) -> Ints:
        """Return the records of one stretch, by time."""
        return self.rows[self.starts[stretch] : self.starts[stretch + 1]]


def find_stretches(extract: Extract, part: Ints | None = None) -> Stretches:
    """Return the stretches of an extract: one for each pair of IMEI and subscription.

    Order, and so every number that follows from it, is (IMEI, first record, subscription).

    Args:
        extract: the records.
        part: shape (records,), ascending with time: what cuts a subscription into several.
    """
    used = np.flatnonzero(extract.imsi >= 0)
    part = np.zeros(len(extract), np.int64) if part is None else part
    order = used[np.lexsort((used, part[used], extract.imsi[used], extract.imei[used]))]
    imei, imsi, part = extract.imei[order], extract.imsi[order], part[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (imei[1:] != imei[:-1]) | (imsi[1:] != imsi[:-1]) | (part[1:] != part[:-1])
    label = np.cumsum(begins) - 1
    heads = np.flatnonzero(begins)
    first = extract.start_us[order[heads]]
    tails = np.append(heads[1:], len(order))
    last = extract.start_us[order[tails - 1]] if len(heads) else first
    ranks = np.lexsort((imsi[heads], first, imei[heads]))
    renamed = np.empty(len(ranks), np.int64)
    renamed[ranks] = np.arange(len(ranks))
    of_record = np.full(len(extract), -1)
    of_record[order] = renamed[label]
    rows = order[np.argsort(renamed[label], kind="stable")]
    starts = np.concatenate([[0], np.cumsum((tails - heads)[ranks])]).astype(np.int64)
    return Stretches(
        of_record=of_record,
        imei=imei[heads][ranks],
        imsi=imsi[heads][ranks],
        first_us=first[ranks],
        last_us=last[ranks],
        rows=rows,
        starts=starts,
    )


class Pairs:
    """Numbers for the pairs of stretches that share an IMEI, a stretch with itself included.

    Numbers go by (first, second), so that counts of all pairs are one array.

    Args:
        stretches: of all the fleet.
    """

    def __init__(self, stretches: Stretches) -> None:
        count = len(stretches)
        ends = np.searchsorted(stretches.imei, stretches.imei, side="right")
        width = ends - np.arange(count)
        self._base = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)

    def __len__(self) -> int:
        return int(self._base[-1])

    @property
    def own(self) -> Ints:
        """Shape (stretches,): the number of each stretch's pair with itself."""
        return self._base[:-1]

    def number(self, one: Ints, two: Ints) -> Ints:
        """Return the number of each unordered pair."""
        first = np.minimum(one, two)
        return np.asarray(self._base[first] + np.maximum(one, two) - first)

    def stretches(self, number: Ints) -> tuple[Ints, Ints]:
        """Return the stretches of each pair, first <= second."""
        first = np.searchsorted(self._base, number, side="right") - 1
        return first, first + number - self._base[first]
