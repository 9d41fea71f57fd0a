"""One SIM that may have gone from one phone to another of the same IMEI."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from portique.identify.extract import Extract
from portique.identify.observed import Ints
from portique.identify.stretches import Stretches, find_stretches

LEAST_RECORDS = 5
LEAST_NUMBERS = 3
"""Of each part: with fewer, other contacts say nothing."""
PAUSE_US = 6 * 3600 * 1_000_000
MOST_PAUSES = 8
SHARED = 0.1
"""Share of its numbers that the smaller part may have in common with the other (assumed)."""


def cut_moved(extract: Extract, stretches: Stretches) -> Stretches:
    """Return the stretches, those cut in two whose contacts change for good after a pause.

    A cut decides nothing: it may be the phone that changed hands with its SIM in it, which is the
    rule, and both parts are then joined again by what the weights say of one SIM.

    Args:
        extract: the records.
        stretches: of them, one for each pair of IMEI and subscription.
    """
    column = extract.rows["counterpart"].combine_chunks()
    encoded = pc.index_in(column, value_set=pc.unique(column).drop_null())
    code = np.asarray(pc.fill_null(encoded, -1), np.int64)
    part = np.zeros(len(extract), np.int64)
    several = np.append(stretches.imei[1:] == stretches.imei[:-1], False)
    several[1:] |= several[:-1]
    sizes = np.diff(stretches.starts)
    for stretch in np.flatnonzero(several & (sizes >= 2 * LEAST_RECORDS)).tolist():
        rows = stretches.rows_of(stretch)
        place = _cut(extract.start_us[rows], code[rows])
        part[rows[place:]] = 1 if place else 0
    return find_stretches(extract, part) if part.any() else stretches


def _cut(start_us: Ints, code: Ints) -> int:
    """Return the record before which contacts change for good; 0: none.

    >>> hours = np.array([0, 1, 2, 3, 4, 50, 51, 52, 53, 54]) * 3_600_000_000
    >>> _cut(hours, np.array([1, 2, 3, 1, 2, 7, 8, 9, 7, 8]))
    5
    >>> _cut(hours, np.array([1, 2, 3, 1, 2, 7, 1, 2, 3, 8]))
    0
    """
    pause = np.diff(start_us)[LEAST_RECORDS - 1 : len(start_us) - LEAST_RECORDS]
    longest = np.argsort(-pause, kind="stable")[:MOST_PAUSES]
    best, most = 0, LEAST_NUMBERS - 1
    for place in (longest[pause[longest] >= PAUSE_US] + LEAST_RECORDS).tolist():
        before = np.unique(code[:place])
        after = np.unique(code[place:])
        before, after = before[before >= 0], after[after >= 0]
        fewest = min(len(before), len(after))
        shared = len(np.intersect1d(before, after, assume_unique=True))
        if fewest > most and shared <= SHARED * fewest:
            best, most = place, fewest
    return best
