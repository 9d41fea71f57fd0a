"""Posteriors over places and cells: sums, bounds, shared sectors, joint targets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.search_limits import SearchLimits
from portique.locate.places import assemble, prior_shares
from portique.locate.targets import choose_cells
from portique.locate.words import grounds

BOUNDS = (-3.0, 3.0)
PRISONS = ["P1"] * 9


def test_two_prisons_on_the_same_sectors_share_the_posterior() -> None:
    """Equal evidence for two prisons of equal size leaves each near a half, and says so."""
    handset, prison = np.array([0, 0]), np.array([0, 1])
    share = prior_shares(handset, np.array([True, True]), np.array([300.0, 300.0]), 1)

    places = assemble((handset, prison, np.array([2.0, 2.0]), share), 1, BOUNDS)

    assert places.posterior.sum() == pytest.approx(1.0)
    assert places.posterior[1] == pytest.approx(places.posterior[2])
    assert (places.log10_lr[1:] < 2.0).all()


def test_a_prison_that_cannot_have_served_it_takes_little_of_the_prior() -> None:
    """One fitting prison and one that does not fit: 99 to 1."""
    share = prior_shares(np.array([0, 0]), np.array([True, False]), np.array([300.0, 900.0]), 1)

    assert share.tolist() == [0.99, 0.01]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-3, 3)), min_size=1, max_size=12),
)
def test_the_posterior_of_every_handset_sums_to_one(pairs: list[tuple[int, float]]) -> None:
    """Whatever the strengths, each handset has one row for outside and a posterior of 1."""
    ordered = sorted(pairs)
    handset = np.array([h for h, _ in ordered])
    prison = np.arange(len(ordered))
    strength = np.array([lr for _, lr in ordered])
    share = prior_shares(handset, np.ones(len(ordered), bool), np.full(len(ordered), 1.0), 4)

    places = assemble((handset, prison, strength, share), 4, BOUNDS)

    assert np.bincount(places.handset, places.posterior, 4) == pytest.approx(np.ones(4))
    assert (places.prison == -1).sum() == 4
    assert np.isfinite(places.log10_lr).all()
    assert np.abs(places.log10_lr).max() <= 3.0


def test_cellmates_add_up_and_cells_combine_handsets() -> None:
    """One handset shared by two cellmates counts once; two handsets make a cell more probable."""
    handset, cell = np.array([0, 0, 1]), np.array([5, 5, 6])
    posterior = np.array([0.4, 0.4, 0.7])

    found = choose_cells(handset, cell, posterior, PRISONS, SearchLimits(10))

    assert found.cell.tolist() == [5, 6]
    assert found.p_any.tolist() == [0.8, 0.7]


def test_no_cell_is_proposed_to_fill_the_list() -> None:
    """A cell with one chance in a thousand is left alone, however many could be searched."""
    found = choose_cells(
        np.array([0, 1]), np.array([1, 2]), np.array([0.5, 0.001]), PRISONS, SearchLimits(500)
    )

    assert found.cell.tolist() == [1]


def test_a_faint_handset_counts_in_the_cell_and_is_not_named() -> None:
    """Three point to one cell: a strong one, a faint one, and in another cell only a faint one."""
    handset, cell = np.array([0, 1, 2]), np.array([5, 5, 6])

    found = choose_cells(handset, cell, np.array([0.8, 0.04, 0.03]), PRISONS, SearchLimits(10))

    assert [named.tolist() for named in found.handsets] == [[0], [2]]
    assert found.expected.tolist() == pytest.approx([0.84, 0.03])
    assert found.p_any.tolist() == pytest.approx([1 - 0.2 * 0.96, 0.03])


def test_grounds_say_what_the_handsets_that_are_not_named_add() -> None:
    """And nothing where they add nothing."""
    part = ("H-1", 0.8, "why", "I000001", 3, 2.0)

    assert "point here only faintly add 0.04 expected" in grounds([part], 0.808, 0.84)
    assert "faintly" not in grounds([part], 0.8, 0.8)
