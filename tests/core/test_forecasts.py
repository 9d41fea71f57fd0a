"""Tests of measures of probabilities, rankings and partitions."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.forecasts import (
    adjusted_rand,
    brier,
    judge_reliability,
    log_loss,
    reliability,
    top_k,
)

trials = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60)
labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


def test_certainty_that_is_right_costs_nothing_and_wrong_costs_all() -> None:
    """The Brier score runs from 0 to 1."""
    assert brier([1.0, 0.0], [True, False]) == 0.0
    assert brier([1.0, 0.0], [False, True]) == 1.0


@given(trials)
def test_groups_keep_every_trial_and_every_outcome(found: list[tuple[int, bool]]) -> None:
    """Deciles hold all trials once, rise in what was said, and add up to the outcomes."""
    said = [p / 20 for p, _ in found]
    came = [y for _, y in found]
    groups = reliability(said, came)

    assert groups.trials.sum() == len(found)
    assert (groups.came * groups.trials).sum() == pytest.approx(sum(came))
    assert (groups.said * groups.trials).sum() == pytest.approx(sum(said))
    assert (np.diff(groups.said) > 0).all()


@given(trials, st.data())
def test_groups_do_not_depend_on_the_order_of_trials(
    found: list[tuple[int, bool]], data: st.DataObject
) -> None:
    """Equal probabilities are never parted, so a shuffle changes nothing."""
    turned = data.draw(st.permutations(found))
    first = reliability([p / 20 for p, _ in found], [y for _, y in found])
    second = reliability([p / 20 for p, _ in turned], [y for _, y in turned])

    assert first.trials.tolist() == second.trials.tolist()
    assert first.came == pytest.approx(second.came)


def test_a_truth_that_was_given_nothing_is_charged_a_great_deal_but_not_without_end() -> None:
    """One certain mistake does not make a mean infinite."""
    assert log_loss([0.0]) == pytest.approx(-math.log(1e-12))


@given(st.integers(0, 4), st.integers(1, 5), st.data())
def test_a_tie_counts_as_the_chance_under_a_fair_draw(
    better: int, tied: int, data: st.DataObject
) -> None:
    """The share is that of all orders of the tied ones that put a right one among the first k."""
    right = data.draw(st.integers(1, tied))
    k = data.draw(st.integers(1, 9))
    orders = list(permutations(range(tied)))
    hits = sum(any(one < right for one in order[: max(0, k - better)]) for order in orders)

    assert top_k([better], [tied], [right], k) == pytest.approx(hits / len(orders))


def test_a_user_who_is_not_listed_is_never_among_the_first() -> None:
    """No right candidate among those listed is a miss at every k."""
    assert top_k([0], [0], [0], 100) == 0.0


@given(labels)
def test_partitions_agree_alike_from_either_side_and_whatever_the_names(
    found: list[tuple[int, int]],
) -> None:
    """The index is symmetric, at most 1, and does not read the labels."""
    first, second = [a for a, _ in found], [b for _, b in found]
    index = adjusted_rand(first, second)

    assert index == pytest.approx(adjusted_rand(second, first))
    assert index == pytest.approx(adjusted_rand([f"x{9 - a}" for a in first], second))
    assert index <= 1.0
    assert adjusted_rand(first, first) == 1.0


def test_the_index_of_a_known_table_is_what_the_formula_gives() -> None:
    """Groups of 4 and 4 against 5 and 3 with one item astray: pairs 9 together, 12 and 13 apart.

    Expected 12 * 13 / 28; index (9 - 39/7) / (12.5 - 39/7).
    """
    true, said = [0] * 4 + [1] * 4, [0] * 5 + [1] * 3
    expected = (9 - 39 / 7) / (12.5 - 39 / 7)

    assert adjusted_rand(true, said) == pytest.approx(expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda: brier([], []),
        lambda: brier([1.5], [True]),
        lambda: brier([0.5], [2]),
        lambda: brier([0.5], [True, False]),
        lambda: reliability([0.5], [True], 0),
        lambda: top_k([], [], [], 1),
        lambda: top_k([0], [1], [1], 0),
        lambda: top_k([0], [1, 1], [1], 1),
        lambda: adjusted_rand([], []),
        lambda: adjusted_rand([1], [1, 2]),
    ],
)
def test_what_cannot_be_measured_is_refused(call: object) -> None:
    """Nothing to judge, shapes that differ and values out of range are said, not computed."""
    assert callable(call)
    with pytest.raises(ValueError, match=r"\w"):
        call()


def test_probabilities_are_judged_group_by_group() -> None:
    """Said 0.5 and came 0.7 is beyond; said 0.9 and came 0.93 within; both groups are full."""
    p = np.repeat([0.5, 0.9], 500)
    y = np.concatenate([np.arange(500) < 350, np.arange(500) < 465])

    found = judge_reliability(p, y, bins=2)

    assert found.is_within.tolist() == [False, True]
    assert found.is_enough.all()
    assert not found.holds


def test_a_group_of_few_trials_is_not_judged_to_hold() -> None:
    """It may be within, and still says nothing."""
    found = judge_reliability([0.5] * 10, [True, False] * 5)

    assert found.is_within.all()
    assert not found.holds


def test_groups_of_equal_width_part_what_groups_of_equal_size_put_together() -> None:
    """Many improbable trials leave one group of equal size for all the others."""
    p = [0.01] * 98 + [0.55, 0.95]
    y = [False] * 99 + [True]

    by_width = reliability(p, y, is_by_rank=False)

    assert by_width.said.tolist() == pytest.approx([0.01, 0.55, 0.95])
    assert by_width.trials.tolist() == [98, 1, 1]
    assert reliability([1.0], [True], is_by_rank=False).said.tolist() == [1.0]
