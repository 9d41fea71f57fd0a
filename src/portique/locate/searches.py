"""Days on which a prison was searched: phones kept inside lie low, those next door go on.

No list of general searches reaches a case. They show all the same: on such a day the phones that
are surely inside fall silent together. An earlier find tells that its prison was searched on that
day, one cell of it at least. A phone that is silent on these days too is rather inside, and one
that is used rather not. Each phone is judged by the silence of the others, never by its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.locate.activity import Activity

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LN10 = float(np.log(10.0))
SEARCH_SHARE = 0.02
"""Share of days with a general search: about one in two months (assumed)."""
FIND_SHARE = 0.2
"""The same of a day with an earlier find: most finds come from the search of one cell (assumed)."""
LEAK = 0.15
"""Chance that a phone inside, which would have been used that day, is used during a search all the
same: its building was not searched, or it was used before the teams came (assumed)."""
MOST_USE = 0.9
"""No phone is so regular that a day without it says more than this allows (assumed)."""
BOUNDS = (-1.5, 1.0)
"""Log10 LR: a network that is down silences the neighbours as well, and nothing here sees it
(assumed)."""
LEAST_SILENT = 3
"""Phones that must be there to fall silent together."""


@dataclass(frozen=True)
class DaysOfUse:
    """On which days phones were used in the hours of searches, shape (phones, days).

    Args:
        first_day: day of the first column, days since 1970 in the case's time zone.
        known: within the span in which the phone fits the prison.
        used: used in the hours of searches.
    """

    first_day: int
    known: Bools
    used: Bools

    @property
    def share(self) -> Floats:
        """Shape (phones,): share of its known days on which a phone is used, shrunk to a half."""
        days = self.known.sum(axis=1)
        return np.asarray(np.minimum((self.used.sum(axis=1) + 1.0) / (days + 2.0), MOST_USE))


def days_of_use(activity: Activity, chosen: Ints, from_us: Ints, until_us: Ints) -> DaysOfUse:
    """Return on which days the chosen phones were used in the hours of searches.

    Args:
        activity: the fleet's records.
        chosen: handsets.
        from_us, until_us: span of each that counts, both ends included.
    """
    days = activity.local_day
    first = int(days.min()) if len(days) else 0
    width = int(days.max()) - first + 1 if len(days) else 0
    known, used = (np.zeros((len(chosen), width), bool) for _ in range(2))
    for row, handset in enumerate(chosen.tolist()):
        mine = slice(activity.starts[handset], activity.starts[handset + 1])
        t_us, day = activity.t_us[mine], days[mine] - first
        there = (t_us >= from_us[row]) & (t_us <= until_us[row])
        if there.any():
            known[row, day[there].min() : day[there].max() + 1] = True
            used[row, day[there & activity.is_daytime[mine]]] = True
    return DaysOfUse(first, known, used)


def search_chance(use: DaysOfUse, surely: Bools, found_days: Ints) -> Floats:
    """Return the probability of a search on each day, for each phone by the silence of the others.

    Args:
        use: of all phones near the prison.
        surely: shape (phones,), those that are surely inside.
        found_days: days with an earlier find in this prison, days since 1970.

    Returns:
        Shape (phones, days).
    """
    share = use.share[:, None]
    silent = np.log((1 - share * LEAK) / (1 - share))
    each = np.where(use.used, np.log(LEAK), silent) * (use.known & surely[:, None])
    others = each.sum(axis=0) - each
    enough = (use.known & surely[:, None]).sum(axis=0) > LEAST_SILENT
    prior = np.full(use.known.shape[1], SEARCH_SHARE)
    at = found_days - use.first_day
    prior[at[(at >= 0) & (at < len(prior))]] = FIND_SHARE
    odds = np.log(prior / (1 - prior)) + np.where(enough, others, 0.0)
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -50, 50))))


def search_log10_lr(use: DaysOfUse, chance: Floats) -> Floats:
    """Return log10 LR of lying low on the days of searches, of a phone inside against one outside.

    Args:
        use: of the phones.
        chance: of a search on each day, shape (phones, days).

    >>> quiet = DaysOfUse(0, np.ones((1, 4), bool), np.array([[1, 1, 1, 0]], bool))
    >>> bool(search_log10_lr(quiet, np.array([[0.0, 0.0, 0.0, 1.0]]))[0] > 0.2)
    True
    """
    kept = 1 - chance * (1 - LEAK)
    share = use.share[:, None]
    silent = np.log((1 - share * kept) / (1 - share))
    each = np.where(use.used, np.log(kept), silent)
    return np.asarray(np.clip((each * use.known).sum(axis=1) / LN10, *BOUNDS))
