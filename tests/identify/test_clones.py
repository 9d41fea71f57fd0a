"""Handsets behind one IMEI."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portique.engine.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.identify.conftest import Material

IMEI = 101701000001
ONE, TWO, THREE = 208010000000001, 208010000000002, 208010000000003
NEAR, FAR = "208-01-1-1", "208-01-9-9"
SECTORS = [
    {"sector_id": NEAR, "technology": "2G", "lat": 48.85, "lon": 2.35, "range_m": 2000.0},
    {"sector_id": FAR, "technology": "2G", "lat": 45.75, "lon": 4.85, "range_m": 2000.0},
]
Row = dict[str, Any]


def told_apart(material: Material) -> set[frozenset[int]]:
    """Run the stage and return the subscriptions of each handset."""
    material.tacs = ("00101701",)
    material.sectors = SECTORS
    material.identify()
    return {frozenset(map(int, row["imsis"])) for row in material.rows("handset")}


def test_one_sim_is_one_handset(material: Material, call: Callable[..., Row]) -> None:
    """Whatever its records say, one subscription in one IMEI is never split."""
    material.records = [
        call(IMEI, ONE, n / 10, duration_s=3000, sector_id=(NEAR, FAR)[n % 2]) for n in range(30)
    ]

    assert told_apart(material) == {frozenset({ONE})}
    assert not material.rows("clone_split")


def test_two_alternating_sims_stay_one_handset(
    material: Material, call: Callable[..., Row]
) -> None:
    """A hundred changes of SIM and never two calls at once: one phone."""
    material.records = [
        call(IMEI, (ONE, TWO)[n % 2], 5.0 * n, sector_id=NEAR, counterpart=f"+3371000000{n % 7}")
        for n in range(200)
    ]

    assert told_apart(material) == {frozenset({ONE, TWO})}
    (split,) = material.rows("clone_split")
    assert (split["subscriptions"], split["estimate"], split["conflicts"]) == (2, 1, 0)


def test_a_sim_changed_in_one_phone_is_one_handset(
    material: Material, call: Callable[..., Row]
) -> None:
    """The second SIM begins where the first ends."""
    material.records = [call(IMEI, ONE, 10.0 * n, sector_id=NEAR) for n in range(20)]
    material.records += [call(IMEI, TWO, 205 + 10.0 * n, sector_id=NEAR) for n in range(20)]

    assert told_apart(material) == {frozenset({ONE, TWO})}


def test_two_phones_that_talk_at_once_are_split(
    material: Material, call: Callable[..., Row]
) -> None:
    """Clones, each with its own SIM; the bound says that they are two."""
    for n in range(30):
        material.records.append(call(IMEI, ONE, 24.0 * n, duration_s=600))
        material.records.append(call(IMEI, TWO, 24.0 * n + 0.05, duration_s=600))

    assert told_apart(material) == {frozenset({ONE}), frozenset({TWO})}
    (split,) = material.rows("clone_split")
    assert (split["lower_bound"], split["estimate"], split["conflicts"]) == (2, 2, 1)
    assert [row["handsets_on_imei"] for row in material.rows("handset")] == [2, 2]


def test_a_clone_keeps_its_changed_sim(material: Material, call: Callable[..., Row]) -> None:
    """In Paris ONE gives way to THREE with the same contacts, in Lyon TWO goes on all the time."""
    friends = [f"+3371000000{n}" for n in range(5)]
    for n in range(60):
        own = ONE if n < 30 else THREE
        here = {"sector_id": NEAR, "counterpart": friends[n % 5]}
        material.records.append(call(IMEI, own, 24.0 * n, duration_s=600, **here))
        there = {"sector_id": FAR, "counterpart": f"+3372000000{n % 4}"}
        material.records.append(call(IMEI, TWO, 24.0 * n + 0.05, duration_s=600, **there))

    assert told_apart(material) == {frozenset({ONE, THREE}), frozenset({TWO})}


def test_records_without_a_subscription_go_with_their_number_or_their_neighbour(
    material: Material, call: Callable[..., Row]
) -> None:
    """By the own number where it is known, else by the nearest record in time."""
    material.records = [
        call(IMEI, ONE, 1.0, duration_s=1200, msisdn="+33710000001"),
        call(IMEI, TWO, 1.1, duration_s=1200, msisdn="+33710000002"),
        call(IMEI, None, 1.2, msisdn="+33710000001"),
        call(IMEI, None, 40.0),
        call(IMEI, TWO, 41.0, msisdn="+33710000002"),
    ]
    told_apart(material)
    by_handset = defaultdict(list)
    for row in material.rows("fleet_record"):
        by_handset[row["handset_id"]].append(row["source_row"])

    assert list(by_handset.values()) == [[1, 3], [2, 4, 5]]


def test_handsets_are_numbered_by_their_first_record(
    material: Material, call: Callable[..., Row]
) -> None:
    """The name does not depend on the subscription's digits."""
    material.records = [
        call(IMEI, TWO, 1.0, duration_s=1200),
        call(IMEI, ONE, 1.1, duration_s=1200),
    ]
    told_apart(material)

    assert {row["handset_id"]: row["imsis"] for row in material.rows("handset")} == {
        "H-00101701000001-1": [str(TWO)],
        "H-00101701000001-2": [str(ONE)],
    }


@pytest.mark.parametrize(("imsis", "owner"), [(str(TWO), 2), ("", None)])
def test_a_find_on_a_cloned_imei_is_of_the_clone_with_its_subscription(
    imsis: str, owner: int | None, material: Material, call: Callable[..., Row]
) -> None:
    """Without a subscription it could be either, and is nobody's."""
    material.records = [
        call(IMEI, ONE, 1.0, duration_s=1200),
        call(IMEI, TWO, 1.1, duration_s=1200),
    ]
    found_at = material.records[0]["started_at_utc"].replace(month=3)
    material.finds = [
        {
            "find_id": "F1",
            "found_at_utc": found_at,
            "cell_id": "C",
            "imei": "001017010000019",
            "imsis": imsis,
        }
    ]
    told_apart(material)
    found = {row["handset_id"][-1]: row["find_id"] for row in material.rows("handset")}

    assert found == {n: ["F1"] if n == str(owner) else [] for n in "12"}


# ------------------------------------------------------------------------ what always holds

events = st.lists(
    st.tuples(
        st.integers(1, 2),  # IMEI
        st.integers(1, 5),  # subscription
        st.integers(0, 200),  # half-hours
        st.sampled_from([0, 60, 600, 5400]),  # seconds
        st.sampled_from([NEAR, FAR, None]),
        st.sampled_from(["20801", "20815"]),
    ),
    min_size=1,
    max_size=40,
)
Event = tuple[int, int, int, int, str | None, str]


def run_on(some: list[Event], beside: Material, call: Callable[..., Row]) -> Material:
    """Return a case of its own that has been identified, in a folder beside another's."""
    folder = Path(tempfile.mkdtemp(dir=beside.store.folder.parent))
    material = type(beside)(Store(folder / "derived", folder / "scratch", memory_gib=0.5))
    material.tacs, material.sectors = ("00101701",), SECTORS
    material.records = [
        call(
            IMEI + imei,
            208010000000000 + imsi,
            half / 2 + imsi / 1000,
            duration_s=seconds,
            sector_id=sector,
            operator=operator,
        )
        for imei, imsi, half, seconds, sector, operator in some
    ]
    with material.store:
        material.identify()
    return material


few = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(events)
def test_a_split_keeps_within_its_bounds(
    material: Material, call: Callable[..., Row], some: list[Event]
) -> None:
    """Handsets lie between the bound and the ends of the interval, and every SIM is in one."""
    case = run_on(some, material, call)
    handsets = case.rows("handset")
    for split in case.rows("clone_split"):
        mine = [h for h in handsets if int(h["imei"]) == split["imei"]]
        sims = [sim for h in mine for sim in h["imsis"]]
        assert split["lower_bound"] <= split["low"] <= split["estimate"] <= split["high"]
        assert len(mine) == split["estimate"]
        assert len(set(sims)) == split["subscriptions"]
    assert sum(h["records"] for h in handsets) == len(some)


@few
@given(events, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(
    material: Material, call: Callable[..., Row], some: list[Event], chance: random.Random
) -> None:
    """The same records in another order of delivery give the same handsets."""
    shuffled = list(some)
    chance.shuffle(shuffled)
    one, two = (run_on(each, material, call) for each in (some, shuffled))

    for table in ("handset", "handset_sim", "clone_split", "fleet_imei"):
        assert one.rows(table) == two.rows(table)


@few
@given(
    st.lists(st.integers(1, 2), min_size=1, max_size=12),
    st.lists(st.integers(3, 5), min_size=1, max_size=12),
)
def test_two_phones_that_talk_at_once_are_always_split(
    material: Material, call: Callable[..., Row], first: list[int], second: list[int]
) -> None:
    """Whatever SIMs two phones change between, those that talked at once are never one handset."""
    days = min(len(first), len(second))
    some: list[Event] = []
    for day in range(days):
        some.append((1, first[day], 48 * day, 5400, NEAR, "20801"))
        some.append((1, second[day], 48 * day, 5400, NEAR, "20801"))
    case = run_on(some, material, call)
    owner = {sim: h["handset_id"] for h in case.rows("handset") for sim in h["imsis"]}

    for one, two in zip(first, second, strict=False):
        assert owner[str(208010000000000 + one)] != owner[str(208010000000000 + two)]
