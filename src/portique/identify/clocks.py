"""Networks whose clocks differ: which conflicts a constant shift explains away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from portique.identify.observed import Ints

Floats = npt.NDArray[np.float64]
Pair = tuple[Ints, Ints]

SHIFT_US = 3600 * 1_000_000
STEP_US = 60 * 1_000_000
SHIFTS = np.arange(-SHIFT_US, SHIFT_US + 1, STEP_US)
"""Shifts looked at, in microseconds: up to an hour either way, a minute apart."""
RIGHT_CLOCKS = 0.9
"""Prior probability that two networks' clocks agree; the rest is spread over the other shifts."""
ONE_PHONE = 0.3
"""Prior share of pairs with any conflict at some shift that are one phone all the same."""
SLIP = 1e-3


class ShiftWindow:
    """Conflicts between records of two networks, each as the span of shifts in which it stands.

    Args:
        stretches: number of stretches, for the pairs' keys.
    """

    def __init__(self, stretches: int) -> None:
        self.stretches = stretches
        self.parts: list[tuple[Ints, Ints, Ints, Ints]] = []

    def add(self, pair: Pair, operators: Pair, span_us: Pair) -> None:
        """Add conflicts; `span_us` are shifts of the second record's clock, open at both ends."""
        one, two = pair
        if not len(one):
            return
        key = np.minimum(one, two) * self.stretches + np.maximum(one, two)
        turned = operators[0] > operators[1]
        low = np.where(turned, -span_us[1], span_us[0])
        high = np.where(turned, -span_us[0], span_us[1])
        networks = np.minimum(*operators) * 100_000 + np.maximum(*operators)
        self.parts.append((key, networks, low, high))

    def stands(self) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
        """Return pair keys, their networks, and at which shifts some conflict of theirs stands.

        Shapes (rows,), (rows,), (rows, shifts). A pair has a row for each pair of networks that
        delivered its records: one, nearly always.
        """
        if not self.parts:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, len(SHIFTS)), bool)
        key, networks, low, high = (
            np.concatenate(column) for column in zip(*self.parts, strict=True)
        )
        both = np.stack([key, networks], axis=1)
        rows, place = np.unique(both, axis=0, return_inverse=True)
        begin = np.searchsorted(SHIFTS, low, side="right")
        past = np.searchsorted(SHIFTS, high, side="left")
        edges = np.zeros((len(rows), len(SHIFTS) + 1), np.int32)
        held = past > begin
        np.add.at(edges, (place.ravel()[held], begin[held]), 1)
        np.add.at(edges, (place.ravel()[held], past[held]), -1)
        return rows[:, 0], rows[:, 1], np.cumsum(edges, axis=1)[:, :-1] > 0


def weigh_shifts(window: ShiftWindow) -> tuple[Ints, Floats]:
    """Return the pairs with conflicts between networks, and how probable it is that they are real.

    For each pair of networks the shift is inferred from all their pairs of stretches at once: two
    stretches of one phone conflict at no time under the true shift, two phones conflict at any
    shift alike. A few conflicts that vanish under one shift therefore weigh little, while those
    that many other phones show to stand under the right clocks weigh in full.

    Returns:
        keys (ascending, distinct) and probabilities in [0, 1].
    """
    key, networks, stands = window.stands()
    real = np.zeros(len(key))
    for pair in np.unique(networks).tolist():
        mine = np.flatnonzero(networks == pair)
        weight = _posterior(stands[mine])
        real[mine] = stands[mine] @ weight
    keys, place = np.unique(key, return_inverse=True)
    false = np.ones(len(keys))
    np.multiply.at(false, place, 1.0 - np.minimum(real, 1.0))
    return keys, 1.0 - false


def _posterior(stands: npt.NDArray[np.bool_]) -> Floats:
    """Return the probability of each shift, shape (shifts,), from where conflicts stand."""
    share = np.clip(stands.mean(axis=1, keepdims=True), SLIP, 1 - SLIP)
    if_stands = ONE_PHONE * SLIP + (1 - ONE_PHONE) * share
    if_not = ONE_PHONE * (1 - SLIP) + (1 - ONE_PHONE) * (1 - share)
    evidence = np.where(stands, np.log(if_stands), np.log(if_not)).sum(axis=0)
    prior = np.full(len(SHIFTS), np.log((1 - RIGHT_CLOCKS) / (len(SHIFTS) - 1)))
    prior[len(SHIFTS) // 2] = np.log(RIGHT_CLOCKS)
    return np.asarray(softmax(evidence + prior))
