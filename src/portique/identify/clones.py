"""How many handsets stand behind one IMEI, and which records are whose.

Proved conflicts bar two stretches from being one handset and give the lower bound. Within that,
every partition of the stretches has a posterior; the split is the one whose pairs of records are
most often right, and the interval holds the count at the stated rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.identify.conflicts import Conflicts
from portique.identify.cover import Matrix, fewest_handsets
from portique.identify.likeness import Traits, compare
from portique.identify.observed import Flags, Ints
from portique.identify.partition import Prior, Scores
from portique.identify.sampling import find_posterior
from portique.identify.stretches import Stretches
from portique.identify.weights import log_ratio

Floats = npt.NDArray[np.float64]

MOST_TOGETHER = 500
"""Stretches compared all with all; an IMEI with more is cut into blocks by place."""
PROVED = 1.0
UNPROVED_TOO = 1.3
"""IMEIs shared by several phones, for each one that a conflict proves to be (assumed)."""
LEAST_FOLLOWS = 0.2
MOST_SHARED = 0.9


SOLD_OFTEN = (2.0, 4.0)
"""Two of four shared IMEIs stand on several lines of the ledger: counted beside those that are
proved to be shared (assumed)."""
SOLD_TWICE = (0.5, 50.0)
"""The same of IMEIs of one phone: one in a hundred (assumed)."""


@dataclass(frozen=True)
class Split:
    """How one IMEI that carried several subscriptions was split.

    Args:
        imei: 14 digits as a number.
        lower_bound: fewest handsets that its conflicts allow.
        low, estimate, high: handsets, and the interval that holds the truth nine times in ten.
        conflicts: pairs of stretches that are proved to be two phones.
        subscriptions: distinct ones.
    """

    imei: int
    subscriptions: int
    lower_bound: int
    low: int
    estimate: int
    high: int
    conflicts: int


@dataclass(frozen=True)
class _Imei:
    """The stretches of one IMEI, and what bars or doubts pairs of them.

    Args:
        mine: its stretches.
        barred: shape (stretches, stretches), proved to be two phones.
        doubt: same shape, ln of the probability that a conflict between networks is none.
    """

    mine: Ints
    barred: Matrix
    doubt: Floats
    bound: int


def split_stretches(
    stretches: Stretches,
    conflicts: Conflicts,
    traits: Traits,
    sold_often: frozenset[int] = frozenset(),
) -> tuple[Ints, list[Split]]:
    """Return the handset of each stretch, numbered from 1 within its IMEI, and how it was decided.

    Numbers go by the handset's first record. What is believed beforehand is learnt from the case:
    how often an IMEI is proved to be shared, and how many stretches a phone has; and how much
    more often the ledger sells an IMEI twice where it is proved to be shared.

    Args:
        stretches: of all the fleet; those of one IMEI are neighbours, earliest first.
        conflicts: between them.
        traits: what each is like.
        sold_often: IMEIs that several lines of the ledger sell.
    """
    number = np.ones(len(stretches), np.int64)
    bounds = np.flatnonzero(np.diff(stretches.imei, prepend=-1, append=-1))
    several = [
        _read(conflicts, np.arange(begin, past))
        for begin, past in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        if past - begin > 1
    ]
    sold = np.array([int(stretches.imei[imei.mine[0]]) in sold_often for imei in several], bool)
    prior = _learn(several, len(stretches), max(len(bounds) - 1, 1))
    by_ledger = _learn_ledger(several, sold)
    splits = []
    for imei, is_sold in zip(several, sold.tolist(), strict=True):
        own = prior.against(by_ledger[is_sold])
        number[imei.mine], split = _split_one(stretches, traits, imei, own)
        splits.append(split)
    return number, splits


def _read(conflicts: Conflicts, mine: Ints) -> _Imei:
    barred, doubt = barred_pairs(conflicts, mine)
    return _Imei(mine, barred, doubt, fewest_handsets(barred))


def barred_pairs(conflicts: Conflicts, mine: Ints) -> tuple[Matrix, Floats]:
    """Return which stretches of one IMEI are proved to be two phones, and the doubt of the others.

    Args:
        conflicts: of all the fleet.
        mine: the stretches of the IMEI, ascending.

    Returns:
        (barred, doubt), both of shape (mine, mine); doubt is ln of the probability that a conflict
        between networks, whose clocks may differ, is none.
    """
    low, past = np.searchsorted(conflicts.first, [mine[0], mine[-1] + 1])
    first, second = conflicts.first[low:past] - mine[0], conflicts.second[low:past] - mine[0]
    probability = conflicts.probability[low:past]
    barred = np.zeros((len(mine), len(mine)), bool)
    doubt = np.zeros(barred.shape)
    proved = probability >= PROVED
    barred[first, second] = barred[second, first] = proved
    soft = np.log1p(-np.minimum(probability, 0.999))
    doubt[first, second] = doubt[second, first] = np.where(proved, 0.0, soft)
    return barred, doubt


def _learn(several: list[_Imei], stretches: int, imeis: int) -> Prior:
    shared = sum(bool(imei.barred.any()) for imei in several)
    phones = imeis + sum(imei.bound - 1 for imei in several)
    return Prior(
        shared=min(UNPROVED_TOO * (shared + 0.5) / (len(several) + 1), MOST_SHARED),
        follows=max(stretches / phones - 1, LEAST_FOLLOWS),
    )


def _learn_ledger(several: list[_Imei], sold: Flags) -> tuple[float, float]:
    """Return likelihood ratios of an IMEI being shared: not sold on several lines, and sold so.

    From the case: in a ledger that repeats lines for other reasons, repetition says less. IMEIs
    without proof stand for those of one phone, though some are shared: that errs towards 1.
    """
    proved = np.array([bool(imei.barred.any()) for imei in several], bool)
    if_shared = (int(sold[proved].sum()) + SOLD_OFTEN[0]) / (int(proved.sum()) + SOLD_OFTEN[1])
    if_one = (int(sold[~proved].sum()) + SOLD_TWICE[0]) / (int((~proved).sum()) + SOLD_TWICE[1])
    return (1 - if_shared) / (1 - if_one), max(1.0, if_shared / if_one)


def _split_one(
    stretches: Stretches, traits: Traits, imei: _Imei, prior: Prior
) -> tuple[Ints, Split]:
    mine, label = imei.mine, np.zeros(len(imei.mine), np.int64)
    low = estimate = high = 0
    for block in _blocks(traits, range(int(mine[0]), int(mine[-1]) + 1)):
        barred = imei.barred[np.ix_(block, block)]
        likeness = compare(traits, stretches, mine[block], barred)
        link = log_ratio(likeness, imei.doubt[np.ix_(block, block)])
        scores = Scores(link, likeness.beside, barred, prior)
        posterior = find_posterior(scores, int(stretches.imei[mine[0]]))
        groups = posterior.best(likeness.records)
        label[block] = groups + estimate
        ends = posterior.interval()
        low, estimate, high = low + ends[0], estimate + int(groups.max()) + 1, high + ends[1]
    return _numbered(label), Split(
        imei=int(stretches.imei[mine[0]]),
        subscriptions=len(np.unique(stretches.imsi[mine])),
        lower_bound=imei.bound,
        low=max(low, imei.bound),
        estimate=estimate,
        high=high,
        conflicts=int(imei.barred.sum()) // 2,
    )


def _blocks(traits: Traits, mine: range) -> list[Ints]:
    if len(mine) <= MOST_TOGETHER:
        return [np.arange(len(mine))]
    places = np.nan_to_num(traits.whole[mine.start : mine.stop])
    order = np.lexsort((np.arange(len(mine)), places[:, 1], places[:, 0]))
    cuts = range(MOST_TOGETHER, len(mine), MOST_TOGETHER)
    return [np.sort(part) for part in np.split(order, list(cuts))]


def _numbered(label: Ints) -> Ints:
    """Return labels renumbered from 1 in the order of their first appearance.

    >>> _numbered(np.array([7, 3, 7])).tolist()
    [1, 2, 1]
    """
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    return np.asarray(rank[inverse])
