"""The figures of a case: each with the table and the rule that it comes from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from portique.core.case import CaseSettings
from portique.core.clock import utc_text
from portique.report.grounds import Grounds
from portique.report.places import DECIDED, Standing, prison_rows, standings
from portique.report.records import RecordCount
from portique.report.search_figures import search_figures
from portique.report.shown import shown_target
from portique.report.taken_in import lacking, source_entries, source_figures

FORMAT = 1
FIRST_TARGETS = 50
BASES = ("sale", "tac", "link")

Tables = Mapping[str, pa.Table]
Figure = dict[str, Any]


def figures(
    settings: CaseSettings, tables: Tables, seen: RecordCount, calibration: dict[str, Any]
) -> dict[str, Any]:
    """Return the figures of a case, ready for JSON.

    Args:
        settings: the case.
        tables: those of `report.stage.TABLES`, as derived.
        seen: what the records hold in all.
        calibration: name, bounds and validation of the run that set the strengths.

    Returns:
        `case`; `left_out`: paths of refused sources; `figures`: name -> value, table, rule and
        how many refused files it leaves out; `sources`, `set_aside`, `prisons`: one entry a row;
        `lacking`: kinds without a file; `targets`: the first 50 with their reasons; `calibration`.
    """
    sources = tables["source"].to_pylist()
    places = standings(tables["placement"])
    targets = tables["target"].slice(0, settings.max_cells).to_pylist()
    left_out = [s["path"] for s in sources if s["status"] == "refused"]
    made = {
        **source_figures(sources, tables["set_aside"]),
        **_ledger_figures(tables["sale"], tables["fleet_imei"], seen),
        **_handset_figures(tables["handset"], tables["clone_split"]),
        **_place_figures(places, tables["handset"]),
        **search_figures(targets, tables["cell_chance"].to_pylist(), settings.search),
        **_link_figures(tables["offence_link"]),
    }
    return {
        "format": FORMAT,
        "case": _case(settings),
        "left_out": left_out,
        "figures": {name: made[name] | {"left_out": len(left_out)} for name in made},
        "sources": source_entries(sources),
        "lacking": lacking(sources),
        "set_aside": tables["set_aside"].to_pylist(),
        "prisons": prison_rows(tables["prison"], places, targets),
        "targets": _targets(targets[:FIRST_TARGETS], tables),
        "calibration": _calibration(calibration, tables["calibration_check"]),
        "finds": _finds(tables["find_check"]),
    }


def _case(settings: CaseSettings) -> dict[str, Any]:
    return {
        "id": settings.case_id,
        "title": settings.title,
        "timezone": settings.timezone.key,
        "as_of_utc": utc_text(settings.as_of_utc),
        "max_cells": settings.max_cells,
        "search": {
            "max_cells_per_prison": settings.search.per_prison,
            "max_cells_by_prison": dict(settings.search.by_prison),
            "max_wrong_share": settings.search.max_wrong_share,
            "wrong_share_confidence": settings.search.confidence,
        },
        "authorities": [
            {
                "id": a.id,
                "kind": a.kind,
                "basis": a.basis,
                "issued_utc": utc_text(a.issued_utc) if a.issued_utc else None,
                "covers": sorted(a.covers),
                "from_utc": utc_text(a.period.from_utc) if a.period.from_utc else None,
                "until_utc": utc_text(a.period.until_utc) if a.period.until_utc else None,
            }
            for a in settings.authorities
        ],
    }


def _figure(value: Any, table: str, rule: str) -> Figure:
    return {"value": value, "table": table, "rule": rule}


def _ledger_figures(sale: pa.Table, fleet_imei: pa.Table, seen: RecordCount) -> dict[str, Figure]:
    sold = sum(n for n in sale["quantity"].to_pylist() if n is not None)
    return {
        "sale_lines": _figure(len(sale), "sale", "rows"),
        "handsets_sold": _figure(sold, "sale", "sum of quantity, where the ledger states one"),
        "records": _figure(seen.records, "record", "rows"),
        "imeis_in_records": _figure(
            seen.imeis, "record", "distinct IMEIs, of the fleet and of everybody else"
        ),
        "fleet_imeis": _figure(len(fleet_imei), "fleet_imei", "rows"),
    }


def _handset_figures(handset: pa.Table, clone_split: pa.Table) -> dict[str, Figure]:
    by_basis = Counter(basis for row in handset["basis"].to_pylist() for basis in row)
    split = [n for n in clone_split["estimate"].to_pylist() if n > 1]
    return {
        "handsets": _figure(len(handset), "handset", "rows"),
        "handsets_by_basis": _figure(
            {basis: by_basis[basis] for basis in BASES},
            "handset",
            "rows whose basis names it; a handset can have several",
        ),
        "cloned_imeis": _figure(len(split), "clone_split", "rows with an estimate above 1"),
        "handsets_on_cloned_imeis": _figure(sum(split), "clone_split", "sum of those estimates"),
    }


def _place_figures(places: dict[str, Standing], handset: pa.Table) -> dict[str, Figure]:
    counted = Counter(place.decided for place in places.values())
    unplaced = len(handset) - len(places)
    least = f"at least {DECIDED:.2f}"
    return {
        "located_in_prison": _figure(
            counted["inside"], "placement", f"handsets with a posterior of {least} in one prison"
        ),
        "located_outside": _figure(
            counted["outside"], "placement", f"handsets with a posterior of {least} outside"
        ),
        "not_decided": _figure(
            counted["undecided"] + unplaced, "placement", f"handsets with no place of {least}"
        ),
        "expected_in_prison": _figure(
            round(math.fsum(sorted(p.inside for p in places.values())), 4),
            "placement",
            "sum of the posteriors of all prisons",
        ),
    }


def _targets(targets: list[dict[str, Any]], tables: Tables) -> list[dict[str, Any]]:
    numbers = {n for own in tables["handset"]["msisdns"].to_pylist() for n in own}
    grounds = Grounds(tables, targets)
    return [shown_target(t, numbers) | {"reasons": grounds.of(t)} for t in targets]


def _link_figures(links: pa.Table) -> dict[str, Figure]:
    grades = Counter(links["grade"].to_pylist())
    return {
        "handsets_linked_to_offences": _figure(
            len(set(links["handset_id"].to_pylist())), "offence_link", "distinct handset_id"
        ),
        "offence_links_by_grade": _figure(
            {str(grade): grades[grade] for grade in sorted(grades)}, "offence_link", "rows by grade"
        ),
    }


def _finds(checks: pa.Table) -> dict[str, Any] | None:
    """Return how what is said of cells fares on the case's own finds; None without any."""
    rows = checks.to_pylist()
    if not rows:
        return None
    return {
        "handsets_found": len(rows),
        "first_cell_expected": round(sum(row["p_first"] for row in rows), 3),
        "first_cell_right": sum(row["first_cell_id"] == row["cell_id"] for row in rows),
        "borne_out": rows[0]["borne_out"],
        "elsewhere_share": rows[0]["elsewhere_share"],
    }


def _calibration(calibration: dict[str, Any], checks: pa.Table) -> dict[str, Any]:
    """Return what the strengths rest on, and whether the case is like the worlds behind it."""
    kept = {name: value for name, value in calibration.items() if name != "worlds"}
    rows = checks.to_pylist()
    if not rows:
        return {**kept, "case": None}
    told = ("nearest", "distance", "limit", "is_beyond")
    terms = {row["term"]: {name: row[name] for name in told} for row in rows}
    return {**kept, "case": {"lr_factor": rows[0]["lr_factor"], "terms": terms}}
