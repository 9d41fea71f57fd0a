"""Everybody who was held in one prison while the fleet was looked at: day by day, with his cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.locate.activity import DAY_US
from portique.locate.census import BIN_US, Calendar, Shares, Stays

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Population:
    """The people of one prison over the days of a calendar; `people` are its rows and columns.

    Args:
        people: positions in `Stays.inmates`, ascending.
        first_day: first day, days since 1970 in UTC.
        cell: shape (days + 1, people): cell of each on each day, -1 not held here; the last row is
            the horizon.
        away: shape (people, bins): share of the half-hour in which an absence is listed.
        day_of_bin: shape (bins,), row of `cell` of each half-hour.
    """

    people: Ints
    first_day: int
    cell: Ints
    away: Shares
    day_of_bin: Ints


def population(stays: Stays, prison: int, calendar: Calendar, horizon_us: int) -> Population:
    """Return who was held in a prison on which day, and when each was out of his cell."""
    until = calendar.start_us + calendar.bins * BIN_US
    here = (stays.stay_prison == prison) & (stays.stay_until > calendar.start_us)
    here &= stays.stay_from < until
    people = np.unique(stays.stay_inmate[here])
    row_of = np.full(len(stays.inmates), -1, np.int64)
    row_of[people] = np.arange(len(people))
    first_day = calendar.start_us // DAY_US
    day_of_bin = (calendar.start_us + np.arange(calendar.bins) * BIN_US) // DAY_US - first_day
    days = int(day_of_bin[-1]) + 1
    cell = np.full((days + 1, len(people)), -1, np.int64)
    rows = np.flatnonzero(here)
    for stay in rows[np.lexsort((rows, stays.stay_from[rows]))]:
        begin = max(0, int(stays.stay_from[stay] // DAY_US - first_day))
        past = min(days, int(min(stays.stay_until[stay], until) // DAY_US - first_day) + 1)
        cell[begin:past, row_of[stays.stay_inmate[stay]]] = stays.stay_cell[stay]
    now = stays.cell_at(horizon_us)[people]
    cell[days] = np.where((now >= 0) & (stays.prison_of_cell[now] == prison), now, -1)
    out = row_of[stays.gone_inmate] >= 0
    away = calendar.cover(
        row_of[stays.gone_inmate[out]], stays.gone_from[out], stays.gone_until[out], len(people)
    )
    return Population(people, int(first_day), cell, away, day_of_bin)
