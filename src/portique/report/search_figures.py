"""The figures of the search: what the list is expected to give, and what its limits cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from portique.core.expected_yield import expected_yield, most_for_nothing
from portique.core.search import PRISON_LIMIT, left_out, yield_of
from portique.core.search_limits import SearchLimits

YIELD_STEPS = (10, 25, 50, 100, 200, 500, 1000)
MORE_SEARCHES = (1, 10, 50, 100)
CURVE_POINTS = 120

Figure = dict[str, Any]
Rows = list[dict[str, Any]]


def search_figures(targets: Rows, chances: Rows, limits: SearchLimits) -> dict[str, Figure]:
    """Return the figures of the search: name -> value, table and rule.

    Args:
        targets: rows of `target` that can be searched.
        chances: rows of `cell_chance`, in their order.
        limits: of the search.
    """
    p_any = [t["p_any"] for t in targets]
    said = asdict(expected_yield(p_any))
    said["share"] = round(said["mean"] / said["cells"], 4) if targets else None
    steps = [n for n in YIELD_STEPS if n < len(p_any)] + [len(p_any)] * bool(p_any)
    return {
        "targets": _figure(
            len(targets), "target", "rows up to the number of cells of the case, within its limits"
        ),
        "expected_yield": _figure(
            said,
            "target",
            "cells with at least one handset: sum of p_any; 90 % interval: Poisson-binomial, the "
            "odds of all cells off together by a factor (standard deviation of its ln: 0.5)",
        ),
        "expected_yield_by_cells": _figure(
            [asdict(expected_yield(p_any[:n])) for n in steps],
            "target",
            "the same for the first cells alone",
        ),
        "searched_for_nothing": _figure(
            _for_nothing(p_any, limits),
            "target",
            "cells without a handset: sum of 1 - p_any; at most, as for the interval of the yield",
        ),
        **_beyond(p_any, chances, limits),
        "prison_limits": _figure(
            _prison_limits(chances, limits),
            "cell_chance",
            "expected yield without the limits of single prisons, less that with them",
        ),
    }


def _figure(value: Any, table: str, rule: str) -> Figure:
    return {"value": value, "table": table, "rule": rule}


def _for_nothing(p_any: Sequence[float], limits: SearchLimits) -> Figure:
    mean = sum(sorted(1.0 - p for p in p_any))
    return {
        "mean": round(mean, 4),
        "share": round(mean / len(p_any), 4) if p_any else None,
        "at_most": most_for_nothing(p_any, limits.confidence),
        "confidence": limits.confidence,
        "max_share": limits.max_wrong_share,
    }


def _beyond(p_any: Sequence[float], chances: Rows, limits: SearchLimits) -> dict[str, Figure]:
    """Return what more searches would add, and what each search adds, in the order of the list."""
    every, prisons = [c["p_any"] for c in chances], [c["prison_id"] for c in chances]
    reasons = left_out(every, prisons, limits.without_end())
    allowed = [p for p, reason in zip(every, reasons, strict=True) if reason is None]
    after = allowed[len(p_any) :]
    steps = [n for n in MORE_SEARCHES if n <= len(after)]
    curve = (list(p_any) + after)[: 2 * len(p_any) + MORE_SEARCHES[-1]]
    stride = max(1, -(-len(curve) // CURVE_POINTS))
    return {
        "one_more_search": _figure(
            after[0] if after else None,
            "cell_chance",
            "p_any of the first cell that is not listed and that no limit of its prison bars",
        ),
        "more_searches": _figure(
            [{"more": n, "mean": round(sum(after[:n]), 4)} for n in steps],
            "cell_chance",
            "sum of p_any of so many such cells",
        ),
        "worth_of_each_search": _figure(
            [[n + 1, round(curve[n], 4)] for n in range(0, len(curve), stride)],
            "cell_chance",
            "place in the list, continued past its end, and p_any there",
        ),
    }


def _prison_limits(chances: Rows, limits: SearchLimits) -> Figure:
    """Return which limits of prisons bind, and what they cost, one by one and together."""
    every, prisons = [c["p_any"] for c in chances], [c["prison_id"] for c in chances]
    reasons = left_out(every, prisons, limits)
    now = yield_of(every, prisons, limits)
    free = left_out(every, prisons, limits.without_prisons())
    barred = Counter(
        prison
        for prison, reason, other in zip(prisons, reasons, free, strict=True)
        if reason == PRISON_LIMIT and other is None
    )
    listed = Counter(p for p, reason in zip(prisons, reasons, strict=True) if reason is None)
    return {
        "cells": sum(barred.values()),
        "cost": round(yield_of(every, prisons, limits.without_prisons()) - now, 4),
        "prisons": [
            {
                "prison_id": prison,
                "limit": limits.at(prison),
                "listed": listed[prison],
                "left_out": barred[prison],
                "cost": round(yield_of(every, prisons, limits.without(prison)) - now, 4),
            }
            for prison in sorted(barred)
        ],
    }
