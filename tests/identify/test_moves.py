"""A SIM that goes from one phone to another of the same IMEI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.identify.conftest import Material

IMEI = 101701000001
ONE, TWO = 208010000000001, 208010000000002
PARIS, LYON = "208-01-1-1", "208-01-9-9"
SECTORS = [
    {"sector_id": PARIS, "technology": "2G", "lat": 48.85, "lon": 2.35, "range_m": 2000.0},
    {"sector_id": LYON, "technology": "2G", "lat": 45.75, "lon": 4.85, "range_m": 2000.0},
]
Row = dict[str, Any]


def users_of(material: Material) -> dict[str, set[str]]:
    """Return the subscriptions of each handset."""
    material.tacs = ("00101701",)
    material.sectors = SECTORS
    material.identify()
    return {row["handset_id"]: set(row["imsis"]) for row in material.rows("handset")}


def used(
    call: Callable[..., Row], imsi: int, days: range, city: str, circle: int, hour: float = 0.0
) -> list[Row]:
    """Return two calls a day to one circle of seven numbers."""
    return [
        call(
            IMEI,
            imsi,
            24 * day + part + hour,
            duration_s=900,
            sector_id=city,
            counterpart=f"+33{circle}1000000{(day + int(part)) % 7}",
        )
        for day in days
        for part in (10.0, 17.0)
    ]


def test_a_sim_that_goes_to_a_clone_is_followed(
    material: Material, call: Callable[..., Row]
) -> None:
    """Until day 30 in Paris; then in Lyon, in the phone that has called Lyon's circle all along."""
    material.records = [
        *used(call, ONE, range(30), PARIS, 6),
        *used(call, TWO, range(40), LYON, 7, 0.05),
        *used(call, ONE, range(41, 80), LYON, 7, 0.05),
    ]

    assert sorted(map(sorted, users_of(material).values())) == [[str(ONE)], [str(ONE), str(TWO)]]
    (split,) = material.rows("clone_split")
    assert (split["subscriptions"], split["estimate"]) == (2, 2)


def test_a_phone_that_changes_hands_with_its_sim_stays_one(
    material: Material, call: Callable[..., Row]
) -> None:
    """Other contacts from day 40 on, and no other phone that they fit: still the first phone."""
    material.records = [
        *used(call, ONE, range(40), PARIS, 6),
        *used(call, ONE, range(42, 80), PARIS, 8),
        *used(call, TWO, range(80), LYON, 7, 0.05),
    ]

    assert sorted(map(sorted, users_of(material).values())) == [[str(ONE)], [str(TWO)]]
