"""How good a set of likelihood ratios is, where the truth of each trial is known.

Every function takes log10 LRs of two sets of trials: `h1`, where the first statement is true, and
`h2`, where the second is. Each class counts as a whole, so the number of trials in one does not
weigh on the other. 0 is no evidence. Logarithms of the costs are to base 2: LR 1 always costs 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LN10 = float(np.log(10.0))


def log10_lrs(values: npt.ArrayLike, name: str) -> Floats:
    """Return log10 LRs of one class of trials, checked.

    Args:
        values: shape (trials,).
        name: of the class, for the message.

    Raises:
        ValueError: not one-dimensional, no trial at all, or a value that is not finite.

    >>> log10_lrs([1, 2], "h1").tolist()
    [1.0, 2.0]
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name}: one log10 LR a trial, in one dimension; got shape {array.shape}")
    if not len(array):
        raise ValueError(f"{name}: there is no trial; a set of LRs is judged on both classes")
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(f"{name}: {count} of {len(array)} log10 LRs are not finite; bound them")
    return array


def _cost(log10_odds: Floats) -> float:
    """Return the mean of log2(1 + odds): what it costs where the other statement is true."""
    return float(np.logaddexp(0.0, log10_odds * LN10).mean() / np.log(2.0))


def cllr(h1: npt.ArrayLike, h2: npt.ArrayLike) -> float:
    """Return the log-likelihood-ratio cost: 0 perfect, 1 as useless as LR 1; there is no upper end.

    Args:
        h1, h2: log10 LRs, shape (trials,) each.

    Raises:
        ValueError: see `log10_lrs`.

    Source: Brummer and du Preez, Computer Speech and Language 20 (2006), 230-275.

    >>> cllr([0.0], [0.0, 0.0])
    1.0
    >>> round(cllr([1.0], [-1.0]), 4)
    0.1375
    """
    first, second = log10_lrs(h1, "h1"), log10_lrs(h2, "h2")
    return (_cost(-first) + _cost(second)) / 2


def pav(h1: npt.ArrayLike, h2: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the best log10 LRs that keep the order of the given ones.

    Pool-adjacent-violators on the given values: neighbours whose ratio of shares of H1 and H2
    does not rise are pooled until it does. Equal values are one step from the start.

    Args:
        h1, h2: log10 LRs, shape (trials,) each.

    Returns:
        (values, pooled): the distinct given values, rising, and the log10 LR of each after
        pooling, never falling; -inf and inf at the ends where one class alone is found.

    Raises:
        ValueError: see `log10_lrs`.

    Source: Ayer et al., Annals of Mathematical Statistics 26 (1955), 641-647; Brummer and du
    Preez 2006.

    >>> values, pooled = pav([0.0, 1.0, 2.0], [-1.0, 0.5, 0.5])
    >>> values.tolist(), [round(x, 2) for x in pooled.tolist()]
    ([-1.0, 0.0, 0.5, 1.0, 2.0], [-inf, -0.3, -0.3, inf, inf])
    """
    first, second = log10_lrs(h1, "h1"), log10_lrs(h2, "h2")
    values, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    of_h1 = np.bincount(place[: len(first)], minlength=len(values))
    of_h2 = np.bincount(place[len(first) :], minlength=len(values))
    blocks: list[tuple[int, int, int]] = []  # H1 trials, H2 trials, distinct values
    for a, b in zip(of_h1.tolist(), of_h2.tolist(), strict=True):
        block = (a, b, 1)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    counts = np.array(blocks, dtype=np.float64)
    with np.errstate(divide="ignore"):
        ratio = np.log10(counts[:, 0] / len(first)) - np.log10(counts[:, 1] / len(second))
    return values, np.repeat(ratio, counts[:, 2].astype(np.int64))


def _pooled(h1: npt.ArrayLike, h2: npt.ArrayLike) -> tuple[Floats, Floats]:
    values, pooled = pav(h1, h2)
    first = pooled[np.searchsorted(values, np.asarray(h1, np.float64))]
    return first, pooled[np.searchsorted(values, np.asarray(h2, np.float64))]


def cllr_min(h1: npt.ArrayLike, h2: npt.ArrayLike) -> float:
    """Return the cost that would be left if only the order of the LRs were kept (by `pav`).

    Args:
        h1, h2: log10 LRs, shape (trials,) each.

    Raises:
        ValueError: see `log10_lrs`.

    Source: Brummer and du Preez 2006.

    >>> cllr_min([0.1, 0.2], [-3.0]), cllr_min([0.0], [0.0])
    (0.0, 1.0)
    """
    first, second = _pooled(h1, h2)
    return (_cost(-first) + _cost(second)) / 2


def cllr_cal(h1: npt.ArrayLike, h2: npt.ArrayLike) -> float:
    """Return the part of the cost that better calibration would save: `cllr` - `cllr_min`.

    Args:
        h1, h2: log10 LRs, shape (trials,) each.

    Raises:
        ValueError: see `log10_lrs`.

    >>> cllr_cal([0.0], [0.0])
    0.0
    """
    return max(0.0, cllr(h1, h2) - cllr_min(h1, h2))


def tippett(h1: npt.ArrayLike, h2: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return, for each distinct log10 LR, the share of each class that is at least as large.

    Args:
        h1, h2: log10 LRs, shape (trials,) each.

    Returns:
        (values, of_h1, of_h2): values rising, shares in [0, 1].

    Raises:
        ValueError: see `log10_lrs`.

    >>> [part.tolist() for part in tippett([1.0, 2.0], [0.0])]
    [[0.0, 1.0, 2.0], [1.0, 1.0, 0.5], [1.0, 0.0, 0.0]]
    """
    first, second = np.sort(log10_lrs(h1, "h1")), np.sort(log10_lrs(h2, "h2"))
    values = np.unique(np.concatenate([first, second]))
    of_h1 = 1.0 - np.searchsorted(first, values, side="left") / len(first)
    of_h2 = 1.0 - np.searchsorted(second, values, side="left") / len(second)
    return values, of_h1, of_h2


@dataclass(frozen=True)
class Ece:
    """Empirical cross-entropy in bits at each prior: of the LRs, after `pav`, and of LR 1.

    All of shape (priors,).
    """

    log10_prior_odds: Floats
    system: Floats
    pooled: Floats
    reference: Floats


def ece(h1: npt.ArrayLike, h2: npt.ArrayLike, log10_prior_odds: npt.ArrayLike) -> Ece:
    """Return the empirical cross-entropy: information that is missing after the LRs were used.

    Args:
        h1, h2: log10 LRs, shape (trials,) each.
        log10_prior_odds: of H1 against H2, shape (priors,); at 0 the cost is `cllr`.

    Raises:
        ValueError: see `log10_lrs`.

    Source: Ramos and Gonzalez-Rodriguez, Forensic Science International 230 (2013), 156-169.

    >>> found = ece([1.0], [-1.0], [0.0])
    >>> round(float(found.system[0]), 4), float(found.pooled[0]), float(found.reference[0])
    (0.1375, 0.0, 1.0)
    """
    given = log10_lrs(h1, "h1"), log10_lrs(h2, "h2")
    odds = log10_lrs(log10_prior_odds, "log10_prior_odds")
    neutral = np.zeros(1), np.zeros(1)
    curves = [
        np.array([_entropy(first, second, float(prior)) for prior in odds])
        for first, second in (given, _pooled(*given), neutral)
    ]
    return Ece(odds, *curves)


def _entropy(h1: Floats, h2: Floats, log10_odds: float) -> float:
    p1 = 1.0 / (1.0 + 10.0**-log10_odds)
    return float(p1 * _cost(-(h1 + log10_odds)) + (1.0 - p1) * _cost(h2 + log10_odds))


def elub_bounds(h1: npt.ArrayLike, h2: npt.ArrayLike) -> tuple[float, float]:
    """Return the least and greatest log10 LR that this many trials support.

    For a decision at threshold t, the loss of following the LRs is the share of H1 below t plus
    t times the share of H2 at or above t; following LR 1 loses min(1, t). The ratio of the two is
    the normalised Bayes error. To each class one trial is added that misleads without limit: the
    next one might. The bounds are the thresholds nearest to LR 1, on either side, where the LRs
    would do worse than LR 1; beyond them a larger number would rest on nothing.

    Args:
        h1, h2: log10 LRs, shape (trials,) each.

    Returns:
        (low, high), finite, low <= 0 <= high; (0, 0) when the LRs help at no threshold.

    Raises:
        ValueError: see `log10_lrs`.

    Source: Vergeer et al., Science and Justice 56 (2016), 482-491 (empirical lower and upper
    bound by the normalised Bayes error rate).

    >>> low, high = elub_bounds([5.0] * 99, [-5.0] * 999)
    >>> round(low, 3), round(high, 3)
    (-2.0, 2.996)
    """
    first, second = log10_lrs(h1, "h1"), log10_lrs(h2, "h2")
    return 0.0 - _greatest(-second, -first), _greatest(first, second)


def _greatest(h1: Floats, h2: Floats) -> float:
    """Return the log10 of the first threshold from LR 1 upwards where the error exceeds that of 1.

    Between two neighbouring LRs the shares stay, so the error grows in proportion to the threshold
    and the crossing is found exactly.
    """
    inner = np.unique(np.concatenate([h1, h2]))
    edges = np.concatenate([[0.0], inner[inner > 0.0]])
    above = np.concatenate([edges[1:], [np.inf]])
    below_h1 = np.searchsorted(np.sort(h1), edges, side="right")  # LR <= edge: below any t past it
    above_h2 = len(h2) - np.searchsorted(np.sort(h2), edges, side="right")
    missed = (below_h1 + 1) / (len(h1) + 1)
    misled = (above_h2 + 1) / (len(h2) + 1)
    with np.errstate(divide="ignore"):
        crossing = np.log10(np.maximum(1.0 - missed, 0.0)) - np.log10(misled)
    fails = np.flatnonzero(crossing < above)
    return float(max(edges[fails[0]], crossing[fails[0]], 0.0))


@dataclass(frozen=True)
class Misleading:
    """How often evidence misleads, against its limit; all of shape (thresholds,).

    Calibrated LRs satisfy share <= limit: P(LR > x | H2) <= 1/x, whatever is compared.
    """

    log10_x: Floats
    share: Floats
    limit: Floats


def misleading(
    h2: npt.ArrayLike, log10_x: npt.ArrayLike = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
) -> Misleading:
    """Return the share of H2 trials with an LR above x, against 1/x.

    For the other class give the negated log10 LRs of H1: the share with LR < 1/x, against 1/x.

    Args:
        h2: log10 LRs, shape (trials,).
        log10_x: thresholds, shape (thresholds,).

    Raises:
        ValueError: see `log10_lrs`.

    Source: Royall, Journal of the American Statistical Association 95 (2000), 760-768.

    >>> found = misleading([-1.0, -1.0, 0.5, 2.0], [0.0, 1.0])
    >>> found.share.tolist(), found.limit.tolist()
    ([0.5, 0.25], [1.0, 0.1])
    """
    values = np.sort(log10_lrs(h2, "h2"))
    at = log10_lrs(log10_x, "log10_x")
    share = 1.0 - np.searchsorted(values, at, side="right") / len(values)
    return Misleading(at, share, 10.0**-at)
