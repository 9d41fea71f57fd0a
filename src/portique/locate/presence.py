"""In this prison, or living next to it?

Two statements are compared for a phone and a prison P, over what its records show:

* H1: at the horizon the phone is kept inside P;
* H2: it is not; then it belongs to somebody of `alternatives.ALTERNATIVES`.

Three terms come from here, each a log10 likelihood ratio before calibration: which sectors serve
it (`sectors`), whether it ever leaves them (`stays_put`), and, from the users' side, whom it calls
(`users`, in `users.py`). A fourth, `silence`, is no likelihood ratio but a covariate: how long the
phone has been silent at the horizon, on the scale of its own habits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logsumexp

from portique.locate.activity import DAY_US, Activity
from portique.locate.alternatives import days_of, weigh_days
from portique.locate.radio import Surroundings

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LN10 = float(np.log(10.0))
CONCENTRATION = 3.0
"""How far the shares of one phone stray from those that geometry gives for its point, as the
concentration of a Dirichlet: shadowing is fixed for a phone that does not move (assumed, checked
by calibration on varied worlds)."""
OUTSIDE_EVERYWHERE = 0.02
"""Floor for the share of any sector at any point: a reflection, a mast out of service (assumed)."""
SURVEY_PRIOR = 20.0
"""Occasions that geometry counts for beside those of a survey (assumed)."""


@dataclass(frozen=True)
class PresenceTerms:
    """What the records say for pairs of a handset and one prison, arrays of shape (pairs,).

    Args:
        handset: positions of the handsets.
        sectors: log10 LR of the serving sectors.
        stays_put: log10 LR of never, or no longer, being seen elsewhere, against all alternatives.
        worst: the same against the single alternative that explains the days best.
        worst_name: position in `alternatives.NAMES` of that alternative.
        from_us, until_us: the last span that fits the prison.
        records, days: records and days in that span.
        silence: log10(1 + silent time at the horizon / usual gap between days of use).
    """

    handset: Ints
    sectors: Floats
    stays_put: Floats
    worst: Floats
    worst_name: Ints
    from_us: Ints
    until_us: Ints
    records: Ints
    days: Ints
    silence: Floats


def candidates(activity: Activity, around: Surroundings, sector_count: int) -> Ints:
    """Return the handsets that were ever served by a sector that can serve the prison."""
    able = np.zeros(sector_count + 1, bool)
    able[around.rows[around.can_serve]] = True
    return np.unique(activity.handset[able[activity.sector]])


def presence_terms(
    activity: Activity, around: Surroundings, chosen: Ints, sector_count: int, horizon_us: int
) -> PresenceTerms:
    """Return the terms of every chosen handset against one prison.

    Args:
        activity: the fleet's records.
        around: the sectors near the prison.
        chosen: handsets to judge, in ascending order.
        sector_count: rows of the register.
        horizon_us: the knowledge horizon.
    """
    near = np.full(sector_count + 1, -1, np.int64)
    near[around.rows] = np.arange(len(around.rows))
    able = np.zeros(sector_count + 1, bool)
    able[around.rows[around.can_serve]] = True
    rows = [_one(activity, int(h), able, near, around, horizon_us) for h in chosen]
    columns = [np.array([row[i] for row in rows]) for i in range(9)]
    return PresenceTerms(chosen, *columns)


def _one(
    activity: Activity,
    handset: int,
    able: Bools,
    near: Ints,
    around: Surroundings,
    horizon_us: int,
) -> tuple[float, float, float, int, int, int, int, int, float]:
    mine = slice(activity.starts[handset], activity.starts[handset + 1])
    placed = activity.sector[mine] >= 0
    t_us, sector = activity.t_us[mine][placed], activity.sector[mine][placed]
    occasion = activity.is_occasion[mine][placed]
    day, at = np.unique(t_us // DAY_US, return_inverse=True)
    near_it = able[sector]
    stayed = weigh_days(days_of(at, near_it, occasion, activity.is_night[mine][placed]))
    away = np.bincount(at, ~near_it, len(day)) > 0
    span = (at >= stayed.arrival) & near_it
    counts = np.bincount(near[sector[span & occasion]], minlength=len(around.rows))
    if not span.any():
        span = near_it
    seen = t_us[span]
    silence = _silence(day[away == 0] if (~away).any() else day, horizon_us)
    pooled = around.survey.without(handset) if around.survey is not None else None
    fit = sector_log10_lr(counts, around, pooled)
    days = len(np.unique(at[span]))
    worst = stayed.worst
    least = float(stayed.by_alternative[worst])
    first, last = int(seen[0]), int(seen[-1])
    return fit, stayed.log10_lr, least, worst, first, last, len(seen), days, silence


def _silence(day: Ints, horizon_us: int) -> float:
    gaps = np.diff(day)
    usual = float(np.mean(gaps)) if len(gaps) else 7.0
    quiet = max(0.0, horizon_us / DAY_US - float(day[-1]) - 1.0)
    return float(np.log10(1.0 + quiet / max(1.0, usual)))


def sector_log10_lr(counts: Ints, around: Surroundings, pooled: Floats | None = None) -> float:
    """Return the log10 LR of serving sectors: some point inside against some point outside.

    At each point the counts are Dirichlet-multinomial around the shares that geometry gives;
    points inside count equally, points outside by the ground they stand for.

    Args:
        counts: occasions on each near sector, shape (near,).
        around: shares at points inside and outside.
        pooled: weighed occasions of other phones surely inside, shape (near,): their shares, mixed
            with those of geometry, are one more point inside, with half of the weight.
    """
    used = np.flatnonzero(counts)
    if not len(used):
        return 0.0
    inside = _dirichlet_multinomial(counts[used], around.inside[:, used])
    outside = _dirichlet_multinomial(counts[used], around.outside[:, used])
    log_in = logsumexp(inside) - np.log(len(inside))
    if pooled is not None and pooled.any():
        seen = _surveyed_shares(pooled, around)
        log_in = np.logaddexp(log_in, _dirichlet_multinomial(counts[used], seen[None, used])[0])
        log_in -= np.log(2.0)
    log_out = logsumexp(outside, b=around.outside_weight)
    return float((log_in - log_out) / LN10)


def _surveyed_shares(pooled: Floats, around: Surroundings) -> Floats:
    """Return the share of each sector within its network, by survey and, where it is thin, map."""
    weighed = pooled + SURVEY_PRIOR * around.inside.mean(axis=0)
    _, network = np.unique(around.networks, return_inverse=True)
    return np.asarray(weighed / np.bincount(network, weighed)[network])


def _dirichlet_multinomial(counts: Ints, share: Floats) -> Floats:
    """Log probability of the counts at each point, up to what is the same at every point."""
    alpha = CONCENTRATION * ((1 - OUTSIDE_EVERYWHERE) * share + OUTSIDE_EVERYWHERE / 10)
    return np.asarray((gammaln(counts + alpha) - gammaln(alpha)).sum(axis=1))
