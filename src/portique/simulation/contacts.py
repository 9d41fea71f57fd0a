"""Whom inmates call: numbers they declared, family who did not ask, lawyers, partners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.draw import Bools, Ints, Rng, lognormal, spread, stream
from portique.simulation.numbering import Numbering
from portique.simulation.period import DAY_S
from portique.simulation.places import Cells
from portique.simulation.population import Stays
from portique.simulation.recipe import Recipe

RELATIONS = ("phone_list", "visitor", "lawyer")
PHONE_LIST, VISITOR, LAWYER = range(3)
UNKNOWN_S = -(10**12)
"""Start or end of a declaration that the list does not say."""
KIN = 4
"""Numbers of the wider family of each inmate that are on no list (assumed)."""
INMATES_A_LAWYER = 15
LISTED_SHARE = 0.93
"""Declarations that reach the list of the case: prisons forget some (assumed)."""


@dataclass(frozen=True)
class Circles:
    """The people around every inmate.

    Args:
        inmate, number, relation, from_s, until_s, is_listed: one declaration a row, by inmate.
        first: shape (inmates + 1,), where the declarations of each inmate begin.
        kin: shape (inmates, KIN), numbers of relatives on no list.
        lawyers: every lawyer's number.
    """

    inmate: Ints
    number: Ints
    relation: Ints
    from_s: Ints
    until_s: Ints
    is_listed: Bools
    first: Ints
    kin: Ints
    lawyers: Ints

    def declared(self, inmate: int) -> Ints:
        """Return the numbers that one inmate declared, lawyers left out."""
        rows = slice(self.first[inmate], self.first[inmate + 1])
        return np.unique(self.number[rows][self.relation[rows] != LAWYER])

    def lawyer(self, inmate: int) -> Ints:
        """Return the number of an inmate's lawyer, if there is one."""
        rows = slice(self.first[inmate], self.first[inmate + 1])
        return np.asarray(self.number[rows][self.relation[rows] == LAWYER])


def make_circles(
    seed: int, stays: Stays, cells: Cells, recipe: Recipe, numbering: Numbering
) -> Circles:
    """Return declared contacts and undeclared family of every inmate of a world."""
    rng = stream(seed, "contacts")
    count = stays.inmates
    asked = np.clip(rng.poisson(recipe.declared_contacts, count), 2, 20)
    inmate, _ = spread(asked)
    number = _with_shared_families(
        inmate, numbering.numbers(len(inmate)), stays, cells, recipe, rng
    )
    relation = np.where(rng.random(len(inmate)) < 0.75, PHONE_LIST, VISITOR)
    also = np.flatnonzero((relation == PHONE_LIST) & (rng.random(len(inmate)) < 0.3))
    lawyers = numbering.numbers(max(3, count // INMATES_A_LAWYER))
    defended = np.flatnonzero(rng.random(count) < 0.7)
    columns = [
        np.concatenate([inmate, inmate[also], defended]),
        np.concatenate(
            [number, number[also], lawyers[rng.integers(0, len(lawyers), len(defended))]]
        ),
        np.concatenate([relation, np.full(len(also), VISITOR), np.full(len(defended), LAWYER)]),
    ]
    return _with_dates(columns, stays, lawyers, numbering.numbers(count * KIN), recipe, rng)


def _with_shared_families(
    inmate: Ints, number: Ints, stays: Stays, cells: Cells, recipe: Recipe, rng: Rng
) -> Ints:
    """Let some inmates share three numbers with another of the same prison: brothers, cousins."""
    first = np.searchsorted(inmate, np.arange(stays.inmates + 1))
    home = cells.prison[stays.cell[stays.first[:-1]]]
    by_home = np.argsort(home, kind="stable")
    starts = np.searchsorted(home[by_home], np.arange(home.max() + 2))
    number = number.copy()
    for one in np.flatnonzero(rng.random(stays.inmates) < recipe.shared_family_share):
        low, high = starts[home[one]], starts[home[one] + 1]
        other = by_home[low + int(rng.integers(high - low))]
        shared = min(3, first[one + 1] - first[one], first[other + 1] - first[other])
        number[first[one] : first[one] + shared] = number[first[other] : first[other] + shared]
    help_lines = np.flatnonzero(rng.random(len(number)) < 0.012)
    # The families' association of each prison is on the list of one inmate in ten.
    association = number[first[starts[:-1] * 0 + by_home[starts[:-1]]]]
    number[help_lines] = association[home[inmate[help_lines]]]
    return number


def _with_dates(
    columns: list[Ints], stays: Stays, lawyers: Ints, kin: Ints, recipe: Recipe, rng: Rng
) -> Circles:
    inmate, number, relation = columns
    order = np.lexsort((relation, number, inmate))
    inmate, number, relation = inmate[order], number[order], relation[order]
    count = len(inmate)
    arrived = stays.from_s[stays.first[inmate]]
    start = arrived + (rng.exponential(20.0, count) * DAY_S).astype(np.int64)
    ended = rng.random(count) < 0.05
    finish = start + (rng.exponential(120.0, count) * DAY_S).astype(np.int64) + DAY_S
    has_list = rng.random(stays.inmates) < recipe.has_list_share
    return Circles(
        inmate=inmate,
        number=number,
        relation=relation,
        from_s=np.where(rng.random(count) < 0.15, UNKNOWN_S, start),
        until_s=np.where(ended, finish, UNKNOWN_S),
        is_listed=(rng.random(count) < LISTED_SHARE) & (has_list[inmate] | (relation == LAWYER)),
        first=np.searchsorted(inmate, np.arange(stays.inmates + 1)),
        kin=kin.reshape(stays.inmates, KIN),
        lawyers=lawyers,
    )


def regular_contacts(
    inmate: int, circles: Circles, partners: Ints, recipe: Recipe, rng: Rng
) -> tuple[Ints, Ints]:
    """Return the numbers that one inmate calls from a hidden phone, most called first.

    A given share of them are on the inmate's list; others are relatives on no list, partners in
    crime, and, written as 0, people nobody else in this world calls: the caller numbers those.

    Returns:
        (numbers, rank of each: the weight of a contact is one over its rank).
    """
    wanted = int(np.clip(lognormal(rng, recipe.regular_contacts_median, 0.4, 1)[0], 2, 60))
    declared = rng.permutation(circles.declared(inmate))
    known = declared[: int(rng.binomial(wanted, recipe.declared_overlap))]
    kin = circles.kin[inmate][rng.random(KIN) < 0.5]
    others = np.concatenate([kin, partners])[: max(0, wanted - len(known))]
    fresh = np.zeros(max(0, wanted - len(known) - len(others)), np.int64)
    numbers = rng.permutation(np.concatenate([known, others, fresh]))
    rank = np.arange(1, len(numbers) + 1)
    lawyer = circles.lawyer(inmate)
    if len(lawyer) and rng.random() < 0.15:
        return np.append(numbers, lawyer[0]), np.append(rank, 30)
    return numbers, rank
