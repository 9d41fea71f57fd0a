"""People outside who use a phone: where each of them is at any instant.

The same rules move the many who live around a prison and the few among them who hold a phone of
the fleet. Every decision of a day is read from a hash of the person and the day, so that any
instant can be asked in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.draw import Floats, Ints
from portique.simulation.period import is_weekday, local_time

ROLES = ("neighbour", "housebound", "guard", "visitor", "passer_by", "elsewhere", "commuter")
NEIGHBOUR, HOUSEBOUND, GUARD, VISITOR, PASSER_BY, ELSEWHERE, COMMUTER = range(7)
_TRAVEL_S = 2_700  # no use on the way: at 25 km this is 33 km/h
# Shifts of prison officers, local seconds, in a cycle of six days; (0, 0): off (assumed).
_SHIFT = np.array(
    [[24_300, 47_700]] * 2 + [[46_800, 70_200]] * 2 + [[68_400, 86_400], [0, 25_200]], np.int64
)


@dataclass(frozen=True)
class People:
    """Persons as arrays of shape (people,); points are positions in the world's `Points`.

    Args:
        role: position in `ROLES`.
        home, work, trip: where they live, work (or go out to), spend a day now and then; of a
            guard, visitor and passer-by `work` is at the prison.
        leave_s, back_s: local seconds of the day between which they are at work.
        often: share of days on which they go to `work` (visit, pass by).
        roams: share of days spent at `trip`.
        salt: makes the days of this group of people their own.
    """

    role: Ints
    home: Ints
    work: Ints
    trip: Ints
    leave_s: Ints
    back_s: Ints
    often: Floats
    roams: Floats
    salt: int

    def where(self, person: Ints, instant: Ints) -> Ints:
        """Return the point at which each person is at each instant, -1 on the way."""
        day, second = local_time(instant)
        role = self.role[person]
        start, finish = self._hours(person, day)
        goes = self.coin(person, day, 1) < self.often[person]
        goes &= is_weekday(day) | np.isin(role, (GUARD, VISITOR, PASSER_BY, HOUSEBOUND))
        goes |= role == GUARD
        away = (self.coin(person, day, 2) < self.roams[person]) & ~(
            goes & np.isin(role, (GUARD, VISITOR, PASSER_BY))
        )
        at_work = goes & (second >= start) & (second < finish)
        near_edge = np.minimum(np.abs(second - start), np.abs(second - finish)) < _TRAVEL_S
        point = np.where(at_work, self.work[person], self.home[person])
        point = np.where(goes & near_edge & (start < finish), -1, point)
        on_trip = np.where(
            (second < 8 * 3600) | (second >= 21 * 3600),
            self.home[person],
            np.where((second < 11 * 3600) | (second >= 18 * 3600), -1, self.trip[person]),
        )
        return np.where(away, on_trip, point)

    def _hours(self, person: Ints, day: Ints) -> tuple[Ints, Ints]:
        shift = _SHIFT[(day + person) % len(_SHIFT)]
        is_guard = self.role[person] == GUARD
        late = ((self.coin(person, day, 3) - 0.5) * 3_600).astype(np.int64)
        start = np.where(is_guard, shift[:, 0], self.leave_s[person] + late)
        finish = np.where(is_guard, shift[:, 1], self.back_s[person] + late)
        return start, finish

    def coin(self, person: Ints, day: Ints, question: int) -> Floats:
        """Return a number in [0, 1) that is always the same for a person, a day, a question."""
        mixed = (person * 7_919 + day * 104_729 + question * 1_299_709 + self.salt).astype(
            np.uint64
        )
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(31)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(29)
        return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / (1 << 53))
