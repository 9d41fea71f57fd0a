"""Placements by how much there was to go on: days of use, records a day, silence before the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from portique.simulation.draw import Floats, Ints
from portique.simulation.marking_input import UNKNOWN, codes, derived
from portique.simulation.marking_trials import TrialMarks, mark_trials

DAY_US = 86_400_000_000
DAYS = ((1, "1 to 6 days"), (7, "7 to 29 days"), (30, "30 days or more"))
RATES = ((0.0, "under 2 records a day"), (2.0, "2 to 7 a day"), (7.0, "7 or more a day"))
SILENT = (
    (0.0, "used in the last week"),
    (7.0, "silent for 7 to 29 days"),
    (30.0, "for 30 days or more"),
)
"""From which value on, and in words."""


@dataclass(frozen=True)
class Amounts:
    """How much there was to go on, arrays of shape (handsets,).

    Args:
        days: days with a record.
        per_day: records on such a day.
        silent_days: from its last record to the last one of the fleet.
    """

    days: Floats
    per_day: Floats
    silent_days: Floats


def read_amounts(case: Path, handset_id: list[str]) -> Amounts:
    """Return how many days and records each handset has, from `derived/fleet_record.parquet`."""
    table = derived(case, "fleet_record", ["handset_id", "started_at_utc"])
    handset = codes(table["handset_id"], handset_id)
    t_us = np.asarray(table["started_at_utc"].cast("int64"), np.int64)
    known = handset != UNKNOWN
    handset, t_us = handset[known], t_us[known]
    count = len(handset_id)
    days = _distinct(handset, t_us // DAY_US, count)
    last = np.zeros(count, np.int64)
    np.maximum.at(last, handset, t_us)
    end = int(t_us.max(initial=0))
    records = np.bincount(handset, minlength=count)
    return Amounts(
        days=days.astype(np.float64),
        per_day=records / np.maximum(days, 1),
        silent_days=(end - last) / DAY_US,
    )


def _distinct(handset: Ints, day: Ints, count: int) -> Ints:
    pairs = np.unique(np.stack([handset, day]), axis=1) if len(handset) else np.zeros((2, 0), int)
    return np.bincount(pairs[0], minlength=count).astype(np.int64)


def mark_strata(
    trials: Iterable[tuple[int, bool, float]], amounts: Amounts
) -> dict[str, TrialMarks]:
    """Return the marks of the trials of each stratum, by its name in words.

    Strata are days of use by records a day, and, on their own, by silence.

    Args:
        trials: handset, whether it is inside, log10 LR.
        amounts: of the handsets.
    """
    found: dict[str, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    for handset, is_inside, log10_lr in trials:
        days = _step(DAYS, float(amounts.days[handset]))
        rate = _step(RATES, float(amounts.per_day[handset]))
        silent = _step(SILENT, float(amounts.silent_days[handset]))
        for name in (f"{days}, {rate}", silent):
            found[name][is_inside].append(log10_lr)
    names = [f"{days}, {rate}" for _, days in DAYS for _, rate in RATES]
    names += [silent for _, silent in SILENT]
    return {n: mark_trials(found[n][True], found[n][False]) for n in names if n in found}


def _step(steps: Sequence[tuple[float, str]], value: float) -> str:
    """Return the words of the highest step that a value reaches, the first one below all.

    >>> _step(DAYS, 8.0), _step(RATES, 0.5)
    ('7 to 29 days', 'under 2 records a day')
    """
    reached = [words for least, words in steps if value >= least]
    return reached[-1] if reached else steps[0][1]
