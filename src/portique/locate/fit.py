"""How calibrations are found: from terms and known answers to weights.

Used by `make calibrate`, never on the case at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def fit_logistic(terms: Floats, is_h1: Bools, ridge: float) -> tuple[Floats, float]:
    """Return weights and offset that turn terms into log10 LRs, by logistic regression.

    Both classes weigh the same, so that the fitted log odds are log likelihood ratios. Weights of
    terms that are likelihood ratios are pulled towards 1 by a ridge penalty.

    Args:
        terms: shape (trials, terms), log10.
        is_h1: shape (trials,).
        ridge: strength of the pull, in trials.

    Returns:
        (weights, offset), both on the log10 scale.

    Source: Brummer and du Preez 2006 (calibration by logistic regression with equal class weights).
    """
    h1 = is_h1.astype(float)
    weight = np.where(is_h1, 0.5 / max(1, is_h1.sum()), 0.5 / max(1, (~is_h1).sum()))
    weight = weight * len(h1)
    ln10 = np.log(10.0)

    def cost(free: Floats) -> tuple[float, Floats]:
        odds = (terms @ free[:-1] + free[-1]) * ln10
        loss = np.logaddexp(0, odds) - h1 * odds
        pull = free[:-1] - 1.0
        slope = weight * (expit(odds) - h1) * ln10
        gradient = np.concatenate([terms.T @ slope + 2 * ridge * pull, [slope.sum()]])
        return float((weight * loss).sum() + ridge * (pull**2).sum()), gradient

    start = np.concatenate([np.ones(terms.shape[1]), [0.0]])
    found = minimize(cost, start, jac=True, method="L-BFGS-B")
    return np.asarray(found.x[:-1]), float(found.x[-1])


@dataclass(frozen=True)
class UserTrial:
    """One handset that is inside a known prison, against the inmates held there.

    Args:
        terms: ln LR of each term for each inmate, shape (terms, inmates).
        is_true: shape (inmates,), the inmates of the cell where the handset is; all false when
            its user is not listed.
    """

    terms: Floats
    is_true: Bools


def fit_users(trials: list[UserTrial], ridge: float) -> tuple[Floats, float]:
    """Return weights of the user terms and the probability of "nobody listed".

    The weights maximise the probability that the posterior gives to the right cell; each is pulled
    towards 1, the weight of a likelihood ratio that needs no tempering.

    Args:
        trials: handsets with their true cell.
        ridge: strength of the pull, in trials.
    """
    listed = [t for t in trials if t.is_true.any()]
    nobody = (len(trials) - len(listed) + 1) / (len(trials) + 2)

    def cost(weight: Floats) -> tuple[float, Floats]:
        loss, gradient = ridge * float(((weight - 1) ** 2).sum()), 2 * ridge * (weight - 1)
        for trial in listed:
            ln = np.append(weight @ trial.terms + np.log((1 - nobody) / trial.terms.shape[1]), 0.0)
            ln[-1] = np.log(nobody)
            right = np.append(trial.is_true, False)
            loss -= float(logsumexp(ln[right]) - logsumexp(ln))
            everyone, mine = softmax(ln)[:-1], softmax(ln[right])
            gradient -= trial.terms[:, trial.is_true] @ mine - trial.terms @ everyone
        return loss, gradient

    count = trials[0].terms.shape[0]
    found = minimize(cost, np.ones(count), jac=True, method="L-BFGS-B", bounds=[(0, 3)] * count)
    return np.asarray(found.x), float(nobody)
