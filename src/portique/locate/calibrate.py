"""Scores -> bounded log10 likelihood ratios, by a named validation set.

The numbers come from package data, `calibration.json`, written by `make calibrate` with the recipe
of the worlds behind it and their hash. Nothing is fitted on the case itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from portique.locate.users import TERMS

Floats = npt.NDArray[np.float64]

LN10 = float(np.log(10.0))
PRESENCE_TERMS = (
    "sectors",
    "stays_put",
    "left",
    "users",
    "calls_nobody",
    "own_number_declared",
    "silence",
    "few_days",
    "searches",
)
"""`stays_put` and `left` are one LR where it speaks for the prison and where against it, and so are
`users` and `calls_nobody`: one direction is not worth what the other is."""
SILENCE = PRESENCE_TERMS.index("silence")


@dataclass(frozen=True)
class Gone:
    """How silence tells a phone that has gone from one that is still there.

    A phone that was inside and is gone has the sectors, days and contacts of one that is still
    there, so no strength of those can tell them apart: it caps the LR. A phone in use is silent for
    x of its usual gaps with exp(-pace x); one that is gone, or lies unused, is silent anyhow.

    Args:
        prior: odds of being gone against being there in use, before silence is looked at.
        unused: odds of lying there unused against being there in use.
        pace: how regular use is; 1 for a Poisson process.

    >>> gone = Gone(prior=0.1, unused=0.2, pace=1.0)
    >>> bool(gone.odds(np.array(0.0)) < 0.1 < gone.odds(np.array(1.0)))
    True
    """

    prior: float
    unused: float
    pace: float

    def odds(self, silence: Floats) -> Floats:
        """Return the odds of being gone against being there, by `PresenceTerms.silence`."""
        gaps = 10.0**silence - 1.0
        return np.asarray(self.prior / (np.exp(-self.pace * gaps) + self.unused))


@dataclass(frozen=True)
class Calibration:
    """Weights and bounds, with the name of the set they were found on.

    Args:
        name: the validation set, in words.
        presence_weight: weight of each of `PRESENCE_TERMS`, on log10 LR; of `silence`: 0.
        presence_offset: added to the weighted sum.
        gone: what silence says.
        presence_bounds: least and greatest log10 LR that the set supports (ELUB).
        user_weight: weight of each term of `users.TERMS`.
        nobody: prior probability that the user is in the prison but not listed, or not a user.
        user_bounds: least and greatest log10 LR of a user that the set supports.
        worlds: how the terms were spread in each world of the set (`familiar.spread`).
    """

    name: str
    presence_weight: tuple[float, ...]
    presence_offset: float
    gone: Gone
    presence_bounds: tuple[float, float]
    user_weight: tuple[float, ...]
    nobody: float
    user_bounds: tuple[float, float]
    worlds: dict[str, dict[str, Floats]] = field(default_factory=dict)

    def widened(self, by: float) -> Calibration:
        """Return the calibration for a case unlike its worlds: bounds nearer to 0 on log10."""
        low, high = self.presence_bounds
        user_low, user_high = self.user_bounds
        return replace(
            self,
            presence_bounds=(low * by, high * by),
            user_bounds=(user_low * by, user_high * by),
        )

    def presence_log10_lr(self, terms: Floats) -> Floats:
        """Return calibrated, bounded log10 LRs of presence.

        Args:
            terms: shape (pairs, presence terms), in the order of `PRESENCE_TERMS`.
        """
        raw = combine(terms, np.asarray(self.presence_weight), self.presence_offset, self.gone)
        return np.asarray(np.clip(raw, *self.presence_bounds))


def combine(terms: Floats, weight: Floats, offset: float, gone: Gone) -> Floats:
    """Return log10 LRs of presence, neither bounded nor rounded.

    Args:
        terms: shape (pairs, presence terms), in the order of `PRESENCE_TERMS`.
        weight: of each of them.
        offset: added to the weighted sum.
        gone: what silence says.
    """
    against = np.logaddexp(-LN10 * (terms @ weight + offset), np.log(gone.odds(terms[:, SILENCE])))
    return np.asarray(-against / LN10)


@cache
def shipped() -> Calibration:
    """Return the calibration that the package carries."""
    text = resources.files("portique.locate").joinpath("calibration.json").read_text("utf-8")
    return from_document(json.loads(text))


def from_document(document: dict[str, Any]) -> Calibration:
    """Return a calibration from its JSON form."""
    presence, users = document["presence"], document["users"]
    low, high = presence["bounds"]
    user_low, user_high = users["bounds"]
    return Calibration(
        name=str(document["name"]),
        presence_weight=tuple(float(presence["weight"].get(t, 0.0)) for t in PRESENCE_TERMS),
        presence_offset=float(presence["offset"]),
        gone=Gone(**{name: float(value) for name, value in presence["gone"].items()}),
        presence_bounds=(float(low), float(high)),
        user_weight=tuple(float(users["weight"][term]) for term in TERMS),
        nobody=float(users["nobody"]),
        user_bounds=(float(user_low), float(user_high)),
        worlds={
            name: {term: np.array(cut, np.float64) for term, cut in spread.items()}
            for name, spread in document.get("worlds", {}).items()
        },
    )
