"""Why a cell is proposed, handset by handset, as numbers that every language can say."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

LEAST_SHARE = 0.02
"""A handset that is less probable in a cell than this is counted, not described."""
MOST_HANDSETS = 5
"""Handsets described for one cell."""

Rows = list[dict[str, Any]]
Reason = dict[str, Any]


class Grounds:
    """What stands behind the first targets, read once.

    Args:
        tables: `placement`, `presence`, `attribution` and `attribution_term`, as derived.
        targets: the rows of `target` that will be asked for.
    """

    def __init__(self, tables: Mapping[str, pa.Table], targets: Rows) -> None:
        handsets = sorted({h for target in targets for h in target["handset_ids"]})
        self._users = _by_handset(_of(tables["attribution"], handsets))
        self._places = _by_pair(_of(tables["placement"], handsets), "prison_id")
        self._presence = _by_pair(_of(tables["presence"], handsets), "prison_id")
        self._terms: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        for row in _of(tables["attribution_term"], handsets):
            pair = (row["handset_id"], row["inmate_id"])
            self._terms[pair][row["term"]] = round(row["log10_lr"], 2)

    def of(self, target: dict[str, Any]) -> list[Reason]:
        """Return one entry for each handset that counts in a cell, the most probable first."""
        found = [self._reason(handset, target) for handset in target["handset_ids"]]
        told = [reason for reason in found if reason["p_here"] >= LEAST_SHARE]
        order = sorted(told, key=lambda reason: (-reason["p_here"], reason["handset_id"]))
        return order[:MOST_HANDSETS]

    def _reason(self, handset: str, target: dict[str, Any]) -> Reason:
        here = [r for r in self._users.get(handset, []) if r["cell_id"] == target["cell_id"]]
        user = max(here, key=lambda r: (r["posterior"], r["inmate_id"]), default=None)
        inmate = user["inmate_id"] if user else None
        place = self._places.get((handset, target["prison_id"]), {})
        presence = self._presence.get((handset, target["prison_id"]), {})
        return {
            "handset_id": handset,
            "p_here": round(math.fsum(sorted(r["posterior"] for r in here)), 4),
            "place_log10_lr": _rounded(place.get("log10_lr")),
            "records": presence.get("records", place.get("records_used")),
            "days": presence.get("days"),
            "worst_alternative": place.get("worst_alternative"),
            "worst_log10_lr": _rounded(place.get("worst_log10_lr")),
            "inmate_id": inmate,
            "user_log10_lr": _rounded(user["log10_lr"]) if user else None,
            "terms": dict(sorted(self._terms.get((handset, str(inmate)), {}).items())),
        }


def _of(table: pa.Table, handsets: list[str]) -> Rows:
    wanted = pa.array(handsets, pa.string())
    rows: Rows = table.filter(pc.is_in(table["handset_id"], wanted)).to_pylist()
    return rows


def _by_handset(rows: Rows) -> dict[str, Rows]:
    grouped: dict[str, Rows] = defaultdict(list)
    for row in rows:
        grouped[row["handset_id"]].append(row)
    return grouped


def _by_pair(rows: Rows, name: str) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(row["handset_id"], row[name]): row for row in rows}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
