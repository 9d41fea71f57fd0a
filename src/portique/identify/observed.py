"""Which IMEIs the records hold, and how many records each: one aggregate over everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.engine.store import Store

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SERIALS = 1_000_000
"""Serial numbers in one type allocation code: six digits."""


@dataclass(frozen=True)
class Observed:
    """Every IMEI in the records.

    Args:
        imei: first 14 digits as numbers, ascending, each once.
        records: shape of `imei`: records with it.

    >>> seen = Observed(np.array([10_000005, 20_000001]), np.array([7, 1]))
    >>> seen.holds(np.array([20_000001, 20_000002])).tolist(), seen.in_tac(10).tolist()
    ([True, False], [10000005])
    """

    imei: Ints
    records: Ints

    def holds(self, values: Ints) -> Flags:
        """Return which of the numbers were seen as an IMEI."""
        if not len(self.imei):
            return np.zeros(len(values), bool)
        place = np.minimum(np.searchsorted(self.imei, values), len(self.imei) - 1)
        return np.asarray(self.imei[place] == values)

    def between(self, first: int, past: int) -> Ints:
        """Return the IMEIs in [first, past)."""
        low, high = np.searchsorted(self.imei, [first, past])
        return self.imei[low:high]

    def in_tac(self, tac: int) -> Ints:
        """Return the IMEIs of one type allocation code."""
        return self.between(tac * SERIALS, (tac + 1) * SERIALS)

    def records_of(self, values: Ints) -> Ints:
        """Return how many records each IMEI has; all of them must have been seen."""
        return self.records[np.searchsorted(self.imei, values)]


def load_observed(store: Store) -> Observed:
    """Return the IMEIs of the whole record table: reads one column of it, holds one row a phone."""
    record = store.table("record")
    counted = store.run(record.group_by("imei").agg(n=record.count()).order_by("imei"))
    return Observed(
        counted["imei"].to_numpy().astype(np.int64), counted["n"].to_numpy().astype(np.int64)
    )
