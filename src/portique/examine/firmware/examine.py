"""Examine the firmware of one image: unpack, read the code, judge, answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from portique.core.progress import Progress, silent
from portique.examine.firmware import acts, indicators, judgement
from portique.examine.firmware.behaviours import Behaviour, behaviours
from portique.examine.firmware.bounded import MOST_SECONDS, Bounded
from portique.examine.firmware.evidence import Evidence, gather
from portique.examine.firmware.indicators import Indicator
from portique.examine.firmware.items import Item
from portique.examine.firmware.listing import listing
from portique.examine.firmware.loaded import Loaded, code_id, load
from portique.examine.firmware.program import Program
from portique.examine.firmware.strings import Text
from portique.examine.firmware.unpack import read_image

if TYPE_CHECKING:
    import yara_x

MOST_ITEMS = 2_000
_DESTINATIONS = frozenset({"url", "host", "ip", "number"})
_LISTED = 6


def examine(
    path: Path,
    rules: Sequence[Path] = (),
    progress: Progress = silent,
    *,
    subtract: bool = True,
    most_seconds: float = MOST_SECONDS,
) -> dict[str, Any]:
    """Return the answer for one image; docs/firmware.md describes its fields.

    Args:
        path: a flash image, or one file of a firmware.
        rules: files of YARA rules beside those of the package.
        progress: told what is done.
        subtract: leave out texts that stand in vendors' own kits.
        most_seconds: of the clock, after which what is left is told as not looked at.

    Raises:
        Refused: the image or a file of rules cannot be read.
    """
    compiled = indicators.compiled(rules)
    return examine_loaded(
        load(read_image(path), progress),
        compiled,
        progress,
        subtract=subtract,
        most_seconds=most_seconds,
    )


def examine_loaded(
    loaded: Loaded,
    rules: yara_x.Rules,
    progress: Progress = silent,
    *,
    subtract: bool = True,
    most_seconds: float = MOST_SECONDS,
) -> dict[str, Any]:
    """Return the answer for an image that was unpacked.

    Args:
        loaded: its account and segments.
        rules: of known indicators, as `indicators.compiled` returns them.
        progress, subtract, most_seconds: as of `examine`.
    """
    account, segments = loaded
    progress("reading the code", 0, 0)
    program = Program(segments, Bounded(most_seconds))
    evidence = gather(program, subtract=subtract)
    acts.infer(evidence)
    progress("looking for behaviours", 0, 0)
    hidden, shown = behaviours(evidence)
    known: list[Indicator] = []
    with program.bounded.part("known indicators", "looking for them"):
        known += indicators.matches(program, rules)
    return _answer(account, evidence, (hidden, shown), known)


def _answer(
    account: dict[str, Any],
    evidence: Evidence,
    judged: tuple[list[Behaviour], list[Behaviour]],
    known: list[Indicator],
) -> dict[str, Any]:
    hidden, shown = judged
    program = evidence.program
    account["not_examined"] += _left(evidence)
    items = _told(evidence, hidden + shown)
    places = [each for each in items if each.kind in _DESTINATIONS]
    in_shown = {item for each in shown for item in each.items}
    unknown = [
        each for each in places if not each.service and each.references and each not in in_shown
    ]
    grade = judgement.grade_of(
        hidden,
        known,
        account,
        unknown_items=len(unknown),
        explained_items=len(places) + len(shown) + evidence.subtracted,
        has_code=len(program) > 0,
    )
    grade = judgement.held_back(grade, is_whole=program.bounded.is_whole)
    return {
        "exhibit": None,
        "authority": "no authority shown",
        "image_sha256": account["image_sha256"],
        "image_bytes": account["image_bytes"],
        "build": _build(account),
        "code_id": code_id(account),
        "grade": grade,
        "verdict": judgement.sentences(
            grade, hidden, known, account, is_whole=program.bounded.is_whole
        ),
        "explained_share": account["explained_share"],
        "segments": _segments(account, program),
        "functions": len(program),
        "texts_referred_to": _shares(evidence.counts),
        "baseline": {"subtracted": evidence.subtracted},
        "behaviours": [_behaviour(evidence, each) for each in hidden],
        "explained": [_behaviour(evidence, each) for each in shown],
        "indicators": [_indicator(program, each) for each in known],
        "items": [each.as_dict(program) for each in items[:MOST_ITEMS]],
        "items_not_listed": max(0, len(items) - MOST_ITEMS),
        "limits": {"seconds": program.bounded.seconds},
        "not_examined": account["not_examined"],
    }


def _left(evidence: Evidence) -> list[dict[str, Any]]:
    many = [
        {"what": each, "offset": None, "length": 0, "why": "too many"} for each in evidence.left
    ]
    return many + evidence.program.bounded.notes


def _told(evidence: Evidence, judged: list[Behaviour]) -> list[Item]:
    """Return the items to list: short codes and commands only where a behaviour rests on them."""
    used = {item for each in judged for item in each.items}
    return [
        each
        for each in evidence.items
        if each.kind not in {"short_code", "command"} or each in used
    ]


def _build(account: dict[str, Any]) -> str | None:
    named = (each.get("facts", {}).get("build") for each in account["segments"])
    return next((str(name) for name in named if name), None)


def _segments(account: dict[str, Any], program: Program) -> list[dict[str, Any]]:
    inferred = {
        program.segments[number].name: f"{base:#010x}" for number, base in program.inferred.items()
    }
    return [
        each | ({"address_by_pointers": inferred[each["file"]]} if each["file"] in inferred else {})
        for each in account["segments"]
    ]


def _shares(counts: dict[str, int]) -> dict[str, Any]:
    total = sum(counts.values())
    reached = total - counts.get("none", 0)
    by_way = {how: count for how, count in sorted(counts.items()) if how != "none"}
    share = round(reached / total, 4) if total else None
    return {"texts": total, "share": share, "by_way": by_way}


def _behaviour(evidence: Evidence, each: Behaviour) -> dict[str, Any]:
    program = evidence.program
    by_function: dict[int, list[str]] = {}
    for part, held in each.parts.items():
        for function, what in held:
            said = f"{part}: {_said(evidence, function, what)}"
            if function >= 0 and said not in by_function.setdefault(function, []):
                by_function[function].append(said)
    return {
        "kind": each.kind,
        "strength": each.strength,
        "functions": [
            _function(evidence, function, by_function.get(function, []), position < _LISTED)
            for position, function in enumerate(each.functions)
        ],
        "items": [item.as_dict(program) for item in each.items],
        "calls": [call.as_dict(program) for call in each.calls],
    }


def _said(evidence: Evidence, function: int, what: Item | Text | None) -> str:
    return evidence.names.get(function, "") if what is None else what.value


def _function(
    evidence: Evidence, function: int, parts: list[str], is_listed: bool
) -> dict[str, Any]:
    program = evidence.program
    segment = int(program.segment_of[function])
    start = int(program.starts[function])
    return {
        "address": program.shown_address(start),
        "segment": program.segments[segment].name,
        "offset": start - program.bases[segment],
        "name": evidence.names.get(function),
        "acts": dict(sorted(evidence.acts.get(function, {}).items())),
        "parts": parts[:20],
        "code": listing(program, function) if is_listed else [],
    }


def _indicator(program: Program, each: Indicator) -> dict[str, Any]:
    segment = program.segments[each.segment]
    raw = segment.data[each.offset : each.offset + each.length]
    functions = np.unique([reference.function for reference in each.references]).astype(np.int64)
    return {
        "rule": each.rule,
        **each.meta,
        "segment": segment.name,
        "offset": each.offset,
        "address": program.shown_address(program.address(each.segment, each.offset)),
        "bytes": raw[:64].hex(),
        "functions": [program.shown_address(int(program.starts[at])) for at in functions],
    }
