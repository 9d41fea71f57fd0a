"""Which cells the limits of a search leave, and what they cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.case import read_case
from portique.core.errors import Refused
from portique.core.expected_yield import count_chances, longest_within, most_for_nothing
from portique.core.search import (
    MAX_CELLS_REACHED,
    PRISON_LIMIT,
    WRONG_SHARE,
    left_out,
    yield_of,
)
from portique.core.search_limits import SearchLimits

CASE = '[case]\nid = "x"\nas_of_utc = 2025-05-19T20:00:00Z\n[search]\n'
cells = st.lists(
    st.tuples(st.floats(0.01, 1).map(lambda p: round(p, 3)), st.sampled_from("ABC")), max_size=25
).map(lambda rows: sorted(rows, reverse=True))
limits = st.builds(
    SearchLimits,
    max_cells=st.integers(0, 20),
    per_prison=st.none() | st.integers(0, 5),
    by_prison=st.dictionaries(st.sampled_from("AB"), st.integers(0, 5)),
    max_wrong_share=st.none() | st.floats(0, 1),
    confidence=st.floats(0.5, 0.99),
)


def _read(folder: Path, text: str) -> SearchLimits:
    (folder / "case.toml").write_text(CASE + text, encoding="utf-8")
    return read_case(folder).search


@given(cells, limits)
def test_no_limit_is_ever_passed(rows: list[tuple[float, str]], given_limits: SearchLimits) -> None:
    """Neither of the whole search, nor of one prison, nor the bound on searches for nothing."""
    p_any, prisons = [p for p, _ in rows], [prison for _, prison in rows]
    reasons = left_out(p_any, prisons, given_limits)
    listed = [at for at, reason in enumerate(reasons) if reason is None]

    assert len(listed) <= given_limits.max_cells
    for prison in "ABC":
        limit = given_limits.at(prison)
        assert limit is None or sum(prisons[at] == prison for at in listed) <= limit
    if listed and given_limits.max_wrong_share is not None:
        allowed = int(given_limits.max_wrong_share * len(listed) + 1e-9)
        none = count_chances(1 - p_any[at] for at in listed)
        assert none[: allowed + 1].sum() >= given_limits.confidence - 1e-9


@given(cells, limits)
def test_a_cell_is_left_out_for_a_limit_that_binds(
    rows: list[tuple[float, str]], given_limits: SearchLimits
) -> None:
    """Nothing is left out without a reason, and the reason is true."""
    p_any, prisons = [p for p, _ in rows], [prison for _, prison in rows]
    reasons = left_out(p_any, prisons, given_limits)
    listed = [at for at, reason in enumerate(reasons) if reason is None]

    for at, reason in enumerate(reasons):
        if reason == PRISON_LIMIT:
            assert sum(prisons[i] == prisons[at] for i in listed) == given_limits.at(prisons[at])
        if reason == MAX_CELLS_REACHED:
            assert len(listed) == given_limits.max_cells
        if reason == WRONG_SHARE:
            assert given_limits.max_wrong_share is not None


@given(cells, st.integers(0, 20), st.integers(0, 5))
def test_a_limit_of_prisons_never_adds_to_the_yield(
    rows: list[tuple[float, str]], max_cells: int, per_prison: int
) -> None:
    """So what it costs is never negative."""
    p_any, prisons = [p for p, _ in rows], [prison for _, prison in rows]
    bound = SearchLimits(max_cells, per_prison)

    free = yield_of(p_any, prisons, bound.without_prisons())

    assert yield_of(p_any, prisons, bound) <= free + 1e-9


def test_the_next_cell_of_another_prison_takes_the_free_place() -> None:
    """A full prison is passed over, and the list is as long as it can be."""
    found = left_out([0.9, 0.8, 0.7, 0.6], list("AABC"), SearchLimits(3, by_prison={"A": 1}))

    assert found == [None, PRISON_LIMIT, None, None]


def test_one_in_ten_for_nothing_asks_for_more_than_nine_in_ten_on_average() -> None:
    """A hundred cells of 0.9 hold nothing in one of ten on average, so too often in more."""
    assert longest_within([0.9] * 100, 0.10, 0.90) < 100
    assert longest_within([0.95] * 100, 0.10, 0.90) == 100


def test_a_list_that_cannot_keep_the_bound_is_empty() -> None:
    """Rather no door than one too many; no cell at all is no fault."""
    assert left_out([0.5, 0.4], ["A", "B"], SearchLimits(9, max_wrong_share=0.1)) == [
        WRONG_SHARE,
        WRONG_SHARE,
    ]
    assert left_out([], [], SearchLimits(9, max_wrong_share=0.1)) == []
    assert most_for_nothing([], 0.9) == 0


def test_cells_that_compete_for_a_handset_spread_less_than_is_said() -> None:
    """Each handset in at most one cell: the stated bound on empty cells holds, and the variance."""
    draw = np.random.default_rng(7)
    share = draw.dirichlet([0.4] * 6, size=40)[:, :5]  # 40 handsets, 5 cells each, the rest nowhere
    cell = draw.integers(0, 60, size=(40, 5))
    none = np.ones(60)
    for row, mine in zip(cell, share, strict=True):
        np.multiply.at(none, np.unique(row), 1 - np.bincount(row, mine, 60)[np.unique(row)])
    p_any = 1 - none
    found = np.zeros(4000)
    for trial in range(len(found)):
        at = (draw.random((40, 1)) > share.cumsum(axis=1)).sum(axis=1)
        found[trial] = len({int(cell[h, k]) for h, k in enumerate(at) if k < 5})

    most = most_for_nothing(p_any.tolist(), 0.9)

    assert found.mean() == pytest.approx(p_any.sum(), abs=0.2)
    assert found.var() < (p_any * none).sum()
    assert ((60 - found) <= most).mean() >= 0.9


def test_limits_are_read_and_have_stated_defaults(tmp_path: Path) -> None:
    """Every field is optional."""
    assert _read(tmp_path, "") == SearchLimits()
    said = "max_cells = 9\nmax_cells_per_prison = 3\nmax_wrong_share = 0.1\n"
    said += 'wrong_share_confidence = 0.8\nmax_cells_by_prison = { P1 = 0, "P 2" = 4 }'
    found = _read(tmp_path, said)

    assert found == SearchLimits(9, 3, {"P1": 0, "P 2": 4}, 0.1, 0.8)
    assert [found.at(prison) for prison in ("P1", "P 2", "P3")] == [0, 4, 3]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("max_cells_per_prison = -1", "search.max_cells_per_prison"),
        ("max_cells_per_prison = 2.5", "search.max_cells_per_prison"),
        ("max_cells_by_prison = 3", "search.max_cells_by_prison"),
        ("max_cells_by_prison = { P1 = true }", "search.max_cells_by_prison, P1"),
        ("max_wrong_share = 10", "search.max_wrong_share"),
        ("max_wrong_share = true", "search.max_wrong_share"),
        ('max_wrong_share = "0.1"', "search.max_wrong_share"),
        ("max_wrong_share = nan", "search.max_wrong_share"),
        ("max_wrong_share = 0.1\nwrong_share_confidence = 1", "search.wrong_share_confidence"),
        ("wrong_share_confidence = 0.9", "search.wrong_share_confidence"),
        ("max_cell = 5", "did you mean max_cells?"),
        ("max_cells_pr_prison = 5", "did you mean max_cells_per_prison?"),
        ("max_doors = 5", "search.max_doors"),
    ],
)
def test_a_limit_that_is_none_is_refused(tmp_path: Path, text: str, name: str) -> None:
    """The field is named; a limit that is misspelt is not passed over."""
    with pytest.raises(Refused) as found:
        _read(tmp_path, text)

    assert name in str(found.value)
    assert found.value.code == "CASE-003"


def test_a_field_that_is_no_limit_is_passed_over(tmp_path: Path) -> None:
    """Later versions of the case folder may say more."""
    assert _read(tmp_path, 'teams = 12\nremark = "x"') == SearchLimits()
