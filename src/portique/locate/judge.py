"""One prison at a time: its candidate phones, its inmates, and all terms between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.locate.activity import DAY_US
from portique.locate.calibrate import Calibration
from portique.locate.census import Census, census
from portique.locate.contacts import SECOND_SHARE, SECOND_WEIGHT, called, contact_ln_lr
from portique.locate.presence import PresenceTerms, candidates, presence_terms
from portique.locate.radio import Surroundings, surroundings
from portique.locate.scene import Scene
from portique.locate.searches import days_of_use, search_chance, search_log10_lr
from portique.locate.users import UserTerms, occasions, user_terms

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FAMILY_SHARE = 0.03
"""Share of phones outside that belong to somebody close to an inmate and call the same people, so
that "it calls his family" alone never puts a phone inside by more than this allows (assumed)."""
LONG_ENOUGH_DAYS = 10.0
SAME_PLACE_SHARE = 0.6
LEAST_BEFORE_DAYS = 2


@dataclass(frozen=True)
class PrisonView:
    """What was computed for one prison; arrays over its candidate handsets and its inmates.

    Args:
        prison: position.
        presence: terms of the candidate handsets.
        held: its inmates at the horizon.
        users: terms between them.
        user_ln: weighted sum of the user terms, shape (handsets, inmates).
        declared_hits: declared numbers each handset exchanged with, shape (handsets, inmates).
        second_hits: the same of numbers that exchange with declared ones.
        terms: presence terms as `calibrate.PRESENCE_TERMS`, shape (handsets, terms).
        log10_lr: calibrated log10 LR of being inside against outside, shape (handsets,).
    """

    prison: int
    presence: PresenceTerms
    held: Census
    users: UserTerms
    user_ln: Floats
    declared_hits: Floats
    second_hits: Floats
    terms: Floats
    log10_lr: Floats


def reach_of_prisons(scene: Scene) -> list[Surroundings]:
    """Return the surroundings of every prison, by geometry."""
    prisons = scene.prisons
    return [
        surroundings(
            scene.register,
            float(prisons.lat[p]),
            float(prisons.lon[p]),
            float(prisons.perimeter_m[p]),
        )
        for p in range(len(prisons.ids))
    ]


def able_sectors(scene: Scene, around: list[Surroundings]) -> Bools:
    """Return which sectors can serve which prison, shape (sectors + 1, prisons).

    The last row, for "no sector", is false.
    """
    able = np.zeros((len(scene.register) + 1, len(around)), bool)
    for prison, near in enumerate(around):
        able[near.rows[near.can_serve], prison] = True
    return able


def judge(
    scene: Scene, prison: int, around: Surroundings, able: Bools, weights: Calibration
) -> PrisonView:
    """Return all terms of one prison.

    Args:
        scene: the case.
        prison: position of the prison.
        around: its surroundings.
        able: sectors that can serve each prison, shape (sectors + 1, prisons).
        weights: the calibration.
    """
    activity, sectors = scene.activity, len(scene.register)
    chosen = candidates(activity, around, sectors)
    presence = presence_terms(activity, around, chosen, sectors, scene.horizon_us)
    held = census(scene.stays, prison, scene.calendar, scene.horizon_us)
    met = called(activity, scene.declared, chosen, presence.from_us)
    second = called(activity, scene.second, chosen, presence.from_us)
    count = len(activity.handset_ids)
    contacts = (
        contact_ln_lr(met, scene.declared, held.inmates, count),
        contact_ln_lr(second, scene.second, held.inmates, count, (SECOND_SHARE, SECOND_WEIGHT)),
    )
    seen, expected = occasions(
        activity, chosen, presence.from_us, presence.until_us, scene.calendar
    )
    came_from = _came_from(scene, prison, presence, able, held)
    users = user_terms(contacts, seen, expected, held, came_from)
    user_ln = np.tensordot(np.asarray(weights.user_weight), users.stacked(), axes=1)
    lies_low = _lies_low(scene, prison, presence, around)
    terms = _presence_columns(scene, presence, user_ln, lies_low, weights.nobody)
    return PrisonView(
        prison=prison,
        presence=presence,
        held=held,
        users=users,
        user_ln=user_ln,
        declared_hits=(met @ scene.declared.by_inmate[held.inmates].T).toarray(),
        second_hits=(second @ scene.second.by_inmate[held.inmates].T).toarray(),
        terms=terms,
        log10_lr=weights.presence_log10_lr(terms),
    )


def _presence_columns(
    scene: Scene, presence: PresenceTerms, user_ln: Floats, lies_low: Floats, nobody: float
) -> Floats:
    inmates = max(1, user_ln.shape[1])
    best = np.exp(np.minimum(user_ln, 300.0)).sum(axis=1) / inmates
    someone = (1 - nobody) * best + nobody
    capped = 1.0 / (1.0 / someone + FAMILY_SHARE)
    by_users = np.log10(capped)
    few_days = np.minimum(0.0, np.log10(np.maximum(presence.days, 1) / LONG_ENOUGH_DAYS))
    return np.column_stack(
        [
            presence.sectors,
            np.maximum(presence.stays_put, 0.0),
            np.minimum(presence.stays_put, 0.0),
            np.maximum(by_users, 0.0),
            np.minimum(by_users, 0.0),
            -scene.own_declared[presence.handset].astype(float),
            presence.silence,
            few_days,
            lies_low,
        ]
    )


def _lies_low(scene: Scene, prison: int, presence: PresenceTerms, around: Surroundings) -> Floats:
    """Return log10 LR of silence on the days on which phones surely inside fell silent."""
    if around.survey is None:
        return np.zeros(len(presence.handset))
    use = days_of_use(scene.activity, presence.handset, presence.from_us, presence.until_us)
    surely = np.isin(presence.handset, around.survey.handset)
    chance = search_chance(use, surely, scene.finds.days_in(prison))
    return search_log10_lr(use, chance)


def _came_from(
    scene: Scene, prison: int, presence: PresenceTerms, able: Bools, held: Census
) -> Floats:
    """Return 1 where the inmate was held where the phone was before, 0 where not, nan if nowhere.

    Shape (handsets, inmates). A phone was somewhere before if, earlier than the span that fits
    this prison, three fifths of its records lay on sectors of one other prison, over two days.
    """
    activity, starts = scene.activity, scene.activity.starts
    out = np.full((len(presence.handset), len(held.inmates)), np.nan)
    for row, handset in enumerate(presence.handset):
        mine = slice(starts[handset], starts[handset + 1])
        before = activity.t_us[mine] < presence.from_us[row]
        t_us, sector = activity.t_us[mine][before], activity.sector[mine][before]
        if len(np.unique(t_us // DAY_US)) < LEAST_BEFORE_DAYS:
            continue
        share = able[sector].sum(axis=0) / max(1, (sector >= 0).sum())
        share[prison] = 0.0
        other = int(np.argmax(share))
        if share[other] < SAME_PLACE_SHARE:
            continue
        there = t_us[able[sector, other]]
        out[row] = _were_there(scene, other, int(there[0]), int(there[-1]))[held.inmates]
    return out


def _were_there(scene: Scene, prison: int, from_us: int, until_us: int) -> Floats:
    """Shape (all inmates,): 1 where held in the prison for half of a span."""
    stays = scene.stays
    overlap = np.minimum(stays.stay_until, until_us) - np.maximum(stays.stay_from, from_us)
    overlap = np.where(stays.stay_prison == prison, np.maximum(0, overlap), 0)
    total = np.bincount(stays.stay_inmate, overlap.astype(float), len(stays.inmates))
    return np.asarray(total >= 0.5 * max(1, until_us - from_us), np.float64)
