"""How many handsets stand behind one IMEI, and which records are whose.

Certain conflicts are proof: no two stretches that conflict are ever one handset, and an IMEI
without any stays one. Once an IMEI is proved to be shared, its stretches are joined one by one,
the best founded first, while the evidence for one phone outweighs that for two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.identify.conflicts import Conflicts
from portique.identify.cover import Matrix, fewest_handsets
from portique.identify.likeness import NEAR_M, Likeness, Traits, compare
from portique.identify.observed import Ints
from portique.identify.stretches import Stretches

Floats = npt.NDArray[np.float64]

DAY_US = 86_400_000_000.0
PERIOD_US = 150 * DAY_US
"""Span over which the SIMs of unrelated phones may begin and end (assumed)."""
SWAP_SHARE = 0.7
"""Share of SIM changes that follow at once; the rest after any pause (assumed)."""
ALTERNATING = (0.15, 0.6)
FOLLOWING = (0.85, 0.4)
"""Probability that two stretches run side by side, or one after the other: of one phone, of two
phones (assumed)."""
NEAR_IF_ONE = {"following": 0.85, "alternating": 0.97}
NEAR_IF_TWO = 0.25
"""Probability that two stretches are used at one place (assumed; clones are sold in lots)."""
MISSED_CAP = 3.0
FEW_RECORDS = 5
STRAY = 1.5
"""A subscription of a few records is seldom a phone of its own (assumed)."""
SURE = 2.5
"""Within e^2.5 = 12 to 1 either way the split could be another: the ends of the interval."""
MOST_TOGETHER = 3_000
"""Stretches compared all with all; an IMEI with more is cut into blocks by place."""


@dataclass(frozen=True)
class Split:
    """How one IMEI that carried several subscriptions was split.

    Args:
        imei: 14 digits as a number.
        lower_bound: fewest handsets that its conflicts allow.
        low, estimate, high: handsets, and the interval.
        conflicts: pairs of stretches that cannot be one phone.
        stretches: distinct subscriptions.
    """

    imei: int
    stretches: int
    lower_bound: int
    low: int
    estimate: int
    high: int
    conflicts: int


def split_stretches(
    stretches: Stretches, conflicts: Conflicts, traits: Traits
) -> tuple[Ints, list[Split]]:
    """Return the handset of each stretch, numbered from 1 within its IMEI, and how it was decided.

    Numbers go by the handset's first record. One subscription in one IMEI is always one handset.

    Args:
        stretches: of all the fleet; those of one IMEI are neighbours, earliest first.
        conflicts: between them.
        traits: what each is like.
    """
    number = np.ones(len(stretches), np.int64)
    bounds = np.flatnonzero(np.diff(stretches.imei, prepend=-1, append=-1))
    splits = []
    for begin, past in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if past - begin < 2:
            continue
        imei = int(stretches.imei[begin])
        number[begin:past], split = _split_one(stretches, conflicts, traits, range(begin, past))
        splits.append(Split(imei=imei, stretches=past - begin, **split))
    return number, splits


def _split_one(
    stretches: Stretches, conflicts: Conflicts, traits: Traits, mine: range
) -> tuple[Ints, dict[str, int]]:
    low, high = np.searchsorted(conflicts.first, [mine.start, mine.stop])
    certain = conflicts.is_certain[low:high]
    first = conflicts.first[low:high] - mine.start
    second = conflicts.second[low:high] - mine.start
    count = int(certain.sum())
    whole = np.ones(len(mine), np.int64)
    if not len(first):
        return whole, {"lower_bound": 1, "low": 1, "estimate": 1, "high": 1, "conflicts": 0}
    if not count:  # doubts alone prove nothing, but the figure has to say that they are there
        return whole, {"lower_bound": 1, "low": 1, "estimate": 1, "high": 2, "conflicts": 0}
    tally = {"lower_bound": 1, "low": 0, "estimate": 0, "high": 0, "conflicts": count}
    label = np.zeros(len(mine), np.int64)
    for block in _blocks(traits, mine):
        place = np.full(len(mine), -1)
        place[block] = np.arange(len(block))
        inside = (place[first] >= 0) & (place[second] >= 0)
        doubt = np.zeros((len(block), len(block)))
        one, two = place[first[inside]], place[second[inside]]
        probability = conflicts.probability[low:high][inside]
        proved = np.zeros(doubt.shape, bool)
        proved[one, two] = proved[two, one] = certain[inside]
        doubt[one, two] = doubt[two, one] = np.log1p(-np.minimum(probability, 0.999))
        bound = fewest_handsets(proved)
        grouping = _Grouping(
            compare(traits, stretches, block + mine.start),
            proved,
            doubt,
            np.diff(stretches.starts)[block + mine.start],
            bound,
        )
        label[block] = grouping.run() + tally["estimate"]
        tally["lower_bound"] = max(tally["lower_bound"], bound)
        tally["low"] += grouping.low
        tally["estimate"] += grouping.estimate
        tally["high"] += grouping.high
    return _numbered(label), tally


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


class _Grouping:
    """Groups of stretches, joined best first; every matrix is (stretches, stretches).

    A joined group takes the row of its first stretch. Doubts and missed overlaps add up,
    likeness of contacts and sectors is the mean over pairs, and time and place are those of the
    pair of stretches that meets: so a chain of SIMs follows a phone that moves.
    """

    def __init__(
        self, likeness: Likeness, proved: Matrix, doubt: Floats, records: Ints, bound: int
    ) -> None:
        self.count = len(proved)
        self.proved = proved.copy()
        self.doubt = doubt
        self.missed = likeness.missed
        self.gap_us = likeness.gap_us
        self.apart_m = likeness.apart_m
        self.contacts = likeness.contacts
        self.radio = likeness.radio
        self.records = records.astype(np.float64)
        self.size = np.ones(self.count)
        self.prior = -np.log(max(bound - 1, 1))
        self.label = np.arange(self.count)
        self.alive = np.ones(self.count, bool)
        self.low = self.estimate = self.high = self.count

    def run(self) -> Ints:
        """Join until no join is better founded than not, and return each stretch's group."""
        score = np.stack([self._score(row) for row in range(self.count)])
        chosen = self.label.copy()
        groups = self.count
        while groups > 1:
            one, two = divmod(int(np.argmax(score)), self.count)
            best = float(score[one, two])
            if best <= -SURE:
                break
            self._join(min(one, two), max(one, two))
            groups -= 1
            if best > SURE and groups + 1 == self.high:
                self.high = groups
            if best > 0 and groups + 1 == self.estimate:
                self.estimate = groups
                chosen = self.label.copy()
            kept, gone = min(one, two), max(one, two)
            score[gone], score[:, gone] = -np.inf, -np.inf
            score[kept] = self._score(kept)
            score[:, kept] = score[kept]
        self.low = groups
        return chosen

    def _score(self, row: int) -> Floats:
        """Return ln odds that the group of `row` and each other are one phone; -inf: impossible."""
        gap, apart = self.gap_us[row], self.apart_m[row]
        aside = gap < -DAY_US
        after = np.maximum(gap, 0.0) / DAY_US
        at_once = SWAP_SHARE * np.exp(-after / 3) / 3 * (PERIOD_US / DAY_US) + (1 - SWAP_SHARE)
        time = np.where(
            aside,
            np.log(ALTERNATING[0] / ALTERNATING[1]),
            np.log(FOLLOWING[0] / FOLLOWING[1] * at_once),
        )
        if_one = np.where(aside, NEAR_IF_ONE["alternating"], NEAR_IF_ONE["following"])
        near = 1 / (1 + np.nan_to_num(apart / NEAR_M) ** 4)
        place = np.log(if_one * near + (1 - if_one) * (1 - near)) - np.log(
            NEAR_IF_TWO * near + (1 - NEAR_IF_TWO) * (1 - near)
        )
        total = self.prior + time + np.where(np.isnan(apart), 0.0, place)
        total += self.doubt[row] + np.minimum(self.missed[row], MISSED_CAP)
        total += self.contacts[row] + self.radio[row]
        total += STRAY * (np.minimum(self.records, self.records[row]) < FEW_RECORDS)
        total[self.proved[row] | ~self.alive] = -np.inf
        total[row] = -np.inf
        return np.asarray(total)

    def _join(self, kept: int, gone: int) -> None:
        closer = self.gap_us[gone] < self.gap_us[kept]
        weight = self.size[gone] / (self.size[kept] + self.size[gone])
        rows = {
            "gap_us": np.where(closer, self.gap_us[gone], self.gap_us[kept]),
            "apart_m": np.where(closer, self.apart_m[gone], self.apart_m[kept]),
            "proved": self.proved[kept] | self.proved[gone],
            "doubt": self.doubt[kept] + self.doubt[gone],
            "missed": self.missed[kept] + self.missed[gone],
            "contacts": (1 - weight) * self.contacts[kept] + weight * self.contacts[gone],
            "radio": (1 - weight) * self.radio[kept] + weight * self.radio[gone],
        }
        for name, row in rows.items():
            matrix = getattr(self, name)
            matrix[kept], matrix[:, kept] = row, row
        self.size[kept] += self.size[gone]
        self.records[kept] += self.records[gone]
        self.alive[gone] = False
        self.label[self.label == gone] = kept
