"""Which sectors the register knows at an instant."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from portique.collect.admit import us_of
from portique.collect.reader import Mask, Rows
from portique.collect.values import as_mask, by_distinct

Places = npt.NDArray[np.int32]
_ALWAYS_US = -(1 << 62)
_NEVER_US = 1 << 62


class Register:
    """The sector identities of a case, by place in a sorted list, with their spans of validity.

    Args:
        sectors: the derived table `sector`.
    """

    def __init__(self, sectors: pa.Table) -> None:
        names = pc.unique(sectors["sector_id"].combine_chunks())
        self.names: pa.Array = names.take(pc.array_sort_indices(names))
        place = _places(sectors["sector_id"].combine_chunks(), self.names)
        start = us_of(sectors["valid_from_utc"].combine_chunks(), _ALWAYS_US)
        until = us_of(sectors["valid_until_utc"].combine_chunks(), _NEVER_US)
        rank = np.lexsort((until, start, place))
        self._start, self._until = start[rank], until[rank]
        self._first = np.searchsorted(place[rank], np.arange(len(self.names) + 1))

    def places(self, sector_ids: pa.Array, moments: Rows) -> Places:
        """Return the place of each sector in `names`; below 0 where it is not known then.

        An empty one is -1; unknown ones have numbers of their own below it, so that two of them
        are not taken for one.

        Args:
            sector_ids: as delivered.
            moments: microseconds since 1970, one for each.
        """
        place = _places(sector_ids, self.names)
        known = np.flatnonzero(place >= 0)
        valid = np.zeros(len(place), bool)
        spans = self._first[place[known]]
        ends = self._first[place[known] + 1]
        while len(known):
            when = moments[known]
            valid[known] |= (self._start[spans] <= when) & (when < self._until[spans])
            more = (spans + 1 < ends) & ~valid[known]
            known, spans, ends = known[more], spans[more] + 1, ends[more]
        return np.where(valid, place, _unknown(sector_ids, valid)).astype(np.int32)

    def texts(self, places: Places) -> pa.Array:
        """Return the identities at some places; empty below 0."""
        return self.names.take(pa.array(places, pa.int32(), mask=places < 0))


def _unknown(sector_ids: pa.Array, valid: Mask) -> Places:
    given = as_mask(sector_ids.is_valid()) & ~valid
    codes = np.full(len(given), -1, np.int32)
    if given.any():
        named = by_distinct(sector_ids.filter(pa.array(given)), _unknown_code, pa.int32())
        codes[given] = named.to_numpy()
    return codes


def _unknown_code(sector_id: str) -> int:
    return -2 - zlib.crc32(sector_id.encode()) % (1 << 30)


def _places(sector_ids: pa.Array, names: pa.Array) -> Places:
    found = pc.fill_null(pc.index_in(sector_ids, value_set=names), -1)
    found = pc.if_else(sector_ids.is_valid(), found, -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int32)
