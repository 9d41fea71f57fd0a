"""Which pairs of a handset and a prison are weighed against each other, and how they come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.locate.calibrate import Calibration
from portique.locate.judge import PrisonView
from portique.locate.places import Places, assemble, prior_shares
from portique.locate.scene import Scene

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of a handset and a prison to be weighed; `row`: in the prison's view, or -1."""

    handset: Ints
    prison: Ints
    row: Ints
    log10_lr: Floats


def all_pairs(scene: Scene, views: list[PrisonView], weights: Calibration) -> Pairs:
    """Return every handset with every prison; those it was never served near at the lower bound.

    A prison without a row would read as "nothing is known", while its silence says much: a handset
    never served by a sector that can serve the prison was hardly kept there. A handset without any
    placed record may be anywhere, and no prison is told from another.
    """
    low = weights.presence_bounds[0]
    prisons = len(scene.prisons.ids)
    known = {}
    for view in views:
        for row, handset in enumerate(view.presence.handset):
            known[int(handset) * prisons + view.prison] = (row, float(view.log10_lr[row]))
    placed = np.bincount(
        scene.activity.handset[scene.activity.sector >= 0],
        minlength=len(scene.activity.handset_ids),
    )
    for row, records in enumerate(placed.tolist()):
        nothing_known = (-1, low if records else 0.0)
        for place in range(prisons):
            known.setdefault(row * prisons + place, nothing_known)
    keys = np.array(sorted(known), np.int64)
    rows = np.array([known[int(k)][0] for k in keys], np.int64)
    strength = np.array([known[int(k)][1] for k in keys], np.float64)
    handset, prison = np.divmod(keys, max(1, prisons))
    strength = np.where(scene.seized[handset], low, strength) if len(keys) else strength
    return Pairs(handset, prison, rows, strength)


def place_all(scene: Scene, pairs: Pairs, weights: Calibration) -> Places:
    """Return the posterior over places of every handset."""
    count = len(scene.activity.handset_ids)
    capacity = scene.prisons.capacity[pairs.prison]
    share = prior_shares(pairs.handset, pairs.row >= 0, capacity, count)
    return assemble(
        (pairs.handset, pairs.prison, pairs.log10_lr, share), count, weights.presence_bounds
    )
