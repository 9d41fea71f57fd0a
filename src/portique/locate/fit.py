"""How calibrations are found: from terms and known answers to weights.

Used by `make calibrate`, never on the case at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax

from portique.locate.calibrate import LN10, PRESENCE_TERMS, SILENCE, Gone

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LINEAR = tuple(term for term in PRESENCE_TERMS if term != "silence")
LIMITS = {"stays_put": (0.0, 0.1), "few_days": (0.0, 0.25), "calls_nobody": (0.0, 6.0)}
"""Least and greatest weight, where not 0 and 2: evidence for a statement never counts against it.
How far neighbours roam, and what a phone of few days is, differs from world to world. That a phone
calls no inmate's people was tempered already, for telling inmates apart (decision 0052)."""


@dataclass(frozen=True)
class PresenceFit:
    """What `fit_presence` found: `combine` takes it as it is."""

    weight: Floats
    offset: float
    gone: Gone


def fit_presence(terms: Floats, is_h1: Bools, ridge: float, far: int = 0) -> PresenceFit:
    """Return what turns terms into log10 LRs, by logistic regression with a cap for the gone.

    Both classes weigh the same, so that the fitted log odds are log likelihood ratios. Weights are
    pulled towards 1, that of a likelihood ratio that needs no tempering, by a ridge penalty.

    Args:
        terms: shape (trials, terms), log10, in the order of `calibrate.PRESENCE_TERMS`.
        is_h1: shape (trials,).
        ridge: strength of the pull, in trials.
        far: further trials outside that were never near a prison; they are always at the lower
            bound, but they are part of the class, and near ones weigh the less for it.

    Source: Brummer and du Preez 2006 (calibration by logistic regression with equal class weights).
    """
    h1 = is_h1.astype(float)
    each = np.where(is_h1, 0.5 / max(1, is_h1.sum()), 0.5 / max(1, (~is_h1).sum() + far)) * len(h1)
    linear = np.delete(terms, SILENCE, axis=1)
    gaps = 10.0 ** terms[:, SILENCE] - 1.0
    count = linear.shape[1]

    def cost(free: Floats) -> tuple[float, Floats]:
        weight, (offset, prior, unused, pace) = free[:count], free[count:]
        elsewhere = -LN10 * (linear @ weight + offset)
        gone = prior - np.logaddexp(-pace * gaps, unused)
        odds = -np.logaddexp(elsewhere, gone)
        pull = weight - 1.0
        loss = (each * (np.logaddexp(0, odds) - h1 * odds)).sum() + ridge * (pull**2).sum()
        slope = each * (expit(odds) - h1)
        by_terms = slope * expit(elsewhere - gone) * LN10
        by_gone = -slope * expit(gone - elsewhere)
        late = expit(-pace * gaps - unused)
        tail = (by_terms, by_gone, -by_gone * (1 - late), by_gone * late * gaps)
        gradient = [linear.T @ by_terms + 2 * ridge * pull, [part.sum() for part in tail]]
        return float(loss), np.concatenate(gradient)

    start = np.concatenate([np.ones(count), [0.0, -2.0, -1.0, 1.0]])
    limits = [LIMITS.get(term, (0.0, 2.0)) for term in LINEAR]
    limits += [(-5.0, 5.0), (-9.0, 3.0), (-6.0, 3.0), (0.1, 3.0)]
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=limits)
    offset, prior, unused, pace = found.x[count:].tolist()
    gone = Gone(prior=float(np.exp(prior)), unused=float(np.exp(unused)), pace=pace)
    return PresenceFit(np.insert(found.x[:count], SILENCE, 0.0), offset, gone)


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
