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
NETWORKS = 1_024
"""More networks than any country has: pairs of them are packed into one number with this base."""
CHUNK = 50_000
HELD = 4_000_000

Masks = npt.NDArray[np.uint64]
"""Shape (rows, 2): a bit for each shift, the first 64 shifts in the first number."""


class ShiftWindow:
    """Conflicts between records of two networks, each as the span of shifts in which it stands.

    Held as one mask for each pair of stretches and of networks, however many records conflict.
    """

    def __init__(self) -> None:
        self.keys: list[Ints] = []
        self.masks: list[Masks] = []
        self.held = 0

    def add(self, slot: Ints, operators: Pair, span_us: Pair) -> None:
        """Add conflicts of pairs of stretches, the first of each being the earlier by number.

        Args:
            slot: pairs, as `stretches.Pairs` numbers them.
            operators: networks of the first and of the second stretch's record, from -1.
            span_us: shifts of the second record's clock in which it stands, open at both ends.
        """
        turned = operators[0] > operators[1]
        low = np.where(turned, -span_us[1], span_us[0])
        high = np.where(turned, -span_us[0], span_us[1])
        begin = np.searchsorted(SHIFTS, low, side="right")
        past = np.searchsorted(SHIFTS, high, side="left")
        some = past > begin
        lower, upper = np.minimum(*operators) + 1, np.maximum(*operators) + 1
        key = (slot * NETWORKS + lower) * NETWORKS + upper
        self._take(*_merged(key[some], _mask(begin[some], past[some])))

    def _take(self, keys: Ints, masks: Masks) -> None:
        self.keys.append(keys)
        self.masks.append(masks)
        self.held += len(keys)
        if self.held > HELD:
            keys, masks = self.stands()
            self.keys, self.masks, self.held = [keys], [masks], len(keys) // 2

    def stands(self) -> tuple[Ints, Masks]:
        """Return each pair of stretches and networks as one key, ascending, and its mask."""
        if not self.keys:
            return np.zeros(0, np.int64), np.zeros((0, 2), np.uint64)
        return _merged(np.concatenate(self.keys), np.concatenate(self.masks))


def _merged(keys: Ints, masks: Masks) -> tuple[Ints, Masks]:
    """Return distinct keys, ascending, and the union of the masks of each."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    heads = np.flatnonzero(np.diff(ranked, prepend=-1))
    if not len(heads):
        return ranked, masks
    return ranked[heads], np.bitwise_or.reduceat(masks[order], heads, axis=0)


def _mask(begin: Ints, past: Ints) -> Masks:
    """Return masks with the bits [begin, past) set, of 128."""
    low = _below(np.minimum(past, 64)) & ~_below(np.minimum(begin, 64))
    high = _below(np.maximum(past - 64, 0)) & ~_below(np.maximum(begin - 64, 0))
    return np.stack([low, high], axis=1)


def _below(count: Ints) -> npt.NDArray[np.uint64]:
    """Return numbers with so many of the lowest 64 bits set."""
    shift = np.minimum(count, 63).astype(np.uint64)
    part = (np.uint64(1) << shift) - np.uint64(1)
    return np.where(count >= 64, np.uint64(0xFFFFFFFFFFFFFFFF), part)


def _unpacked(masks: Masks) -> npt.NDArray[np.bool_]:
    """Return masks as truth values, shape (rows, shifts)."""
    octets = np.ascontiguousarray(masks).astype("<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little")[:, : len(SHIFTS)].astype(bool)


def weigh_shifts(window: ShiftWindow) -> tuple[Ints, Floats]:
    """Return the pairs with conflicts between networks, and how probable it is that they are real.

    For each pair of networks the shift is inferred from all their pairs of stretches at once: two
    stretches of one phone conflict at no time under the true shift, two phones conflict at any
    shift alike. A few conflicts that vanish under one shift therefore weigh little, while those
    that many other phones show to stand under the right clocks weigh in full.

    Returns:
        slots of pairs of stretches (ascending, distinct) and probabilities in [0, 1].
    """
    key, masks = window.stands()
    slot, networks = np.divmod(key, NETWORKS * NETWORKS)
    real = np.zeros(len(key))
    for pair in np.unique(networks).tolist():
        mine = np.flatnonzero(networks == pair)
        weight = _posterior(masks[mine])
        for part in _chunks(mine):
            real[part] = _unpacked(masks[part]) @ weight
    slots, place = np.unique(slot, return_inverse=True)
    false = np.ones(len(slots))
    np.multiply.at(false, place, 1.0 - np.minimum(real, 1.0))
    return slots, 1.0 - false


def _chunks(rows: Ints) -> list[Ints]:
    return np.array_split(rows, max(1, -(-len(rows) // CHUNK)))


def _posterior(masks: Masks) -> Floats:
    """Return the probability of each shift, shape (shifts,), from where conflicts stand."""
    evidence = np.zeros(len(SHIFTS))
    for rows in _chunks(np.arange(len(masks))):
        stands = _unpacked(masks[rows])
        share = np.clip(stands.mean(axis=1, keepdims=True), SLIP, 1 - SLIP)
        if_stands = ONE_PHONE * SLIP + (1 - ONE_PHONE) * share
        if_not = ONE_PHONE * (1 - SLIP) + (1 - ONE_PHONE) * (1 - share)
        evidence += np.where(stands, np.log(if_stands), np.log(if_not)).sum(axis=0)
    prior = np.full(len(SHIFTS), np.log((1 - RIGHT_CLOCKS) / (len(SHIFTS) - 1)))
    prior[len(SHIFTS) // 2] = np.log(RIGHT_CLOCKS)
    return np.asarray(softmax(evidence + prior))
