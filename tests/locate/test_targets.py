"""Which cells are to be searched, and what the tables say of those that are not."""

from __future__ import annotations

import numpy as np
import pytest

from portique.core.errors import Refused
from portique.core.search import PRISON_LIMIT
from portique.core.search_limits import SearchLimits
from portique.locate.targets import choose_cells, refuse_unknown_prisons


def test_cells_that_a_limit_leaves_out_are_kept_with_the_reason() -> None:
    """What one more search is worth can only be said of cells that were not dropped."""
    handset, cell = np.array([0, 1, 2]), np.array([0, 1, 2])

    found = choose_cells(
        handset, cell, np.array([0.9, 0.8, 0.7]), ["A", "A", "B"], SearchLimits(9, per_prison=1)
    )

    assert found.cell.tolist() == [0, 1, 2]
    assert found.left_out == [None, PRISON_LIMIT, None]
    assert found.listed == [0, 2]


def test_a_limit_of_a_prison_that_the_case_lacks_is_refused() -> None:
    """A slip in its name would lift the limit."""
    limits = SearchLimits(by_prison={"P1": 3, "P9": 2})
    refuse_unknown_prisons(limits, ["P1", "P9"])

    with pytest.raises(Refused, match="P9") as found:
        refuse_unknown_prisons(limits, ["P1", "P2"])
    assert found.value.code == "LOC-001"
