"""Partitions of the stretches of one IMEI, each as often as it is believable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import exp, inf
from random import Random

import numpy as np
import numpy.typing as npt

from portique.identify.observed import Ints
from portique.identify.partition import Group, Scores

Floats = npt.NDArray[np.float64]

MOST_LISTED = 7
"""Stretches of which every partition is looked at: 877 for seven."""
HOPELESS = -6.0
MOST_TRIED = 7
"""Neighbours that are tried for each stretch: the best ones, down to this ln LR."""
BURN_IN = 40
SWEEPS = 160
MOST_MOVES = 20_000
"""Moves in one IMEI: with 300 stretches, 66 sweeps."""
CERTAINTY = 0.9


@dataclass(frozen=True)
class Posterior:
    """What is believed of the handsets of one IMEI.

    Args:
        groups: partitions, each a handset number for each stretch, shape (partitions, stretches).
        weight: shape (partitions,), sums to 1.
        is_sample: whether they are a sample, or all there are.
    """

    groups: Ints
    weight: Floats
    is_sample: bool

    @property
    def counts(self) -> Ints:
        """Shape (partitions,): handsets of each."""
        return np.asarray(self.groups.max(axis=1) + 1)

    def interval(self) -> tuple[int, int]:
        """Return the shortest interval of the count that is believed at the stated rate."""
        values, place = np.unique(self.counts, return_inverse=True)
        mass = np.concatenate([[0.0], np.cumsum(np.bincount(place, self.weight))])
        best = (int(values[-1] - values[0]) + 1, 0.0, int(values[0]), int(values[-1]))
        for low in range(len(values)):
            past = int(np.searchsorted(mass, mass[low] + CERTAINTY - 1e-9))
            if past < len(mass):
                width = int(values[past - 1] - values[low])
                inside = float(mass[past] - mass[low])
                best = min(best, (width, -inside, int(values[low]), int(values[past - 1])))
        return best[2], best[3]

    def median(self) -> int:
        """Return the median of the count."""
        values, place = np.unique(self.counts, return_inverse=True)
        mass = np.cumsum(np.bincount(place, self.weight))
        return int(values[min(int(np.searchsorted(mass, 0.5)), len(values) - 1)])

    def together(self) -> Floats:
        """Return the probability that two stretches are one phone, for all pairs."""
        count = self.groups.shape[1]
        both = np.zeros((count, count))
        for groups, weight in zip(self.groups, self.weight, strict=True):
            both += weight * (groups[:, None] == groups[None, :])
        return both

    def best(self, records: Floats) -> Ints:
        """Return the partition whose pairs of records are expected to be right most often.

        Looked for within the interval; in a sample, among those whose count is the median, since
        pairs that are two phones more likely than not would all be parted, and the count be high.

        Args:
            records: shape (stretches,), records of each.
        """
        counts = self.counts
        low, high = (self.median(),) * 2 if self.is_sample else self.interval()
        inside = np.flatnonzero((counts >= low) & (counts <= high))
        gain = records[:, None] * records[None, :] * (self.together() - 0.5)
        same = (groups[:, None] == groups[None, :] for groups in self.groups[inside])
        gains = np.array([float(gain[pairs].sum()) for pairs in same])
        return np.asarray(self.groups[inside[int(np.argmax(np.round(gains, 6)))]])


def find_posterior(scores: Scores, seed: int) -> Posterior:
    """Return the posterior of the partition: complete for few stretches, else sampled.

    Args:
        scores: of the groups.
        seed: the same seed gives the same sample.
    """
    if scores.count <= MOST_LISTED:
        return _complete(scores)
    walk = Walk(scores, Random(seed))
    sweeps = max(20, min(BURN_IN + SWEEPS, MOST_MOVES // scores.count))
    skip = sweeps // 5
    found = []
    for sweep in range(sweeps):
        walk.sweep()
        if sweep >= skip:
            found.append(walk.numbers())
    groups, often = np.unique(np.array(found, np.int64), axis=0, return_counts=True)
    return Posterior(groups, often / often.sum(), is_sample=True)


def _complete(scores: Scores) -> Posterior:
    listed = list(_partitions(scores.count))
    weights = np.array([scores.of_all(_groups(numbers)) for numbers in listed])
    kept = np.flatnonzero(weights > weights.max() - 30)
    chance = np.exp(weights[kept] - weights.max())
    return Posterior(np.array(listed, np.int64)[kept], chance / chance.sum(), is_sample=False)


def _partitions(count: int) -> Iterator[list[int]]:
    """Yield every partition of so many stretches, as numbers in the order of appearance.

    >>> [numbers for numbers in _partitions(2)]
    [[0, 0], [0, 1]]
    """
    if not count:
        yield []
        return
    for shorter in _partitions(count - 1):
        for number in range(max(shorter, default=-1) + 2):
            yield [*shorter, number]


def _groups(numbers: list[int]) -> list[Group]:
    found: dict[int, list[int]] = {}
    for stretch, number in enumerate(numbers):
        found.setdefault(number, []).append(stretch)
    return [tuple(group) for group in found.values()]


class Walk:
    """A Markov chain over partitions whose stationary distribution is the posterior.

    Three moves: one stretch goes where it is believed to belong (Gibbs); a group is cut before a
    stretch, or hung on to an earlier one; two groups exchange what comes after a stretch.
    """

    def __init__(self, scores: Scores, chance: Random) -> None:
        self.scores = scores
        self.chance = chance
        count = scores.count
        self.groups: dict[int, Group] = {number: (number,) for number in range(count)}
        self.number = list(range(count))
        self.near = _neighbours(scores)
        self.sooner = [[other for other in near if other < s] for s, near in enumerate(self.near)]

    def numbers(self) -> list[int]:
        """Return the number of each stretch's group, in the order of appearance."""
        names: dict[int, int] = {}
        return [names.setdefault(number, len(names)) for number in self.number]

    def sweep(self) -> None:
        """Move every stretch once."""
        for stretch in range(self.scores.count):
            if self.near[stretch]:
                self._place(stretch)
                self._cut_or_hang(stretch)
                self._exchange(stretch)

    def _prior(self, more: int) -> float:
        return self.scores.prior_of[len(self.groups) + more]

    def _set(self, number: int, group: Group) -> None:
        if group:
            self.groups[number] = group
            for stretch in group:
                self.number[stretch] = number
        else:
            self.groups.pop(number, None)

    def _free(self) -> int:
        return next(n for n in range(self.scores.count + 1) if n not in self.groups)

    def _place(self, stretch: int) -> None:
        score, own = self.scores.of, self.number[stretch]
        left = tuple(one for one in self.groups[own] if one != stretch)
        self._set(own, left)
        alone = self._prior(1)
        places: list[tuple[int, Group]] = [(-1, (stretch,))]
        weights = [alone]
        for number in sorted({self.number[other] for other in self.near[stretch]} | {own}):
            group = self.groups.get(number)
            if group:
                joined = tuple(sorted((*group, stretch)))
                places.append((number, joined))
                weights.append(self._prior(0) + score(joined) - score(group))
        number, group = places[self._draw(weights)]
        self._set(self._free() if number < 0 else number, group)

    def _draw(self, weights: list[float]) -> int:
        top = max(weights)
        sums = list(accumulate(exp(weight - top) for weight in weights))
        mark = self.chance.random() * sums[-1]
        return next(place for place, total in enumerate(sums) if mark <= total)

    def _takes(self, log_odds: float) -> bool:
        return log_odds >= 0 or (log_odds > -inf and self.chance.random() < exp(log_odds))

    def _cut_or_hang(self, stretch: int) -> None:
        score, number = self.scores.of, self.number[stretch]
        group, sooner = self.groups[number], self.sooner[stretch]
        if group[0] != stretch:
            early, late = _cut(group, stretch)
            tied = sum(other in early for other in sooner)
            if not tied:
                return
            gain = score(early) + score(late) - score(group) + self._prior(1) - self._prior(0)
            if self._takes(gain + np.log(tied / len(sooner))):
                self._set(number, early)
                self._set(self._free(), late)
        elif sooner:
            other = self.number[self.chance.choice(sooner)]
            early = self.groups[other]
            if early[-1] > stretch:
                return
            tied = sum(one in early for one in sooner)
            joined = (*early, *group)
            gain = score(joined) - score(early) - score(group) + self._prior(-1) - self._prior(0)
            if self._takes(gain - np.log(tied / len(sooner))):
                self._set(number, ())
                self._set(other, joined)

    def _exchange(self, stretch: int) -> None:
        score, number, sooner = self.scores.of, self.number[stretch], self.sooner[stretch]
        if not sooner or (other := self.number[self.chance.choice(sooner)]) == number:
            return
        early, late = _cut(self.groups[number], stretch)
        early_other, late_other = _cut(self.groups[other], stretch)
        forth = sum(one in early_other for one in sooner)
        back = sum(one in early for one in sooner)
        if not back:
            return
        new, new_other = (*early_other, *late), (*early, *late_other)
        gain = score(new) + score(new_other)
        gain -= score(self.groups[number]) + score(self.groups[other])
        if self._takes(gain + np.log(back / forth)):
            self._set(number, new)
            self._set(other, new_other)


def _neighbours(scores: Scores) -> list[list[int]]:
    """Return, for each stretch, those that it may be moved to: its best ones, and it theirs."""
    tried: list[set[int]] = [set() for _ in range(scores.count)]
    for stretch, links in enumerate(scores.link):
        barred = scores.barred[stretch]
        ranked = sorted((-link, other) for other, link in enumerate(links) if other not in barred)
        best = [other for link, other in ranked if other != stretch and -link > HOPELESS]
        tried[stretch].update(best[:MOST_TRIED])
        for other in best[:MOST_TRIED]:
            tried[other].add(stretch)
    return [sorted(others) for others in tried]


def _cut(group: Group, stretch: int) -> tuple[Group, Group]:
    """Return what comes before a stretch, and the rest.

    >>> _cut((1, 4, 6), 4)
    ((1,), (4, 6))
    """
    place = sum(one < stretch for one in group)
    return group[:place], group[place:]
