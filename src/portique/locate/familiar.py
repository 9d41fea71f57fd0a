"""Is this case like the worlds that the calibration was found on? If not, by how much is it wider?

A likelihood ratio is calibrated on worlds, and holds as far as a case lies among them. That can be
looked at without any truth: how the terms of its phones are spread, against the band that the
spreads of those worlds span. Where a case leaves the band, every strength is pulled towards 1, and
the case says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.locate.calibrate import PRESENCE_TERMS
from portique.locate.judge import PrisonView
from portique.locate.scene import Scene

Floats = npt.NDArray[np.float64]

QUANTILES = np.linspace(0.0, 1.0, 41)
USERS = [PRESENCE_TERMS.index("users"), PRESENCE_TERMS.index("calls_nobody")]
TERMS = ("sectors", "stays_put", "users", "silence", "days", "records_per_day")
CHANCE = 1.63
"""Kolmogorov-Smirnov: of two samples of one law, one in a hundred is further apart than this over
the square root of the smaller one (asymptotic, Smirnov 1948)."""
TOLERANCE = 0.1
"""Share of the phones that may lie outside the band besides (assumed)."""
PULL = 0.25
"""Power of limit over distance by which strengths are pulled: on worlds of other makes up to twice
as far out as the limit, hardly any pull was right (decision 0051)."""
LEAST_FACTOR = 0.7
"""However unlike a case is, its strengths keep this share on the log scale (assumed)."""
LEAST_PHONES = 20
"""Fewer phones near prisons show no spread that could be compared."""

Spread = dict[str, Floats]


@dataclass(frozen=True)
class Check:
    """How one term of the case compares with the worlds of the calibration.

    Args:
        term: one of `TERMS`.
        nearest: the world whose spread of this term is nearest to the case's.
        distance: how far the case's distribution leaves the band of theirs, 0 to 1.
        limit: what is allowed, and what chance adds with so few phones.
    """

    term: str
    nearest: str
    distance: float
    limit: float

    @property
    def is_beyond(self) -> bool:
        """Whether the case differs in this term from what was calibrated."""
        return self.distance > self.limit


def spread(scene: Scene, views: list[PrisonView]) -> tuple[Spread, int]:
    """Return the quantiles of each term over the phones near prisons, and how many there are.

    Each phone counts once, against the prison whose sectors served most of its records.
    """
    best: dict[int, tuple[int, list[float]]] = {}
    for view in views:
        seen = view.presence
        for row, handset in enumerate(seen.handset.tolist()):
            if scene.seized[handset]:
                continue
            days, records = int(seen.days[row]), int(seen.records[row])
            by_users = float(view.terms[row, USERS].sum())
            terms = [float(seen.sectors[row]), float(seen.stays_put[row]), by_users]
            values = [*terms, float(seen.silence[row]), float(days), records / max(1, days)]
            best[handset] = max(best.get(handset, (-1, values)), (records, values))
    rows = np.array([values for _, values in best.values()]).reshape(-1, len(TERMS))
    if not len(rows):
        return {}, 0
    cut = np.quantile(rows, QUANTILES, axis=0)
    return {term: np.round(cut[:, at], 4) for at, term in enumerate(TERMS)}, len(rows)


def distance(one: Floats, other: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance of two spreads given by `QUANTILES`.

    >>> distance(QUANTILES, QUANTILES), round(distance(QUANTILES, QUANTILES + 0.5), 2)
    (0.0, 0.5)
    """
    at = np.union1d(one, other)
    return float(np.abs(_share_up_to(one, at) - _share_up_to(other, at)).max())


def _share_up_to(cut: Floats, at: Floats) -> Floats:
    """Share of a sample at or below each value, between its quantiles by straight lines."""
    value, first = np.unique(cut[::-1], return_index=True)
    return np.asarray(np.interp(at, value, QUANTILES[::-1][first], left=0.0, right=1.0))


def outside_band(mine: Floats, theirs: list[Floats]) -> float:
    """Return how far a distribution leaves the band between the least and greatest of others.

    >>> worlds = [QUANTILES, QUANTILES + 1.0]
    >>> outside_band(QUANTILES + 0.5, worlds), outside_band(QUANTILES - 0.3, worlds)
    (0.0, 0.3)
    """
    at = np.unique(np.concatenate([mine, *theirs]))
    share = _share_up_to(mine, at)
    band = np.stack([_share_up_to(one, at) for one in theirs])
    over = np.maximum(share - band.max(axis=0), band.min(axis=0) - share)
    return round(float(max(0.0, over.max())), 6)


def check(mine: Spread, phones: int, worlds: Mapping[str, Spread]) -> list[Check]:
    """Return how each term of a case compares with the worlds of the calibration.

    Args:
        mine: the case.
        phones: how many stand behind it.
        worlds: of the calibration.
    """
    if phones < LEAST_PHONES or not worlds:
        return []
    allowed = TOLERANCE + CHANCE / float(np.sqrt(phones))
    names = sorted(worlds)
    return [
        Check(
            term=term,
            nearest=min(names, key=lambda name: distance(mine[term], worlds[name][term])),
            distance=round(outside_band(mine[term], [worlds[name][term] for name in names]), 4),
            limit=round(allowed, 4),
        )
        for term in TERMS
    ]


def factor(checks: list[Check]) -> float:
    """Return by what every log10 LR of the case is multiplied: 1 where it is like the worlds.

    Beyond the limit the strength falls with the limit over the distance of the worst term, to the
    power `PULL`.

    >>> factor([Check("days", "ordinary", 0.2, 0.3)])
    1.0
    >>> factor([Check("days", "ordinary", 0.6, 0.3)])
    0.8409
    """
    worst = min((one.limit / max(one.distance, 1e-9) for one in checks), default=1.0)
    return round(float(np.clip(worst**PULL, LEAST_FACTOR, 1.0)), 4)
