"""How believable it is that the stretches of one IMEI fall into these handsets and no others."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, lgamma, log

import numpy as np
import numpy.typing as npt

from portique.identify.observed import Flags

Floats = npt.NDArray[np.float64]
Group = tuple[int, ...]
"""Stretches of one handset, ascending, that is by their first record."""


@dataclass(frozen=True)
class Prior:
    """What is believed of any IMEI with several subscriptions before its records are looked at.

    Args:
        shared: probability that several phones stand behind it.
        follows: odds that a stretch continues a phone rather than begins another one.
    """

    shared: float
    follows: float

    def against(self, ratio: float) -> Prior:
        """Return the prior of an IMEI for whose being shared something speaks by a ratio.

        >>> round(Prior(0.5, 1.0).against(9.0).shared, 6)
        0.9
        """
        odds = ratio * self.shared / (1 - self.shared)
        return Prior(odds / (1 + odds), self.follows)

    def log_weight(self, stretches: int, handsets: int) -> float:
        """Return ln of the prior weight of one partition, but for the sizes of its groups.

        Two, three, ... phones behind a shared IMEI fall off as 1 / (k (k - 1)). Each phone has a
        geometric number of stretches, and those of all phones begin in any order: a partition
        into groups of m1, m2, ... has the weight k! m1! m2! ... follows^(n - k).
        """
        if handsets == 1:
            count = log(1 - self.shared)
        else:
            count = log(self.shared) - log(handsets * (handsets - 1))
        return count + lgamma(handsets + 1) + (stretches - handsets) * log(self.follows)


class Scores:
    """Scores of groups of stretches; each is worked out once.

    A stretch is tied to one of the earlier ones of its phone, whichever: so a chain of SIMs
    follows a phone that moves or changes hands. What speaks against it in those that it was
    used beside counts in full.

    Args:
        link: shape (stretches, stretches), ln LR that the two are one phone, as neighbours.
        beside: same shape, true where their times overlap.
        barred: same shape, true where they cannot be one phone.
        prior: what is believed beforehand.
    """

    def __init__(self, link: Floats, beside: Flags, barred: Flags, prior: Prior) -> None:
        self.count = len(link)
        self.prior = prior
        self.link: list[list[float]] = link.tolist()
        self.beside: list[list[bool]] = beside.tolist()
        self.barred = [frozenset(np.flatnonzero(row).tolist()) for row in barred]
        self.prior_of = [-inf] + [
            prior.log_weight(self.count, handsets) for handsets in range(1, self.count + 1)
        ]
        self._known: dict[Group, float] = {}

    def of(self, group: Group) -> float:
        """Return ln LR that a group is one phone against that each stretch is its own,
        with ln m! of the prior."""
        if len(group) < 2:
            return 0.0
        score = self._known.get(group)
        if score is None:
            score = self._known[group] = self._work_out(group)
        return score

    def of_all(self, groups: list[Group]) -> float:
        """Return ln of the weight of a partition."""
        return self.prior_of[len(groups)] + sum(self.of(group) for group in groups)

    def _work_out(self, group: Group) -> float:
        total = lgamma(len(group) + 1)
        for place in range(1, len(group)):
            stretch, earlier = group[place], group[:place]
            if not self.barred[stretch].isdisjoint(earlier):
                return -inf
            link, beside = self.link[stretch], self.beside[stretch]
            top = max(link[other] for other in earlier)
            total += top + log(sum(exp(link[other] - top) for other in earlier) / place)
            total += sum(min(link[other], 0.0) for other in earlier if beside[other])
        return total
