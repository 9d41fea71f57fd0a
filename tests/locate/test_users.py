"""Which inmate: contacts, silences and transfers on hand-made material."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from portique.locate.census import BIN_US, Calendar, Census
from portique.locate.contacts import Declared, contact_ln_lr
from portique.locate.users import ABSENT_WEIGHT, silence_ln_lr, user_terms

PARIS = ZoneInfo("Europe/Paris")


def declared(lists: list[list[int]], phones: list[int]) -> Declared:
    """Return declared numbers from one list of columns per inmate."""
    rows = [i for i, mine in enumerate(lists) for _ in mine]
    columns = [c for mine in lists for c in mine]
    shape = (len(lists), len(phones))
    return Declared(
        numbers=[f"+3371000000{i}" for i in range(len(phones))],
        by_inmate=csr_array((np.ones(len(rows)), (rows, columns)), shape=shape),
        phones=np.array(phones, float),
    )


def test_a_rare_number_says_more_than_a_common_one() -> None:
    """Both inmates share one number with the phone; one number is called by forty phones."""
    lists = declared([[0], [1]], [1, 40])
    met = csr_array(np.array([[1.0, 1.0]]))

    rare, common = contact_ln_lr(met, lists, np.arange(2), 400)[0]

    assert rare > common + 2


def test_numbers_never_called_speak_against_but_not_for_ever() -> None:
    """Ten declared numbers, none called: against, yet a careful user stays possible."""
    lists = declared([list(range(10)), []], [0] * 10)
    met = csr_array((1, 10))

    against, nothing = contact_ln_lr(met, lists, np.arange(2), 400)[0]

    assert -2.5 < against < 0
    assert nothing == pytest.approx(0.0, abs=1e-9)


@given(st.integers(0, 50), st.floats(0, 50))
def test_one_listed_absence_never_rules_a_man_out(seen: int, expected: float) -> None:
    """However much the phone is used while he is out, he may have lent it."""
    ln = float(silence_ln_lr(np.array(float(seen)), np.array(expected), ABSENT_WEIGHT))

    assert ln >= np.log(ABSENT_WEIGHT[-1]) - 1e-9


def test_the_inmate_whose_absences_match_the_silences_comes_first() -> None:
    """Two inmates: the phone is silent in the walks of one and busy in those of the other."""
    bins = 40
    away = np.zeros((2, bins), np.float32)
    away[0, ::2], away[1, 1::2] = 1.0, 1.0
    seen = np.zeros((1, bins))
    seen[0, 1::2] = 1.0
    held = Census(np.arange(2), np.arange(2), np.ones((2, bins), np.float32), away)

    none = np.zeros((1, 2)), np.zeros((1, 2))
    terms = user_terms(none, seen, np.full((1, bins), 0.5), held, np.full((1, 2), np.nan))

    silent, busy = terms.absence[0]
    assert silent > 2
    assert busy < 0
    assert (terms.transfer == 0).all()


def test_a_phone_that_came_from_another_prison_points_to_who_came_from_there() -> None:
    """One of ten inmates was held where the phone was before."""
    bins = 4
    held = Census(
        np.arange(10),
        np.arange(10),
        np.ones((10, bins), np.float32),
        np.zeros((10, bins), np.float32),
    )
    came = np.zeros((1, 10))
    came[0, 3] = 1.0

    none = np.zeros((1, 10)), np.zeros((1, 10))
    terms = user_terms(none, np.zeros((1, bins)), np.zeros((1, bins)), held, came)

    assert int(terms.transfer[0].argmax()) == 3
    assert terms.transfer[0, 3] > 1
    assert terms.transfer[0, 0] < 0


def test_spans_cover_half_hours_in_part() -> None:
    """A span of fifteen minutes covers half of its half-hour; open ends reach the horizon."""
    calendar = Calendar.over(0, 10 * BIN_US, PARIS)

    share = calendar.cover(
        np.array([0, 1]), np.array([0, 5 * BIN_US]), np.array([BIN_US // 2, 2**62]), 2
    )

    assert share[0].tolist() == [0.5] + [0.0] * 9
    assert share[1].tolist() == [0.0] * 5 + [1.0] * 5


def test_hours_of_the_day_follow_daylight_saving_time() -> None:
    """On 30 March 2025 the clock in Paris goes from 01:59 to 03:00."""
    night = 1_743_292_800_000_000  # 2025-03-30T00:00:00Z

    hours = Calendar.over(night, night + 4 * BIN_US, PARIS).local_hour

    assert hours.tolist() == [1, 1, 3, 3]
