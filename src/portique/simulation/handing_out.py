"""Which phones turn up, and who gets them: inmates, and people outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.chunk import NOWHERE, World
from portique.simulation.draw import Bools, Ints, Rng
from portique.simulation.hiding import Hidden, Lives, caches, draw_lives, hide
from portique.simulation.holding import Row
from portique.simulation.homes import settle
from portique.simulation.identities import gathered, some
from portique.simulation.outsiders import (
    ELSEWHERE,
    GUARD,
    HOUSEBOUND,
    NEIGHBOUR,
    PASSER_BY,
    VISITOR,
    People,
)
from portique.simulation.period import DAY_S

MIX = np.array([NEIGHBOUR, GUARD, VISITOR, PASSER_BY, ELSEWHERE])
"""Roles in the order of `Recipe.outside_mix`."""
BEFORE_ROLES, BEFORE_SHARE = (VISITOR, ELSEWHERE, NEIGHBOUR), (0.4, 0.4, 0.2)
"""Who used a phone before it came inside (assumed)."""
SAME_HOLDER_SHARE = 0.3
"""Inmates' smartphones whose first holder also had a phone of the fleet (assumed)."""
_SALT = 50_331_653


@dataclass(frozen=True)
class Stock:
    """Phones that turn up: of the fleet first, then inmates' smartphones; shape (phones,).

    Args:
        handset: shape (fleet phones,), position of each among the handsets sold.
        hidden: positions of those that come inside.
        is_smartphone, is_cached: what each is.
        prison: where it comes in; outside, the prison that its holder lives by or visits.
        lives: when it came and went.
        keeper: shape (hidden,), see `hiding.caches`.
    """

    handset: Ints
    hidden: Ints
    is_smartphone: Bools
    is_cached: Bools
    prison: Ints
    lives: Lives
    keeper: Ints

    @property
    def count(self) -> int:
        """Number of phones."""
        return len(self.prison)


def make_stock(world: World, batch: Ints, rng: Rng) -> Stock:
    """Return the phones that turn up; `batch` tells the clones among all handsets sold."""
    recipe = world.recipe
    handset = np.flatnonzero(some(len(batch), 1.0 - recipe.never_seen_share, rng))
    inside = some(len(handset), recipe.inside_share, rng)
    extra = round(int(inside.sum()) * recipe.smartphone_per_inside)
    count = len(handset) + extra
    is_smartphone = np.arange(count) >= len(handset)
    size = np.array([prison.inmates for prison in world.prisons], float)
    prison = rng.choice(len(size), count, p=size / size.sum())
    # The first inside of a batch of clones draws others of that batch into its prison.
    fits = np.flatnonzero(inside)
    prison[fits] = gathered(prison[fits], batch[handset][fits], recipe.clone_same_prison_share, rng)
    hidden = np.concatenate([fits, np.flatnonzero(is_smartphone)])
    cached = caches(~is_smartphone[hidden], recipe.cache_share, rng)
    keeper = cached.copy()
    doubles = np.flatnonzero(is_smartphone[hidden] & (rng.random(len(hidden)) < SAME_HOLDER_SHARE))
    if len(fits):
        keeper[doubles] = rng.integers(0, len(fits), len(doubles))
    lives = draw_lives(count, recipe.silent_after_days, rng)
    lives = _together(lives, hidden, keeper)
    follows = np.flatnonzero(keeper != NOWHERE)
    prison[hidden[follows]] = prison[hidden[keeper[follows]]]
    is_cached = np.zeros(count, bool)
    is_cached[hidden] = cached != NOWHERE
    return Stock(handset, hidden, is_smartphone, is_cached, prison, lives, keeper)


def _together(lives: Lives, hidden: Ints, keeper: Ints) -> Lives:
    """Let phones with one keeper come in when the first of them does."""
    entry, start, end = lives.entry_s.copy(), lives.start_s.copy(), lives.end_s.copy()
    follows = np.flatnonzero(keeper != NOWHERE)
    own, first = hidden[follows], hidden[keeper[follows]]
    entry[own], start[own] = lives.entry_s[first], lives.start_s[first]
    end[own] = np.maximum(end[own], start[own] + DAY_S)
    return Lives(entry, start, end)


def hand_out(world: World, stock: Stock, rng: Rng) -> tuple[Hidden, list[Row], People, Ints]:
    """Return the hidden phones, rows of holders outside, these people, and the prison of each.

    The rows of hidden phones name them by their position in the stock.
    """
    lives, hidden = stock.lives, stock.hidden
    inside = Lives(lives.entry_s[hidden], lives.start_s[hidden], lives.end_s[hidden])
    findable = ~stock.is_smartphone[hidden]
    found = hide(world, stock.prison[hidden], inside, stock.keeper, findable, rng)
    for lists in (found.rows, found.second_rows):
        for place, own in enumerate(lists):
            lists[place] = [(int(hidden[place]), *row[1:]) for row in own]
    phone, role, start, end = _outside(world, stock, rng)
    people = settle(world, role, stock.prison[phone], world.seed * 1_009 + _SALT, rng)
    rows = [
        (one, person, NOWHERE, begin, finish)
        for person, (one, begin, finish) in enumerate(
            zip(phone.tolist(), start.tolist(), end.tolist(), strict=True)
        )
    ]
    return found, rows, people, stock.prison[phone]


def _outside(world: World, stock: Stock, rng: Rng) -> tuple[Ints, Ints, Ints, Ints]:
    """Return phone, role of the holder, and span of each use outside."""
    recipe, lives = world.recipe, stock.lives
    is_out = np.ones(stock.count, bool)
    is_out[stock.hidden] = False
    phone = np.flatnonzero(is_out)
    mix = np.asarray(recipe.outside_mix) / sum(recipe.outside_mix)
    role = rng.choice(MIX, len(phone), p=mix)
    stays_in = rng.random(len(phone)) < recipe.housebound_share
    role = np.where((role == NEIGHBOUR) & stays_in, HOUSEBOUND, role)
    inside = np.flatnonzero(~is_out & ~stock.is_smartphone)
    late = rng.permutation(inside[lives.entry_s[inside] > 6 * DAY_S])
    before = np.sort(late[: round(len(inside) * recipe.used_outside_before_share)])
    began = lives.entry_s[before] - (rng.uniform(5, 40, len(before)) * DAY_S).astype(np.int64)
    ended = lives.entry_s[before] - (rng.uniform(0.2, 3.0, len(before)) * DAY_S).astype(np.int64)
    return (
        np.concatenate([phone, before]),
        np.concatenate([role, rng.choice(BEFORE_ROLES, len(before), p=BEFORE_SHARE)]),
        np.concatenate([lives.start_s[phone], np.maximum(began, 0)]),
        np.concatenate([lives.end_s[phone], ended]),
    )
