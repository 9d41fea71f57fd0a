"""Tests of the costs of likelihood ratios."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.metrics import (
    cllr,
    cllr_cal,
    cllr_min,
    ece,
    elub_bounds,
    misleading,
    pav,
    tippett,
)

# Steps of 1/64, so that sums of them are exact and shifting never merges two values.
lrs = st.lists(st.integers(-256, 256).map(lambda n: n / 64), min_size=1, max_size=40)


@given(st.integers(1, 30), st.integers(1, 30))
def test_an_lr_of_1_costs_1(first: int, second: int) -> None:
    """Evidence that says nothing costs one bit a trial, however many trials of either kind."""
    assert cllr([0.0] * first, [0.0] * second) == pytest.approx(1.0)
    assert cllr_min([0.0] * first, [0.0] * second) == pytest.approx(1.0)
    assert cllr_cal([0.0] * first, [0.0] * second) == pytest.approx(0.0)


def test_the_cost_of_one_trial_each_is_what_the_formula_says() -> None:
    """LR 3 where H1 is true costs log2(1 + 1/3); LR 1/2 where H2 is true costs log2(1 + 1/2)."""
    expected = (math.log2(4 / 3) + math.log2(3 / 2)) / 2

    assert cllr([math.log10(3)], [math.log10(0.5)]) == pytest.approx(expected)


@given(lrs, lrs)
def test_keeping_only_the_order_never_costs_more(h1: list[float], h2: list[float]) -> None:
    """Cllr_min lies between 0 and 1 and is at most Cllr; their difference is the calibration."""
    least = cllr_min(h1, h2)

    assert 0 <= least <= min(1.0, cllr(h1, h2)) + 1e-9
    assert cllr_cal(h1, h2) == pytest.approx(cllr(h1, h2) - least, abs=1e-9)


@given(lrs, lrs)
def test_pooled_ratios_never_fall(h1: list[float], h2: list[float]) -> None:
    """Pool-adjacent-violators keeps the order of the values."""
    values, pooled = pav(h1, h2)

    assert (np.diff(values) > 0).all()
    assert (pooled[1:] >= pooled[:-1]).all()


@given(lrs, lrs, st.integers(1, 4), st.integers(-64, 64))
def test_the_least_cost_ignores_any_rising_change_of_scale(
    h1: list[float], h2: list[float], factor: int, shift: int
) -> None:
    """Cllr_min depends on order alone."""
    moved = [[factor * x + shift for x in values] for values in (h1, h2)]

    assert cllr_min(*moved) == pytest.approx(cllr_min(h1, h2))


@given(lrs, lrs, st.integers(2, 4))
def test_the_number_of_trials_of_a_class_has_no_weight(
    h1: list[float], h2: list[float], times: int
) -> None:
    """Every trial of one class repeated leaves the costs as they were."""
    assert cllr(h1 * times, h2) == pytest.approx(cllr(h1, h2))
    assert cllr_min(h1, h2 * times) == pytest.approx(cllr_min(h1, h2))


@given(lrs, lrs)
def test_exchanging_the_statements_leaves_the_cost(h1: list[float], h2: list[float]) -> None:
    """Calling H2 the first statement turns every sign and changes nothing."""
    turned = [-x for x in h2], [-x for x in h1]

    assert cllr(*turned) == pytest.approx(cllr(h1, h2))
    assert cllr_min(*turned) == pytest.approx(cllr_min(h1, h2))


@given(lrs, lrs)
def test_pooled_ratios_are_their_own_best_calibration(h1: list[float], h2: list[float]) -> None:
    """Pooling what was pooled changes nothing (infinite ends stand in as far values)."""
    values, pooled = pav(h1, h2)
    again = [np.clip(pooled[np.searchsorted(values, part)], -9.0, 9.0) for part in (h1, h2)]

    assert cllr_min(*again) == pytest.approx(cllr_min(h1, h2))
    assert cllr_cal(*again) == pytest.approx(0.0, abs=1e-6)


@given(lrs, lrs)
def test_the_entropy_at_even_odds_is_the_cost(h1: list[float], h2: list[float]) -> None:
    """At prior odds of 1 the empirical cross-entropy is Cllr, Cllr_min and 1."""
    curve = ece(h1, h2, [0.0])

    assert curve.system[0] == pytest.approx(cllr(h1, h2))
    assert curve.pooled[0] == pytest.approx(cllr_min(h1, h2))
    assert curve.reference[0] == pytest.approx(1.0)


@given(lrs, lrs, st.floats(-3, 3))
def test_best_calibration_is_never_above_what_was_given_or_lr_1(
    h1: list[float], h2: list[float], prior: float
) -> None:
    """At every prior the pooled curve is the lowest of the three."""
    curve = ece(h1, h2, [prior])

    assert curve.pooled[0] <= curve.system[0] + 1e-9
    assert curve.pooled[0] <= curve.reference[0] + 1e-9


@given(lrs, lrs)
def test_tippett_shares_start_at_all_and_never_rise(h1: list[float], h2: list[float]) -> None:
    """At the least value every trial is at or above it; further up never more."""
    _, of_h1, of_h2 = tippett(h1, h2)

    for share in (of_h1, of_h2):
        assert share[0] == 1.0
        assert (np.diff(share) <= 0).all()


@given(lrs, lrs)
def test_bounds_are_finite_and_enclose_no_evidence(h1: list[float], h2: list[float]) -> None:
    """Whatever the trials, a bound never lies on the wrong side of LR 1."""
    low, high = elub_bounds(h1, h2)

    assert -10 < low <= 0 <= high < 10


@given(st.integers(1, 2_000), st.integers(1, 2_000))
def test_bounds_never_exceed_what_the_number_of_trials_supports(first: int, second: int) -> None:
    """Even perfect trials give at most the logarithm of their number, plus the added one."""
    low, high = elub_bounds([50.0] * first, [-50.0] * second)

    assert high <= math.log10(second + 1)
    assert low >= -math.log10(first + 1)


def test_trials_that_mislead_leave_no_bound() -> None:
    """LRs that point the wrong way may not be reported at all."""
    assert elub_bounds([-3.0] * 50, [3.0] * 50) == (0.0, 0.0)


def test_one_misleading_trial_lowers_the_upper_bound() -> None:
    """A single LR of 1,000 among 100 trials of H2 takes the bound to about 50."""
    _, clean = elub_bounds([4.0] * 100, [-2.0] * 100)
    _, misled = elub_bounds([4.0] * 100, [-2.0] * 99 + [3.0])

    assert clean == pytest.approx(math.log10(101) + math.log10(100 / 101))
    assert misled == pytest.approx(clean - math.log10(2))


def test_misleading_evidence_is_compared_with_its_limit() -> None:
    """Calibrated LRs exceed x where H2 is true at most once in x."""
    found = misleading([-1.0] * 97 + [1.5, 2.5, 3.5], [1.0, 2.0])

    assert found.share == pytest.approx([0.03, 0.02])
    assert found.limit == pytest.approx([0.1, 0.01])


@pytest.mark.parametrize(
    ("h1", "h2"), [([], [0.0]), ([0.0], []), ([math.inf], [0.0]), ([[0.0]], [0.0])]
)
def test_a_class_without_a_finite_trial_is_refused(h1: list[float], h2: list[float]) -> None:
    """A cost over one class, or with an infinite LR, would look like a result."""
    with pytest.raises(ValueError, match=r"h1|h2"):
        cllr(h1, h2)


def test_costs_and_bounds_are_those_of_another_program() -> None:
    """NFI's lir 1.3.1 gives the same figures; it looks for bounds in steps of 0.01."""
    h1 = [-0.62, 0.11, 0.35, 0.48, 0.90, 1.12, 1.31, 1.75, 2.04, 2.60]
    h2 = [-2.21, -1.93, -1.66, -1.40, -1.07, -0.88, -0.55, -0.31, -0.12, 0.27, 0.71, 1.05]

    assert cllr(h1, h2) == pytest.approx(0.6391404726615725)
    assert cllr_min(h1, h2) == pytest.approx(0.461565592574362)
    assert elub_bounds(h1, h2) == pytest.approx((-0.47, 0.44), abs=0.02)
