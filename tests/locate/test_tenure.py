"""Who holds a phone now: days of use, changes of cells, releases, on hand-made people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from portique.locate.contacts import Declared
from portique.locate.population import Population
from portique.locate.tenure import HABITS, Chain, Use

DAYS = 20
BINS = 48 * DAYS
Ints = npt.NDArray[np.int64]


def people(cell: list[list[int]], away: dict[int, slice] | None = None) -> Population:
    """Return a population from the cell of each person, day by day, the horizon last."""
    share = np.zeros((len(cell[0]), BINS), np.float32)
    for person, bins in (away or {}).items():
        share[person, bins] = 1.0
    return Population(
        people=np.arange(len(cell[0])),
        first_day=0,
        cell=np.array(cell),
        away=share,
        day_of_bin=np.arange(BINS) // 48,
    )


def chain(
    population: Population, lists: list[list[int]], second: list[list[int]] | None = None
) -> Chain:
    """Return the chain over people who declared these numbers, and whose contacts' contacts are
    those."""
    empty: list[list[int]] = [[] for _ in lists]
    return Chain((numbers(lists), numbers(second or empty)), 400, population, HABITS)


def numbers(lists: list[list[int]], count: int = 10) -> Declared:
    """Return so many numbers, and whose they are."""
    rows = [i for i, mine in enumerate(lists) for _ in mine]
    columns = [c for mine in lists for c in mine]
    return Declared(
        numbers=[f"+3371000000{i}" for i in range(count)],
        by_inmate=csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(lists), count)),
        phones=np.ones(count),
    )


def use(calls: list[tuple[int, int]]) -> Use:
    """Return use on days, each with the declared number called; expectation is left out."""
    day = np.array([d for d, _ in calls], np.int64)
    number = np.array([n for _, n in calls], np.int64)
    return Use(day, number, number, number, np.zeros(BINS), np.zeros(BINS))


def now(chain_: Chain, calls: list[tuple[int, int]], *, is_silent: bool = False) -> Ints:
    """Return the probability of each person to hold it now, in whole percent."""
    days, evidence = chain_.evidence(use(calls))
    p = chain_.follow(days, evidence, np.ones(evidence.shape[2]), is_silent=is_silent)
    return np.round(100 * p).astype(np.int64)


STILL = [[0, 1, 2, 3]] * (DAYS + 1)
LISTS = [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_whoever_declared_the_numbers_has_it() -> None:
    """Four people in four cells; the phone calls numbers of the second."""
    p = now(chain(people(STILL), LISTS), [(d, 2 + d % 2) for d in range(DAYS)])

    assert p[1] > 90
    assert p[[0, 2, 3]].max() < 5


def test_a_number_that_calls_his_mother_points_to_him_less_than_one_he_declared() -> None:
    """Nobody declared the number called; it exchanges with numbers of the third."""
    calls = [(d, 9) for d in range(3)]
    related = now(chain(people(STILL), LISTS, [[], [], [9], []]), calls)
    declared = now(chain(people(STILL), [[0], [1], [9], [2]]), calls)

    assert related[2] > 2 * related[[0, 1, 3]].max()
    assert declared[2] > related[2]


def test_a_phone_that_changed_hands_is_the_second_ones() -> None:
    """Ten days it calls numbers of the first, then ten days those of the third."""
    calls = [(d, d % 2) for d in range(10)] + [(d, 4 + d % 2) for d in range(10, DAYS)]

    p = now(chain(people(STILL), LISTS), calls)

    assert p[2] > 80
    assert p[0] < 20


def test_nobody_who_has_left_has_it_and_his_cellmate_comes_first() -> None:
    """The first is released on day 12; the phone goes on, and calls numbers nobody declared."""
    cells = [[0, 0, 2, 3]] * 12 + [[-1, 0, 2, 3]] * (DAYS - 11)
    calls = [(d, d % 2) for d in range(12)] + [(d, 9) for d in range(12, DAYS)]

    p = now(chain(people(cells), LISTS), calls)

    assert p[0] == 0
    assert p[1] > p[[2, 3]].max()


def test_a_holder_who_changes_cells_mostly_takes_it_along() -> None:
    """He moves on the last day into another cell, beside somebody without any tie."""
    cells = [[0, 1, 2, 3]] * DAYS + [[3, 1, 2, 3]]

    p = now(chain(people(cells), LISTS), [(d, d % 2) for d in range(DAYS)])

    assert p[0] > 60


def test_use_while_he_is_out_speaks_against_a_man() -> None:
    """Two people without lists; the phone is used while the first is at work, not the second."""
    working = np.zeros(BINS)
    working[18:BINS:48] = 1.0
    population = people([[0, 1]] * (DAYS + 1), {0: slice(18, BINS, 48)})
    chain_ = chain(population, [[], []])
    calls = use([(d, 9) for d in range(DAYS)])
    nobodys = np.full(DAYS, -1)
    habit = np.full(BINS, 1.0 / 48)
    busy = Use(calls.day, calls.number, nobodys, nobodys, working, habit)

    days, evidence = chain_.evidence(busy)
    p = chain_.follow(days, evidence, np.ones(2), is_silent=False)

    assert p[1] > 2 * p[0] > 0


def test_without_a_day_of_use_nobody_is_named() -> None:
    """Records before the calendar say nothing of its days."""
    assert now(chain(people(STILL), LISTS), []).tolist() == [0, 0, 0, 0]


@given(
    st.lists(st.lists(st.integers(-1, 3), min_size=4, max_size=4), min_size=21, max_size=21),
    st.lists(st.tuples(st.integers(0, DAYS - 1), st.integers(0, 9)), min_size=1, max_size=30),
    st.booleans(),
)
def test_probabilities_stay_probabilities_whatever_the_lists_say(
    cells: list[list[int]], calls: list[tuple[int, int]], is_silent: bool
) -> None:
    """People come, go and crowd cells at random: the sum never exceeds one, and nothing is lost."""
    chain_ = chain(people(cells), LISTS)
    days, evidence = chain_.evidence(use(calls))

    p = chain_.follow(days, evidence, np.ones(4), is_silent=is_silent)

    assert np.isfinite(p).all()
    assert (p >= 0).all()
    assert p.sum() <= 1 + 1e-9
    assert p[np.array(cells[-1]) < 0] == pytest.approx(0.0)
