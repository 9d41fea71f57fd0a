"""Which rows a row follows from: one function a table, the same way back that the stages went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portique.core.ids import imei_text, imsi_text
from portique.flow.why.tables import Derived, Row

Behind = list[tuple[str, list[Row]]]
"""Table -> its rows that stand behind a row."""
MOST_OF_ALL = 12
"""What follows from every phone of the case is shown by so many of them, with the most records."""


def behind(derived: Derived, table: str, row: Row) -> Behind:
    """Return the derived rows that a row follows from directly.

    Args:
        derived: the tables.
        table: which table the row is of.
        row: the row.
    """
    follow = _BEHIND.get(table)
    return follow(derived, row) if follow else []


def records_behind(derived: Derived, table: str, row: Row) -> list[Row]:
    """Return the fleet's own records that a row follows from, in the order of their key."""
    select = _RECORDS.get(table)
    return select(derived, row) if select else []


def _target(derived: Derived, row: Row) -> Behind:
    handsets = row["handset_ids"]
    users = derived.rows("attribution", handset_id=handsets, cell_id=row["cell_id"])
    users.sort(key=lambda user: -user["posterior"])
    places = derived.rows("placement", handset_id=handsets, prison_id=row["prison_id"])
    places.sort(key=lambda place: handsets.index(place["handset_id"]))
    return [
        ("attribution", users),
        ("placement", places),
        ("prison_cell", derived.rows("prison_cell", cell_id=row["cell_id"])),
    ]


def _cell_chance(derived: Derived, row: Row) -> Behind:
    """As for a target, with every handset that may be there, the faint ones too."""
    return _target(derived, row | {"handset_ids": _handsets_of_cell(derived, row)})


def _handsets_of_cell(derived: Derived, row: Row) -> list[str]:
    users = derived.rows("attribution", cell_id=row["cell_id"])
    return list(dict.fromkeys(user["handset_id"] for user in users))


def _attribution(derived: Derived, row: Row) -> Behind:
    handset, inmate = row["handset_id"], row["inmate_id"]
    return [
        (
            "attribution_term",
            derived.rows("attribution_term", handset_id=handset, inmate_id=inmate),
        ),
        ("stay", derived.rows("stay", inmate_id=inmate)),
        ("absence", derived.rows("absence", inmate_id=inmate)),
        ("declared_contact", _contacts_used(derived, handset, inmate)),
        ("find", _finds_on(derived, inmate)),
        ("handset", derived.rows("handset", handset_id=handset)),
    ]


def _term(derived: Derived, row: Row) -> Behind:
    handset, inmate = row["handset_id"], row["inmate_id"]
    kinds: dict[str, Behind] = {
        "contacts": [
            ("declared_contact", _contacts_used(derived, handset, inmate)),
            ("find", _finds_on(derived, inmate)),
        ],
        "absence": [("absence", derived.rows("absence", inmate_id=inmate))],
    }
    stays: Behind = [("stay", derived.rows("stay", inmate_id=inmate))]
    return kinds.get(row["term"], stays)


def _contacts_used(derived: Derived, handset: str, inmate: str | None) -> list[Row]:
    """Return the inmate's declared contacts that this handset exchanged with; none: all of them.

    That a phone exchanged with none of the numbers counts too, and all of them say so.
    """
    declared = derived.rows("declared_contact", inmate_id=inmate)
    if not declared:
        return []
    called = {r["counterpart"] for r in derived.rows("fleet_record", handset_id=handset)}
    return [contact for contact in declared if contact["msisdn"] in called] or declared


def _finds_on(derived: Derived, inmate: str | None) -> list[Row]:
    """Return the phones found on an inmate: their numbers count as if he had declared them."""
    return derived.rows("find", inmate_id=inmate) if inmate is not None else []


def _calibration_check(derived: Derived, _row: Row) -> Behind:
    return [("presence", _most_seen(derived))]


def _most_seen(derived: Derived) -> list[Row]:
    records = derived.columns("presence", ["records"])["records"].to_pylist()
    order = sorted(range(len(records)), key=lambda at: (-records[at], at))
    return [derived.row("presence", at) for at in order[:MOST_OF_ALL]]


def _of_most_seen(derived: Derived, _row: Row) -> list[Row]:
    return [record for each in _most_seen(derived) for record in _of_presence(derived, each)]


def _find_check(derived: Derived, row: Row) -> Behind:
    return [
        ("find", derived.rows("find", find_id=row["find_id"])),
        ("handset", derived.rows("handset", handset_id=row["handset_id"])),
        ("prison_cell", derived.rows("prison_cell", cell_id=row["cell_id"])),
    ]


def _placement(derived: Derived, row: Row) -> Behind:
    wanted: dict[str, Any] = {"handset_id": row["handset_id"]}
    if row["prison_id"] is not None:
        wanted["prison_id"] = row["prison_id"]
    return [
        ("presence", derived.rows("presence", **wanted)),
        ("handset", derived.rows("handset", handset_id=row["handset_id"])),
    ]


def _handset(derived: Derived, row: Row) -> Behind:
    imei = int(row["imei"])
    return [
        ("fleet_imei", derived.rows("fleet_imei", imei=imei)),
        ("clone_split", derived.rows("clone_split", imei=imei)),
        ("handset_sim", derived.rows("handset_sim", handset_id=row["handset_id"])),
        ("find", derived.rows("find", find_id=row["find_id"])),
    ]


def _fleet_imei(derived: Derived, row: Row) -> Behind:
    return [
        ("sale", derived.rows("sale", sale_id=row["sale_ids"])),
        ("fleet_imei", derived.rows("fleet_imei", imei=row["linked_from"])),
        ("tac_name", derived.rows("tac_name", tac=imei_text(row["imei"])[:8])),
    ]


def _presence(derived: Derived, row: Row) -> Behind:
    sectors = {r["sector_id"] for r in _of_presence(derived, row) if r["sector_id"]}
    return [
        ("prison", derived.rows("prison", prison_id=row["prison_id"])),
        ("sector", derived.rows("sector", sector_id=sorted(sectors))),
    ]


def _offence_link(derived: Derived, row: Row) -> Behind:
    return [
        ("offence", derived.rows("offence", offence_id=row["offence_id"])),
        ("handset", derived.rows("handset", handset_id=row["handset_id"])),
    ]


def _set_aside(derived: Derived, row: Row) -> Behind:
    return [("source", derived.rows("source", path=row["source"]))]


def _of_handset(derived: Derived, row: Row) -> list[Row]:
    return derived.rows("fleet_record", handset_id=row["handset_id"])


def _of_handsets(derived: Derived, row: Row) -> list[Row]:
    return derived.rows("fleet_record", handset_id=row["handset_ids"])


def _of_cell(derived: Derived, row: Row) -> list[Row]:
    return derived.rows("fleet_record", handset_id=_handsets_of_cell(derived, row))


def _of_imei(derived: Derived, row: Row) -> list[Row]:
    return derived.rows("fleet_record", imei=row["imei"])


def _of_sim(derived: Derived, row: Row) -> list[Row]:
    return derived.rows("fleet_record", handset_id=row["handset_id"], imsi=row["imsi"])


def _of_number(derived: Derived, row: Row) -> list[Row]:
    return derived.rows("fleet_record", counterpart=row["number"])


def _of_presence(derived: Derived, row: Row) -> list[Row]:
    start, end = row["from_utc"], row["until_utc"]
    records = _of_handset(derived, row)
    if start is None or end is None:
        return records
    return [r for r in records if start <= r["started_at_utc"] <= end]


def _of_term(derived: Derived, row: Row) -> list[Row]:
    records = _of_handset(derived, row)
    if row["term"] != "contacts":
        return records
    contacts = _contacts_used(derived, row["handset_id"], row["inmate_id"])
    numbers = {contact["msisdn"] for contact in contacts}
    return [r for r in records if r["counterpart"] in numbers] or records


def _of_path(derived: Derived, row: Row) -> list[Row]:
    """Return the records along the path: the handset's own, then those of the phone before it.

    The last identifier of a path is the handset's IMEI; the one before it is what the handset's
    records carry. A path of one identifier is the IMEI itself.
    """
    own = _of_handset(derived, row)
    path = row["path"]
    if len(path) == 1:
        return own
    met = [r for r in own if path[-2] in {imsi_text(r["imsi"] or 0), r["msisdn"], r["counterpart"]}]
    if len(path) == 2:
        return met
    return met + [r for r in _with(derived, path[-2]) if r["handset_id"] != row["handset_id"]]


def _with(derived: Derived, name: str) -> list[Row]:
    """Return the fleet's records that carry a subscription or a number."""
    if name.startswith("+"):
        found = derived.rows("fleet_record", msisdn=name)
        return found + derived.rows("fleet_record", counterpart=name)
    return derived.rows("fleet_record", imsi=int(name))


def _itself(_derived: Derived, row: Row) -> list[Row]:
    return [row]


_BEHIND: dict[str, Callable[[Derived, Row], Behind]] = {
    "target": _target,
    "cell_chance": _cell_chance,
    "attribution": _attribution,
    "attribution_term": _term,
    "placement": _placement,
    "presence": _presence,
    "handset": _handset,
    "calibration_check": _calibration_check,
    "find_check": _find_check,
    "fleet_imei": _fleet_imei,
    "offence_link": _offence_link,
    "set_aside": _set_aside,
}
_RECORDS: dict[str, Callable[[Derived, Row], list[Row]]] = {
    "target": _of_handsets,
    "cell_chance": _of_cell,
    "attribution": _of_handset,
    "attribution_term": _of_term,
    "placement": _of_handset,
    "presence": _of_presence,
    "calibration_check": _of_most_seen,
    "find_check": _of_handset,
    "handset": _of_handset,
    "handset_sim": _of_sim,
    "fleet_imei": _of_imei,
    "clone_split": _of_imei,
    "number_reach": _of_number,
    "second_contact": _of_number,
    "offence_link": _of_path,
    "fleet_record": _itself,
}
