"""What phones surely inside a prison are served by: a survey of its sectors, from the case itself.

Geometry knows no walls and no hills. Phones that are inside beyond reasonable doubt show what the
prison is really served by: sectors that geometry ruled out, and in which shares. Each phone is
judged against the survey of the others, never against its own records.

Phones of earlier finds were inside, whatever their records look like, and survey as well. Where
they were found is no matter of chance: each counts by `finds.fair_weights`. A prison without any
find is surveyed by its surest phones alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from portique.locate.activity import DAY_US
from portique.locate.finds import Finds
from portique.locate.judge import PrisonView
from portique.locate.radio import Surroundings, Survey
from portique.locate.scene import Scene

Ints = npt.NDArray[np.int64]

SURE_LOG10_LR = 1.0
LEAST_DAYS = 5
"""A phone surveys a prison from ten to one for being inside, with five days of use (assumed)."""
SURE_DAYS = 7
"""How long before its find a phone was surely where it was found (assumed): what came earlier may
have been outside."""
LEAST_SURVEYORS = 2
LEAST_SHARE = 0.003
"""A sector is the prison's if two phones that are surely inside used it, and it served three in a
thousand of their occasions (assumed)."""


def survey_all(
    scene: Scene, views: list[PrisonView], around: list[Surroundings]
) -> list[Surroundings]:
    """Return the surroundings of every prison, with what its surest phones were served by.

    Args:
        scene: the case.
        views: a first judgement of every prison, by geometry alone.
        around: the surroundings by geometry.
    """
    best: dict[int, tuple[float, int]] = {}
    for view in views:
        for handset, strength in zip(view.presence.handset, view.log10_lr, strict=True):
            best[int(handset)] = max(
                best.get(int(handset), (-np.inf, -1)), (float(strength), view.prison)
            )
    return [_surveyed(scene, view, near, best) for view, near in zip(views, around, strict=True)]


def _surveyed(
    scene: Scene, view: PrisonView, near: Surroundings, best: dict[int, tuple[float, int]]
) -> Surroundings:
    terms, activity = view.presence, scene.activity
    place = np.full(int(activity.sector.max(initial=0)) + 2, -1, np.int64)
    inside = near.rows < len(place) - 1
    place[near.rows[inside]] = np.flatnonzero(inside)
    found = _found_here(scene.finds, view.prison)
    chosen, counts = [], []
    for row, handset in enumerate(terms.handset.tolist()):
        sure = view.log10_lr[row] >= SURE_LOG10_LR and terms.days[row] >= LEAST_DAYS
        sure = sure and best[handset][1] == view.prison
        if not sure and handset not in found:
            continue
        since_us, weight = found.get(handset, (0, 1.0)) if not sure else (0, 1.0)
        mine = slice(activity.starts[handset], activity.starts[handset + 1])
        t_us = activity.t_us[mine]
        there = (t_us >= max(since_us, terms.from_us[row])) & (t_us <= terms.until_us[row])
        sector = place[activity.sector[mine][there & activity.is_occasion[mine]]]
        chosen.append(handset)
        counts.append(weight * np.bincount(sector[sector >= 0], minlength=len(near.rows)))
    if not chosen:
        return near
    survey = Survey(np.array(chosen, np.int64), np.array(counts, np.float64))
    used = (survey.counts > 0).sum(axis=0) >= LEAST_SURVEYORS
    pooled = survey.counts.sum(axis=0)
    used &= pooled >= LEAST_SHARE * pooled.sum()
    return replace(near, can_serve=near.can_serve | used, survey=survey)


def _found_here(finds: Finds, prison: int) -> dict[int, tuple[int, float]]:
    """Return the handsets found in a prison: from when they surely were there, and their weight."""
    here = np.flatnonzero((finds.prison == prison) & finds.took_it)
    return {
        int(finds.handset[at]): (
            int(finds.found_us[at]) - SURE_DAYS * DAY_US,
            float(finds.weight[at]),
        )
        for at in here
    }
