"""The posterior over places of each handset: which prison, or outside every prison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

UNLIKELY_PLACES = 0.01
"""Prior share of "inside" given to prisons near the phone's sectors that cannot have served it."""
LEAST_INSIDE, MOST_INSIDE = 0.05, 0.95
ROUNDS = 50


@dataclass(frozen=True)
class Places:
    """One row per handset and place, ordered by handset; prison -1 is outside every prison.

    Args:
        handset, prison: positions.
        log10_lr: in this prison against not in it; outside against inside any.
        posterior: sums to 1 over the rows of a handset.
        pair: row of the presence terms behind it, -1 where there is none.
        inside_share: prior probability of being inside, found from the whole fleet.
    """

    handset: Ints
    prison: Ints
    log10_lr: Floats
    posterior: Floats
    pair: Ints
    inside_share: float


def weigh_places(
    handset: Ints, log10_lr: Floats, share: Floats, count: int
) -> tuple[Floats, Floats, float]:
    """Return prior and posterior of each pair, and the share of the fleet that is inside.

    The prior probability of being inside any prison is found from the fleet itself, as the value
    that the mean posterior returns (expectation maximisation), kept within 0.05 to 0.95.

    Args:
        handset: of each pair; a handset's pairs stand for all prisons it may be in.
        log10_lr: in this prison against outside every prison.
        share: prior share of each pair among its handset's pairs; sums to 1 over them.
        count: handsets.
    """
    likelihood = share * 10.0**log10_lr
    total = np.bincount(handset, likelihood, count)
    inside = 0.5
    has_place = np.bincount(handset, minlength=count) > 0
    for _ in range(ROUNDS):
        odds = inside * total
        mean = float(np.mean((odds / (odds + 1 - inside))[has_place])) if has_place.any() else 0.5
        inside = min(MOST_INSIDE, max(LEAST_INSIDE, mean))
    posterior = inside * likelihood / (inside * total + 1 - inside)[handset]
    return inside * share, posterior, inside


def assemble(
    pairs: tuple[Ints, Ints, Floats, Floats], count: int, bounds: tuple[float, float]
) -> Places:
    """Return the rows of all handsets, the one for outside included, with LRs against "not here".

    Args:
        pairs: handset, prison, log10 LR against outside, and prior share, of each candidate pair.
        count: handsets.
        bounds: least and greatest log10 LR that the validation supports.
    """
    handset, prison, log10_lr, share = pairs
    prior, posterior, inside = weigh_places(handset, log10_lr, share, count)
    rest = 1.0 - np.bincount(handset, posterior, count)
    has_place = np.bincount(handset, minlength=count) > 0
    outside_prior = np.where(has_place, 1.0 - inside, 0.5)
    everyone = np.arange(count)
    who = np.concatenate([handset, everyone])
    where = np.concatenate([prison, np.full(count, -1)])
    after = np.concatenate([posterior, rest])
    before = np.concatenate([prior, outside_prior])
    pair = np.concatenate([np.arange(len(handset)), np.full(count, -1)])
    order = np.lexsort((where, who))
    strength = np.clip(_log10_odds(after) - _log10_odds(before), *bounds)
    return Places(who[order], where[order], strength[order], after[order], pair[order], inside)


def _log10_odds(p: Floats) -> Floats:
    safe = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log10(safe) - np.log10(1 - safe))


def prior_shares(
    handset: Ints, fits: npt.NDArray[np.bool_], capacity: Floats, count: int
) -> Floats:
    """Return the prior share of each pair among its handset's: by capacity among those that fit.

    Pairs that do not fit share `UNLIKELY_PLACES` of the prior, or all of it where none fits.
    """
    share = np.zeros(len(handset))
    some = {kind: np.bincount(handset[fits == kind], minlength=count) > 0 for kind in (True, False)}
    for kind, part in ((True, 1 - UNLIKELY_PLACES), (False, UNLIKELY_PLACES)):
        mine = fits == kind
        total = np.bincount(handset[mine], capacity[mine], count)
        alone = ~some[not kind][handset[mine]]
        share[mine] = np.where(alone, 1.0, part) * capacity[mine] / total[handset[mine]]
    return share
