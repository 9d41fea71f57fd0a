"""The figures of a case: each with the table and the rule that it comes from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from portique.core.case import CaseSettings
from portique.core.clock import utc_text
from portique.report.expected_yield import expected_yield
from portique.report.places import DECIDED, Standing, prison_rows, standings
from portique.report.shown import shown_target

FORMAT = 1
FIRST_TARGETS = 20
BASES = ("sale", "tac", "link")
STATUSES = ("used", "refused", "unreadable", "held")

Tables = Mapping[str, pa.Table]
Figure = dict[str, Any]


def figures(settings: CaseSettings, tables: Tables) -> dict[str, Any]:
    """Return the figures of a case, ready for JSON.

    Args:
        settings: the case.
        tables: `source`, `set_aside`, `handset`, `clone_split`, `placement`, `prison`, `target`
            and `offence_link`, as derived.

    Returns:
        `case`; `left_out`: paths of refused sources; `figures`: name -> value, table and rule;
        `sources`, `set_aside`, `prisons`: one entry a row; `targets`: the first 20.
    """
    sources = tables["source"].to_pylist()
    places = standings(tables["placement"])
    targets = tables["target"].slice(0, settings.max_cells).to_pylist()
    numbers = {n for own in tables["handset"]["msisdns"].to_pylist() for n in own}
    return {
        "format": FORMAT,
        "case": _case(settings),
        "left_out": [s["path"] for s in sources if s["status"] == "refused"],
        "figures": {
            **_source_figures(sources, tables["set_aside"]),
            **_handset_figures(tables["handset"], tables["clone_split"]),
            **_place_figures(places, tables["handset"]),
            **_target_figures(targets),
            **_link_figures(tables["offence_link"]),
        },
        "sources": [_source(s) for s in sources],
        "set_aside": tables["set_aside"].to_pylist(),
        "prisons": prison_rows(tables["prison"], places, targets),
        "targets": [shown_target(t, numbers) for t in targets[:FIRST_TARGETS]],
    }


def _case(settings: CaseSettings) -> dict[str, Any]:
    return {
        "id": settings.case_id,
        "title": settings.title,
        "timezone": settings.timezone.key,
        "as_of_utc": utc_text(settings.as_of_utc),
        "max_cells": settings.max_cells,
    }


def _figure(value: Any, table: str, rule: str) -> Figure:
    return {"value": value, "table": table, "rule": rule}


def _source(row: dict[str, Any]) -> dict[str, Any]:
    names = ("path", "kind", "status", "rows_read", "rows_used", "sha256", "note")
    return {n: row[n] for n in names} | {"authority_ids": row["authority_ids"] or []}


def _source_figures(sources: list[dict[str, Any]], set_aside: pa.Table) -> dict[str, Figure]:
    status = Counter(s["status"] for s in sources)
    reasons: Counter[str] = Counter()
    for row in set_aside.to_pylist():
        reasons[row["reason"]] += row["rows"]
    counted = {
        f"sources_{name}": _figure(status[name], "source", f"rows with status {name}")
        for name in STATUSES
    }
    return {
        **counted,
        "rows_read": _figure(sum(s["rows_read"] for s in sources), "source", "sum of rows_read"),
        "rows_used": _figure(sum(s["rows_used"] for s in sources), "source", "sum of rows_used"),
        "rows_by_reason": _figure(
            dict(sorted(reasons.items())), "set_aside", "sum of rows by reason"
        ),
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


def _target_figures(targets: list[dict[str, Any]]) -> dict[str, Figure]:
    said = asdict(expected_yield(t["p_any"] for t in targets))
    said["share"] = round(said["mean"] / said["cells"], 4) if targets else None
    return {
        "targets": _figure(len(targets), "target", "rows up to the number of cells of the case"),
        "expected_yield": _figure(
            said,
            "target",
            "cells with at least one handset: sum of p_any; 90 % interval of the Poisson-binomial",
        ),
    }


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
