"""If the phone is not kept inside: whose is it, and what would its days look like?

H2 is an explicit mixture of people who are served by a prison's sectors without being held there.
Each is described by what a day of use shows: only sectors that can serve the prison, only others,
or both; and whether it was used near the prison at night, when only who sleeps there is there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logsumexp

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LN10 = float(np.log(10.0))
NIGHT_HOURS = (20, 7)
"""From this local hour until that one nobody visits, and shops and offices are shut (assumed)."""


@dataclass(frozen=True)
class Habit:
    """What the days of one kind of person show, as prior counts of Dirichlet distributions.

    Args:
        once: days with one occasion of use: near the prison, elsewhere.
        often: days with several: only near, both, only elsewhere.
        night: days with use near the prison: also at night, never at night.
    """

    once: tuple[float, float]
    often: tuple[float, float, float]
    night: tuple[float, float]


INSIDE = Habit(once=(40.0, 0.5), often=(60.0, 0.6, 0.2), night=(2.0, 2.0))
"""A phone kept inside: seen elsewhere on about 1 % of days, by errors of place."""
ALTERNATIVES: dict[str, tuple[float, Habit]] = {
    "neighbour": (0.40, Habit((4.0, 1.5), (3.0, 3.0, 1.0), (2.0, 2.0))),
    "housebound neighbour": (0.12, Habit((30.0, 0.6), (30.0, 0.6, 0.3), (2.0, 2.0))),
    "guard": (0.14, Habit((2.0, 3.0), (1.0, 4.0, 3.0), (1.0, 2.0))),
    "visitor": (0.18, Habit((0.7, 4.0), (0.5, 1.0, 4.0), (0.2, 6.0))),
    "passer-by": (0.16, Habit((1.0, 4.0), (0.7, 2.0, 4.0), (0.4, 5.0))),
}
"""Who else it may be, with the share of each among phones outside that are ever served near a
prison (all assumed, wide on purpose: a guard works shifts and sleeps elsewhere; a visitor comes for
an afternoon; a passer-by works or shops there)."""
BEFORE = ALTERNATIVES["neighbour"][1]
"""Before it came into the prison, a phone went about with whoever had it."""
NAMES = tuple(ALTERNATIVES)
_SHARE = np.array([share for share, _ in ALTERNATIVES.values()])


@dataclass(frozen=True)
class Days:
    """What the days of use of one phone show about one prison, arrays of shape (days,).

    Args:
        near: occasions on sectors that can serve the prison.
        elsewhere: occasions on others.
        is_night: used near the prison at night.
    """

    near: Ints
    elsewhere: Ints
    is_night: Bools


def days_of(at: Ints, near: Bools, is_occasion: Bools, is_night: Bools) -> Days:
    """Return the days of a phone's records.

    A day with one occasion of use counts as one observation, however many records it left.

    Args:
        at: shape (records,), day of each record, 0 to the last one without a gap.
        near: on a sector that can serve the prison.
        is_occasion: the first record of an occasion.
        is_night: between `NIGHT_HOURS`.
    """
    count = int(at.max()) + 1
    used = np.bincount(at, is_occasion, count)
    most = np.where(used <= 1, 1, len(at))
    return Days(
        near=np.minimum(np.bincount(at, near, count).astype(np.int64), most),
        elsewhere=np.minimum(np.bincount(at, ~near, count).astype(np.int64), most),
        is_night=np.bincount(at, near & is_night, count) > 0,
    )


@dataclass(frozen=True)
class Stayed:
    """Whether a phone stays as one inside does.

    Args:
        log10_lr: against the mixture of all alternatives.
        by_alternative: against each of `NAMES` alone, shape (alternatives,), log10 LR.
        arrival: most probable day on which it came in, a position in `Days`.
    """

    log10_lr: float
    by_alternative: Floats
    arrival: int

    @property
    def worst(self) -> int:
        """Position in `NAMES` of the alternative that explains the days best."""
        return int(np.argmin(self.by_alternative))


def weigh_days(days: Days) -> Stayed:
    """Return the log10 LR of what a phone's days show.

    Under H1 it came into the prison on some day (any day equally, the first with half the weight);
    before, its days were those of anybody who goes about, afterwards those of a phone inside.
    Nights tell nothing of the day of arrival: habits change inside as well.
    Under H2 they were those of one kind of person all along.

    Args:
        days: at least one.

    >>> sixty = Days(np.full(60, 2), np.zeros(60, int), np.ones(60, bool))
    >>> weigh_days(sixty).log10_lr > 0.3, NAMES[weigh_days(sixty).worst]
    (True, 'housebound neighbour')
    """
    count = len(days.near)
    kinds = _kinds(days)
    prefix = np.concatenate([np.zeros((1, kinds.shape[1])), np.cumsum(kinds, axis=0)])
    each = np.stack([_ln_probability(prefix, habit) for _, habit in ALTERNATIVES.values()])
    prior = np.full(count, 0.5 / count)
    prior[0] += 0.5
    before = _ln_places(prefix[:count], BEFORE)
    after = _ln_places(prefix[-1] - prefix[:count], INSIDE)
    arrivals = np.log(prior) + before + after
    inside = float(logsumexp(arrivals) + _ln_nights(prefix[-1], INSIDE))
    outside = float(logsumexp(each[:, -1], b=_SHARE))
    by_alternative = (inside - each[:, -1]) / LN10
    return Stayed((inside - outside) / LN10, by_alternative, int(np.argmax(arrivals)))


def _kinds(days: Days) -> Floats:
    """Return what each day is, shape (days, 7), in the order of the fields of `Habit`."""
    near, elsewhere = days.near > 0, days.elsewhere > 0
    is_once = days.near + days.elsewhere == 1
    columns = [
        is_once & near,
        is_once & elsewhere,
        ~is_once & near & ~elsewhere,
        ~is_once & near & elsewhere,
        ~is_once & ~near & elsewhere,
        near & days.is_night,
        near & ~days.is_night,
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _ln_probability(counts: Floats, habit: Habit) -> Floats:
    """Ln probability of one order of days with these counts, shape (...,) of (..., 7)."""
    return _ln_places(counts, habit) + _ln_nights(counts, habit)


def _ln_places(counts: Floats, habit: Habit) -> Floats:
    once = _dirichlet(counts[..., :2], habit.once)
    return once + _dirichlet(counts[..., 2:5], habit.often)


def _ln_nights(counts: Floats, habit: Habit) -> Floats:
    return _dirichlet(counts[..., 5:], habit.night)


def _dirichlet(counts: Floats, prior: tuple[float, ...]) -> Floats:
    alpha = np.array(prior)
    each = (gammaln(counts + alpha) - gammaln(alpha)).sum(axis=-1)
    total = gammaln(counts.sum(axis=-1) + alpha.sum()) - gammaln(alpha.sum())
    return np.asarray(each - total)
