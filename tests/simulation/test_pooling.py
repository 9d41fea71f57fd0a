"""Marks of several worlds together: reliability, the interval, the curves of the annex."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulation.marked_world import make_world

from portique.core.curves import curves_from
from portique.core.metrics import cllr
from portique.simulation.mark import mark
from portique.simulation.pooling import (
    bounded_lists,
    intervals_held,
    pooled_cllr,
    pooled_curves,
    pooled_verdict,
    scale_by_chance,
    validation_document,
)


@pytest.fixture
def marks(tmp_path: Path) -> dict[str, Any]:
    """The marks of a small world made by hand, as `portique mark --json` prints them."""
    found = json.loads(json.dumps(mark(*make_world(tmp_path)).as_dict()))
    assert isinstance(found, dict)
    return found


def test_cells_of_several_worlds_are_judged_together(marks: dict[str, Any]) -> None:
    """Twice the same world is twice as many cells, and never enough of them."""
    one, two = (pooled_verdict([marks] * n, is_listed=True) for n in (1, 2))

    assert one is not None
    assert two is not None
    assert two.groups.trials.sum() == 2 * one.groups.trials.sum() == 2 * marks["targets"]["cells"]
    assert not two.holds


def test_without_the_table_of_weighed_cells_those_listed_stand_for_them(
    marks: dict[str, Any],
) -> None:
    """Another program need not write it."""
    assert marks["targets"]["weighed"] == marks["targets"]["p_any"]


def test_a_bound_list_counts_its_cells_and_its_searches_for_nothing(marks: dict[str, Any]) -> None:
    """Cells as they were weighed, best first."""
    marks["targets"] |= {"weighed": [0.99, 0.98, 0.2], "weighed_outcome": [1.0, 0.0, 0.0]}

    assert bounded_lists([marks], 0.0) == [(2, 1)]
    assert bounded_lists([marks], 1.0) == [(3, 2)]


def test_curves_of_several_worlds_are_those_of_their_trials(marks: dict[str, Any]) -> None:
    """To a hundredth of log10 LR."""
    found = pooled_curves([marks, marks], "places")

    assert found is not None
    trials = marks["places"]["trials"]
    assert (found.trials_h1, found.trials_h2) == (2 * trials["trials_h1"], 2 * trials["trials_h2"])
    assert found.cllr == pytest.approx(trials["cllr"], abs=0.01)


def test_without_a_cell_or_a_trial_nothing_is_judged(marks: dict[str, Any]) -> None:
    """No figure is made of nothing."""
    marks["targets"] |= {"p_any": [], "outcome": []}
    marks["users"]["trials"]["h2_counts"] = []

    assert pooled_verdict([marks], is_listed=True) is None
    assert pooled_curves([marks], "users") is None


def test_the_document_names_its_worlds_and_the_calibration(marks: dict[str, Any]) -> None:
    """And gives the curves back as they were."""
    found = validation_document([("ordinary", 3, "tiny", marks)], b"{}")

    assert found["worlds"] == [{"recipe": "ordinary", "scale": "tiny", "worlds": 1}]
    assert found["seeds"] == [3]
    assert len(found["sha256_of_calibration"]) == len(found["sha256_of_trials"]) == 64
    held, worlds = intervals_held([marks])
    assert found["interval"] == {"held": held, "worlds": worlds}
    again = curves_from(json.loads(json.dumps(found))["places"])
    assert again.trials_h1 == marks["places"]["trials"]["trials_h1"]


def test_trials_are_counted_to_the_hundredth(marks: dict[str, Any]) -> None:
    """Each class gives back about what it costs."""
    trials = marks["places"]["trials"]
    h1, h2 = (
        np.repeat([value for value, _ in trials[name]], [n for _, n in trials[name]])
        for name in ("h1_counts", "h2_counts")
    )

    assert cllr(h1, h2) == pytest.approx(trials["cllr"], abs=0.01)


def trials(h1: list[float], h2: list[float]) -> dict[str, Any]:
    """Return marks with these strengths of places and nothing else."""
    counts = {"h1_counts": [[z, 1] for z in h1], "h2_counts": [[z, 1] for z in h2]}
    return {"places": {"trials": counts}}


def test_few_trials_have_a_scale_by_chance_and_many_hardly_any() -> None:
    """However right the strengths are, Cllr_min fits what chance did."""
    rng = np.random.default_rng(3)
    strength = rng.normal(0.0, 1.0, 3_000)
    is_h1 = rng.random(3_000) < 10.0**strength / (1 + 10.0**strength)
    few = trials(strength[:100][is_h1[:100]].tolist(), strength[:100][~is_h1[:100]].tolist())
    many = trials(strength[is_h1].tolist(), strength[~is_h1].tolist())

    assert scale_by_chance([few], "places") > 0.04
    assert scale_by_chance([many], "places") < 0.02
    assert scale_by_chance([many], "places") == scale_by_chance([many], "places")
    whole, least = pooled_cllr([few, many], "places") or (0.0, 1.0)
    assert 0 < whole - least < 0.03


def test_without_one_of_the_classes_there_is_no_cost() -> None:
    """Nothing to be right about."""
    assert pooled_cllr([trials([1.0], [])], "places") is None
    assert scale_by_chance([trials([1.0], [])], "places") == 0.0
