"""Two stretches of one IMEI that were in use side by side: in turns, or each for itself?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from portique.identify.observed import Flags, Ints
from portique.identify.stretches import Stretches

Floats = npt.NDArray[np.float64]

CLOSE_US = 1_800_000_000
"""Records nearer than half an hour count as close."""
LEAST_US = 3_600_000_000
FAR_US = 1 << 60


def missed_overlaps(busy_us: Floats, start_us: Ints, stretches: Stretches, mine: Ints) -> Floats:
    """Return how many overlaps two phones used so much side by side would be expected to show.

    Args:
        busy_us: shape (mine, 8), quantiles of the time a record occupies the phone.
        start_us: start of every record of the extract.
        stretches: of all the fleet.
        mine: those to compare.
    """
    first, last = stretches.first_us[mine], stretches.last_us[mine]
    begin = np.maximum(first[:, None], first[None, :])
    past = np.minimum(last[:, None], last[None, :])
    inside = np.zeros(begin.shape)
    for row, stretch in enumerate(mine):
        times = start_us[stretches.rows_of(stretch)]
        low = np.searchsorted(times, begin[row], side="left")
        inside[row] = np.maximum(np.searchsorted(times, past[row], side="right") - low, 0)
    window = np.maximum(past - begin, LEAST_US).astype(np.float64)
    rate = np.where(past > begin, inside * inside.T / window, 0.0)
    length = np.zeros(begin.shape)
    for row in range(len(mine)):
        both = busy_us[row][None, :, None] + busy_us[:, None, :]
        length[row] = np.maximum(both, 0.0).mean(axis=(1, 2))
    return rate * length


def closeness(start_us: Ints, stretches: Stretches, mine: Ints, wanted: Flags) -> Floats:
    """Return ln of the records of one stretch close to a record of the other, against chance.

    Below 0: they keep out of each other's way, as two SIMs in one phone do. Above 0: they are
    used at the same hours.

    Args:
        start_us: start of every record of the extract.
        stretches: of all the fleet.
        mine: those to compare.
        wanted: shape (mine, mine), pairs to look at, symmetric; 0 elsewhere.
    """
    result = np.zeros(wanted.shape)
    times = [start_us[stretches.rows_of(stretch)] for stretch in mine]
    for one, two in np.argwhere(np.triu(wanted, 1)).tolist():
        begin = max(times[one][0], times[two][0])
        past = min(times[one][-1], times[two][-1])
        fewer, more = sorted((_within(times[n], begin, past) for n in (one, two)), key=len)
        if len(fewer):
            window = max(int(past - begin), LEAST_US)
            result[one, two] = result[two, one] = _against_chance(fewer, more, window)
    return result


def _within(times: Ints, begin: int, past: int) -> Ints:
    return times[np.searchsorted(times, begin) : np.searchsorted(times, past, side="right")]


def _against_chance(fewer: Ints, more: Ints, window_us: int) -> float:
    place = np.searchsorted(more, fewer)
    fenced = np.concatenate([[-FAR_US], more, [FAR_US]])
    nearest = np.minimum(fewer - fenced[place], fenced[place + 1] - fewer)
    expected = len(fewer) * -np.expm1(-len(more) * 2 * CLOSE_US / window_us)
    return float(np.log((int((nearest < CLOSE_US).sum()) + 0.5) / (expected + 0.5)))
