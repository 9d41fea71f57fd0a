"""Contacts at regular intervals: a phone that reports to a server and asks for commands.

Regularity is the mean of two figures of the intervals, each 0 to 1: 1 less the absolute Bowley
skewness of their quartiles, and 1 less their median absolute deviation over the median.

Source: Bowley (1901), quartile skewness; the use on intervals of contacts is of public detectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_CONTACTS = 10
LEAST_REGULARITY = 0.8
_LEAST_INTERVAL_S = 5.0
_GAP_US = 2_000_000


@dataclass(frozen=True)
class Beacon:
    """Regular contacts.

    Args:
        contacts: how many.
        interval_s: median of the intervals.
        regularity: 0 to 1.
    """

    contacts: int
    interval_s: float
    regularity: float


def beacon(contacts_us: Sequence[int]) -> Beacon | None:
    """Return the beacon in a list of contacts; None: too few, too quick, or not regular.

    Args:
        contacts_us: instants at which the phone spoke after a silence, in any order.

    >>> beacon([60_000_000 * minute for minute in range(20)])
    Beacon(contacts=20, interval_s=60.0, regularity=1.0)
    """
    moments = np.unique(np.asarray(contacts_us, dtype=np.int64))
    if len(moments) > 1:
        moments = moments[np.concatenate(([True], np.diff(moments) > _GAP_US))]
    if len(moments) < LEAST_CONTACTS:
        return None
    intervals = np.diff(moments) / 1e6
    lower, median, upper = (float(x) for x in np.percentile(intervals, (25, 50, 75)))
    if median < _LEAST_INTERVAL_S:
        return None
    spread = upper - lower
    skew = (upper + lower - 2 * median) / spread if spread > 0.01 * median else 0.0
    deviation = float(np.median(np.abs(intervals - median)))
    regularity = ((1 - abs(skew)) + max(0.0, 1 - deviation / median)) / 2
    if regularity < LEAST_REGULARITY or deviation > median / 3:
        return None
    return Beacon(len(moments), round(median, 3), round(regularity, 3))
