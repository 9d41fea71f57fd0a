"""The joined view of a fleet: phones of one build share its firmware, each has its own traffic."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portique.examine.joined.exhibit import Parts, Stored, join
from portique.examine.joined.verdict import INCONCLUSIVE, worst

_NAMES_OF_BUILD = ("id", "code_sha256", "sha256", "name")


def build_of(told: Mapping[str, Any]) -> str | None:
    """Return what tells the build of an image from others; None: it is not known.

    >>> build_of({"build": "v7"}), build_of({"build": {"id": "b1"}}), build_of({"build": None})
    ('v7', 'b1', None)
    """
    build = told.get("build")
    if isinstance(build, Mapping):
        named = [build[name] for name in _NAMES_OF_BUILD if isinstance(build.get(name), str)]
        return named[0] if named else json.dumps(build, sort_keys=True)
    return str(build) if build else None


def code_of(told: Mapping[str, Any]) -> str:
    """Return what tells the code of an image from other code of the same name; "": not known.

    A build whose name was kept while its code was changed is another: what was put into one phone
    says nothing of those beside it.

    >>> code_of({"code_id": "c1"}), code_of({"code_id": None})
    ('c1', '')
    """
    named = told.get("code_id")
    return named if isinstance(named, str) else ""


def join_fleet(exhibits: Mapping[str, Parts]) -> dict[str, Any]:
    """Return the phones of a case by build, worst build first.

    Args:
        exhibits: the answers about each exhibit.

    Returns:
        `exhibits` (how many), `by_grade`, `builds`: `build`, `code_id` ("": not known),
        `grade`, `firmware` (what the build shares: `grade`, `behaviours`, `examined_in`) and
        `phones`.
    """
    builds: dict[tuple[str | None, str], list[str]] = {}
    for exhibit in sorted(exhibits):
        builds.setdefault(_build(exhibits[exhibit]), []).append(exhibit)
    rows = [
        _row(build, {name: exhibits[name] for name in names}) for build, names in builds.items()
    ]
    grades = Counter(phone["grade"] for row in rows for phone in row["phones"])
    return {
        "exhibits": len(exhibits),
        "by_grade": {str(grade): grades[grade] for grade in range(1, 7)},
        "builds": sorted(rows, key=lambda row: (row["grade"], str(row["build"]), row["code_id"])),
    }


def _build(parts: Parts) -> tuple[str | None, str]:
    """Return the build of an exhibit and its code; of several images, the first that knows it."""
    known = [(build_of(each.told), code_of(each.told)) for each in parts.firmware]
    named = sorted((build, code) for build, code in known if build is not None)
    return named[0] if named else (None, "")


def _row(build: tuple[str | None, str], phones: Mapping[str, Parts]) -> dict[str, Any]:
    name, code = build
    shared = _shared(phones) if name is not None else {}
    joined = [
        join(exhibit, replace(parts, firmware=_with(exhibit, parts.firmware, shared)))
        for exhibit, parts in phones.items()
    ]
    told = [each.told for each in shared.values()]
    behaviours = {
        (str(each.get("kind")), str(each.get("strength")))
        for answer in told
        for each in answer.get("behaviours", ())
    }
    return {
        "build": name,
        "code_id": code,
        "grade": worst([each["grade"] for each in joined]),
        "firmware": {
            "grade": worst([answer["grade"] for answer in told]),
            "behaviours": [{"kind": k, "strength": s} for k, s in sorted(behaviours)],
            "examined_in": sorted(shared),
        },
        "phones": joined,
    }


def _shared(phones: Mapping[str, Parts]) -> dict[str, Stored]:
    """Return the answers about the firmware of a build: exhibit -> its worst with a conclusion."""
    found: dict[str, Stored] = {}
    for exhibit, parts in phones.items():
        for each in sorted(parts.firmware, key=lambda one: (one.told["grade"], one.sha256)):
            if each.told["grade"] != INCONCLUSIVE:
                found.setdefault(exhibit, each)
    return found


def _with(exhibit: str, own: list[Stored], shared: Mapping[str, Stored]) -> list[Stored]:
    """Return a phone's answers about firmware, with the worst of its build where that is worse."""
    others = [
        replace(each, of_exhibit=name) for name, each in sorted(shared.items()) if name != exhibit
    ]
    least = worst([each.told["grade"] for each in own])
    worse = [each for each in others if each.told["grade"] < least]
    first = sorted(worse, key=lambda each: (each.told["grade"], each.of_exhibit or ""))[:1]
    return own + first
