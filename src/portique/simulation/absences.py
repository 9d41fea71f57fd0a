"""When inmates are not in their cell, and which of it the prison's lists say.

What happened and what is listed are not the same: some walks are listed for part of the inmates
only, a few absences of every reason are missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.draw import Bools, Ints, Rng, spread, stream
from portique.simulation.period import DAY_S, LOCAL_DAYS, is_weekday, local_time, utc_seconds
from portique.simulation.places import Cells
from portique.simulation.population import Stays
from portique.simulation.recipe import Recipe

REASONS = ("work", "walk", "visit", "court", "hospital", "segregation", "leave")
WORK, WALK, VISIT, COURT, HOSPITAL, SEGREGATION, LEAVE = range(7)
# Hours of a French remand prison's usual day: out for a walk twice at most, locked up by 18:00.
_WALK_MORNING_S = (8 * 3600 + 1800, 9 * 3600 + 1800, 10 * 3600 + 1800)
_WALK_AFTERNOON_S = (14 * 3600, 15 * 3600, 16 * 3600)
_WALK_S = 3_600
_WORK_S = ((8 * 3600, 11 * 3600 + 2700), (13 * 3600 + 1800, 17 * 3600 + 900))
# Whole-day absences per inmate and 90 days, and their days (assumed).
_RARE = (
    (COURT, 0.15, 0, 0),
    (HOSPITAL, 0.04, 1, 5),
    (SEGREGATION, 0.03, 4, 20),
    (LEAVE, 0.03, 1, 3),
)


@dataclass(frozen=True)
class Absences:
    """Spans out of the cell, shape (spans,): inmate, half-open span, reason, whether listed."""

    inmate: Ints
    from_s: Ints
    until_s: Ints
    reason: Ints
    is_listed: Bools


def make_absences(seed: int, stays: Stays, cells: Cells, recipe: Recipe) -> Absences:
    """Return the absences of all inmates over the period."""
    rng = stream(seed, "absences")
    stay, day = _inmate_days(stays)
    habits = _Habits(stays.inmates, recipe, rng)
    parts = [*_daily(stays, cells, stay, day, habits, rng), *_rare(stays, habits, rng)]
    rows = [np.concatenate([part[i] for part in parts]) for i in range(4)]
    row_stay, start, finish, reason = rows
    fits = (start >= stays.from_s[row_stay]) & (finish <= stays.until_s[row_stay])
    inmate = stays.inmate[row_stay]
    listed = rng.random(len(inmate)) >= recipe.absence_unlisted_share
    listed &= (reason != WALK) | habits.walk_listed[inmate]
    order = np.lexsort((reason[fits], start[fits], inmate[fits]))
    return Absences(*(part[fits][order] for part in (inmate, start, finish, reason, listed)))


class _Habits:
    """What an inmate does from day to day."""

    def __init__(self, inmates: int, recipe: Recipe, rng: Rng) -> None:
        self.works = rng.random(inmates) < recipe.work_share
        self.half = rng.integers(0, 2, inmates)
        self.walks = rng.beta(1.5, 1.5, inmates)
        self.walk_listed = rng.random(inmates) < recipe.walk_listed_share
        self.visits_a_week = np.where(rng.random(inmates) < 0.4, 0, rng.integers(1, 4, inmates))


def _inmate_days(stays: Stays) -> tuple[Ints, Ints]:
    """Return every pair of a stay and a local day it touches."""
    first = np.clip(local_time(stays.from_s)[0], 0, LOCAL_DAYS)
    last = np.clip(local_time(np.minimum(stays.until_s, LOCAL_DAYS * DAY_S))[0] + 1, 0, LOCAL_DAYS)
    stay, step = spread(np.maximum(0, last - first))
    return stay, first[stay] + step


def _daily(
    stays: Stays, cells: Cells, stay: Ints, day: Ints, habits: _Habits, rng: Rng
) -> list[tuple[Ints, Ints, Ints, Ints]]:
    """Return (stay, from, until, reason) of work, walks and visits."""
    inmate = stays.inmate[stay]
    cell = stays.cell[stay]
    turn = (cells.building[cell] + cells.prison[cell]) % 3
    works = habits.works[inmate] & is_weekday(day) & (rng.random(len(day)) < 0.93)
    out = [_spans(stay, day, works & (habits.half[inmate] == h), _WORK_S[h], WORK) for h in (0, 1)]
    for half, slots in enumerate((_WALK_MORNING_S, _WALK_AFTERNOON_S)):
        walks = (rng.random(len(day)) < habits.walks[inmate]) & ~(
            works & (habits.half[inmate] == half)
        )
        for slot, start in enumerate(slots):
            chosen = walks & (turn == slot)
            out.append(_spans(stay, day, chosen, (start, start + _WALK_S), WALK))
    visited = rng.random(len(day)) < habits.visits_a_week[inmate] / 7.0
    rows = np.flatnonzero(visited)
    came = utc_seconds(day[rows], rng.integers(18, 33, len(rows)) * 1800)
    length = rng.integers(45, 91, len(rows)) * 60
    out.append((stay[rows], came, came + length, np.full(len(rows), VISIT, np.int64)))
    return out


def _spans(
    stay: Ints, day: Ints, chosen: Bools, hours: tuple[int, int], reason: int
) -> tuple[Ints, Ints, Ints, Ints]:
    rows = np.flatnonzero(chosen)
    start, finish = (utc_seconds(day[rows], np.full(len(rows), hour)) for hour in hours)
    return stay[rows], start, finish, np.full(len(rows), reason)


def _rare(stays: Stays, habits: _Habits, rng: Rng) -> list[tuple[Ints, Ints, Ints, Ints]]:
    """Return days at court, in hospital, in segregation, on leave."""
    out = []
    inmates = len(habits.works)
    for kind, rate, least, most in _RARE:
        who = rng.integers(0, inmates, int(rng.poisson(rate * inmates)))
        day = rng.integers(0, LOCAL_DAYS - 1, len(who))
        start = utc_seconds(day, np.full(len(who), 7 * 3600 + 1800))
        days = rng.integers(least, most + 1, len(who))
        length = np.where(days > 0, days * DAY_S, 10 * 3600) + rng.integers(0, 3600, len(who))
        stay = stays.row_at(who, start)
        known = stay >= 0
        reason = np.full(len(who), kind)
        out.append((stay[known], start[known], (start + length)[known], reason[known]))
    return out
