"""Clocks of networks, from days that look alike but for a shift."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portique.identify.rhythm import PARTS, SLOT_S, SLOTS, estimate

HOURS = np.arange(SLOTS) / SLOTS * 24
DAY = 1.0 + np.exp(-((HOURS - 12) ** 2) / 8) + 2 * np.exp(-((HOURS - 19) ** 2) / 5)


def rhythm(records: list[int], ahead_s: list[float], seed: int) -> np.ndarray:
    """Return records by network, part and slot, each network's day shifted by its clock."""
    rng = np.random.default_rng(seed)
    out = np.zeros((len(records), PARTS, SLOTS))
    for at, (count, ahead) in enumerate(zip(records, ahead_s, strict=True)):
        shape = np.interp((HOURS - ahead / 3600) % 24, HOURS, DAY, period=24)
        out[at] = rng.poisson(count / PARTS * shape / shape.sum(), (PARTS, SLOTS))
    return out


@settings(max_examples=10, deadline=None)
@given(st.integers(-110, 110), st.integers(0, 1_000))
def test_a_clock_that_is_wrong_is_found_within_some_minutes(minutes: int, seed: int) -> None:
    """Four networks, the second one wrong by up to two hours either way."""
    found = estimate(
        ["20801", "20810", "20815", "20820"],
        rhythm([400_000, 300_000, 200_000, 200_000], [0, 60.0 * minutes, 0, 0], seed),
    )

    assert found[1].offset_s == pytest.approx(60 * minutes, abs=300)
    assert max(abs(other.offset_s) for other in found if other.operator != "20810") < 300
    assert found[1].is_applied == (abs(found[1].offset_s) >= 600)
    assert not any(other.is_applied for other in found if other.operator != "20810")


def test_clocks_that_agree_are_left_alone() -> None:
    """Small differences by chance are shown with their error, and not applied."""
    found = estimate(["20801", "20810"], rhythm([120_000, 120_000], [0, 0], 5))

    assert [offset.is_applied for offset in found] == [False, False]
    assert all(offset.error_s >= SLOT_S * 0.25 / 2 for offset in found)


def test_a_network_with_few_records_and_a_single_one_say_nothing() -> None:
    """There is nothing to compare with, or not enough."""
    assert estimate(["20801", "20810"], rhythm([200_000, 90_000], [0, 3600], 1)) == []
    assert estimate(["20801"], rhythm([200_000], [3600], 1)) == []
    assert estimate([], np.zeros((0, PARTS, SLOTS))) == []
