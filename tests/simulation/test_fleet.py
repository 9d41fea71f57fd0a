"""Tests of the fleet: what was sold, who holds what, and where each phone is at the horizon."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.simulation.invented_ground import Made, made, make

from portique.simulation.chunk import NOWHERE
from portique.simulation.draw import Ints
from portique.simulation.numbering import FLEET_TACS, REWRITTEN_TAC
from portique.simulation.period import HORIZON_S, local_time

NOW = HORIZON_S - 1


@pytest.fixture(scope="module")
def small() -> Made:
    """Return a small ordinary world."""
    return made(3, "small")


def cells_now(small: Made, inmates: Ints) -> Ints:
    """Return where inmates are held at the horizon."""
    return small.world.stays.cell_at(inmates, np.full(len(inmates), NOW))


def test_the_same_seed_gives_the_same_fleet_and_events() -> None:
    """Every array of two worlds with one seed is equal, and another seed gives another."""
    one, two, other = make(5, "tiny"), make(5, "tiny"), make(6, "tiny")

    for field in dataclasses.fields(one.chunk.events):
        name = field.name
        assert np.array_equal(getattr(one.chunk.events, name), getattr(two.chunk.events, name))
    assert np.array_equal(one.fleet.sold.second, two.fleet.sold.second)
    assert np.array_equal(one.chunk.subscriptions.imsi, two.chunk.subscriptions.imsi)
    assert not np.array_equal(one.fleet.sold.second, other.fleet.sold.second)


def test_shares_of_the_fleet_follow_the_recipe(small: Made) -> None:
    """Handsets seen, those that come inside and those found are as many as the recipe says."""
    recipe, fleet = small.world.recipe, small.fleet
    seen = len(fleet.devices.imei)
    inside = len(np.unique(fleet.held.uses.device[fleet.held.uses.user != NOWHERE]))

    assert seen == round(small.world.scale.fleet * (1 - recipe.never_seen_share))
    assert inside == round(seen * recipe.inside_share)
    assert len(fleet.finds.second) == round(inside * recipe.found_share)
    assert len(fleet.smartphones.is_4g) == round(inside * recipe.smartphone_per_inside)


def test_every_handset_seen_was_sold_once_and_before_its_first_use(small: Made) -> None:
    """The ledger points to each phone once; a sale comes before the first use."""
    sold, uses = small.fleet.sold, small.fleet.held.uses
    known = sold.device != NOWHERE
    first = np.full(len(small.fleet.devices.imei), HORIZON_S)
    np.minimum.at(first, uses.device, uses.from_s)

    assert sorted(sold.device[known]) == list(range(len(first)))
    assert (sold.second[known] < first[sold.device[known]]).all()
    assert (np.diff(sold.second) >= 0).all()


def test_clones_share_an_identity_and_are_different_phones() -> None:
    """A batch has one identity on its boxes and several phones, in no more than the batch size."""
    world = made(4, "small", "clones")
    sold = world.fleet.sold
    _, count = np.unique(sold.imei, return_counts=True)
    cloned = count[count > 1]

    assert cloned.sum() == pytest.approx(0.6 * len(sold.imei), abs=2)
    assert cloned.max() <= world.world.recipe.clone_batch_max
    assert len(np.unique(sold.device[sold.device != NOWHERE])) == (sold.device != NOWHERE).sum()


def test_identities_are_of_the_fleets_codes_or_rewritten(small: Made) -> None:
    """A phone sends what is on its box, unless it was rewritten."""
    sold, devices = small.fleet.sold, small.fleet.devices
    known = sold.device != NOWHERE
    sent = devices.imei[sold.device[known]]
    rewritten = sent != sold.imei[known]

    assert set(sold.tac) <= set(FLEET_TACS[: small.world.recipe.tacs])
    assert (sold.imei // 10**6 == sold.tac).all()
    assert set(sent[rewritten] // 10**6) <= {REWRITTEN_TAC}


def test_a_phone_is_where_its_user_is_held_at_the_horizon(small: Made) -> None:
    """The cell of a phone is its user's, and lies in the phone's prison."""
    devices = small.fleet.devices
    held = devices.user != NOWHERE

    assert held.any()
    assert np.array_equal(cells_now(small, devices.user[held]), devices.cell[held])
    assert np.array_equal(small.world.cells.prison[devices.cell[held]], devices.prison[held])
    assert (devices.cell[~held] == NOWHERE).all()


def test_a_second_user_is_held_in_the_phones_prison() -> None:
    """Whoever shares a phone at the horizon is another inmate of the same prison."""
    shared = made(3, "small", "shared")
    devices = shared.fleet.devices
    both = devices.second_user != NOWHERE
    cells = cells_now(shared, devices.second_user[both])

    assert both.any()
    assert (devices.user[both] != devices.second_user[both]).all()
    assert np.array_equal(shared.world.cells.prison[cells], devices.prison[both])


def test_a_seized_phone_is_in_no_prison_and_was_seized_in_its_users_cell(small: Made) -> None:
    """Finds name the cell of the user of that instant; the phone is with the police since."""
    finds, devices = small.fleet.finds, small.fleet.devices
    named = finds.inmate != NOWHERE

    assert (devices.prison[finds.device] == NOWHERE).all()
    assert (devices.cell[finds.device] == NOWHERE).all()
    assert np.array_equal(
        small.world.stays.cell_at(finds.inmate[named], finds.second[named]), finds.cell[named]
    )


def test_uses_inside_lie_within_the_stay_of_their_user(small: Made) -> None:
    """At the start and at the end of each use the user is held in the cell named."""
    uses = small.fleet.held.uses
    inside = uses.user != NOWHERE

    for instant in (uses.from_s[inside], uses.until_s[inside] - 1):
        held = small.world.stays.cell_at(uses.user[inside], instant)
        assert np.array_equal(held, uses.cell[inside])


def test_first_users_of_a_phone_never_overlap(small: Made) -> None:
    """A phone has one first user at a time, inside or outside."""
    uses = small.fleet.held.uses
    main = np.flatnonzero(~uses.is_second)
    same = uses.device[main][1:] == uses.device[main][:-1]

    assert (uses.from_s[main][1:][same] >= uses.until_s[main][:-1][same]).all()


def test_the_fleet_stays_outside_when_the_recipe_says_so() -> None:
    """With no phone inside there is no find, no smartphone and no cell."""
    world = made(3, "tiny", "inside_share=0")

    assert (world.fleet.devices.cell == NOWHERE).all()
    assert len(world.fleet.finds.second) == len(world.insiders.events.second) == 0
    assert len(world.chunk.events.second) > 0


def test_finds_lie_on_days_of_searches_where_the_recipe_says_so() -> None:
    """Recipe `searched`: most searches found a phone; by default finds come on any day."""
    found = made(3, "small", "searched").fleet
    days = set(zip(found.search_prison.tolist(), found.search_day.tolist(), strict=True))
    prison = made(3, "small", "searched").world.cells.prison[found.finds.cell]
    on = local_time(found.finds.second)[0]

    assert len(days & set(zip(prison.tolist(), on.tolist(), strict=True))) > len(days) / 3


def test_some_users_of_seized_phones_get_another_one_later() -> None:
    """Recipe `searched`: their next phone comes in after the seizure of the first."""
    fleet = made(3, "small", "searched").fleet
    uses, again = fleet.held.uses, 0
    for user, second in zip(fleet.finds.inmate.tolist(), fleet.finds.second.tolist(), strict=True):
        again += user != NOWHERE and bool(((uses.user == user) & (uses.from_s > second)).any())

    assert again >= len(fleet.finds.second) // 5


def test_stashed_phones_lie_in_another_cell_than_their_users(small: Made) -> None:
    """A quarter of them by recipe `stashed`, in the same prison; by default none."""
    for world, low, high in ((small, 0.0, 0.0), (made(3, "small", "stashed"), 0.1, 0.4)):
        devices = world.fleet.devices
        known = np.flatnonzero((devices.user != NOWHERE) & (devices.cell != NOWHERE))
        away = cells_now(world, devices.user[known]) != devices.cell[known]
        prisons = world.world.cells.prison[devices.cell[known]]

        assert low <= away.mean() <= high
        assert (prisons == devices.prison[known]).all()
