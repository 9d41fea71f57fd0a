"""What one phone cannot do: two calls at once, or two places in a time too short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc

from portique.core.place import distance_m
from portique.identify.clocks import SHIFT_US, ShiftWindow, weigh_shifts
from portique.identify.extract import Extract
from portique.identify.observed import Flags, Ints
from portique.identify.stretches import Pairs, Stretches

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]

SPEED_M_S = 130_000 / 3600
TOLERANCE_M = 2_000.0
MARGIN_US = 30_000_000
"""Cut from both ends of an event: two calls conflict when they share more than a minute."""
PLACE_MARGIN_S = 120.0
"""A conflict in place must not hang on two minutes of a clock."""
DATA_LINGERS_US = 300_000_000
"""A data session may be closed minutes after its phone went: its last five do not count."""
LOOK_US = 8 * 3600 * 1_000_000
"""Two events further apart say nothing: in eight hours any two masts of the country are reached."""
MOST_LAGS = 32
"""Records that each is compared with: in an IMEI so crowded that more fall within the look, the
nearest say it all."""
NOISE_TAIL = 0.01
CERTAIN = 0.99


@dataclass(frozen=True)
class Conflicts:
    """Pairs of stretches of one IMEI that conflict, ordered by (first, second).

    Args:
        first, second: shape (pairs,): stretches, first < second.
        probability: shape (pairs,): that the conflict is real, given what the clocks may be.
        within: shape (stretches,): conflicts of a stretch with itself, which no phone explains.
    """

    first: Ints
    second: Ints
    probability: Floats
    within: Ints

    @property
    def is_certain(self) -> Flags:
        """Pairs that no single phone explains under any believable clock."""
        return np.asarray(self.probability >= CERTAIN)


@dataclass(frozen=True)
class _Met:
    """Two records of one IMEI within the look: the shifts of the second's clock that conflict."""

    first: Ints
    second: Ints
    from_us: Ints
    until_us: Ints


def busy_spans(extract: Extract) -> tuple[Ints, Ints]:
    """Return the span in which each record surely occupied its phone, in microseconds.

    Calls and data sessions lose half a minute at each end. What takes an instant gets a span of
    minus one minute: it conflicts only where it lies more than that deep inside another's call.
    Received messages occupy nothing: their time may be the message centre's.
    """
    names = np.array(extract.kinds, dtype=object)
    is_data = np.isin(extract.kind, np.flatnonzero(names == "data"))
    is_call = np.isin(extract.kind, np.flatnonzero((names == "call_out") | (names == "call_in")))
    end = np.where(is_data, extract.end_us - DATA_LINGERS_US, extract.end_us)
    end = np.where(is_call | is_data, np.maximum(end, extract.start_us), extract.start_us)
    start, stop = extract.start_us + MARGIN_US, end - MARGIN_US
    inert = np.isin(extract.kind, np.flatnonzero(names == "sms_in"))
    return np.where(inert, np.iinfo(np.int64).max // 4, start), np.where(
        inert, np.iinfo(np.int64).min // 4, stop
    )


def find_conflicts(extract: Extract, stretches: Stretches) -> Conflicts:
    """Return the pairs of stretches that cannot be, or hardly can be, one phone.

    Within one delivering network clocks agree: a conflict beyond the noise is certain. Noise is
    what stretches do to themselves: one SIM in one phone at one time never conflicts, so where
    that happens the records are that unreliable, and as many conflicts between two stretches
    prove nothing. Between two networks a constant difference of up to an hour is possible; see
    `clocks.weigh_shifts`.
    """
    pairs = Pairs(stretches)
    compared = np.zeros(len(pairs), np.int32)
    certain = np.zeros(len(pairs), np.int32)
    window = ShiftWindow()
    for met in _meetings(extract, stretches):
        one, two = stretches.of_record[met.first], stretches.of_record[met.second]
        slot = pairs.number(one, two)
        np.add.at(compared, slot, 1)
        same_clock = extract.operator[met.first] == extract.operator[met.second]
        at_once = (met.from_us < 0) & (met.until_us > 0)
        always = (met.from_us < -SHIFT_US) & (met.until_us > SHIFT_US)
        np.add.at(certain, slot[np.where(same_clock, at_once, always)], 1)
        maybe = ~same_clock & ~always & (one != two)
        maybe &= (met.from_us < SHIFT_US) & (met.until_us > -SHIFT_US)
        window.add(
            slot[maybe],
            (extract.operator[met.first[maybe]], extract.operator[met.second[maybe]]),
            (met.from_us[maybe], met.until_us[maybe]),
        )
    return _judge(pairs, compared, certain, window)


def _judge(pairs: Pairs, compared: Counts, certain: Counts, window: ShiftWindow) -> Conflicts:
    slots = np.flatnonzero(certain)
    first, second = pairs.stretches(slots)
    ownself = pairs.own
    noise = int(certain[ownself].sum()) / max(int(compared[ownself].sum()), 1)
    hits, met = certain[slots], compared[slots]
    tail = np.where(noise > 0, gammainc(np.maximum(hits, 1), np.maximum(noise * met, 1e-300)), 0.0)
    proved = slots[(first != second) & (tail < NOISE_TAIL)]
    soft_slots, soft = weigh_shifts(window)
    merged = np.unique(np.concatenate([proved, soft_slots]))
    probability = np.zeros(len(merged))
    probability[np.searchsorted(merged, soft_slots)] = soft
    probability[np.searchsorted(merged, proved)] = 1.0
    first, second = pairs.stretches(merged)
    return Conflicts(first, second, probability, certain[ownself].astype(np.int64))


def _meetings(extract: Extract, stretches: Stretches) -> Iterator[_Met]:
    """Yield, lag by lag, the pairs of records of one IMEI that lie close in time."""
    rows = np.flatnonzero(stretches.of_record >= 0)
    start, stop = busy_spans(extract)
    alive = np.arange(len(rows))
    for lag in range(1, MOST_LAGS + 1):
        alive = alive[alive + lag < len(rows)]
        first, second = rows[alive], rows[alive + lag]
        near = extract.imei[first] == extract.imei[second]
        near &= extract.start_us[second] - extract.start_us[first] <= LOOK_US
        alive, first, second = alive[near], first[near], second[near]
        if not len(alive):
            return
        low, high = start[first] - stop[second], stop[first] - start[second]
        yield _Met(first, second, low, high)
        reach = _reach_us(extract, first, second)
        gap = extract.start_us[second] - extract.start_us[first]
        far = reach > 0
        yield _Met(first[far], second[far], (-reach - gap)[far], (reach - gap)[far])


def _reach_us(extract: Extract, first: Ints, second: Ints) -> Ints:
    """Return the time that the way between two records' masts takes at least; 0: not known."""
    apart = distance_m(
        extract.lat[first], extract.lon[first], extract.lat[second], extract.lon[second]
    )
    way = apart - extract.range_m[first] - extract.range_m[second] - TOLERANCE_M
    seconds = np.nan_to_num(way, nan=0.0) / SPEED_M_S - PLACE_MARGIN_S
    return np.asarray(np.maximum(seconds, 0.0) * 1e6, np.int64)
