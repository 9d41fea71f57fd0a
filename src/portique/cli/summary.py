"""The summary of a run, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portique.flow.handlers import RunResult

FIRST_TARGETS = 10


def summary_lines(result: RunResult, case: Path) -> Iterator[str]:
    """Yield the lines of the summary of a run.

    Args:
        result: what the run did, and the figures.
        case: the case folder, to say where to look.
    """
    figures = result.figures
    values = {name: figure["value"] for name, figure in figures["figures"].items()}
    case_said = figures["case"]
    yield f"{case_said['title']} ({case_said['id']}), as of {case_said['as_of_utc']}"
    yield _work(result)
    yield ""
    yield from _warnings(figures)
    yield from _sources(figures, values)
    yield from _handsets(values)
    yield from _places(values)
    yield from _targets(figures, values)
    yield ""
    yield f"Where to look: {case / 'derived' / 'overview.html'}"
    yield f"Why a row:     portique why {case} target 1"


def _work(result: RunResult) -> str:
    ran = [f"{stage.name} ({stage.reason})" for stage in result.stages if stage.reason]
    return "derived anew: " + "; ".join(ran) if ran else "nothing had changed since the last run"


def _warnings(figures: dict[str, Any]) -> Iterator[str]:
    left_out = figures["left_out"]
    if left_out:
        yield f"WARNING: every figure leaves out {len(left_out)} refused files:"
        yield from (f"  {path}" for path in left_out)
        yield ""


def _sources(figures: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    states = ("used", "refused", "unreadable", "held")
    counts = ", ".join(f"{values[f'sources_{s}']} {s}" for s in states if values[f"sources_{s}"])
    yield f"Sources:    {counts or 'none'}"
    yield f"Rows:       {values['rows_used']:,} used of {values['rows_read']:,} read"
    for row in figures["set_aside"]:
        note = f" ({row['note']})" if row["note"] else ""
        yield f"  {row['rows']:>10,}  {row['reason']}  {row['source']}{note}"


def _handsets(values: dict[str, Any]) -> Iterator[str]:
    basis = ", ".join(f"{n} {count:,}" for n, count in values["handsets_by_basis"].items())
    yield f"Handsets:   {values['handsets']:,} of the fleet (by {basis}; one can have several)"
    yield (
        f"Clones:     {values['cloned_imeis']:,} IMEIs shared by "
        f"{values['handsets_on_cloned_imeis']:,} handsets"
    )


def _places(values: dict[str, Any]) -> Iterator[str]:
    yield (
        f"Located:    {values['located_in_prison']:,} in a prison, "
        f"{values['located_outside']:,} outside, {values['not_decided']:,} not decided "
        f"(expected in prison {values['expected_in_prison']:,.1f})"
    )


def _targets(figures: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    said = values["expected_yield"]
    yield (
        f"Targets:    {values['targets']:,} cells "
        f"(at most {figures['case']['max_cells']:,} can be searched)"
    )
    if not said["cells"]:
        return
    yield (
        f"Expected:   {said['mean']:.1f} of these cells hold a handset of the fleet "
        f"(90 % interval {said['low']} to {said['high']}; {said['share']:.2f} a searched cell)"
    )
    names = {prison["prison_id"]: prison["name"] for prison in figures["prisons"]}
    yield ""
    yield "  rank  p_any  cell                  handsets  prison"
    for target in figures["targets"][:FIRST_TARGETS]:
        prison = names.get(target["prison_id"]) or target["prison_id"]
        count = len(target["handset_ids"])
        yield (
            f"  {target['rank']:>4}  {target['p_any']:.3f}  {target['cell_id']:<20}  "
            f"{count:>8}  {prison}"
        )


def plan_lines(plan: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that say what a run would do."""
    for name, value in plan.items():
        yield f"{name}: {value}"
