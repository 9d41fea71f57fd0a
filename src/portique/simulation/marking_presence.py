"""For baselines: how many of a phone's records fall when a man was in his cell."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.simulation.draw import Ints
from portique.simulation.marking_input import UNKNOWN, codes, derived, texts

FOREVER_US = np.iinfo(np.int64).max
Spans = dict[str, tuple[Ints, Ints]]
"""Of each inmate: starts and ends of spans, in microseconds since 1970, sorted by start."""


def presence_shares(
    case: Path, handset_id: list[str], pairs: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], float]:
    """Return the share of a handset's records at which an inmate was held and not listed as away.

    Args:
        case: with derived/fleet_record.parquet, stay.parquet and absence.parquet.
        handset_id: derived handsets.
        pairs: of a handset and an inmate; a pair whose handset has no record is left out.

    Raises:
        Refused: a table lacks.
    """
    wanted = sorted(set(pairs))
    held, away = _spans(case, "stay"), _spans(case, "absence")
    times = _times(case, handset_id)
    return {
        (handset, inmate): float(
            (_within(times[handset], held, inmate) & ~_within(times[handset], away, inmate)).mean()
        )
        for handset, inmate in wanted
        if handset in times
    }


def _times(case: Path, handset_id: list[str]) -> dict[int, Ints]:
    rows = derived(case, "fleet_record", ["handset_id", "started_at_utc"])
    handset = codes(rows["handset_id"], handset_id)
    time = _microseconds(rows["started_at_utc"], 0)
    order = np.lexsort((time, handset))
    order = order[handset[order] != UNKNOWN]
    found, starts = np.unique(handset[order], return_index=True)
    parts = np.split(time[order], starts[1:])
    return dict(zip(found.tolist(), parts, strict=True)) if len(order) else {}


def _spans(case: Path, table: str) -> Spans:
    rows = derived(case, table, ["inmate_id", "from_utc", "until_utc"])
    inmate = texts(rows["inmate_id"])
    start, end = _microseconds(rows["from_utc"], 0), _microseconds(rows["until_utc"], FOREVER_US)
    by_inmate: dict[str, list[int]] = {}
    for place in np.lexsort((end, start)).tolist():
        by_inmate.setdefault(inmate[place] or "", []).append(place)
    return {name: (start[places], end[places]) for name, places in by_inmate.items()}


def _microseconds(column: pa.ChunkedArray, missing: int) -> Ints:
    instants = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return np.asarray(pc.fill_null(instants, missing), np.int64)


def _within(time: Ints, spans: Spans, inmate: str) -> np.ndarray:
    """Return whether each instant lies in any span of an inmate, which may overlap."""
    if inmate not in spans:
        return np.zeros(len(time), bool)
    start, end = spans[inmate]
    last_end = np.maximum.accumulate(end)
    before = np.searchsorted(start, time, side="right") - 1
    return np.asarray((before >= 0) & (last_end[np.maximum(before, 0)] > time))
