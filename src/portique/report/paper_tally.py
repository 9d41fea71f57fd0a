"""What the sites counted on paper, against what the journal says."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portique.core.errors import Refused

COLUMNS = (
    "targeted",
    "seized",
    "not_found",
    "not_searched",
    "aborted",
    "opportunistic",
    "exhibits",
)


def read_tally(path: Path) -> tuple[str, dict[str, dict[str, int]]]:
    """Return the SHA-256 of a typed tally, and its counts by site.

    Args:
        path: CSV in UTF-8 with `site` and any of `COLUMNS`; an empty field was not counted.

    Raises:
        Refused: no such columns, a count that is no whole number, or a site twice.
    """
    content = path.read_bytes()
    try:
        rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    except UnicodeDecodeError as fault:
        raise _unread(path, "it is not UTF-8") from fault
    counts: dict[str, dict[str, int]] = {}
    for number, row in enumerate(rows, 2):
        site = (row.get("site") or "").strip()
        if not site or site in counts:
            raise _unread(path, f"line {number} names no site, or one that was counted before")
        said = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if any(not value.isdecimal() for value in said.values() if value):
            raise _unread(path, f"line {number} holds a count that is no whole number")
        counts[site] = {name: int(value) for name, value in said.items() if value}
    return hashlib.sha256(content).hexdigest(), counts


def differences(
    tally: Mapping[str, Mapping[str, int]], journal: Mapping[str, Mapping[str, int]]
) -> list[dict[str, Any]]:
    """Return where paper and journal differ, by site; a site that only one knows counts 0 there.

    >>> differences({"P1": {"seized": 2}}, {"P1": {"seized": 1}})
    [{'site': 'P1', 'count': 'seized', 'paper': 2, 'journal': 1}]
    """
    found = []
    for site in sorted(tally.keys() | journal.keys()):
        own = journal.get(site, {})
        paper = tally.get(site, dict.fromkeys(COLUMNS, 0))
        for name in COLUMNS:
            if name in paper and paper[name] != own.get(name, 0):
                entry = {"site": site, "count": name, "paper": paper[name]}
                found.append(entry | {"journal": own.get(name, 0)})
    return found


def _unread(path: Path, why: str) -> Refused:
    return Refused(
        f"the paper tally cannot be read: {why}",
        where=str(path),
        mend="type it as CSV with the columns site, " + ", ".join(COLUMNS),
        code="CUS-010",
    )
