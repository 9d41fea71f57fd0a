"""Tests of the events of the fleet and of the inmates' other phones."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulation.invented_ground import Made, made

from portique.simulation.chunk import CALL_IN, DATA, LOCATION_UPDATE, NOWHERE
from portique.simulation.draw import Bools, Spans
from portique.simulation.period import HORIZON_S, ORDER_FROM_S, local_time


@pytest.fixture(scope="module")
def small() -> Made:
    """Return a small ordinary world."""
    return made(3, "small")


def is_inside(small: Made) -> Bools:
    """Return which events of the fleet happened in a prison cell."""
    return np.isin(small.chunk.events.point, small.fleet.cell_point)


def away(small: Made) -> float:
    """Return the share of events inside, of phones with one user, while that one was out."""
    uses, events = small.fleet.held.uses, small.chunk.events
    users = [np.unique(uses.user[uses.device == d]) for d in range(len(small.fleet.devices.imei))]
    only = np.array([who[0] if len(who) == 1 else NOWHERE for who in users])[events.device]
    absences = small.world.absences
    spans = Spans(absences.inmate, absences.from_s, absences.until_s)
    mine = is_inside(small) & (only != NOWHERE)
    return float(spans.hold(only[mine], events.second[mine]).mean())


def test_no_event_comes_after_a_seizure_or_the_horizon(small: Made) -> None:
    """A seized phone is silent from that second on; an ordinary world ends at the horizon."""
    events, finds = small.chunk.events, small.fleet.finds
    seized = np.full(len(small.fleet.devices.imei), HORIZON_S)
    seized[finds.device] = finds.second

    assert (events.second < seized[events.device]).all()
    assert (events.second + events.duration_s <= seized[events.device]).all()
    assert events.second.min() >= 0


def test_events_inside_are_in_the_cell_of_a_user_of_that_instant(small: Made) -> None:
    """For each event in a cell, some use of the phone names that cell at that second."""
    uses, events = small.fleet.held.uses, small.chunk.events
    cell = events.point - small.fleet.cell_point[0]
    inside = np.flatnonzero(is_inside(small))
    at_hand = np.zeros(len(inside), bool)
    order = np.argsort(uses.device, kind="stable")
    first = np.searchsorted(uses.device[order], events.device[inside])
    last = np.searchsorted(uses.device[order], events.device[inside], side="right")
    for step in range(int((last - first).max())):
        row = order[np.minimum(first + step, last - 1)]
        at_hand |= (
            (uses.cell[row] == cell[inside])
            & (uses.from_s[row] <= events.second[inside])
            & (events.second[inside] < uses.until_s[row])
        )

    assert at_hand.all()


def test_events_outside_are_where_their_person_is(small: Made) -> None:
    """Nobody outside uses a phone of the fleet at a point of the prison's cells."""
    uses, events = small.fleet.held.uses, small.chunk.events
    never_inside = ~np.isin(np.arange(len(small.fleet.devices.imei)), uses.device[uses.user >= 0])

    assert not is_inside(small)[never_inside[events.device]].any()
    assert (events.point >= 0).all()
    assert events.point.max() < small.world.points.count


def test_one_phone_does_one_thing_at_a_time(small: Made) -> None:
    """An event ends before the next one of the same phone begins."""
    events = small.chunk.events
    order = np.lexsort((events.second, events.device))
    same = events.device[order][1:] == events.device[order][:-1]
    end = (events.second + events.duration_s)[order]

    assert (end[:-1][same] < events.second[order][1:][same]).all()


def test_kinds_have_the_counterparts_and_layers_that_they_can_have(small: Made) -> None:
    """Data and location updates have no counterpart; a phone without 4G has neither data nor 4G."""
    events = small.chunk.events
    is_4g = small.fleet.held.is_4g[events.device]
    is_alone = np.isin(events.kind, (DATA, LOCATION_UPDATE))

    assert (events.counterpart[is_alone] == 0).all()
    assert (events.counterpart[~is_alone] > 0).all()
    assert set(events.layer[~is_4g]) == {2}
    assert set(events.layer[is_4g]) == {2, 4}
    assert (events.layer[events.kind == DATA] == 4).all()
    assert (events.duration_s[(events.kind > CALL_IN) & (events.kind != DATA)] == 0).all()


def test_phones_are_nearly_silent_while_their_only_user_is_out(small: Made) -> None:
    """Few events fall into absences, and fewer in a world that leaks less."""
    sealed = made(3, "small", "leak_share=0")

    assert 0.001 < away(small) < 0.02
    assert away(sealed) < 0.003


def test_prisons_fall_silent_on_search_days(small: Made) -> None:
    """Between six and twenty on a day of search hardly anything happens in that prison."""
    events, fleet = small.chunk.events, small.fleet
    inside = is_inside(small)
    prison = small.world.cells.prison[(events.point - fleet.cell_point[0])[inside]]
    day, clock = local_time(events.second[inside])
    searched = np.isin(prison * 1_000 + day, fleet.search_prison * 1_000 + fleet.search_day)
    by_day = (clock >= 6 * 3600) & (clock < 20 * 3600)

    assert (searched & by_day).sum() < 0.2 * (searched & ~by_day).sum()


def test_an_inmate_calls_the_numbers_that_were_declared(small: Made) -> None:
    """Of the regular contacts of users inside, about the share of the recipe is on their list."""
    regulars, circles = small.fleet.regulars, small.world.circles
    first = np.cumsum(regulars.size) - regulars.size
    known = total = 0
    for user in np.unique(small.fleet.held.uses.user[small.fleet.held.uses.user >= 0]).tolist():
        place = regulars.place[user]
        numbers = regulars.number[first[place] : first[place] + regulars.size[place]]
        known += int(np.isin(numbers, circles.declared(user)).sum())
        total += len(numbers)

    assert known / total == pytest.approx(small.world.recipe.declared_overlap, abs=0.08)


def test_inmates_other_phones_are_hidden_and_not_of_the_fleet(small: Made) -> None:
    """Their rows are not asked for by identity, and all of them come from cells."""
    chunk = small.insiders

    assert not chunk.is_asked_by_imei
    assert not chunk.devices.in_fleet.any()
    assert np.isin(chunk.events.point, small.fleet.cell_point).all()
    assert small.chunk.is_asked_by_imei
    assert small.chunk.devices.in_fleet.all()


def test_a_recipe_can_put_events_outside_the_period() -> None:
    """Some come before the order's first day and some after the horizon, if the recipe says so."""
    dirty = made(3, "small", "dirty")
    second = dirty.chunk.events.second
    share = dirty.world.recipe.outside_period_share

    assert (second < ORDER_FROM_S).mean() == pytest.approx(share, rel=0.3)
    assert (second >= HORIZON_S).mean() == pytest.approx(share, rel=0.3)
