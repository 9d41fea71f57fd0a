"""The weight of each piece of evidence that two stretches of one IMEI are one phone.

A logistic regression for each kind of pair, fitted by `tools/weigh_clones.py` on eight simulated
worlds of several makes, ordinary, sparse and full of clones; docs/decisions, 0009, says which.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from portique.identify.likeness import DAY_US, Likeness

Floats = npt.NDArray[np.float64]

FIXED = {"rarity": 0.8, "missed": 0.5, "doubt": 0.5, "same_sim": 6.5}
"""Set by judgement (assumed), the others fitted beside them: too few pairs of the simulated worlds
tell. All but `same_sim` would be 1 if pieces of evidence were independent."""
FOLLOWING = {
    "constant": 1.80,
    "gap": -0.07,
    "gap_in_records": -0.75,
    "apart": -0.06,
    "no_place": 0.86,
    "far": -2.46,
    "strange": -0.59,
    "familiar": 1.49,
    "radio": 0.61,
    "few": 0.05,
    "rarity": FIXED["rarity"],
    "same_sim": FIXED["same_sim"],
}
BESIDE = {
    "constant": 1.41,
    "apart": -1.04,
    "strange": 2.19,
    "familiar": 1.40,
    "strangers": -0.83,
    "close": 0.65,
    "share": -0.76,
    "few": 0.89,
    "rarity": FIXED["rarity"],
    "missed": FIXED["missed"],
    "doubt": FIXED["doubt"],
    "same_sim": FIXED["same_sim"],
}
TEMPER = 1.3
"""Weights are divided by it: what the regression takes for independent is not quite."""
LEAST_FOLLOWING = -3.0
"""No phone is told from another by a change of place and contacts alone: it may have been sold."""
FAR_M = 20_000.0
NEAR_M = 2_000.0
FEW_RECORDS = 4
MOST_STRANGE = -3.0
MOST_MISSED = 6.0
MOST_A_DAY = 6.0
LEAST_SPAN_DAYS = 0.2


def log_ratio(likeness: Likeness, doubt: Floats) -> Floats:
    """Return ln LR that two stretches are one phone, shape (stretches, stretches).

    Args:
        likeness: what they have in common.
        doubt: same shape, ln of the probability that a conflict between networks is none.
    """
    parts = evidence(likeness, doubt)
    following = sum(weight * parts[name] for name, weight in FOLLOWING.items())
    beside = sum(weight * parts[name] for name, weight in BESIDE.items())
    following = np.maximum(following / TEMPER, LEAST_FOLLOWING)
    ratio = np.where(likeness.beside, beside / TEMPER, following)
    return np.asarray(np.round(ratio, 6))  # sums may differ in their last bits between machines


def evidence(likeness: Likeness, doubt: Floats) -> dict[str, Floats]:
    """Return each piece of evidence by its name, each of shape (stretches, stretches).

    Args:
        likeness: what the stretches have in common.
        doubt: same shape, ln of the probability that a conflict between networks is none.
    """
    gap = np.maximum(likeness.gap_us / DAY_US, 0.0)
    span = np.maximum(likeness.span_us / DAY_US, LEAST_SPAN_DAYS)
    rate = np.minimum(likeness.records / span, MOST_A_DAY)
    apart = np.nan_to_num(likeness.apart_m)
    shorter = np.minimum(span[:, None], span[None, :])
    fewest = np.minimum(likeness.records[:, None], likeness.records[None, :])
    return {
        "constant": np.ones(gap.shape),
        "gap": np.log1p(gap * 4),
        "gap_in_records": np.log1p(gap * np.minimum(rate[:, None], rate[None, :])),
        "apart": np.log1p(apart / NEAR_M),
        "no_place": np.isnan(likeness.apart_m).astype(np.float64),
        "far": (apart > FAR_M).astype(np.float64),
        "rarity": likeness.rarity,
        "strange": np.clip(likeness.contacts, MOST_STRANGE, 0.0),
        "familiar": np.maximum(likeness.contacts, 0.0),
        "strangers": np.log1p(likeness.strangers),
        "radio": likeness.radio,
        "few": (fewest < FEW_RECORDS).astype(np.float64),
        "missed": np.minimum(likeness.missed, MOST_MISSED),
        "close": likeness.close,
        "share": np.clip(-likeness.gap_us / DAY_US / shorter, 0.0, 1.0),
        "doubt": doubt,
        "same_sim": likeness.same_sim,
    }
