"""Names of phones from an optional list of type allocation codes."""

from __future__ import annotations

from typing import Any

IMEI = 101701000001
OTHER = 101888000001


def test_a_phone_that_no_line_names_is_called_as_its_code_is(material: Any, call: Any) -> None:
    """Brand and model come from the list, and the handset shows the model."""
    material.tacs = ("00101701",)
    material.records = [call(IMEI, 208010000000001, 1.0)]
    material.tac_names = [{"tac": "00101701", "brand": "Example", "model": "Tiny"}]

    material.identify()

    (phone,) = material.rows("fleet_imei")
    (handset,) = material.rows("handset")
    assert (phone["brand"], phone["model"], handset["model"]) == ("Example", "Tiny", "Tiny")


def test_the_ledger_stands_before_the_list(material: Any, call: Any) -> None:
    """The supplier's own name stays; the brand is the list's."""
    material.tacs = ("00101701",)
    material.records = [call(IMEI, 208010000000001, 1.0)]
    material.sales = [{"sale_id": "S1", "imei": "00101701000001", "model": "Mini"}]
    material.tac_names = [{"tac": "00101701", "brand": "Example", "model": "Tiny"}]

    material.identify()

    (phone,) = material.rows("fleet_imei")
    assert (phone["brand"], phone["model"]) == ("Example", "Mini")


def test_a_name_brings_nobody_into_the_fleet(material: Any, call: Any) -> None:
    """The same model under a code that is not the supplier's stays outside."""
    material.tacs = ("00101701",)
    material.records = [call(IMEI, 208010000000001, 1.0), call(OTHER, 208010000000002, 1.0)]
    material.tac_names = [
        {"tac": tac, "brand": "Example", "model": "Tiny"} for tac in ("00101701", "00101888")
    ]

    material.identify()

    assert [phone["imei"] for phone in material.rows("fleet_imei")] == [IMEI]


def test_without_a_list_nothing_has_a_brand(material: Any, call: Any) -> None:
    """The list is optional."""
    material.tacs = ("00101701",)
    material.records = [call(IMEI, 208010000000001, 1.0)]

    material.identify()

    (phone,) = material.rows("fleet_imei")
    assert (phone["brand"], phone["model"]) == (None, None)
