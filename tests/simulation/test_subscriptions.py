"""Tests of the subscriptions in phones over time."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulation.invented_ground import Made, made

from portique.simulation.numbering import OPERATORS


@pytest.fixture(scope="module")
def swaps() -> Made:
    """Return a small world in which subscriptions change often and move."""
    return made(3, "small", "swaps")


def test_a_subscription_is_never_in_two_phones_at_once(swaps: Made) -> None:
    """Spans of one subscription, in the fleet and in smartphones, do not overlap."""
    parts = (swaps.fleet.held.sims, swaps.fleet.smartphones.sims)
    subscription = np.concatenate([part.subscription for part in parts])
    start = np.concatenate([part.from_s for part in parts])
    end = np.concatenate([part.until_s for part in parts])
    order = np.lexsort((start, subscription))
    same = subscription[order][1:] == subscription[order][:-1]

    assert same.any()
    assert (start[order][1:][same] >= end[order][:-1][same]).all()


def test_one_slot_holds_one_subscription_at_a_time(swaps: Made) -> None:
    """Spans of one slot of one phone do not overlap, and have a length."""
    sims = swaps.fleet.held.sims
    slot = sims.device * 2 + sims.slot
    order = np.lexsort((sims.from_s, slot))
    same = slot[order][1:] == slot[order][:-1]

    assert (sims.until_s > sims.from_s).all()
    assert (sims.from_s[order][1:][same] >= sims.until_s[order][:-1][same]).all()


def test_slots_cover_the_whole_use_of_each_phone(swaps: Made) -> None:
    """From the first use to the last there is a subscription in the phone."""
    sims, uses = swaps.fleet.held.sims, swaps.fleet.held.uses
    count = len(swaps.fleet.devices.imei)
    first, last = np.full(count, 1 << 40), np.full(count, -(1 << 40))
    np.minimum.at(first, uses.device, uses.from_s)
    np.maximum.at(last, uses.device, uses.until_s)
    main = sims.slot == 0
    covered = np.bincount(sims.device[main], (sims.until_s - sims.from_s)[main], count)

    assert np.array_equal(covered.astype(np.int64), last - first)


def test_some_subscriptions_go_on_in_another_phone(swaps: Made) -> None:
    """About the share of retired subscriptions that the recipe names is met in a second phone."""
    parts = (swaps.fleet.held.sims, swaps.fleet.smartphones.sims)
    phones = np.concatenate([parts[0].device, parts[1].device + 10**6])
    subscription = np.concatenate([part.subscription for part in parts])
    pairs = np.unique(np.stack([subscription, phones]), axis=1)
    _, met = np.unique(pairs[0], return_counts=True)
    retired = len(met) - len(np.unique(phones))

    assert met.max() == 2
    assert 0.1 < (met == 2).sum() / retired < 0.45


def test_careful_people_use_more_subscriptions_than_others() -> None:
    """Nine days a subscription leave more of them in a phone than forty-five."""
    few, many = made(3, "small"), made(3, "small", "careful")
    count = [len(one.fleet.held.sims.device) for one in (few, many)]

    assert count[1] > 2 * count[0]


def test_subscriptions_are_distinct_and_of_their_operator(swaps: Made) -> None:
    """Each has an IMSI and a number of its own; the IMSI begins with the operator's code."""
    subs = swaps.chunk.subscriptions

    assert len(np.unique(subs.imsi)) == len(np.unique(subs.number)) == len(subs.imsi)
    assert np.array_equal(subs.imsi // 10**10, np.asarray(OPERATORS)[subs.operator])


def test_a_find_can_tell_the_subscriptions_that_were_in_the_phone(swaps: Made) -> None:
    """Subscriptions seen in a phone before an instant come in order of their start."""
    sims = swaps.fleet.held.sims
    device = int(np.bincount(sims.device).argmax())
    mine = sims.device == device
    middle = int(np.sort(sims.from_s[mine])[1])

    assert len(sims.seen_in(device, 1 << 40)) == mine.sum()
    assert len(sims.seen_in(device, middle)) < mine.sum()
