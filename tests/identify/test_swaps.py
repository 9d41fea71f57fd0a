"""A SIM in two phones: when the second is of the fleet too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from portique.identify.fleet import Member
from portique.identify.ledger import Line
from portique.identify.observed import SERIALS, Observed
from portique.identify.swaps import SharedSim, is_one_slip, linked_members

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.identify.conftest import Material

HOME = 101701 * SERIALS + 123450
ODD_TAC, COMMON_TAC = 35000001, 35000002
SIM = 208010000000001
NO_FINDS = pa.table({"imei": pa.array([], pa.string()), "model": pa.array([], pa.string())})


def crowd(*others: int) -> Observed:
    """Return a country of 400 phones of two common models, and some more phones."""
    ordinary = [COMMON_TAC * SERIALS + n for n in range(200)]
    ordinary += [(COMMON_TAC + 1) * SERIALS + n for n in range(200)]
    seen = np.array(sorted({HOME, *ordinary, *others}))
    return Observed(seen, np.ones(len(seen), np.int64))


def linked(other: int, finds: pa.Table = NO_FINDS) -> dict[int, Member]:
    """Return who joins when `other` carried a SIM of the fleet's one phone."""
    lines = [Line("S1", "", "00101701", "Mini", 1)]
    home = {HOME: Member(basis={"tac"})}
    return linked_members([SharedSim(HOME, other, SIM)], crowd(other), home, finds, lines)


def found(imei: int, model: str) -> pa.Table:
    """Return an earlier find."""
    return pa.table({"imei": [f"{imei:014d}"], "model": [model]})


def test_a_shared_sim_alone_is_no_membership() -> None:
    """The owner put the SIM into an ordinary smartphone."""
    assert not linked(COMMON_TAC * SERIALS + 5)


def test_a_phone_one_digit_off_is_the_same_phone_misread() -> None:
    """A neighbour by one digit and the same SIM: no bystander is both."""
    assert linked(HOME + 3)[HOME + 3].basis == {"link"}
    assert linked(HOME + 3)[HOME + 3].linked_from == HOME


def test_a_phone_whose_code_nobody_else_has_was_rewritten() -> None:
    """Real models sell by the thousand; no other phone shows this one's TAC."""
    assert list(linked(ODD_TAC * SERIALS + 777)) == [ODD_TAC * SERIALS + 777]


def test_a_find_with_the_suppliers_model_lets_a_phone_in() -> None:
    """Somebody held it in his hands, and named it as the ledger does."""
    other = COMMON_TAC * SERIALS + 5

    assert list(linked(other, found(other, "MINI"))) == [other]


def test_a_find_with_another_model_keeps_a_phone_out() -> None:
    """What was seen speaks last, whatever the code is."""
    other = ODD_TAC * SERIALS + 777

    assert not linked(other, found(other, "Smartphone"))


@pytest.mark.parametrize(
    ("other", "slip"), [(HOME + 1, True), (HOME + 11, False), (HOME, False), (HOME - 9, False)]
)
def test_a_slip_is_one_digit_or_one_exchange(other: int, slip: bool) -> None:
    """Two digits apart is another phone."""
    assert is_one_slip(HOME, other) is slip


def test_the_stage_brings_in_the_linked_phone_and_no_bystander(
    material: Material, call: Callable[..., dict[str, Any]]
) -> None:
    """One SIM in a fleet phone, in its misread twin and in a smartphone: two members."""
    material.tacs = ("00101701",)
    smartphone, twin = COMMON_TAC * SERIALS + 3, HOME + 700_000_000
    for hour, imei in enumerate((HOME, twin, smartphone)):
        material.records.append(call(imei, SIM, 48.0 * hour))
    for n in range(200):
        material.records.append(call(COMMON_TAC * SERIALS + 1000 + n, 208010000001000 + n, 3.0))
    material.identify()

    assert [row["basis"] for row in material.rows("fleet_imei")] == [["tac"], ["link"]]
    assert [row["imei"] for row in material.rows("handset")] == [f"{HOME:014d}", f"{twin:014d}"]
