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
    yield from _work(result)
    yield ""
    yield from left_out_lines(figures["left_out"])
    without = f"  [without {len(figures['left_out'])} refused]" if figures["left_out"] else ""
    for lines in (_sources(figures, values), _fleet(values), _places(values), _yield(figures)):
        yield from (f"{line}{without}" if line[:1].isalpha() else line for line in lines)
    yield from _targets(figures)
    yield ""
    yield f"Where to look: {case / 'derived' / 'overview.html'}"
    if figures["targets"]:
        yield f"Why a row:     portique why {case} target 1"


def _work(result: RunResult) -> Iterator[str]:
    ran = [stage for stage in result.stages if stage.reason]
    if not ran:
        yield "nothing had changed since the last run"
        return
    yield "derived anew:"
    for stage in ran:
        yield f"  {stage.name:<9}{stage.seconds:>7.1f} s  {stage.reason}"


def left_out_lines(left_out: list[str]) -> Iterator[str]:
    """Yield the warning that stands above figures that leave out refused files."""
    if left_out:
        files = "file" if len(left_out) == 1 else "files"
        yield f"WARNING: every figure leaves out {len(left_out)} refused {files}:"
        yield from (f"  sources/{path}" for path in left_out)
        yield ""


def _sources(figures: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    states = ("used", "refused", "unreadable", "held")
    counts = ", ".join(f"{values[f'sources_{s}']} {s}" for s in states if values[f"sources_{s}"])
    yield f"Sources:    {counts or 'none'}"
    if figures["lacking"]:
        yield f"Lacking:    {', '.join(figures['lacking'])}"
    yield f"Rows:       {values['rows_used']:,} used of {values['rows_read']:,} read"
    yield from aside_lines(figures["set_aside"])


def aside_lines(set_aside: list[dict[str, Any]]) -> Iterator[str]:
    """Yield one line for each reason for which rows were not used, or used in part.

    Args:
        set_aside: rows of that table.
    """
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for row in set_aside:
        by_reason.setdefault(row["reason"], []).append(row)
    for reason in sorted(by_reason):
        rows = by_reason[reason]
        most = min(rows, key=lambda row: (-row["rows"], row["source"]))["source"]
        where = f"in {most}" if len(rows) == 1 else f"in {len(rows)} files, most in {most}"
        yield f"  {sum(row['rows'] for row in rows):>10,}  {reason}  {where}"


def _fleet(values: dict[str, Any]) -> Iterator[str]:
    basis = ", ".join(f"{n} {count:,}" for n, count in values["handsets_by_basis"].items())
    yield f"Ledger:     {values['sale_lines']:,} lines, {values['handsets_sold']:,} handsets sold"
    yield (
        f"Phones:     {values['imeis_in_records']:,} IMEIs in {values['records']:,} records, "
        f"{values['fleet_imeis']:,} of them of the fleet"
    )
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
    yield f"Offences:   {values['handsets_linked_to_offences']:,} handsets tied to an offence"


def _yield(figures: dict[str, Any]) -> Iterator[str]:
    said = figures["figures"]["expected_yield"]["value"]
    targets = figures["figures"]["targets"]["value"]
    limit = figures["case"]["max_cells"]
    yield f"Targets:    {targets:,} cells (at most {limit:,} can be searched)"
    if said["cells"]:
        yield (
            f"Expected:   {said['mean']:.1f} of these cells hold a handset of the fleet "
            f"(90 % interval {said['low']} to {said['high']}; {said['share']:.2f} a searched cell)"
        )
    yield from _search({n: f["value"] for n, f in figures["figures"].items()})


def _search(values: dict[str, Any]) -> Iterator[str]:
    """Yield what is searched for nothing, what one more search is worth, and what limits cost."""
    nothing, limits = values["searched_for_nothing"], values["prison_limits"]
    if not values["targets"]:
        if nothing["max_share"] is not None:
            yield (
                f"In vain:    no list keeps searches for nothing within {nothing['max_share']:.1%} "
                f"with a probability of {nothing['confidence']:.0%}"
            )
        return
    bound = (
        "" if nothing["max_share"] is None else f"; bound {nothing['max_share']:.1%} of the list"
    )
    yield (
        f"In vain:    {nothing['mean']:.1f} searches expected, at most {nothing['at_most']:,} "
        f"with a probability of {nothing['confidence']:.0%}{bound}"
    )
    if values["one_more_search"] is not None:
        yield f"One more:   adds {values['one_more_search']:.2f} cells with a handset"
    if limits["cells"]:
        prisons = ", ".join(f"{p['prison_id']} ({p['cost']:.1f})" for p in limits["prisons"])
        yield (
            f"Limits:     those of prisons leave out {limits['cells']:,} cells and cost "
            f"{limits['cost']:.1f} cells with a handset: {prisons}"
        )


def _targets(figures: dict[str, Any]) -> Iterator[str]:
    if not figures["targets"]:
        return
    names = {prison["prison_id"]: prison["name"] for prison in figures["prisons"]}
    yield ""
    yield "  rank  p_any  cell                  expected  prison"
    for target in figures["targets"][:FIRST_TARGETS]:
        prison = names.get(target["prison_id"]) or target["prison_id"]
        yield (
            f"  {target['rank']:>4}  {target['p_any']:.3f}  {target['cell_id']:<20}  "
            f"{target['expected_handsets']:>8.2f}  {prison}"
        )
