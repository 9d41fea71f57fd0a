"""In this prison, or next to it: the terms on hand-made days and sectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.locate.alternatives import NAMES, Days, days_of, weigh_days
from portique.locate.presence import sector_log10_lr
from portique.locate.radio import Register, gain_db, shares, surroundings

TOWN = Register(
    lat=np.array([48.004, 48.004, 48.004, 48.03]),
    lon=np.array([2.0, 2.0, 2.0, 2.0]),
    azimuth_deg=np.array([180.0, 300.0, 60.0, np.nan]),
    beamwidth_deg=np.full(4, 65.0),
    network=np.zeros(4, np.int64),
)


def days(near: Sequence[int], elsewhere: Sequence[int], *, nights: bool = True) -> Days:
    """Return days with so many occasions near a prison and elsewhere."""
    at = np.array(near, np.int64)
    return Days(at, np.array(elsewhere, np.int64), (at > 0) & nights)


def test_a_phone_that_never_leaves_is_rather_inside_and_one_that_roams_is_not() -> None:
    """Sixty days at one place speak for the prison, days elsewhere against it."""
    at_home = weigh_days(days([3] * 60, [0] * 60))
    roaming = weigh_days(days([2] * 60, [2, 0, 0] * 20))

    assert at_home.log10_lr > 0.3
    assert roaming.log10_lr < -1.0


def test_a_phone_that_came_in_late_is_judged_from_its_arrival() -> None:
    """Forty days about town, then forty at the prison: the day it came in is found."""
    stayed = weigh_days(days([0, 2] * 20 + [2] * 40, [2, 0] * 20 + [0] * 40))

    assert stayed.log10_lr > 1.0
    assert 38 <= stayed.arrival <= 40


def test_the_housebound_neighbour_is_the_alternative_that_bounds_the_evidence() -> None:
    """Against a neighbour who never leaves, staying says next to nothing, however long."""
    stayed = weigh_days(days([3] * 90, [0] * 90))

    assert NAMES[stayed.worst] == "housebound neighbour"
    assert stayed.by_alternative[stayed.worst] < stayed.log10_lr
    assert abs(stayed.by_alternative[stayed.worst]) < 0.5


@pytest.mark.parametrize(
    ("who", "near", "elsewhere", "nights"),
    [
        ("guard", [3, 3, 0] * 20, [2, 2, 2] * 20, True),
        ("visitor", [0] * 12 + [1], [3] * 12 + [1], False),
        ("passer-by", [0, 2, 2] * 16, [3, 3, 3] * 16, False),
        ("neighbour", [3, 2, 3, 2] * 12, [0, 2, 0, 1] * 12, True),
    ],
)
def test_each_alternative_explains_its_own_days_best(
    who: str, near: list[int], elsewhere: list[int], nights: bool
) -> None:
    """Shifts are a guard's, one afternoon in two weeks a visitor's, errands a passer-by's."""
    stayed = weigh_days(days(near, elsewhere, nights=nights))

    assert NAMES[stayed.worst] == who
    assert stayed.log10_lr < 0


def test_an_afternoon_near_the_prison_is_less_evidence_than_a_night() -> None:
    """Four days with two uses each, all near: without a night they may be a visitor's."""
    by_day = weigh_days(days([2] * 4, [0] * 4, nights=False))
    by_night = weigh_days(days([2] * 4, [0] * 4, nights=True))

    assert by_night.log10_lr > by_day.log10_lr


def test_one_occasion_a_day_is_one_observation_however_many_records_it_left() -> None:
    """Five records of one call count as one use; two occasions as they are."""
    at = np.array([0, 0, 0, 1, 1])
    near = np.array([True, True, True, True, False])
    found = days_of(at, near, np.array([1, 0, 0, 1, 1], bool), np.zeros(5, bool))

    assert found.near.tolist() == [1, 1]
    assert found.elsewhere.tolist() == [0, 1]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=1))
def test_days_give_a_finite_strength(found: list[tuple[int, int, bool]]) -> None:
    """Whatever the days: finite, and the mixture lies between its best and its worst part."""
    near, elsewhere, night = (np.array(column) for column in zip(*found, strict=True))
    stayed = weigh_days(Days(near, elsewhere, night.astype(bool)))

    assert np.isfinite(stayed.log10_lr)
    assert stayed.by_alternative.min() - 1e-9 <= stayed.log10_lr
    assert stayed.log10_lr <= stayed.by_alternative.max() + 1e-9
    assert 0 <= stayed.arrival < len(found)


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
