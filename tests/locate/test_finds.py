"""Earlier finds: what each one took, how many it stands for, and whom found phones called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

from portique.core.tables import normalised
from portique.engine.store import conform
from portique.locate.activity import DAY_US
from portique.locate.contacts import Declared, with_found
from portique.locate.finds import Finds, fair_weights, numbers_of_found, seized

CELLS = [f"P1-A{n}" for n in range(4)] + [f"P1-B{n}" for n in range(12)]


def cells() -> pa.Table:
    """Return a prison with a small building A and a large one, B."""
    table = normalised("prison_cell")
    rows = [
        {"cell_id": name, "prison_id": "P1", "building": name[3], "places": 1} for name in CELLS
    ]
    return conform(pa.Table.from_pylist(rows), table)


def finds(cell: list[int], *, took: bool = True) -> Finds:
    """Return finds of handsets 0, 1, ... on inmates 0, 1, ... on day 100."""
    count, day = len(cell), 100
    return Finds(
        found_us=np.full(count, day * DAY_US),
        local_day=np.full(count, day),
        cell=np.array(cell, np.int64),
        prison=np.zeros(count, np.int64),
        inmate=np.arange(count),
        handset=np.arange(count),
        weight=np.ones(count),
        took_it=np.full(count, took),
    )


def test_a_building_that_is_searched_often_counts_by_its_places() -> None:
    """Nine of ten finds in a quarter of the places: the tenth counts for more than two."""
    stays: Any = SimpleNamespace(cells=CELLS, prison_of_cell=np.zeros(len(CELLS), np.int64))
    weight = fair_weights(np.array([0] * 9 + [8]), stays, cells())

    assert weight[0] < 0.5
    assert weight[9] > 2.0
    assert weight[:9].sum() < 0.6 * weight.sum()


def test_even_finds_and_prisons_without_a_find_are_left_as_they_are() -> None:
    """One find in four places each; and no find at all."""
    stays: Any = SimpleNamespace(cells=CELLS, prison_of_cell=np.zeros(len(CELLS), np.int64))

    assert fair_weights(np.array([0, 5, 9, 13]), stays, cells()) == pytest.approx(np.ones(4))
    assert len(fair_weights(np.zeros(0, np.int64), stays, cells())) == 0
    assert len(finds([]).days_in(0)) == 0


def test_a_find_that_its_phone_outlived_took_nothing() -> None:
    """Seized are phones that were silent from their find on."""
    assert seized(finds([0, 5]), 3).tolist() == [True, True, False]
    assert not seized(finds([0, 5], took=False), 3).any()


def test_whoever_lost_a_phone_is_known_by_whom_it_called() -> None:
    """A number met twice in the two months before the find is his; one met once, or long ago, not.
    What inmates declared stays apart, with the same columns."""
    t_us = np.array([10, 10, 70, 71, 72, 99]) * DAY_US
    activity: Any = SimpleNamespace(
        starts=np.array([0, 6]),
        t_us=t_us,
        number=np.array([0, 0, 1, 1, 2, -1]),
        numbers=["+331", "+332", "+333"],
    )
    found = numbers_of_found(finds([5]), activity)
    declared = Declared(["+339"], csr_array(np.array([[1.0]])), np.array([2.0]))
    reach = pa.table({"number": ["+332"], "fleet_handsets": [3]})

    both, alone = with_found(declared, found, reach)

    assert found == [(0, "+332", 0)]
    assert both.numbers == alone.numbers == ["+339", "+332"]
    assert both.by_inmate.toarray().tolist() == [[1.0, 1.0]]
    assert alone.by_inmate.toarray().tolist() == [[1.0, 0.0]]
    assert both.phones.tolist() == [2.0, 2.0]
