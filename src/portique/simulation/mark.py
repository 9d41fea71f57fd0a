"""Compare what was derived of an invented case with its truth: `portique mark`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from portique.core.case import read_case
from portique.simulation.baselines import guess_cells, near_prisons
from portique.simulation.marking_bases import Base
from portique.simulation.marking_handsets import (
    CloneMarks,
    HandsetMarks,
    mark_clones,
    mark_handsets,
    paired_fleet,
)
from portique.simulation.marking_input import read_truth
from portique.simulation.marking_places import PlaceMarks, mark_places
from portique.simulation.marking_targets import TargetMarks, Yield, mark_targets
from portique.simulation.marking_trials import TrialMarks
from portique.simulation.marking_users import Accuracy, UserMarks, mark_users
from portique.simulation.pairing import pair

DECIMALS = 6
NOT_PRINTED = frozenset({"ranking", "others"})


@dataclass(frozen=True)
class Marks:
    """The marks of one run: what each section says stands in its own class.

    Args:
        bases: from where the truth counts the rows of each source file.
        handsets, clones, places, users, targets: what was marked.
    """

    bases: list[Base]
    handsets: HandsetMarks
    clones: CloneMarks
    places: PlaceMarks
    users: UserMarks
    targets: TargetMarks

    def as_dict(self) -> dict[str, Any]:
        """Return every figure, for `--json`.

        With the probability and the outcome of each cell, and the trials of LRs by number at each
        hundredth, several worlds can be put together; other points behind plots are left out.
        """
        found = _plain(self)
        assert isinstance(found, dict)  # noqa: S101 - a dataclass gives a dict
        return found

    def lines(self) -> Iterator[str]:
        """Yield the lines that a person reads."""
        yield from _handset_lines(self)
        yield from _place_lines(self.places)
        yield from _user_lines(self.users)
        yield from _target_lines(self.targets)


def mark(case: Path, truth: Path) -> Marks:
    """Return the marks of a case that was run, against the truth of its world.

    Args:
        case: a case folder with derived/*.parquet; of another program too, if it has handset,
            fleet_record, source, placement, attribution and target.
        truth: folder with handset.parquet and sighting.parquet.

    Raises:
        Refused: a table or column lacks, or the truth is of another world.
    """
    settings = read_case(case)
    phones = read_truth(truth)
    pairing = pair(case, truth, phones)
    fleet = paired_fleet(pairing, phones)
    near = near_prisons(case, pairing.handset_id)
    guesses, notes = guess_cells(case, pairing.handset_id, settings.as_of_utc, near)
    return Marks(
        bases=pairing.bases,
        handsets=mark_handsets(pairing, phones),
        clones=mark_clones(pairing),
        places=mark_places(case, pairing, phones, fleet, near),
        users=mark_users(case, pairing, phones, fleet),
        targets=mark_targets(case, phones, settings.max_cells, guesses, notes),
    )


def _plain(value: object) -> object:
    """Return figures as JSON takes them: rounded, arrays of points left out but short ones."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        counted = value.counted() if isinstance(value, TrialMarks) else {}
        return counted | {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name not in NOT_PRINTED and not _is_points(value, field.name)
        }
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    return round(value, DECIMALS) if isinstance(value, float) else value


def _is_points(holder: object, name: str) -> bool:
    return isinstance(holder, TrialMarks) and name in {"h1", "h2"}


def _share(value: float | None) -> str:
    return "none to count" if value is None else f"{value:.1%}"


def _cost(trials: TrialMarks) -> str:
    if trials.cllr is None:
        return "Cllr needs trials of both kinds"
    return f"Cllr {trials.cllr:.3f} = {trials.cllr_min:.3f} (order) + {trials.cllr_cal:.3f} (scale)"


def _handset_lines(marks: Marks) -> Iterator[str]:
    h, c = marks.handsets, marks.clones
    yield "Handsets"
    yield f"  true phones of the fleet   {h.in_fleet:,}, of which {h.never_seen:,} never seen"
    yield f"  recall                     {_share(h.recall)} ({h.paired:,} of {h.seen:,} seen)"
    yield f"  precision                  {_share(h.precision)} ({h.paired:,} of {h.derived:,})"
    yield f"  not right                  {h.second:,} second ones of a phone, {h.other:,} others"
    yield f"  rows of a phone covered    {_share(h.rows_covered)} (median)"
    if c.adjusted_rand is not None:
        yield (
            f"  clone split                adjusted Rand {c.adjusted_rand:.3f} over {c.imeis:,} "
            f"IMEIs: {c.true_phones:,} phones, {c.derived_handsets:,} told apart"
        )
    counted = sorted({base.base for base in marks.bases})
    yield f"  rows of the truth count    from {', '.join(map(str, counted))}"


def _place_lines(places: PlaceMarks) -> Iterator[str]:
    trials = places.trials
    yield "Places"
    yield f"  right prison or outside    {_share(places.right_place)}"
    if places.right_place_by_most is not None:
        yield (
            f"    by masts alone           {_share(places.right_place_by_most)} (most records), "
            f"{_share(places.right_place_by_last)} (last seen)"
        )
    yield f"  in this prison or not      {_cost(trials)}"
    yield (
        f"  trials                     {trials.trials_h1:,} inside, {trials.trials_h2:,} outside; "
        f"{places.missing:,} without a row (LR 1)"
    )
    yield (
        f"  misled by 10 or more       {_share(trials.misled_h1)} inside, "
        f"{_share(trials.misled_h2)} outside"
    )
    for name, part in places.strata.items():
        counts = f"{part.trials_h1:>4,} inside, {part.trials_h2:>4,} outside"
        yield f"    {name:<37} {counts}: {_cost(part)}"


def _user_lines(users: UserMarks) -> Iterator[str]:
    yield f"Users ({users.handsets:,} handsets inside)"
    yield f"  right cell among first     {_firsts(users.cell)}"
    yield f"  right user among first     {_firsts(users.user)}"
    yield f"  this user or another       {_cost(users.trials)}"
    n = users.named
    yield (
        f"  innocents named first      {n.wrongly:,} of {n.inmates:,} inmates; "
        f"{n.even_wrongly:,} of {n.even:,} given a half or more"
    )


def _firsts(found: Accuracy) -> str:
    parts = zip((1, 3, 5), (found.top1, found.top3, found.top5), strict=True)
    return ", ".join(f"{k}: {_share(share)}" for k, share in parts)


def _target_lines(targets: TargetMarks) -> Iterator[str]:
    yield f"Doors ({targets.cells:,} listed; {targets.cells_with_phone:,} cells hold a phone)"
    for found in targets.yields:
        yield f"  {'first ' if found.asked.isdigit() else ''}{_yield_line(found)}"
    tenths = {"portique": targets.yields} | targets.baselines
    yield "  searched for nothing, first tenth:"
    for name, yields in tenths.items():
        tenth = next(found for found in yields if found.asked == "first tenth")
        yield f"    {name:<46} {tenth.wrong_doors:6.1f} of {tenth.cells:,}"
    if targets.brier is not None:
        said = targets.expected
        held = "held" if targets.interval_held else "did not hold"
        yield f"  Brier of p_any             {targets.brier:.4f}"
        yield (
            f"  expected yield             {said.mean:.1f}, {said.low} to {said.high}: "
            f"{targets.found:,} were found, the 90 % interval {held}"
        )
    yield from (f"  note: {note}" for note in targets.notes)


def _yield_line(found: Yield) -> str:
    if found.share is None or found.handsets_per_cell is None:
        return f"{found.asked}: no cell"
    return (
        f"{found.asked}: {found.share:.1%} of {found.cells:,} cells, "
        f"{found.handsets_per_cell:.2f} handsets a cell, {found.wrong_doors:.0f} wrong doors"
    )
