"""The expected yield and its interval, against every outcome counted by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.expected_yield import (
    BETWEEN_CASES,
    CASES,
    HIGH,
    LOW,
    count_chances,
    expected_yield,
)


def _chances(p_any: list[float]) -> list[float]:
    """Return the probability of each number of cells with a handset, over the cases."""
    cases = [_chances_of_a_case(p_any, float(np.exp(BETWEEN_CASES * at))) for at in CASES]
    return [sum(each) / len(cases) for each in zip(*cases, strict=True)]


def _chances_of_a_case(p_any: list[float], odds: float) -> list[float]:
    """Return them where the odds of every cell are so many times what was said."""
    p_any = [p * odds / (p * odds + 1 - p) for p in p_any]
    chances = [0.0] * (len(p_any) + 1)
    for outcome in itertools.product((0, 1), repeat=len(p_any)):
        chance = 1.0
        for found, p in zip(outcome, p_any, strict=True):
            chance *= p if found else 1 - p
        chances[sum(outcome)] += chance
    return chances


@given(st.lists(st.floats(0, 1).map(lambda p: round(p, 3)), max_size=5))
def test_the_interval_holds_nine_outcomes_in_ten(p_any: list[float]) -> None:
    """At most one in twenty lies below, at most one in twenty above."""
    said = expected_yield(p_any)
    chances = _chances(p_any)

    assert said.mean == pytest.approx(sum(p_any), abs=1e-4)
    assert sum(chances[: said.low]) <= LOW + 1e-9
    assert sum(chances[said.high + 1 :]) <= 1 - HIGH + 1e-9


@given(st.lists(st.floats(0, 1).map(lambda p: round(p, 3)), max_size=5))
def test_every_number_is_as_probable_as_all_outcomes_of_all_cases_say(p_any: list[float]) -> None:
    """Against the count by hand, outcome by outcome and case by case."""
    assert count_chances(p_any).tolist() == pytest.approx(_chances(p_any), abs=1e-9)


@pytest.mark.parametrize(("between_cases", "least", "most"), [(0.0, 0.45, 0.75), (0.5, 0.88, 0.94)])
def test_the_interval_holds_where_a_whole_case_is_off(
    between_cases: float, least: float, most: float
) -> None:
    """Yields of cases whose odds are all off by one factor: nine in ten, and far fewer without."""
    rng = np.random.default_rng(5)
    said = np.repeat([0.95, 0.8, 0.5], 40)
    below = np.cumsum(count_chances(np.sort(said).tolist(), between_cases))
    odds = np.exp(0.5 * rng.standard_normal((2_000, 1)))
    found = (rng.random((2_000, 120)) < said * odds / (said * odds + 1 - said)).sum(axis=1)
    held = (found >= np.searchsorted(below, LOW)) & (found <= np.searchsorted(below, HIGH))

    assert least < held.mean() < most


@given(st.lists(st.floats(0, 1), max_size=30), st.randoms())
def test_the_order_of_the_cells_does_not_matter(p_any: list[float], dice: object) -> None:
    """The same cells in another order give the same figure, to the last bit."""
    assert expected_yield(p_any) == expected_yield(list(reversed(p_any)))
