"""How calibrations are found: from terms and known answers to weights.

Used by `make calibrate`, never on the case at hand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

Floats = npt.NDArray[np.float64]


def fit_logistic(terms: Floats, is_h1: npt.NDArray[np.bool_], ridge: float) -> tuple[Floats, float]:
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
