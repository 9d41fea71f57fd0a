"""Where the handsets stand, and what that makes for each prison."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

DECIDED = 0.9
"""Posterior from which a page calls a handset located; below it is "not decided"."""


@dataclass(frozen=True)
class Standing:
    """Where one handset stands.

    Args:
        decided: inside, outside or undecided.
        prison_id: the prison, where decided is inside.
        inside: probability of being in any prison.
        by_prison: probability of each prison.
    """

    decided: str
    prison_id: str | None
    inside: float
    by_prison: dict[str, float]


def standings(placement: pa.Table) -> dict[str, Standing]:
    """Return where each handset stands, by handset.

    Args:
        placement: the derived table.
    """
    rows: dict[str, dict[str | None, float]] = defaultdict(dict)
    names = ("handset_id", "prison_id", "posterior")
    for handset, prison, p in zip(*(placement[n].to_pylist() for n in names), strict=True):
        rows[handset][prison] = p
    return {handset: _standing(rows[handset]) for handset in sorted(rows)}


def _standing(posterior: dict[str | None, float]) -> Standing:
    by_prison = {p: posterior[p] for p in sorted(n for n in posterior if n is not None)}
    inside = math.fsum(sorted(by_prison.values()))
    best = max(by_prison, key=lambda p: (by_prison[p], p), default=None)
    if best is not None and by_prison[best] >= DECIDED:
        return Standing("inside", best, inside, by_prison)
    outside = posterior.get(None, 0.0) >= DECIDED
    return Standing("outside" if outside else "undecided", None, inside, by_prison)


def prison_rows(
    prison: pa.Table, places: dict[str, Standing], targets: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return one entry a prison: where it is, how many handsets, how many cells to search.

    Args:
        prison: the derived table; of a prison delivered twice the first row counts.
        places: where each handset stands.
        targets: rows of `target`.
    """
    located = Counter(place.prison_id for place in places.values())
    cells = Counter(target["prison_id"] for target in targets)
    shares: dict[str, list[float]] = defaultdict(list)
    for place in places.values():
        for prison_id, p in place.by_prison.items():
            shares[prison_id].append(p)
    first: dict[str, dict[str, Any]] = {}
    for row in prison.to_pylist():
        first.setdefault(row["prison_id"], row)
    return [
        {
            "prison_id": prison_id,
            "name": first[prison_id]["name"],
            "lat": first[prison_id]["lat"],
            "lon": first[prison_id]["lon"],
            "located": located[prison_id],
            "expected": round(math.fsum(sorted(shares[prison_id])), 4),
            "cells_to_search": cells[prison_id],
        }
        for prison_id in sorted(first)
    ]
