"""The fleet's records as arrays: whose, when, on which sector, with whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from portique.locate.alternatives import NIGHT_HOURS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
SESSION_GAP_US = 600_000_000
"""Records of one phone closer than ten minutes are one occasion of use (assumed): calls come in
bursts, and a burst is one observation of where and when the phone was used, not many."""
DAYTIME_HOURS = (6, 20)
"""Searches of cells fall between these local hours (assumed)."""


@dataclass(frozen=True, eq=False)
class Activity:
    """Records of the fleet, ordered by handset and time.

    Args:
        handset_ids: names; the other arrays hold positions in this list.
        handset: shape (records,), the handset of each record.
        t_us: shape (records,), microseconds UTC since 1970.
        sector: shape (records,), row of the sector register, -1 where the place is not known.
        number: shape (records,), position in `numbers`, -1 for none.
        numbers: counterparts, E.164 with + or short codes.
        is_occasion: shape (records,), first record of an occasion of use or of a new sector in it.
        is_night: shape (records,), between `alternatives.NIGHT_HOURS` in the case's time zone.
        is_daytime: shape (records,), in `DAYTIME_HOURS` there: when searches are made.
        local_day: shape (records,), day in the case's time zone, days since 1970.
        own_numbers: numbers of the subscriptions seen in each handset.
    """

    handset_ids: list[str]
    handset: Ints
    t_us: Ints
    sector: Ints
    number: Ints
    numbers: list[str]
    is_occasion: Bools
    is_night: Bools
    is_daytime: Bools
    local_day: Ints
    own_numbers: list[list[str]]

    def __len__(self) -> int:
        return len(self.t_us)

    @cached_property
    def starts(self) -> Ints:
        """Shape (handsets + 1,): where the records of each handset begin."""
        return np.searchsorted(self.handset, np.arange(len(self.handset_ids) + 1))


def load_activity(
    records: pa.Table, handsets: pa.Table, sectors: pa.Table, clocks: pa.Table, zone: ZoneInfo
) -> Activity:
    """Return the arrays of `fleet_record`, with each record on the register row valid at its time.

    Args:
        records: table `fleet_record`, in key order.
        clocks: table `clock_offset`: times of networks whose clock is wrong are set right.
        handsets: table `handset`, in key order.
        sectors: table `sector`; a sector may have several rows with spans of validity.
        zone: for the hours of the night.
    """
    ids = handsets["handset_id"].to_pylist()
    handset = pc.index_in(records["handset_id"], value_set=handsets["handset_id"].combine_chunks())
    code = np.asarray(handset.combine_chunks().to_numpy(zero_copy_only=False), np.int64)
    t_us = _instants(records["started_at_utc"]) - _ahead_us(records["operator"], clocks)
    order = np.lexsort((t_us, code))
    numbers = pc.unique(records["counterpart"].combine_chunks()).drop_null()
    sector = _sector_rows(records["sector_id"], t_us, sectors)[order]
    code, t_us = code[order], t_us[order]
    local_hour = _local_hours(t_us, zone)
    hour = local_hour % 24
    return Activity(
        handset_ids=ids,
        handset=code,
        t_us=t_us,
        sector=sector,
        number=_index(records["counterpart"], numbers)[order],
        numbers=numbers.to_pylist(),
        is_occasion=_occasions(code, t_us, sector),
        is_night=(hour >= NIGHT_HOURS[0]) | (hour < NIGHT_HOURS[1]),
        is_daytime=(hour >= DAYTIME_HOURS[0]) & (hour < DAYTIME_HOURS[1]),
        local_day=local_hour // 24,
        own_numbers=handsets["msisdns"].to_pylist(),
    )


def _local_hours(t_us: Ints, zone: ZoneInfo) -> Ints:
    """Return the hours since 1970 on the clocks of the case's time zone."""
    hours, of_hour = np.unique(t_us // HOUR_US, return_inverse=True)
    ahead = [
        datetime.fromtimestamp(h * 3600, UTC).astimezone(zone).utcoffset() for h in hours.tolist()
    ]
    shift = np.array([int(each.total_seconds()) // 3600 if each else 0 for each in ahead], np.int64)
    return np.asarray((hours + shift)[of_hour], np.int64)


def _ahead_us(operator: pa.ChunkedArray, clocks: pa.Table) -> Ints:
    """Return by how much the clock of each record's network is ahead, where that is applied."""
    wrong = clocks.filter(clocks["is_applied"])
    ahead = np.append(np.asarray(wrong["offset_s"], np.float64), 0.0)
    at = _index(operator, wrong["operator"].combine_chunks())
    return np.asarray(np.round(ahead[at] * 1e6), np.int64)


def _instants(column: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.cast(column, pa.int64()).to_numpy(), np.int64)


def _index(column: pa.ChunkedArray, values: pa.Array) -> Ints:
    found = pc.fill_null(pc.index_in(column, value_set=values), -1)
    return np.asarray(found.combine_chunks().to_numpy(zero_copy_only=False), np.int64)


def _occasions(code: Ints, t_us: Ints, sector: Ints) -> Bools:
    """Mark the first record of each occasion: another phone, ten minutes later, or a new sector."""
    first = np.ones(len(code), bool)
    if len(code) > 1:
        first[1:] = (
            (code[1:] != code[:-1])
            | (t_us[1:] - t_us[:-1] > SESSION_GAP_US)
            | (sector[1:] != sector[:-1])
        )
    return first


def _sector_rows(column: pa.ChunkedArray, t_us: Ints, sectors: pa.Table) -> Ints:
    """Return the register row of each record: the row of that identity that is valid then."""
    names = sectors["sector_id"].combine_chunks()
    distinct = pc.unique(names)
    row_name = _index(sectors["sector_id"], distinct)
    by_name = np.argsort(row_name, kind="stable")
    first_of = np.searchsorted(row_name[by_name], np.arange(len(distinct) + 1))
    named = _index(column, distinct)
    rows = np.full(len(named), -1, np.int64)
    known = named >= 0
    rows[known] = by_name[first_of[named[known]]]
    spans = np.diff(first_of)
    starts, ends = _validity(sectors)
    for name in np.flatnonzero(spans > 1):
        mine = np.flatnonzero(named == name)
        for row in by_name[first_of[name] : first_of[name + 1]]:
            fits = (t_us[mine] >= starts[row]) & (t_us[mine] < ends[row])
            rows[mine[fits]] = row
    return rows


def _validity(sectors: pa.Table) -> tuple[Ints, Ints]:
    limits = np.iinfo(np.int64)
    start = pc.fill_null(pc.cast(sectors["valid_from_utc"], pa.int64()), int(limits.min))
    end = pc.fill_null(pc.cast(sectors["valid_until_utc"], pa.int64()), int(limits.max))
    return np.asarray(start.to_numpy(), np.int64), np.asarray(end.to_numpy(), np.int64)
