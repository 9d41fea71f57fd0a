"""One handset, and one prison cell: what was thought, ordered, done and found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portique.ledger.act import Act
from portique.ledger.flag import Flag
from portique.ledger.kinds import HANDSET_STEPS

_EARLY = frozenset({"suspected", "identified", "located", "targeted"})
"""What the derived tables can say of a handset before anybody wrote about it."""

ALLOWED_FROM: dict[str, frozenset[str]] = {
    "suspected": frozenset({"", "suspected"}),
    "identified": frozenset({"", "suspected", "identified"}),
    "located": frozenset({"", "identified", "located", "not_found"}),
    "targeted": frozenset({"", "located", "targeted", "not_found"}),
    "authorised": frozenset({"targeted", "authorised"}),
    "search_started": frozenset({"authorised", "search_aborted"}),
    "found": frozenset({"search_started"}),
    "not_found": frozenset({"search_started"}),
    "search_aborted": frozenset({"search_started"}),
}
"""Steps of the state machine: from which states each may be reached. "" is: nothing said yet.

A handset enters where the derived tables left it; a second morning begins after `not_found`; a
search that was broken off may be taken up again.
"""

OUTCOMES = {"found": "seized", "not_found": "not_found", "search_aborted": "aborted"}
NOT_SEARCHED = "not_searched"


def read_handset(handset_id: str, acts: Iterable[Act]) -> tuple[dict[str, Any], list[Flag]]:
    """Return a handset as the state holds it, and what is wrong, from its acts in their order.

    Steps of a search of a cell that names the handset are the cell's, and judged there.

    Returns:
        `state`, `is_targeted`, `cells` it is thought to be in, `outcome` (its own, empty: none
        was entered), `reached` (step -> entry that reached it first).
    """
    state, outcome, reached = "", "", dict[str, str]()
    cells: set[str] = set()
    flags: list[Flag] = []
    for act in acts:
        step = "found" if act.kind == "opportunistic_find" else act.kind
        if act.subject_type == "handset" and step == act.kind and state not in ALLOWED_FROM[step]:
            flags.append(_wrong_step("handset", handset_id, act, state))
        state = step
        outcome = OUTCOMES.get(state, "" if state == "search_started" else outcome)
        reached.setdefault(state, act.ref)
        if state in {"located", "targeted"} and act.cell_id:
            cells.add(act.cell_id)
    return {
        "state": state,
        "is_targeted": "targeted" in reached,
        "cells": sorted(cells),
        "outcome": outcome,
        "reached": {step: reached[step] for step in HANDSET_STEPS if step in reached},
    }, flags


def read_cell(cell_id: str, acts: Iterable[Act]) -> tuple[dict[str, Any], list[Flag]]:
    """Return a cell as the state holds it, and what is wrong, from its acts in their order.

    Returns:
        `state`, `is_targeted`, `outcome` (seized, not_found, aborted or not_searched), `team`,
        `authority_id` of the search, `started_at_utc`, `ended_at_utc`, `site` as entries say it.
    """
    state, outcome, team, authority_id, site = "", NOT_SEARCHED, "", "", ""
    started: Act | None = None
    ended: Act | None = None
    is_targeted = False
    flags: list[Flag] = []
    for act in acts:
        if state not in ALLOWED_FROM[act.kind]:
            flags.append(_wrong_step("cell", cell_id, act, state))
        state = act.kind
        is_targeted = is_targeted or state == "targeted"
        site = site or act.site
        if state == "search_started":
            started, ended, authority_id = act, None, act.authority_id
            outcome = NOT_SEARCHED
            team = act.text("team") or act.device_id
        elif state in OUTCOMES:
            outcome, ended = OUTCOMES[state], act
            team = team or act.text("team") or act.device_id
    return {
        "state": state,
        "is_targeted": is_targeted,
        "outcome": outcome,
        "team": team,
        "authority_id": authority_id,
        "started_at_utc": started.moment_text if started else None,
        "ended_at_utc": ended.moment_text if ended else None,
        "site": site,
    }, flags


def _wrong_step(what: str, name: str, act: Act, state: str) -> Flag:
    before = f"while {state}" if state else "of which nothing was said before"
    return Flag("transition", f"{what} {name}: {act.kind} {before}", (act.ref,))
