"""What earlier finds bear out of what is said of cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.locate.reliance import Reliance, Trial


def said(p: float, count: int, came: int) -> Reliance:
    """Return so many finds whose first cell had this probability, and came so often."""
    return Reliance(trials=(Trial(0, 0, p, p),) * count, came=came)


def test_finds_that_come_as_said_change_nothing() -> None:
    """Eighteen of twenty where nine in ten were said, and sixteen, which is chance."""
    assert said(0.9, 20, 18).borne_out == 1.0
    assert said(0.9, 20, 16).borne_out == 1.0


def test_finds_that_fall_short_beyond_chance_pull_every_user() -> None:
    """Twenty of forty where nine in ten were said."""
    borne = said(0.9, 40, 20)
    p = borne.pulled(np.array([[0.9, 0.05, 0.0, 0.0]]))

    assert 0.7 < borne.borne_out < 0.85
    assert p.sum() == pytest.approx(0.95)
    assert p[0, 0] < 0.8
    assert p[0, 2] > 0


def test_few_finds_say_little_and_none_says_nothing() -> None:
    """One find in another cell than was said is no reason to doubt; nor is no find."""
    assert said(0.8, 1, 0).borne_out == 1.0
    assert Reliance().borne_out == 1.0
    assert Reliance().elsewhere_share == 0.01


def test_phones_that_lie_in_other_cells_than_their_users_are_counted() -> None:
    """Ten of forty finds were in another cell than that of the inmate they were ascribed to."""
    assert 0.15 < Reliance(named=40, elsewhere=10).elsewhere_share < 0.25
    assert Reliance(named=40, elsewhere=0).elsewhere_share < 0.005


@given(st.floats(0, 1), st.integers(0, 60), st.data())
def test_probabilities_are_never_pushed_up(p: float, count: int, data: st.DataObject) -> None:
    """Whatever the finds: the share that is borne out lies between 0 and 1."""
    came = data.draw(st.integers(0, count))

    assert 0 <= said(p, count, came).borne_out <= 1
