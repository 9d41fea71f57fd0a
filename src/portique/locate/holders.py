"""Who has the phone now: shared phones, phones that changed hands, phones of people who left.

The terms of `users.py` ask who used the phone over its whole time in the prison. A door is opened
for where it is now. Three things come between the two, and each takes from the first name:

* a second user, whose contacts explain numbers that the first one's do not;
* a change of hands: the first user's contacts stopped while the phone went on;
* a holder who left the prison, or changed cells when the phone fell silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from portique.locate.activity import DAY_US
from portique.locate.contacts import contact_ln_lr
from portique.locate.judge import PrisonView
from portique.locate.scene import Scene

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SHARED_SHARE = 0.35
"""Prior probability of a further user whose contacts show (assumed)."""
HANDED_ON = 0.12
"""Prior probability that a phone changed hands since its user's last known contact (assumed)."""
UNSEEN_HOLDER = 0.05
"""Weight of a holder whom nothing shows, beside one whose contacts are fresh (assumed)."""
TO_CELLMATES = 0.4
"""Part of what changed hands that went to the cellmates (assumed)."""
GONE_PRIOR = 0.3
"""Prior weight of an inmate who has left, against one who is still there (assumed)."""
FADING_DAYS = 14.0
"""Contacts weigh half as much after some ten days of use: the present holder's are recent."""
SILENT = 0.7
"""log10(1 + silence / usual gap) from which a phone counts as silent: four usual gaps."""
SILENT_KEPT, SILENT_MOVED = 0.9, 0.35
"""Probability that a silent phone is still its user's; and if he changed cells since (assumed)."""
SURE = 0.5
MOST_USERS = 3


@dataclass(frozen=True)
class _Met:
    """Declared numbers that one handset exchanged with, once a day of use.

    Args:
        column: position of the number in `Declared.numbers`.
        day: which day of use, from 0.
        days: days of use in all.
    """

    column: Ints
    day: Ints
    days: int

    def weight(self, listed: npt.NDArray[np.bool_]) -> tuple[float, float]:
        """Return recent contacts with listed numbers, and the probability they did not stop."""
        mine = np.unique(self.day[listed[self.column]])
        if not len(mine):
            return 0.0, 0.0
        recent = float(np.exp(-(self.days - 1 - mine) / FADING_DAYS).sum())
        rate = len(mine) / (mine[-1] - mine[0] + 1 + 2.0)
        quiet = float(np.exp(-rate * (self.days - 1 - mine[-1])))
        return recent, quiet * (1 - HANDED_ON) / (quiet * (1 - HANDED_ON) + HANDED_ON)


def present_holders(scene: Scene, view: PrisonView, nobody: float) -> Floats:
    """Return the probability of each inmate to hold each phone now, if it is in this prison.

    Args:
        scene: the case.
        view: one prison with its terms.
        nobody: prior probability that no listed inmate uses it.

    Returns:
        Shape (handsets, inmates); rows sum to 1 or less, the rest is "nobody listed".
    """
    return np.stack([_one(scene, view, row, nobody) for row in range(len(view.presence.handset))])


def _one(scene: Scene, view: PrisonView, row: int, nobody: float) -> Floats:
    met = _met(scene, view, row)
    here, gone = view.held.inmates, _gone(scene, view, row)
    lists = scene.declared.by_inmate
    gone_ln = _contacts(scene, gone, np.unique(met.column)) + np.log(GONE_PRIOR)
    ln = np.concatenate([view.user_ln[row], gone_ln])
    p = _posterior(ln, nobody, len(here))
    users: list[tuple[int, float]] = []
    left = np.unique(met.column)
    share = p.copy()
    for _ in range(MOST_USERS):
        best = int(np.argmax(share)) if len(share) else -1
        if best < 0 or share[best] < SURE:
            break
        users.append((best, float(share[best])))
        inmate = here[best] if best < len(here) else gone[best - len(here)]
        own = lists[[inmate]].indices
        left = left[~np.isin(left, own)]
        rest = np.concatenate(
            [_contacts(scene, here, left), _contacts(scene, gone, left) + np.log(GONE_PRIOR)]
        )
        share = _posterior(rest, 1.0 - SHARED_SHARE, len(here))
        share[[u for u, _ in users]] = 0.0
    return _shared_out(scene, view, row, (p, users, met, gone))


def _posterior(ln: Floats, nobody: float, inmates: int) -> Floats:
    if not len(ln):
        return np.zeros(0)
    peak = max(float(ln.max()), 0.0)
    likelihood = (1 - nobody) / max(1, inmates) * np.exp(ln - peak)
    return np.asarray(likelihood / (likelihood.sum() + nobody * np.exp(-peak)))


def _contacts(scene: Scene, inmates: Ints, columns: Ints) -> Floats:
    """Return ln LR of contacts of one handset with some declared numbers, shape (inmates,)."""
    if not len(inmates) or not len(columns):
        return np.zeros(len(inmates))
    shape = (1, len(scene.declared.numbers))
    met = csr_array((np.ones(len(columns)), (np.zeros(len(columns), int), columns)), shape=shape)
    handsets = len(scene.activity.handset_ids)
    return np.asarray(contact_ln_lr(met, scene.declared, inmates, handsets)[0])


def _met(scene: Scene, view: PrisonView, row: int) -> _Met:
    activity, terms = scene.activity, view.presence
    handset = int(terms.handset[row])
    mine = slice(activity.starts[handset], activity.starts[handset + 1])
    t_us = activity.t_us[mine]
    inside = (t_us >= terms.from_us[row]) & (t_us <= terms.until_us[row])
    days, day = np.unique(t_us[inside] // DAY_US, return_inverse=True)
    column = scene.declared_column[activity.number[mine][inside]]
    pairs = np.unique(np.stack([column, day])[:, column >= 0], axis=1)
    return _Met(pairs[0], pairs[1], len(days))


def _gone(scene: Scene, view: PrisonView, row: int) -> Ints:
    """Return inmates who were held in this prison with the phone, and are no longer."""
    stays, terms = scene.stays, view.presence
    was = stays.stay_prison == view.prison
    was &= (stays.stay_from < terms.until_us[row]) & (stays.stay_until > terms.from_us[row])
    return np.setdiff1d(stays.stay_inmate[was], view.held.inmates)


_Found = tuple[Floats, list[tuple[int, float]], _Met, Ints]


def _shared_out(scene: Scene, view: PrisonView, row: int, found: _Found) -> Floats:
    """Return the probability of each inmate held now, from users and what became of their use."""
    p, users, met, gone = found
    here = view.held.inmates
    out = p[: len(here)].copy()
    if not users:
        return out
    first, sure = users[0]
    out[[u for u, _ in users if u < len(here)]] = 0.0
    weights, unseen = [], UNSEEN_HOLDER
    for user, linked in users:
        inmate = here[user] if user < len(here) else gone[user - len(here)]
        listed = np.zeros(len(scene.declared.numbers), bool)
        listed[scene.declared.by_inmate[[inmate]].indices] = True
        recent, kept = met.weight(listed)
        kept *= _still_there(scene, view, row, int(inmate)) if user < len(here) else 0.0
        weight = linked * max(recent, 0.2) / max(1.0, recent)
        weights.append((user, linked * max(recent, 0.2) * kept))
        unseen += weight * (1 - kept)
    scale = max(1.0, met.weight(_any(scene))[0])
    total = sum(w for _, w in weights) + unseen * scale
    lost = sure * unseen * scale / total
    for user, weight in weights:
        if user < len(here):
            out[user] += sure * weight / total
    if first < len(here):
        mates = np.flatnonzero(view.held.cell == view.held.cell[first])
        mates = mates[mates != first]
        if len(mates):
            out[mates] += TO_CELLMATES * lost / len(mates)
    return out


def _any(scene: Scene) -> npt.NDArray[np.bool_]:
    return np.ones(len(scene.declared.numbers), bool)


def _still_there(scene: Scene, view: PrisonView, row: int, inmate: int) -> float:
    """Return the probability that a phone fallen silent did not part from its user."""
    terms = view.presence
    if terms.silence[row] < SILENT:
        return 1.0
    stays = scene.stays
    since = stays.stay_from[stays.stay_inmate == inmate]
    moved = bool((since > terms.until_us[row] - DAY_US).any())
    return SILENT_MOVED if moved else SILENT_KEPT
