"""What a phone of the fleet is called: by the ledger, else by its type allocation code."""

from __future__ import annotations

import pyarrow as pa

from portique.core.ids import imei_text
from portique.identify.fleet import Member

TAC_DIGITS = 8


def name_models(members: dict[int, Member], tac_names: pa.Table) -> dict[int, str | None]:
    """Give members without a model that of their code, and return the brand of each by its code.

    Names are told once the fleet is known: no phone is of the fleet because of one. What the ledger
    calls a phone stands before what the code is called.

    Args:
        members: the fleet by IMEI; `model` is filled in where it is empty.
        tac_names: the table `tac_name`; empty where the case has no list.

    Returns:
        IMEI -> brand; None: the list does not have the code, or no brand for it.

    >>> names = pa.table({"tac": ["00101701"], "brand": ["Example"], "model": ["Tiny"]})
    >>> fleet = {101701000001: Member(), 101888000001: Member(model="Mini")}
    >>> name_models(fleet, names), [member.model for member in fleet.values()]
    ({101701000001: 'Example', 101888000001: None}, ['Tiny', 'Mini'])
    """
    named = {row["tac"]: (row["brand"], row["model"]) for row in tac_names.to_pylist()}
    brands: dict[int, str | None] = {}
    for imei, member in members.items():
        brands[imei], model = named.get(imei_text(imei)[:TAC_DIGITS], (None, None))
        member.model = member.model or model
    return brands
