"""One row of a derived table, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from portique.core.clock import utc_text
from portique.core.ids import imei_text, imsi_text
from portique.flow.why.tables import Row


def words(table: str, row: Row) -> str:
    """Return what a row says.

    >>> words("prison_cell", {"cell_id": "C1", "prison_id": "P1", "floor": None})
    'cell_id C1, prison_id P1'
    """
    say = _SAY.get(table)
    return say(row) if say else _plain(row)


def shown_value(name: str, value: object) -> str:
    """Return one value of a row as a person reads it."""
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, list):
        return "; ".join(str(inner) for inner in value)
    if isinstance(value, int) and name in {"imei", "linked_from"}:
        return imei_text(value)
    return imsi_text(value) if isinstance(value, int) and name == "imsi" else str(value)


def _plain(row: Row) -> str:
    where = {"source_id", "source_row"}
    said = ((n, v) for n, v in row.items() if v not in (None, []) and n not in where)
    return ", ".join(f"{name} {shown_value(name, value)}" for name, value in said)


def _handset(row: Row) -> str:
    return (
        f"Handset {row['handset_id']}, {' and '.join(row['basis'])}: {row['records']:,} records "
        f"from {utc_text(row['first_seen_utc'])} to {utc_text(row['last_seen_utc'])}, "
        f"{len(row['imsis'])} subscriptions; {row['handsets_on_imei']} handsets told apart on "
        f"its IMEI."
    )


def _placement(row: Row) -> str:
    place = f"in prison {row['prison_id']}" if row["prison_id"] else "outside every prison"
    against = "not in it" if row["prison_id"] else "in any prison"
    return (
        f"Handset {row['handset_id']} is {place}: log10 LR {row['log10_lr']:+.2f} against {against}"
        f"; posterior {row['posterior']:.4f} given the stated prior; {row['records_used']:,} "
        f"records. Against the best alternative alone ({row['worst_alternative'] or 'none'}): "
        f"{row['worst_log10_lr']:+.2f}."
    )


def _attribution(row: Row) -> str:
    user = f"inmate {row['inmate_id']}" if row["inmate_id"] else "nobody listed"
    cell = f", held in cell {row['cell_id']} at the horizon" if row["cell_id"] else ""
    return (
        f"Handset {row['handset_id']} is used by {user}{cell}: log10 LR {row['log10_lr']:+.2f} "
        f"against any other user; posterior {row['posterior']:.4f}."
    )


def _term(row: Row) -> str:
    of = "against any other" if row["term"] == "now" else "before calibration"
    return f"{row['term']}: log10 LR {row['log10_lr']:+.2f} {of}; {row['words']}."


def _presence(row: Row) -> str:
    terms = ", ".join(f"{n} {v:+.2f}" for n, v in zip(row["term"], row["value"], strict=True))
    return (
        f"Handset {row['handset_id']} against prison {row['prison_id']}: {row['records']:,} "
        f"records on {row['days']} days; log10 LR before calibration {row['raw_log10_lr']:+.2f} "
        f"({terms}); against the {row['worst_alternative']} alone {row['worst_log10_lr']:+.2f}."
    )


def _target(row: Row) -> str:
    return (
        f"Rank {row['rank']}: cell {row['cell_id']} of prison {row['prison_id']}. Probability that "
        f"a handset of the fleet is there {row['p_any']:.4f}; {row['expected_handsets']:.2f} "
        f"expected. {row['grounds']}"
    )


def _cell_chance(row: Row) -> str:
    reasons = {
        "prison_limit": "its prison has as many as may be searched there",
        "max_cells": "the list is as long as can be searched",
        "max_wrong_share": "a longer list would break the bound on searches for nothing",
    }
    listed = f"rank {row['target_rank']} of the cells to search"
    if row["target_rank"] is None:
        listed = f"not to be searched: {reasons[row['left_out']]}"
    return (
        f"Cell {row['cell_id']} of prison {row['prison_id']}, place {row['place']} by probability: "
        f"{row['p_any']:.4f} that a handset of the fleet is there; {listed}."
    )


def _find_check(row: Row) -> str:
    return (
        f"Find {row['find_id']}: handset {row['handset_id']} was in cell {row['cell_id']}. By the "
        f"records up to then, probability {row['p_cell']:.3f}; cell {row['first_cell_id']} would "
        f"have come first, with {row['p_first']:.3f}. All finds together bear out "
        f"{row['borne_out']:.3f} of what is said of users, and put {row['elsewhere_share']:.3f} of "
        "the phones in another cell than their user's."
    )


def _link(row: Row) -> str:
    return (
        f"Handset {row['handset_id']} and offence {row['offence_id']}, grade {row['grade']}: "
        f"{' > '.join(row['path'])}; {row['records']:,} records."
    )


def _set_aside(row: Row) -> str:
    note = f": {row['note']}" if row["note"] else ""
    return f"{row['rows']:,} rows of {row['source']} set aside as {row['reason']}{note}."


def _contact(row: Row) -> str:
    return f"Inmate {row['inmate_id']} declared {row['msisdn']} ({row['relation'] or 'unstated'})."


def _stay(row: Row) -> str:
    end = utc_text(row["until_utc"]) if row["until_utc"] else "the horizon at least"
    return (
        f"Inmate {row['inmate_id']} was held in cell {row['cell_id']} from "
        f"{utc_text(row['from_utc'])} to {end}."
    )


_SAY: dict[str, Callable[[Row], str]] = {
    "handset": _handset,
    "placement": _placement,
    "attribution": _attribution,
    "attribution_term": _term,
    "presence": _presence,
    "target": _target,
    "cell_chance": _cell_chance,
    "find_check": _find_check,
    "offence_link": _link,
    "set_aside": _set_aside,
    "declared_contact": _contact,
    "stay": _stay,
}
