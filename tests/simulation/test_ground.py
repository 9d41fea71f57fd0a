"""Tests of the ground of an invented world: chance, numbers, time, places, people, masts."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulation.invented_ground import ground, made

from portique.core.errors import Refused
from portique.core.ids import is_sector_id, luhn_digit
from portique.simulation.chunk import World
from portique.simulation.draw import Choices, Spans, stream
from portique.simulation.numbering import Numbering, check_digits
from portique.simulation.outsiders import ELSEWHERE, NEIGHBOUR, People
from portique.simulation.period import HORIZON_S, local_time, utc_seconds
from portique.simulation.radio_world import Coverage, layer_network
from portique.simulation.recipe import RECIPES, parse_vary


@pytest.fixture(scope="module")
def world() -> World:
    """Return the ground of a small world."""
    return ground(2, "small")


def test_weighted_choices_follow_their_weights() -> None:
    """An option with three times the weight is drawn three times as often, one with none never."""
    choices = Choices(np.array([2, 3]), np.array([1.0, 3.0, 1.0, 0.0, 1.0]))
    drawn = choices.draw(np.repeat([0, 1], 4_000), stream(1, "test"))
    count = np.bincount(drawn, minlength=5)

    assert count[1] / count[0] == pytest.approx(3.0, rel=0.15)
    assert count[3] == 0
    assert count[2:].sum() == 4_000


def test_spans_hold_their_start_and_not_their_end() -> None:
    """A span holds its first instant, not the one after it, and nobody else's."""
    spans = Spans(np.array([1]), np.array([-10]), np.array([20]))

    owner, instant = np.array([1, 1, 1, 2]), np.array([-10, 19, 20, 0])
    assert spans.hold(owner, instant).tolist() == [True, True, False, False]


def test_numbers_and_subscriptions_are_never_handed_out_twice() -> None:
    """A hundred thousand numbers are distinct and from the ranges that nobody has."""
    numbering = Numbering(7)
    numbers = np.concatenate([numbering.numbers(60_000), numbering.numbers(40_000)])

    assert len(np.unique(numbers)) == 100_000
    assert set(numbers // 10**7) <= {3371, 3372}


def test_check_digits_are_those_of_the_formula() -> None:
    """The array form agrees with the one for a single identity."""
    imei = np.array([10170100073681, 10170212345678])

    assert check_digits(imei).tolist() == [luhn_digit(str(one)) for one in imei]


def test_local_time_is_the_inverse_of_utc_seconds_on_both_sides_of_summer_time() -> None:
    """A local hour comes back, before and after 30 March."""
    day, second = np.array([3, 80]), np.array([36_000, 36_000])

    back = local_time(utc_seconds(day, second))
    assert back[0].tolist() == [3, 80]
    assert back[1].tolist() == [36_000, 36_000]


def test_a_recipe_joins_names_and_parameters_and_refuses_what_it_does_not_know() -> None:
    """What a later word changes wins; an unknown word is refused with the list of known ones."""
    recipe = parse_vary(["careful", "sparse", "search_days=1"])

    assert recipe.events_per_day_median == RECIPES["sparse"].events_per_day_median
    assert recipe.sim_days == RECIPES["careful"].sim_days
    assert recipe.search_days == 1
    with pytest.raises(Refused, match="sprase"):
        parse_vary(["sprase"])


def test_no_cell_holds_more_inmates_than_beds(world: World) -> None:
    """At the start, in the middle and at the horizon."""
    for instant in (0, HORIZON_S // 2, HORIZON_S - 1):
        there = (world.stays.from_s <= instant) & (world.stays.until_s > instant)
        held = np.bincount(world.stays.cell[there], minlength=len(world.cells.beds))
        assert (held <= world.cells.beds).all()


def test_an_inmate_is_in_one_cell_at_a_time(world: World) -> None:
    """Stays of one inmate do not overlap."""
    same = world.stays.inmate[1:] == world.stays.inmate[:-1]

    assert (world.stays.from_s[1:][same] >= world.stays.until_s[:-1][same]).all()


def test_absences_lie_within_a_stay(world: World) -> None:
    """An inmate who is at work, on a walk or at court is held somewhere."""
    absences = world.absences

    assert (absences.until_s > absences.from_s).all()
    assert (world.stays.row_at(absences.inmate, absences.from_s) >= 0).all()


def test_declared_numbers_of_an_inmate_leave_the_lawyer_out(world: World) -> None:
    """Lawyers' numbers are known, and in nobody's declared contacts."""
    everyone = np.concatenate([world.circles.declared(i) for i in range(200)])

    assert not np.isin(everyone, world.circles.lawyers).any()
    assert any(len(world.circles.lawyer(i)) for i in range(20))


def test_sectors_have_distinct_identities_of_the_right_form(world: World) -> None:
    """Each is a CGI or an ECGI, and none is given twice."""
    assert len(set(world.sectors.ids)) == len(world.sectors.ids)
    assert all(is_sector_id(one) for one in world.sectors.ids[:500])


def test_a_cell_is_served_by_few_sectors_of_its_own_network(world: World) -> None:
    """A Free subscription on 2G is served by Orange; one point sees a handful of sectors."""
    cells, prison = world.cells, world.prisons[0]
    coverage = Coverage(world.sectors, prison.area, world.recipe, salt=1)
    network = layer_network(np.array([3]), np.array([2]))[0]
    key = np.stack([np.zeros(500, np.int64), np.full(500, network), np.full(500, 2)])
    place = (cells.x[:1], cells.y[:1], cells.facing_deg[:1])
    rows = coverage.serve(place, key, stream(1, "test"))

    assert network == 0
    assert (rows >= 0).all()
    assert set(world.sectors.network[rows]) == {0}
    assert 1 <= len(np.unique(rows)) <= 15


def test_people_are_at_home_at_night_whichever_order_they_are_asked_in(world: World) -> None:
    """At three in the morning a neighbour is at home; asking twice gives the same answer."""
    ones = np.ones(2)
    people = People(
        role=np.array([NEIGHBOUR, ELSEWHERE]),
        home=np.array([0, 1]),
        work=np.array([2, 3]),
        trip=np.array([4, 5]),
        leave_s=np.array([28_800, 28_800]),
        back_s=np.array([64_800, 64_800]),
        often=ones,
        roams=0.1 * ones,
        salt=9,
    )
    night = utc_seconds(np.arange(2, 80), np.full(78, 3 * 3600))
    noon = utc_seconds(np.arange(2, 80), np.full(78, 13 * 3600))
    first = np.zeros(78, np.int64)

    assert set(people.where(first, night)) == {0}
    assert set(people.where(first, noon)) <= {0, 2, 4}
    assert np.array_equal(people.where(first, noon), people.where(first, noon[::-1])[::-1])


@pytest.mark.parametrize("vary", ["ordinary", "crowded"])
def test_neighbours_of_the_fleet_live_outside_the_walls(vary: str) -> None:
    """A neighbour's home lies beyond the perimeter of every prison, and near enough to one."""
    small = made(3, "small", vary)
    area, x, y, _ = small.world.points.arrays()
    home = small.fleet.people.home[small.fleet.people.role == NEIGHBOUR]
    gaps = np.full((len(small.world.prisons), len(home)), np.inf)
    for row, prison in enumerate(small.world.prisons):
        away = np.hypot(x[home] - prison.x, y[home] - prison.y) - prison.perimeter_m
        gaps[row] = np.where(area[home] == prison.area, away, np.inf)

    assert (gaps.min(axis=0) >= 0.99 * small.world.recipe.neighbour_min_m).all()
    assert (gaps.min(axis=0) <= 1.01 * small.world.recipe.neighbour_max_m).all()
