"""The expected yield and its interval, against every outcome counted by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.expected_yield import HIGH, LOW, expected_yield


def _chances(p_any: list[float]) -> list[float]:
    """Return the probability of each number of cells with a handset, outcome by outcome."""
    chances = [0.0] * (len(p_any) + 1)
    for outcome in itertools.product((0, 1), repeat=len(p_any)):
        chance = 1.0
        for found, p in zip(outcome, p_any, strict=True):
            chance *= p if found else 1 - p
        chances[sum(outcome)] += chance
    return chances


@given(st.lists(st.floats(0, 1).map(lambda p: round(p, 3)), max_size=7))
def test_the_interval_holds_nine_outcomes_in_ten(p_any: list[float]) -> None:
    """At most one in twenty lies below, at most one in twenty above."""
    said = expected_yield(p_any)
    chances = _chances(p_any)

    assert said.mean == pytest.approx(sum(p_any), abs=1e-4)
    assert sum(chances[: said.low]) <= LOW + 1e-9
    assert sum(chances[said.high + 1 :]) <= 1 - HIGH + 1e-9


@given(st.lists(st.floats(0, 1), max_size=30), st.randoms())
def test_the_order_of_the_cells_does_not_matter(p_any: list[float], dice: object) -> None:
    """The same cells in another order give the same figure, to the last bit."""
    assert expected_yield(p_any) == expected_yield(list(reversed(p_any)))
