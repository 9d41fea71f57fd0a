"""In this prison, or next to it: the terms on hand-made days and sectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.locate.presence import sector_log10_lr, stays_put
from portique.locate.radio import Register, gain_db, shares, surroundings

TOWN = Register(
    lat=np.array([48.004, 48.004, 48.004, 48.03]),
    lon=np.array([2.0, 2.0, 2.0, 2.0]),
    azimuth_deg=np.array([180.0, 300.0, 60.0, np.nan]),
    beamwidth_deg=np.full(4, 65.0),
    network=np.zeros(4, np.int64),
)


def test_a_phone_that_never_leaves_is_rather_inside_and_one_that_roams_is_not() -> None:
    """Sixty days at one place speak for the prison, days elsewhere against it."""
    at_home = stays_put(np.zeros(60, bool))
    roaming = stays_put(np.arange(60) % 3 == 0)

    assert at_home[0] > 0.3
    assert roaming[0] < -1.0


def test_a_phone_that_came_in_late_is_judged_from_its_arrival() -> None:
    """Forty days about town, then forty at the prison: the day it came in is found."""
    away = np.concatenate([np.arange(40) % 2 == 0, np.zeros(40, bool)])

    lr, _, _, arrival = stays_put(away)

    assert lr > 1.0
    assert 38 <= arrival <= 40


def test_the_housebound_neighbour_is_the_alternative_that_bounds_the_evidence() -> None:
    """Against a neighbour who never leaves, staying says next to nothing, however long."""
    lr, worst, name, _ = stays_put(np.zeros(90, bool))

    assert name == 1
    assert worst < lr
    assert abs(worst) < 0.5


@given(st.lists(st.booleans(), min_size=1, max_size=120))
def test_days_give_a_finite_strength(days: list[bool]) -> None:
    """Whatever the days, the term is finite and the worst alternative is never the weaker one."""
    lr, worst, _, arrival = stays_put(np.array(days))

    assert np.isfinite([lr, worst]).all()
    assert worst <= lr + 1e-9 or worst == pytest.approx(lr)
    assert 0 <= arrival < len(days)


def test_the_sector_that_looks_at_the_point_serves_it() -> None:
    """South of a mast, its southern sector is the strongest, and shares sum to one."""
    gain = gain_db(TOWN, np.arange(4), np.array([48.0]), np.array([2.0]))
    share = shares(gain, TOWN.network)

    assert int(share.argmax()) == 0
    assert share.sum() == pytest.approx(1.0)


def test_records_on_the_prisons_sector_speak_for_it_and_on_anothers_against() -> None:
    """Twenty occasions on the sector facing the prison, against twenty on the one facing away."""
    around = surroundings(TOWN, 48.0, 2.0, 150.0)
    facing = np.array([20, 0, 0, 0])[np.argsort(around.rows)]
    behind = np.array([0, 0, 20, 0])[np.argsort(around.rows)]

    assert sector_log10_lr(facing, around) > 0
    assert sector_log10_lr(behind, around) < -0.5


def test_no_placed_record_is_no_evidence() -> None:
    """Without a place, the term is 0: neither for nor against."""
    around = surroundings(TOWN, 48.0, 2.0, 150.0)

    assert sector_log10_lr(np.zeros(4, np.int64), around) == 0.0
