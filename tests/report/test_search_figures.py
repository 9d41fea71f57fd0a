"""What the list is expected to give, what one more search adds, and what limits cost."""

from __future__ import annotations

from typing import Any

import pytest

from portique.core.search import left_out
from portique.core.search_limits import SearchLimits
from portique.report.search_figures import search_figures

Rows = list[dict[str, Any]]


def _made(p_any: list[float], prisons: str, limits: SearchLimits) -> dict[str, Any]:
    reasons = left_out(p_any, list(prisons), limits)
    chances: Rows = [
        {"prison_id": prison, "p_any": p, "left_out": reason}
        for p, prison, reason in zip(p_any, prisons, reasons, strict=True)
    ]
    targets = [row for row in chances if row["left_out"] is None]
    made = search_figures(targets, chances, limits)
    return {name: figure["value"] for name, figure in made.items()}


def test_one_more_search_is_worth_the_first_cell_that_is_not_listed() -> None:
    """Unless a limit of its prison bars it: then the next that none bars."""
    free = _made([0.9, 0.8, 0.7, 0.6], "AABB", SearchLimits(2))
    barred = _made([0.9, 0.8, 0.7, 0.6, 0.5], "AABBC", SearchLimits(2, per_prison=1))

    assert free["one_more_search"] == 0.7
    assert free["more_searches"] == [{"more": 1, "mean": 0.7}]
    assert free["worth_of_each_search"] == [[1, 0.9], [2, 0.8], [3, 0.7], [4, 0.6]]
    assert barred["one_more_search"] == 0.5


def test_a_limit_of_a_prison_is_named_with_what_it_costs() -> None:
    """0.8 is left out for 0.3, in prison A alone."""
    made = _made([0.9, 0.8, 0.3], "AAB", SearchLimits(2, by_prison={"A": 1, "B": 5}))

    assert made["prison_limits"]["cells"] == 1
    assert made["prison_limits"]["cost"] == pytest.approx(0.5)
    assert made["prison_limits"]["prisons"] == [
        {"prison_id": "A", "limit": 1, "listed": 1, "left_out": 1, "cost": 0.5}
    ]


def test_a_limit_that_does_not_bind_costs_nothing() -> None:
    """A full prison whose next cell would not have been listed anyway is not named."""
    made = _made([0.9, 0.3], "AA", SearchLimits(1, per_prison=1))

    assert made["prison_limits"] == {"cells": 0, "cost": 0.0, "prisons": []}


def test_searches_for_nothing_are_stated_with_their_confidence() -> None:
    """The mean, its share, and how many at most."""
    made = _made([0.9] * 10, "A" * 10, SearchLimits(10))

    assert made["searched_for_nothing"] == {
        "mean": 1.0,
        "share": 0.1,
        "at_most": 3,
        "confidence": 0.9,
        "max_share": None,
    }


def test_no_cell_at_all_is_no_fault() -> None:
    """Neither listed nor weighed."""
    made = _made([], "", SearchLimits(10))

    assert made["targets"] == 0
    assert made["one_more_search"] is None
    assert made["worth_of_each_search"] == []
    assert made["searched_for_nothing"]["share"] is None
