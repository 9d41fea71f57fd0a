"""Drawing at random so that the same seed gives the same world, and sampling whole arrays."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rng = np.random.Generator


def stream(seed: int, *names: str | int) -> Rng:
    """Return the random stream of one subject of one world.

    Each subject draws from a stream of its own, so that a change to one leaves the others alone.

    >>> int(stream(1, "area", 3).integers(1000)) == int(stream(1, "area", 3).integers(1000))
    True
    """
    return np.random.default_rng([seed, *(zlib.crc32(str(name).encode()) for name in names)])


def lognormal(rng: Rng, median: float, sigma: float, size: int) -> Floats:
    """Return draws whose natural logarithm is normal around log(median)."""
    return np.asarray(median * np.exp(sigma * rng.standard_normal(size)))


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """Return, for groups of given sizes laid end to end, the group and the place in it.

    >>> [part.tolist() for part in spread(np.array([2, 0, 1]))]
    [[0, 0, 2], [0, 1, 0]]
    """
    group = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return group, np.arange(len(group)) - starts[group]


class Choices:
    """Weighted choices of many choosers, drawn for whole arrays at once.

    Args:
        sizes: shape (choosers,), number of options of each.
        weights: shape (sum of sizes,), not negative, options of the first chooser first.
    """

    def __init__(self, sizes: Ints, weights: Floats) -> None:
        self.sizes = sizes
        self.starts = np.cumsum(sizes) - sizes
        owner = np.repeat(np.arange(len(sizes)), sizes)
        total = np.bincount(owner, weights, minlength=len(sizes))
        running = np.cumsum(weights)
        before = np.concatenate([[0.0], running])[self.starts]
        share = (running - before[owner]) / np.maximum(total[owner], 1e-300)
        self._edges = owner + np.minimum(share, 1.0)

    def draw(self, chooser: Ints, rng: Rng) -> Ints:
        """Return one option for each chooser named: a position in `weights`; -1 if it has none."""
        wanted = chooser + rng.random(len(chooser)) * (1 - 1e-9)
        found = np.searchsorted(self._edges, wanted, side="right")
        last = self.starts[chooser] + self.sizes[chooser] - 1
        inside = np.minimum(np.maximum(found, self.starts[chooser]), last)
        return np.where(self.sizes[chooser] > 0, inside, -1)


def seconds_of_day(weights: tuple[float, ...], size: int, rng: Rng) -> Ints:
    """Return local seconds of the day, drawn from 24 hourly weights."""
    edges = np.cumsum(np.asarray(weights, float))
    hour = np.searchsorted(edges / edges[-1], rng.random(size), side="right")
    return np.asarray(np.minimum(hour, 23) * 3600 + rng.integers(0, 3600, size), np.int64)


class Spans:
    """Half-open spans of many owners, asked whether an owner is in one at an instant.

    Overlapping spans of one owner count as their union.

    Args:
        owner: shape (spans,), small whole numbers.
        start, end: shape (spans,), seconds.
    """

    _SHIFT = 1 << 33

    def __init__(self, owner: Ints, start: Ints, end: Ints) -> None:
        begin = owner * self._SHIFT + start + (1 << 31)
        order = np.argsort(begin, kind="stable")
        self._begin = begin[order]
        finish = (owner * self._SHIFT + end + (1 << 31))[order]
        self._finish = np.maximum.accumulate(finish) if len(finish) else finish

    def hold(self, owner: Ints, instant: Ints) -> Bools:
        """Return whether each owner is in one of its spans at each instant."""
        if not len(self._begin):
            return np.zeros(len(owner), bool)
        wanted = owner * self._SHIFT + instant + (1 << 31)
        at = np.searchsorted(self._begin, wanted, side="right") - 1
        return np.asarray((at >= 0) & (self._finish[np.maximum(at, 0)] > wanted))
