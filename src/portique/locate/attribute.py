"""The posterior over users of each handset, over every prison where it may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.locate.calibrate import Calibration
from portique.locate.judge import PrisonView
from portique.locate.places import Places
from portique.locate.population import population
from portique.locate.reliance import Reliance
from portique.locate.scene import Scene
from portique.locate.tenure import HABITS, present_holders
from portique.locate.weigh import Pairs

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAST_SHOWN = 1e-4
"""Candidates below this posterior are added to "nobody listed": one in ten thousand each."""
LEAST_INSIDE = 1e-3
"""A prison that is less probable is not asked for the user of a phone."""


@dataclass(frozen=True)
class Users:
    """Candidate users, one row per handset and inmate above `LEAST_SHOWN`.

    Args:
        handset, inmate, cell: positions.
        view, row, column: where its terms are.
        log10_lr: this inmate against any other, given the prison.
        posterior: unconditional.
    """

    handset: Ints
    inmate: Ints
    cell: Ints
    view: Ints
    row: Ints
    column: Ints
    log10_lr: Floats
    posterior: Floats


def attribute_all(
    scene: Scene,
    views: list[PrisonView],
    pairs: Pairs,
    places: Places,
    weights: Calibration,
    borne: Reliance,
) -> Users:
    """Return the candidate users of every handset, over the prisons where it may be.

    Args:
        scene: the case.
        views: of every prison.
        pairs, places: handsets and prisons, weighed.
        weights: the calibration, for bounds.
        borne: what the finds of the case bear out.
    """
    inside = np.zeros(len(pairs.handset))
    mine = places.pair >= 0
    inside[places.pair[mine]] = places.posterior[mine]
    found: list[tuple[Ints, ...]] = []
    strength: list[tuple[Floats, Floats]] = []
    for index, view in enumerate(views):
        here = (pairs.prison == view.prison) & (pairs.row >= 0)
        if not len(view.held.inmates):
            continue
        rows, chance = pairs.row[here], inside[here]
        rows, chance = rows[chance >= LEAST_INSIDE], chance[chance >= LEAST_INSIDE]
        p = borne.pulled(users_posterior(scene, view, rows))
        lr = np.clip(against_any_other(p), *weights.user_bounds)
        joint = p * chance[:, None]
        kept, column = np.nonzero(joint >= LEAST_SHOWN)
        row = rows[kept]
        inmate = view.held.inmates[column]
        where = np.full(len(row), index)
        who = view.presence.handset[row]
        found.append((who, inmate, view.held.cell[column], where, row, column))
        strength.append((lr[kept, column], joint[kept, column]))
    return _in_order(found, strength)


def _in_order(found: list[tuple[Ints, ...]], strength: list[tuple[Floats, Floats]]) -> Users:
    """Return the candidates of all prisons, by handset and posterior."""
    if not found:
        none = np.zeros(0, np.int64)
        return Users(none, none, none, none, none, none, np.zeros(0), np.zeros(0))
    handset, inmate, cell, where, row, column = (
        np.concatenate(c) for c in zip(*found, strict=True)
    )
    lr_all, posterior = (np.concatenate(c) for c in zip(*strength, strict=True))
    by = np.lexsort((inmate, -posterior, handset))
    return Users(
        handset=handset[by],
        inmate=inmate[by],
        cell=cell[by],
        view=where[by],
        row=row[by],
        column=column[by],
        log10_lr=lr_all[by],
        posterior=posterior[by],
    )


def users_log10_lr(scene: Scene, view: PrisonView, rows: Ints) -> tuple[Floats, Floats]:
    """Posterior over inmates if each phone is in this prison, and log10 LR against any other.

    Args:
        scene: the case.
        view: one prison.
        rows: phones of it.

    Returns:
        (posterior, log10 LR, not bounded), each of shape (rows, inmates of the view).
    """
    p = users_posterior(scene, view, rows)
    return p, against_any_other(p)


def users_posterior(scene: Scene, view: PrisonView, rows: Ints) -> Floats:
    """Return the posterior over inmates if each phone is in this prison."""
    people = population(scene.stays, view.prison, scene.calendar, scene.horizon_us)
    return present_holders(scene, view, people, rows)


def against_any_other(p: Floats) -> Floats:
    """Return log10 LR of each inmate against any other, from shape (phones, inmates)."""
    prior = (1 - HABITS.nobody) / max(1, p.shape[1])
    safe = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log10(safe / (1 - safe)) - np.log10(prior / (1 - prior)))
