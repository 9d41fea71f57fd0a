"""What a morning came to: per site, per team, nationally.

targeted = seized + not found + not searched + aborted, for cells and for handsets alike, since
each of them has exactly one outcome. What was found beside the targets is counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portique.ledger.act import Act
from portique.ledger.search import NOT_SEARCHED

Values = Mapping[str, dict[str, Any]]

COUNTED = ("seized", "not_found", "not_searched", "aborted")


@dataclass(frozen=True)
class Places:
    """In which site things are, from the entries alone.

    Args:
        cells, exhibits: as folded.
        devices: site of each enrolled device.
    """

    cells: Values
    exhibits: Values
    devices: Mapping[str, str]

    def of_cell(self, cell_id: str) -> str:
        """Return the site of a cell; empty: no entry says."""
        return str(self.cells[cell_id]["site"]) if cell_id in self.cells else ""

    def of_exhibit(self, exhibit_id: str) -> str:
        """Return the site where an exhibit was seized; empty: no entry says."""
        exhibit = self.exhibits.get(exhibit_id)
        if exhibit is None:
            return ""
        own = exhibit["said_site"] or self.of_cell(exhibit["cell_id"])
        return str(own or self.devices.get(exhibit["seized_on"], ""))

    def of_act(self, act: Act) -> str:
        """Return where something was done: as said, by its cell, its exhibit, or its device."""
        return (
            act.site
            or self.of_cell(act.cell_id)
            or self.of_exhibit(act.exhibit_id)
            or self.devices.get(act.device_id, "")
        )


def read_sites(
    cells: Values, exhibits: Values, opportunistic: Iterable[Act], places: Places
) -> dict[str, dict[str, int]]:
    """Return the counts of each site, in order; "" is where no entry says which.

    Returns:
        For each site: targeted, seized, not_found, not_searched, aborted (cells that were
        targeted), opportunistic (finds beside the targets), exhibits.
    """
    counts: dict[str, Counter[str]] = {}
    for name, cell in cells.items():
        site = counts.setdefault(places.of_cell(name), Counter())
        if cell["is_targeted"]:
            site["targeted"] += 1
            site[cell["outcome"]] += 1
        elif cell["outcome"] == "seized":
            site["opportunistic"] += 1
    for act in opportunistic:
        counts.setdefault(places.of_act(act), Counter())["opportunistic"] += 1
    for name in exhibits:
        counts.setdefault(places.of_exhibit(name), Counter())["exhibits"] += 1
    columns = ("targeted", *COUNTED, "opportunistic", "exhibits")
    return {site: {c: counts[site][c] for c in columns} for site in sorted(counts)}


def read_teams(cells: Values) -> dict[str, dict[str, int]]:
    """Return for each team how many cells it searched, by outcome, and how many it is in."""
    teams: dict[str, Counter[str]] = {}
    for cell in cells.values():
        if cell["team"]:
            team = teams.setdefault(cell["team"], Counter())
            team["searching" if cell["state"] == "search_started" else cell["outcome"]] += 1
    columns = ("searching", *COUNTED)
    return {team: {c: teams[team][c] for c in columns} for team in sorted(teams)}


def national(
    sites: Mapping[str, Mapping[str, int]],
    cells: Values,
    handsets: Values,
    links: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the counts over all sites, of cells and of handsets.

    A targeted handset without an outcome of its own has that of the search of its cells: sought
    in each of them and not among what was found there, it was not found.
    """
    total = {
        column: sum(site[column] for site in sites.values())
        for column in ("targeted", *COUNTED, "opportunistic", "exhibits")
    }
    linked = {link["handset_id"] for link in links if link["stands"]}
    outcomes = Counter(
        _handset_outcome(name in linked, handset, cells)
        for name, handset in handsets.items()
        if handset["is_targeted"]
    )
    beside = sum(
        not handset["is_targeted"] and (handset["outcome"] == "seized" or name in linked)
        for name, handset in handsets.items()
    )
    of_handsets = {"targeted": outcomes.total(), **{c: outcomes[c] for c in COUNTED}}
    return {"cells": total, "handsets": of_handsets | {"opportunistic": beside}}


def _handset_outcome(is_linked: bool, handset: Mapping[str, Any], cells: Values) -> str:
    if is_linked or handset["outcome"] == "seized":
        return "seized"
    if handset["outcome"]:
        return str(handset["outcome"])
    searched = {cells[c]["outcome"] if c in cells else NOT_SEARCHED for c in handset["cells"]}
    if not searched or NOT_SEARCHED in searched:
        return NOT_SEARCHED
    return "aborted" if "aborted" in searched else "not_found"
