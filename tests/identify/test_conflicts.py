"""What one phone cannot do, its clocks, and the fewest handsets that follow."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.tables import RECORD, SECTOR
from portique.identify.conflicts import Conflicts, find_conflicts
from portique.identify.cover import fewest_handsets
from portique.identify.extract import read_extract
from portique.identify.stretches import find_stretches

if TYPE_CHECKING:
    from collections.abc import Callable

IMEI, ONE, TWO = 101701000001, 208010000000001, 208010000000002
NEAR, FAR = "208-01-1-1", "208-01-9-9"
SECTORS = [
    {"sector_id": NEAR, "technology": "2G", "lat": 48.85, "lon": 2.35, "range_m": 2000.0},
    {"sector_id": FAR, "technology": "2G", "lat": 45.75, "lon": 4.85, "range_m": 2000.0},
]
Row = dict[str, Any]


def conflicts(records: list[Row]) -> Conflicts:
    """Return the conflicts between the stretches of some records."""
    ordered = sorted(records, key=lambda row: (row["imei"], row["started_at_utc"]))
    rows = [{"source_id": 0, "source_row": n, **row} for n, row in enumerate(ordered, 1)]
    schema = pa.schema([pa.field(c.name, c.type) for c in SECTOR.columns])
    sectors = pa.Table.from_pylist(SECTORS, schema=schema)
    extract = read_extract(pa.Table.from_pylist(rows, schema=RECORD.schema), sectors)
    return find_conflicts(extract, find_stretches(extract))


def test_two_calls_at_once_are_two_phones(call: Callable[..., Row]) -> None:
    """Ten minutes of common talk on one network: certain."""
    found = conflicts([call(IMEI, ONE, 1.0, duration_s=1200), call(IMEI, TWO, 1.1, duration_s=900)])

    assert found.is_certain.tolist() == [True]


def test_calls_that_touch_within_a_minute_prove_nothing(call: Callable[..., Row]) -> None:
    """One call's end is written a few seconds after the next one's start."""
    first = call(IMEI, ONE, 1.0, duration_s=600)
    second = call(IMEI, TWO, 1.0)
    second["started_at_utc"] += timedelta(seconds=550)

    assert not len(conflicts([first, second]).first)


def test_calls_of_two_imeis_never_conflict(call: Callable[..., Row]) -> None:
    """Two phones talk at once all the time."""
    records = [call(IMEI, ONE, 1.0, duration_s=900), call(IMEI + 1, TWO, 1.0, duration_s=900)]

    assert not len(conflicts(records).first)


def test_a_message_received_during_a_call_is_no_conflict(call: Callable[..., Row]) -> None:
    """Its time may be the message centre's."""
    records = [
        call(IMEI, ONE, 1.0, duration_s=1200),
        call(IMEI, TWO, 1.15, duration_s=0, kind="sms_in"),
    ]

    assert not len(conflicts(records).first)


@pytest.mark.parametrize(("hours", "conflict"), [(1.0, True), (7.0, False)])
def test_paris_and_lyon_take_three_hours(
    hours: float, conflict: bool, call: Callable[..., Row]
) -> None:
    """392 km at 130 km/h: an hour apart is two phones, seven hours apart a journey."""
    records = [call(IMEI, ONE, 1.0, sector_id=NEAR), call(IMEI, TWO, 1.0 + hours, sector_id=FAR)]

    assert conflicts(records).is_certain.tolist() == [True] * conflict


def test_one_conflict_between_two_networks_is_not_certain(call: Callable[..., Row]) -> None:
    """Their clocks may differ by a constant; one overlap may be that."""
    records = [
        call(IMEI, ONE, 1.0, duration_s=600, operator="20801"),
        call(IMEI, TWO, 1.05, duration_s=600, operator="20815"),
    ]
    found = conflicts(records)

    assert not found.is_certain.any()
    assert 0.5 < found.probability[0] < 1


def test_a_conflict_beyond_any_clock_is_certain_between_networks(
    call: Callable[..., Row],
) -> None:
    """A call of five hours is overlapped in its middle: an hour's shift changes nothing."""
    records = [
        call(IMEI, ONE, 1.0, duration_s=5 * 3600, operator="20801"),
        call(IMEI, TWO, 3.5, duration_s=600, operator="20815"),
    ]

    assert conflicts(records).is_certain.tolist() == [True]


def test_where_single_sims_conflict_with_themselves_records_prove_nothing(
    call: Callable[..., Row],
) -> None:
    """A network that writes calls of one SIM over each other is not believed about two."""
    records = [call(IMEI, ONE, 1 + n / 30, duration_s=600) for n in range(40)]
    records.append(call(IMEI, TWO, 1.5, duration_s=600))

    found = conflicts(records)

    assert found.within.sum() > 0
    assert not found.is_certain.any()


def matrix(count: int, pairs: list[tuple[int, int]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return the symmetric matrix of some pairs."""
    found = np.zeros((count, count), bool)
    for one, two in pairs:
        if one != two and max(one, two) < count:
            found[one, two] = found[two, one] = True
    return found


@pytest.mark.parametrize(
    ("count", "pairs", "fewest"),
    [
        (0, [], 0),
        (1, [], 1),
        (5, [], 1),
        (3, [(0, 1), (1, 2), (0, 2)], 3),
        (4, [(0, 1), (2, 3)], 2),
    ],
)
def test_the_fewest_handsets(count: int, pairs: list[tuple[int, int]], fewest: int) -> None:
    """No conflict: one; all in conflict: as many as there are."""
    assert fewest_handsets(matrix(count, pairs)) == fewest


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=9),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8))),
)
def test_the_bound_is_never_above_the_truth(phone: list[int], pairs: list[tuple[int, int]]) -> None:
    """Conflicts only between phones that differ in truth: the bound is at most their number."""
    true = [
        (one, two) for one, two in pairs if max(one, two) < len(phone) and phone[one] != phone[two]
    ]

    assert 1 <= fewest_handsets(matrix(len(phone), true)) <= len(set(phone))
