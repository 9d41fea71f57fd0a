"""Scores -> bounded log10 likelihood ratios, by a named validation set.

The numbers come from package data, `calibration.json`, written by `make calibrate` with the recipe
of the worlds behind it and their hash. Nothing is fitted on the case itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PRESENCE_TERMS = (
    "sectors",
    "stays_put",
    "users",
    "own_number_declared",
    "silence",
    "few_days",
    "left",
    "left_few_days",
    "left_users",
)


@dataclass(frozen=True)
class Calibration:
    """Weights and bounds, with the name of the set they were found on.

    Args:
        name: the validation set, in words.
        presence_weight: weight of each of `PRESENCE_TERMS`, on log10 LR.
        presence_offset: added to the weighted sum.
        presence_bounds: least and greatest log10 LR that the set supports (ELUB).
        user_weight: weight of each term of `users.TERMS`.
        nobody: prior probability that the user is in the prison but not listed, or not a user.
        user_bounds: least and greatest log10 LR of a user that the set supports.
    """

    name: str
    presence_weight: tuple[float, ...]
    presence_offset: float
    presence_bounds: tuple[float, float]
    user_weight: tuple[float, ...]
    nobody: float
    user_bounds: tuple[float, float]

    def presence_log10_lr(self, terms: Floats) -> Floats:
        """Return calibrated, bounded log10 LRs of presence.

        Args:
            terms: shape (pairs, presence terms), in the order of `PRESENCE_TERMS`.
        """
        raw = terms @ np.asarray(self.presence_weight) + self.presence_offset
        return np.asarray(np.clip(raw, *self.presence_bounds))


@cache
def shipped() -> Calibration:
    """Return the calibration that the package carries."""
    text = resources.files("portique.locate").joinpath("calibration.json").read_text("utf-8")
    return from_document(json.loads(text))


def from_document(document: dict[str, object]) -> Calibration:
    """Return a calibration from its JSON form."""
    presence, users = document["presence"], document["users"]
    assert isinstance(presence, dict)  # noqa: S101 - package data, written by our own tool
    assert isinstance(users, dict)  # noqa: S101
    low, high = presence["bounds"]
    user_low, user_high = users["bounds"]
    return Calibration(
        name=str(document["name"]),
        presence_weight=tuple(float(presence["weight"][t]) for t in PRESENCE_TERMS),
        presence_offset=float(presence["offset"]),
        presence_bounds=(float(low), float(high)),
        user_weight=tuple(float(w) for w in users["weight"].values()),
        nobody=float(users["nobody"]),
        user_bounds=(float(user_low), float(user_high)),
    )
