"""What was delivered, and what of it was used, refused, set aside or is lacking."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa

from portique.core.tables import INPUT

STATUSES = ("used", "refused", "unreadable", "held")

Rows = list[dict[str, Any]]


def source_entries(sources: Rows) -> Rows:
    """Return one entry a file as the figures show it.

    Args:
        sources: rows of `source`.
    """
    names = ("path", "kind", "status", "rows_read", "rows_used", "sha256", "note")
    return [
        {n: row[n] for n in names} | {"authority_ids": row["authority_ids"] or []}
        for row in sources
    ]


def lacking(sources: Rows) -> list[str]:
    """Return the kinds of source of which no file was used, in the order of the contract.

    Args:
        sources: rows of `source`.

    >>> lacking([{"kind": kind, "status": "used"} for kind in INPUT if kind != "find"])
    ['find']
    """
    used = {row["kind"] for row in sources if row["status"] == "used"}
    return [kind for kind in INPUT if kind not in used]


def source_figures(sources: Rows, set_aside: pa.Table) -> dict[str, dict[str, Any]]:
    """Return the figures on what was taken in: name -> value, table and rule.

    Args:
        sources: rows of `source`.
        set_aside: the derived table.
    """
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


def _figure(value: Any, table: str, rule: str) -> dict[str, Any]:
    return {"value": value, "table": table, "rule": rule}
