"""The ninety days of an invented operation, in whole seconds and in local hours.

Inside the simulation an instant is a whole number of seconds since `START`; negative numbers lie
before the first day of records.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from portique.simulation.draw import Bools, Ints

DAYS = 90
HORIZON = datetime(2025, 5, 19, 20, 0, tzinfo=UTC)
START = HORIZON - timedelta(days=DAYS)
HORIZON_S = DAYS * 86_400
DAY_S = 86_400
ORDER_FROM = datetime(2024, 6, 1, tzinfo=UTC)
ORDER_FROM_S = int((ORDER_FROM - START).total_seconds())
EPOCH_S = int(START.timestamp())

# Europe/Paris is one hour ahead of UTC, two from 30 March 2025, 01:00 UTC (directive 2000/84/EC).
_SUMMER_S = int((datetime(2025, 3, 30, 1, tzinfo=UTC) - START).total_seconds())
# Local midnight that opens day 0: START is 21:00 local on 18 February, a Tuesday.
_MIDNIGHT_S = 3 * 3600
_FIRST_WEEKDAY = 2
LOCAL_DAYS = 91
"""Local calendar days that touch the period, from Wednesday 19 February (day 0)."""


def utc_seconds(local_day: Ints, second: Ints) -> Ints:
    """Return instants from a local calendar day (0: 19 February) and a second of that day."""
    winter = _MIDNIGHT_S + local_day * DAY_S + second
    return np.asarray(np.where(winter >= _SUMMER_S, winter - 3600, winter), np.int64)


def local_time(instant: Ints) -> tuple[Ints, Ints]:
    """Return the local calendar day and the second of that day of each instant."""
    shifted = instant + np.where(instant >= _SUMMER_S, 3600, 0) - _MIDNIGHT_S
    return shifted // DAY_S, shifted % DAY_S


def is_weekday(local_day: Ints) -> Bools:
    """Return whether local days are Monday to Friday (holidays are not told apart)."""
    return np.asarray((local_day + _FIRST_WEEKDAY) % 7 < 5)


def instants(seconds: Ints) -> pa.Array:
    """Return instants as the Arrow type of the contract: timestamp[us, UTC]."""
    return pa.array((seconds + EPOCH_S) * 1_000_000, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
