"""The joined view of one exhibit: its parts, where they meet, one verdict, what is left open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from portique.examine.joined.disagreements import disagreements
from portique.examine.joined.links import links
from portique.examine.joined.verdict import judge, worst

PARTS = ("firmware", "content", "traffic")
_OWN = ("examination", "grade", "verdict", "authority", "authority_flags", "program")


@dataclass(frozen=True)
class Stored:
    """An answer as a case holds it.

    Args:
        sha256: of the stored bytes.
        in_journal: the journal names this hash; None: the case has no journal.
        told: the answer.
        of_exhibit: the exhibit whose image it is about, where that is another of the same build.
    """

    sha256: str
    in_journal: bool | None
    told: dict[str, Any]
    of_exhibit: str | None = None


@dataclass
class Parts:
    """The answers about one exhibit, by part.

    Args:
        firmware, content, traffic: answers that are joined.
        others: answers that are only listed: unpacking, triage.
        unread: files that could not be read: what, why.
    """

    firmware: list[Stored] = field(default_factory=list)
    content: list[Stored] = field(default_factory=list)
    traffic: list[Stored] = field(default_factory=list)
    others: list[Stored] = field(default_factory=list)
    unread: list[dict[str, str]] = field(default_factory=list)

    def add(self, stored: Stored) -> None:
        """Put an answer where it belongs."""
        name = str(stored.told.get("examination"))
        (getattr(self, name) if name in PARTS else self.others).append(stored)


def join(exhibit: str, parts: Parts) -> dict[str, Any]:
    """Return what the parts say together.

    Args:
        exhibit: id of the exhibit.
        parts: its answers.

    Returns:
        `exhibit`, `grade`, `verdict` (fr, en), `parts`, `links`, `disagreements`, `not_examined`.
    """
    firmware, content, traffic = (_told(getattr(parts, name)) for name in PARTS)
    met = links(firmware, content, traffic)
    grades = {
        "firmware": worst([each["grade"] for each in firmware]),
        "traffic": worst([each["grade"] for each in traffic]),
    }
    verdict = judge(grades["firmware"], grades["traffic"], met)
    return {
        "exhibit": exhibit,
        "grade": verdict.grade,
        "verdict": verdict.as_dict(),
        "parts": [
            _part(name, each) for name in PARTS for each in _sorted(getattr(parts, name))
        ] + [_part(str(each.told.get("examination")), each) for each in _sorted(parts.others)],
        "links": [link.as_dict() for link in met],
        "disagreements": disagreements(grades, firmware, traffic, met),
        "not_examined": _not_examined(parts),
    }  # fmt: skip


def _told(stored: Sequence[Stored]) -> list[dict[str, Any]]:
    return [each.told for each in _sorted(stored)]


def _sorted(stored: Sequence[Stored]) -> list[Stored]:
    return sorted(stored, key=lambda each: each.sha256)


def _part(name: str, stored: Stored) -> dict[str, Any]:
    told = stored.told
    return {key: told.get(key) for key in _OWN} | {
        "part": name,
        "of_exhibit": stored.of_exhibit,
        "examined_sha256": told.get("capture_sha256") or told.get("image_sha256"),
        "answer_sha256": stored.sha256,
        "in_journal": stored.in_journal,
        "coverage": _coverage(name, told),
        "found": _found(told),
    }


def _coverage(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """Return how much of a part was looked at, in the part's own measure."""
    if name in {"traffic", "triage"}:
        coverage = told.get("coverage", {})
        return {key: coverage.get(key) for key in ("hours", "bearers", "decoded_share", "frames")}
    return {"explained_share": told.get("explained_share"), "build": told.get("build")}


def _found(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a part found, in short: behaviours of the firmware, rules of the traffic."""
    found: dict[tuple[str, str], int] = {}
    for each in told.get("behaviours", ()):
        key = (str(each.get("kind")), str(each.get("strength")))
        found[key] = found.get(key, 0) + 1
    for each in told.get("observations", ()):
        key = (str(each.get("rule")), f"grade {each.get('grade')}")
        found[key] = found.get(key, 0) + 1
    return [{"what": what, "how": how, "count": found[what, how]} for what, how in sorted(found)]


def _not_examined(parts: Parts) -> list[dict[str, str]]:
    left = [
        {"part": name, "what": name, "why": "no examination of it is stored in the case"}
        for name in PARTS
        if not getattr(parts, name)
    ]
    for name in PARTS:
        for stored in _sorted(getattr(parts, name)):
            for each in stored.told.get("not_examined", ()):
                entry = each if isinstance(each, dict) else {"what": str(each)}
                what, why = str(entry.get("what", "")), str(entry.get("why", ""))
                left.append({"part": name, "what": what, "why": why})
    left += [{"part": "stored answers"} | each for each in parts.unread]
    return [dict(pairs) for pairs in dict.fromkeys(tuple(each.items()) for each in left)]
