"""Whether a case is like the worlds of the calibration, and what follows where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.locate.calibrate import shipped
from portique.locate.familiar import (
    LEAST_FACTOR,
    LEAST_PHONES,
    QUANTILES,
    TERMS,
    Spread,
    check,
    distance,
    factor,
)

SAMPLE = st.lists(st.floats(-5, 5), min_size=1, max_size=60)


def world(shift: float = 0.0) -> Spread:
    """Return a world whose terms are spread evenly over one unit."""
    return dict.fromkeys(TERMS, QUANTILES + shift)


WORLDS = {"one": world(), "two": world(0.5)}


def test_a_case_among_the_worlds_keeps_its_strengths() -> None:
    """Between two worlds of the calibration nothing is beyond, and nothing is multiplied."""
    checks = check(world(0.2), 400, WORLDS)

    assert {one.nearest for one in checks} == {"one"}
    assert not any(one.is_beyond for one in checks)
    assert factor(checks) == 1.0


def test_a_case_unlike_every_world_is_pulled_towards_nothing_said() -> None:
    """One term lies elsewhere: that term is named, and all strengths fall, never below a share."""
    strange = world(0.2) | {"days": QUANTILES + 2.0}
    checks = check(strange, 400, WORLDS)

    assert [one.term for one in checks if one.is_beyond] == ["days"]
    assert LEAST_FACTOR <= factor(checks) < 0.75


def test_few_phones_may_differ_by_chance() -> None:
    """The same difference is beyond the limit with a thousand phones, and not with thirty."""
    moved = world(0.8)

    assert any(one.is_beyond for one in check(moved, 1_000, WORLDS))
    assert not any(one.is_beyond for one in check(moved, 30, WORLDS))
    assert check(moved, LEAST_PHONES - 1, WORLDS) == []


@given(SAMPLE, SAMPLE)
def test_the_distance_is_one_of_two_distributions(one: list[float], other: list[float]) -> None:
    """Symmetric, 0 to 1, and 0 of anything with itself."""
    first, second = (np.quantile(np.array(each), QUANTILES) for each in (one, other))

    assert distance(first, first) == 0.0
    assert distance(first, second) == pytest.approx(distance(second, first))
    assert 0.0 <= distance(first, second) <= 1.0


def test_bounds_fall_with_the_strengths() -> None:
    """A case at half strength has bounds at half of the log10."""
    whole, half = shipped(), shipped().widened(0.5)

    assert half.presence_bounds == tuple(bound / 2 for bound in whole.presence_bounds)
    assert half.user_bounds == tuple(bound / 2 for bound in whole.user_bounds)
    assert half.worlds is whole.worlds


def test_the_package_carries_the_worlds_of_its_calibration() -> None:
    """Without them no case could be compared; each lies in the band that it helps to span."""
    carried = shipped().worlds

    assert len(carried) >= 8
    for spread in carried.values():
        assert set(spread) == set(TERMS)
        assert not any(one.distance for one in check(spread, 100, carried))
