"""Which inmate uses the phone: whom it calls, when it is silent, where it came from.

For a phone taken to be in prison P, every inmate held there at the horizon is a candidate. Each
term is a likelihood ratio of what the phone shows if he is its user against its being used by
somebody else in P. Terms that lean on habits are averaged over how careful, or how generous with
the phone, its user is; so none of them can rule a man out alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.locate.activity import Activity
from portique.locate.census import Calendar, Census, Shares

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TERMS = ("contacts", "second_degree", "absence", "stay", "transfer")
LEAK = np.array([0.02, 0.15, 0.5, 1.0])
ABSENT_WEIGHT = np.array([0.45, 0.25, 0.15, 0.15])
"""Use of the phone while its user is listed as out of his cell, as a share of its usual use: he
carries it rarely, or lends it to a cellmate; and how often each is met (assumed)."""
ELSEWHERE_WEIGHT = np.array([0.55, 0.05, 0.05, 0.35])
"""The same before the user came to the prison; 1: the phone was there before him and changed
hands (assumed)."""
HABIT_RECORDS = 30.0
"""Weight of the fleet's common daily rhythm against a phone's own, in occasions (assumed)."""
SHARED_WALK_TEMPER = 0.5
"""Occasions come in bursts and absences are listed roughly: evidence from silences counts half."""
MOVED_WITH = 0.6
"""Probability that a phone seen in another prison before came with its user (assumed)."""
MOST_TRANSFER_LR = 200.0


@dataclass(frozen=True)
class UserTerms:
    """Terms for pairs of a handset and an inmate, each of shape (handsets, inmates), ln LR."""

    contacts: Floats
    second_degree: Floats
    absence: Floats
    stay: Floats
    transfer: Floats
    absent_occasions: Floats
    absent_expected: Floats

    def stacked(self) -> Floats:
        """Return the terms as shape (terms, handsets, inmates), in the order of `TERMS`."""
        return np.stack([getattr(self, term) for term in TERMS])


def occasions(
    activity: Activity, chosen: Ints, since_us: Ints, until_us: Ints, calendar: Calendar
) -> tuple[Floats, Floats]:
    """Return what each chosen handset did in each half-hour, and what its habits would expect.

    Args:
        activity: the fleet's records.
        chosen: handsets, ascending.
        since_us, until_us: span of each, microseconds, the end included.
        calendar: half-hours.

    Returns:
        Two arrays of shape (chosen, bins): occasions of use, and their expectation if the phone's
        use depended on the hour of the day alone.
    """
    counts = np.zeros((len(chosen), calendar.bins), np.float32)
    starts = activity.starts
    for row, handset in enumerate(chosen):
        mine = slice(starts[handset], starts[handset + 1])
        t_us = activity.t_us[mine][activity.is_occasion[mine]]
        t_us = t_us[(t_us >= since_us[row]) & (t_us <= until_us[row])]
        np.add.at(counts[row], calendar.bin_of(t_us), 1.0)
    on_air = calendar.cover(np.arange(len(chosen)), since_us, until_us + 1, len(chosen))
    return counts.astype(np.float64), _habit(counts, on_air, calendar.local_hour)


def _habit(counts: Shares, on_air: Shares, local_hour: Ints) -> Floats:
    hours = np.zeros((len(local_hour), 24), np.float32)
    hours[np.arange(len(local_hour)), local_hour] = 1.0
    by_hour, time_by_hour = counts @ hours, on_air @ hours
    common = (by_hour.sum(axis=0) + 1.0) / (time_by_hour.sum(axis=0) + 1.0)
    common = common / common.sum()
    level = counts.sum(axis=1, keepdims=True) / np.maximum(time_by_hour @ common, 1e-9)[:, None]
    prior = HABIT_RECORDS * common[None, :]
    exposure = HABIT_RECORDS / np.maximum(level, 1e-9)
    rate = (by_hour + prior) / (time_by_hour + exposure)
    return np.asarray((rate @ hours.T) * on_air, np.float64)


def silence_ln_lr(seen: Floats, expected: Floats, weight: Floats) -> Floats:
    """Return ln LR of so many occasions in windows where a user would hardly use the phone.

    Poisson with mean `LEAK` times the expectation if he is the user, with the expectation itself
    if he is not, averaged over `LEAK` with the weights given.

    Args:
        seen, expected: occasions in the windows, any one shape.
        weight: shape of `LEAK`.

    >>> float(silence_ln_lr(np.array(0.0), np.array(0.0), ABSENT_WEIGHT).round(6))
    0.0
    """
    out = np.full(np.shape(seen), -np.inf)
    for leak, share in zip(LEAK, weight, strict=True):
        out = np.logaddexp(out, np.log(share) + (1 - leak) * expected + seen * np.log(leak))
    return out


def user_terms(
    contacts: tuple[Floats, Floats], seen: Floats, expected: Floats, held: Census, came_from: Floats
) -> UserTerms:
    """Return all terms of the phones of one prison against its inmates.

    Args:
        contacts: ln LR from declared numbers, and from contacts of contacts, each of shape
            (handsets, inmates).
        seen, expected: occasions and their expectation, shape (handsets, bins).
        held: the inmates of the prison.
        came_from: shape (handsets, inmates): 1 where the inmate was held where the phone was
            before, 0 where not, nan where the phone was nowhere before.
    """
    away = (held.away * held.present).T.astype(np.float64)
    elsewhere = (1.0 - held.present).T.astype(np.float64)
    absent_seen, absent_expected = _within(seen, away), _within(expected, away)
    absence = SHARED_WALK_TEMPER * silence_ln_lr(absent_seen, absent_expected, ABSENT_WEIGHT)
    stay = SHARED_WALK_TEMPER * silence_ln_lr(
        _within(seen, elsewhere), _within(expected, elsewhere), ELSEWHERE_WEIGHT
    )
    return UserTerms(
        *contacts, absence, stay, _transfer_ln_lr(came_from), absent_seen, absent_expected
    )


def _within(occasions: Floats, windows: Floats) -> Floats:
    """Return the occasions of each handset in the windows of each inmate.

    Most inmates were here all the time: their columns are empty, and nothing is multiplied.

    Args:
        occasions: shape (handsets, bins).
        windows: shape (bins, inmates), share of each half-hour.
    """
    some = windows.any(axis=0)
    found = np.zeros((len(occasions), windows.shape[1]))
    found[:, some] = occasions @ windows[:, some]
    return found


def _transfer_ln_lr(came_from: Floats) -> Floats:
    known = ~np.isnan(came_from)
    matched = np.where(known, came_from, 0.0)
    share = matched.sum(axis=1, keepdims=True) / max(1, came_from.shape[1])
    share = np.clip(share, 1.0 / MOST_TRANSFER_LR, 1.0 - 1e-3)
    if_moved = np.where(matched > 0, 1.0 / share, 0.0)
    ratio = MOVED_WITH * if_moved + (1 - MOVED_WITH)
    some = matched.any(axis=1, keepdims=True)
    return np.asarray(np.where(known & some, np.log(ratio), 0.0))
