"""The same event delivered twice: by line and by IMEI, in a file sent again, in two requests.

Two rows are one event when phone, subscriber (IMSI, else own number), kind, counterpart and
sector are the same, and start and duration each differ by at most one second. The first in the
order of `record` stays. Another IMEI or another sector is a conflict, not a repetition: both stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from portique.collect.packed import Packed
from portique.collect.reader import Mask

NEAR_US = 1_000_000
"""Starts at most this far apart may be one event."""

NEAR_S = 1
"""Durations at most this far apart may be one event."""

Told = Callable[[np.ndarray, np.ndarray], None]
"""Told `source_id` and `source_row` of rows that repeat an earlier one."""


def without_duplicates(batches: Iterator[pa.RecordBatch], told: Told) -> Iterator[Packed]:
    """Yield sorted records without those that repeat an earlier one.

    The answer does not depend on where one batch ends: a batch is judged up to a gap that no
    repetition can cross, and the rest waits for the next.

    Args:
        batches: packed records in the order of `packed.SORTED_BY`.
        told: told the rows that are left out.
    """
    held: list[Packed] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        rows = _arrays(batch)
        cut = _last_gap(rows, held[-1] if held else None)
        if cut is None:
            held.append(rows)
            continue
        held.append({name: column[:cut] for name, column in rows.items()})
        yield _once(_joined(held), told)
        held = [{name: column[cut:] for name, column in rows.items()}]
    if held:
        yield _once(_joined(held), told)


def repeats(rows: Packed) -> Mask:
    """Return which of some sorted records repeat an earlier one of them."""
    subscriber = np.where(rows["imsi"] >= 0, rows["imsi"], -np.abs(rows["msisdn"]) - 2)
    same = [rows["imei"], subscriber, rows["kind"], rows["counterpart"], rows["sector"]]
    started, duration = rows["started_us"], rows["duration_s"]
    # The last key decides first; the place keeps rows of one instant in the order of `record`.
    order = np.lexsort((np.arange(len(started)), started, *reversed(same)))
    near = np.diff(started[order]) <= NEAR_US
    for column in same:
        near &= column[order[1:]] == column[order[:-1]]
    again = np.zeros(len(started), bool)
    exact = near & (started[order[1:]] == started[order[:-1]])
    exact &= duration[order[1:]] == duration[order[:-1]]
    again[order[1:][exact]] = True
    for run in _runs(near):
        _mark_run(order[run], started, duration, again)
    return again


def _runs(near: Mask) -> Iterator[slice]:
    """Yield the stretches of rows each of which is near the one before it."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], near, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2):
        yield slice(int(start), int(end) + 1)


def _mark_run(places: np.ndarray, started: np.ndarray, duration: np.ndarray, again: Mask) -> None:
    """Mark, in order, each row that a kept one of the second before it already tells."""
    kept: dict[int, list[int]] = defaultdict(list)
    for place in places[~again[places]].tolist():
        start, length = int(started[place]), int(duration[place])
        lengths = range(length - NEAR_S, length + NEAR_S + 1)
        if any(start - kept[s][-1] <= NEAR_US for s in lengths if kept.get(s)):
            again[place] = True
        else:
            kept[length].append(start)


def _last_gap(rows: Packed, before: Packed | None) -> int | None:
    """Return the last place before which no row can repeat what follows; None: there is none."""
    imei, started = rows["imei"], rows["started_us"]
    gaps = np.flatnonzero((np.diff(imei) != 0) | (np.diff(started) > NEAR_US))
    if len(gaps):
        return int(gaps[-1]) + 1
    if before is None:
        return None
    parted = imei[0] != before["imei"][-1] or started[0] - before["started_us"][-1] > NEAR_US
    return 0 if parted else None


def _once(rows: Packed, told: Told) -> Packed:
    again = repeats(rows)
    if not again.any():
        return rows
    told(rows["source_id"][again], rows["source_row"][again])
    return {name: column[~again] for name, column in rows.items()}


def _arrays(batch: pa.RecordBatch) -> Packed:
    return {name: batch.column(name).to_numpy(zero_copy_only=False) for name in batch.schema.names}


def _joined(parts: list[Packed]) -> Packed:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
