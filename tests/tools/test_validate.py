"""The page of what was measured, from the marks of a world made by hand."""

from __future__ import annotations

import json
from pathlib import Path

from tests.simulation.marked_world import make_world

from portique.simulation.mark import mark
from tools.validate import World, page


def test_the_page_is_made_of_what_mark_prints(tmp_path: Path) -> None:
    """One row a world, the reliability of p_any over all, and lists that were bound."""
    marks = json.loads(json.dumps(mark(*make_world(tmp_path)).as_dict()))
    cost = {"run": [1.0, 0.5]}
    worlds = [World("ordinary", 101, "small", marks, cost), World("ordinary", 7, "full", marks, {})]

    said = "\n".join(page(worlds))

    assert "| 101 |" in said
    assert "## Whether `p_any` means what it says" in said
    assert "Weighed, equal width: 0 of " in said
    assert "| 0.1 |" in said
    assert "of 2 worlds" in said
