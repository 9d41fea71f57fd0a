"""What a run would do with the files of a case, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from portique.cli.summary import aside_lines

_LISTED = ("refused", "unreadable", "held")
"""States of which every file is named, with the reason; of used files the kinds are counted."""


def plan_lines(plan: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that say what a run would use, refuse, set aside and lack.

    Args:
        plan: as `portique.collect.stage.plan` returns it.
    """
    sources = plan["sources"]
    yield f"{plan['case']}: what a run would do; nothing was derived"
    yield ""
    yield from _used([s for s in sources if s["status"] == "used"])
    for status in _LISTED:
        yield from _listed(status, [s for s in sources if s["status"] == status])
    if plan["set_aside"]:
        yield "Set aside, or used in part (repeated records are counted by the run alone):"
        yield from aside_lines(plan["set_aside"])
    if plan["lacks"]:
        yield "Lacking:"
        yield from (f"  {words}" for words in plan["lacks"])
    yield ""
    yield _verdict(plan["refused"])


def _used(sources: list[dict[str, Any]]) -> Iterator[str]:
    files = Counter(source["kind"] for source in sources)
    yield f"Used: {len(sources)} files"
    for kind in sorted(files):
        mine = [source for source in sources if source["kind"] == kind]
        read, used = (sum(source[name] for source in mine) for name in ("rows_read", "rows_used"))
        yield f"  {kind:<18}{files[kind]:>4} files  {used:>12,} rows of {read:,}"
        yield from (f"    sources/{s['path']}: {s['note']}" for s in mine if s["note"])


def _listed(status: str, sources: list[dict[str, Any]]) -> Iterator[str]:
    if sources:
        yield f"{status.capitalize()}: {len(sources)} files"
        yield from (f"  sources/{s['path']}: {s['note'] or 'no reason given'}" for s in sources)


def _verdict(refused: list[str]) -> str:
    if not refused:
        return "A run would go through."
    return (
        f"A run would stop at {len(refused)} refused file{'s' if len(refused) > 1 else ''}; "
        "with --leave-out-refused it goes on without, and every figure says so."
    )
