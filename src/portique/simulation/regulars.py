"""The numbers that each user of a hidden phone, or each holder outside, calls again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.chunk import World
from portique.simulation.contacts import regular_contacts
from portique.simulation.draw import Choices, Floats, Ints, Rng, lognormal, stream
from portique.simulation.outsiders import VISITOR, People

GROUP = 3
"""Holders who share the same partners in crime, and how many numbers they share (assumed)."""
VISITED_SHARE = 0.5
"""Visitors holding a phone of the fleet who call numbers that some inmate declared (assumed)."""


@dataclass(frozen=True)
class Regulars:
    """Regular contacts of callers; a caller is an inmate, or after all inmates a person outside.

    Args:
        place: shape (inmates + people,), row of each caller's contacts, -1 for none.
        size: shape (callers,), how many contacts each has.
        number, weight: shape (sum of sizes,), contacts and how often each is called.
    """

    place: Ints
    size: Ints
    number: Ints
    weight: Floats

    def draw(self, caller: Ints, rng: Rng) -> Ints:
        """Return a regular contact of each caller named; 0 for callers without any."""
        place = self.place[caller]
        chosen = Choices(self.size, self.weight).draw(np.maximum(place, 0), rng)
        return np.where((place >= 0) & (chosen >= 0), self.number[np.maximum(chosen, 0)], 0)


def make_regulars(
    world: World, users: Ints, people: People, prison: Ints, rng: Rng
) -> tuple[Regulars, Ints]:
    """Return the contacts of all users inside and people outside, and the partners' numbers.

    Args:
        world: the inmates' circles, and the numbering that names new people.
        users: inmates who use a hidden phone, each once.
        people: holders outside.
        prison: shape (people,), the prison that each visits or lives by.
        rng: decides who works together, and whom people outside call.
    """
    inmates = world.stays.inmates
    group, partners = _partners(world, users, rng)
    none = np.zeros(0, np.int64)
    lists = []
    for user, mine in zip(users.tolist(), group.tolist(), strict=True):
        own = stream(world.seed, "regulars", user)
        known = partners[mine] if mine >= 0 else none
        lists.append(regular_contacts(user, world.circles, known, world.recipe, own))
    home = world.cells.prison[world.stays.cell[world.stays.first[:-1]]]
    for role, near in zip(people.role.tolist(), prison.tolist(), strict=True):
        lists.append(_of_outsider(world, np.flatnonzero(home == near), role == VISITOR, rng))
    place = np.full(inmates + len(people.role), -1, np.int64)
    place[users] = np.arange(len(users))
    place[inmates:] = len(users) + np.arange(len(people.role))
    number = np.concatenate([none, *(one[0] for one in lists)])
    rank = np.concatenate([none, *(one[1] for one in lists)])
    fresh = np.flatnonzero(number == 0)
    number[fresh] = world.numbering.numbers(len(fresh))
    size = np.array([len(one[0]) for one in lists], np.int64)
    return Regulars(place, size, number, 1.0 / np.maximum(rank, 1)), partners


def _partners(world: World, users: Ints, rng: Rng) -> tuple[Ints, Ints]:
    """Return the group of each user, -1 for most, and the numbers that each group shares."""
    members = round(len(users) * world.recipe.partners_share)
    groups = members // GROUP
    group = np.full(len(users), -1, np.int64)
    if groups:
        group[rng.permutation(len(users))[:members]] = np.arange(members) % groups
    return group, world.numbering.numbers(groups * GROUP).reshape(groups, GROUP)


def _of_outsider(world: World, near: Ints, is_visitor: bool, rng: Rng) -> tuple[Ints, Ints]:
    count = int(np.clip(lognormal(rng, world.recipe.regular_contacts_median, 0.4, 1)[0], 2, 60))
    numbers = np.zeros(count, np.int64)
    if is_visitor and len(near) and rng.random() < VISITED_SHARE:
        known = world.circles.declared(int(near[rng.integers(len(near))]))[:3]
        numbers = np.concatenate([known, numbers])
    return rng.permutation(numbers), np.arange(1, len(numbers) + 1)
