"""Whose clock is wrong: each network's day against the day of the others.

People call at the same hours whatever their network. A network whose records show that rhythm an
hour later than all others keeps another time zone, or a clock that is wrong. The shift is found as
the one under which its records are most probable, given the pooled rhythm of the other networks;
how sure that is comes from doing it again without each tenth of the days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from portique.core.tables import CLOCK_OFFSET
from portique.engine.store import Store

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SLOT_S = 300
SLOTS = 86_400 // SLOT_S
BLUR_SLOTS = 6.0
"""Half an hour: a pooled rhythm is smooth, its noise is not (assumed)."""
SHIFTS = np.arange(-36.0, 36.25, 0.25)
"""Shifts looked at, in slots: three hours either way, 75 seconds apart."""
_TURN = np.fft.fftfreq(SLOTS) * 2 * np.pi
_ALL_SHIFTS = np.exp(-1j * _TURN[None, :] * SHIFTS[:, None])
ROUNDS = 6
PARTS = 10
LEAST_RECORDS = 100_000
"""A network with fewer records says nothing of its clock: use comes in bursts of a few people, and
the error below would be too small (20,000 records were half an hour wrong on an invented world)."""
LEAST_APPLIED_S = 600
"""Smaller shifts are shown and not applied: groups of people differ by some minutes (assumed)."""
WIDTH = 3.0
"""An offset is applied if it is so many standard errors from none."""


@dataclass(frozen=True)
class Offset:
    """How far the clock of one network is ahead of the common rhythm.

    Args:
        operator: MCCMNC of the network that delivered.
        records: records behind it.
        offset_s: seconds ahead, negative: behind; `error_s` its standard error.
        is_applied: whether the times of its records are set back by it.
    """

    operator: str
    records: int
    offset_s: float
    error_s: float
    is_applied: bool


def clock_offsets(store: Store) -> pa.Table:
    """Return table `clock_offset`, one row for each network with enough records."""
    record = store.table("record")
    record = record.filter(record.operator.notnull())
    second = record.started_at_utc.epoch_seconds()
    counts = store.run(
        record.group_by(
            operator=record.operator,
            day=second // 86_400,
            slot=(second % 86_400) // SLOT_S,
        )
        .agg(records=record.count())
        .order_by(["operator", "day", "slot"])
    )
    names = sorted(set(counts["operator"].to_pylist()))
    place = {name: i for i, name in enumerate(names)}
    operator = np.array([place[name] for name in counts["operator"].to_pylist()], np.int64)
    day = np.asarray(counts["day"], np.int64)
    rhythm = np.zeros((len(names), PARTS, SLOTS))
    where = (operator, day % PARTS, np.asarray(counts["slot"], np.int64))
    np.add.at(rhythm, where, np.asarray(counts["records"], np.float64))
    rows = [vars(offset) for offset in estimate(names, rhythm)]
    return pa.Table.from_pylist(rows, schema=CLOCK_OFFSET.schema)


def estimate(operators: list[str], rhythm: Floats) -> list[Offset]:
    """Return the offset of each network that has enough records, in the order given.

    Args:
        operators: names.
        rhythm: records by network, part of the days and slot of the day (UTC), shape (operators,
            parts, slots).
    """
    enough = np.flatnonzero(rhythm.sum(axis=(1, 2)) >= LEAST_RECORDS)
    if len(enough) < 2:
        return []
    mine = rhythm[enough]
    whole = _align(mine.sum(axis=1))
    parts = mine.shape[1]
    without = np.stack([_align(np.delete(mine, part, axis=1).sum(axis=1)) for part in range(parts)])
    spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    error = np.maximum(np.sqrt(spread * (parts - 1) / parts), (SHIFTS[1] - SHIFTS[0]) / 2)
    return [
        Offset(
            operator=operators[which],
            records=int(mine[at].sum()),
            offset_s=float(whole[at] * SLOT_S),
            error_s=round(float(error[at] * SLOT_S), 1),
            is_applied=bool(
                abs(whole[at]) * SLOT_S >= LEAST_APPLIED_S and abs(whole[at]) > WIDTH * error[at]
            ),
        )
        for at, which in enumerate(enough.tolist())
    ]


def _align(day: Floats) -> Floats:
    """Return the shift of each network's day in slots; their median, weighed by records, is 0."""
    count = len(day)
    smooth = np.stack([_turn(one, 0.0, blur=BLUR_SLOTS) for one in day])
    weight = day.sum(axis=1)
    shift = np.zeros(count)
    for _ in range(ROUNDS):
        straight = np.stack([_turn(one, -by) for one, by in zip(smooth, shift, strict=True)])
        pooled = straight.sum(axis=0)
        found = np.array([_best_shift(day[i], pooled - straight[i]) for i in range(count)])
        order = np.argsort(found, kind="stable")
        running = np.cumsum(weight[order])
        middle = found[order][np.searchsorted(running, running[-1] / 2)]
        if np.array_equal(found - middle, shift):
            break
        shift = found - middle
    return shift


def _best_shift(day: Floats, others: Floats) -> float:
    turned = np.fft.ifft(np.fft.fft(others)[None, :] * _ALL_SHIFTS).real
    fit = np.log(np.maximum(turned, float(others.max()) * 1e-3)) @ day
    best = np.flatnonzero(np.isclose(fit, fit.max(), rtol=1e-12))
    return float(SHIFTS[best[np.argmin(np.abs(SHIFTS[best]))]])


def _turn(day: Floats, slots: float, *, blur: float = 0.0) -> Floats:
    """Return a day turned by a number of slots, which need not be whole, and blurred by some.

    >>> int(_turn(np.eye(1, SLOTS)[0], 3.0, blur=2.0).argmax())
    3
    """
    change = np.exp(-1j * _TURN * slots - 0.5 * (_TURN * blur) ** 2)
    return np.asarray(np.fft.ifft(np.fft.fft(day) * change).real)
