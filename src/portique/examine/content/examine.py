"""Say what messages, contacts, calls and identities the image of a phone holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from portique.core.ids import Imei
from portique.core.progress import Progress, silent
from portique.examine.content import clock, identities, messages, people
from portique.examine.content.identities import Fleet
from portique.examine.content.material import Material, Stored, material_of
from portique.examine.firmware.unpack import read_image

NO_AUTHORITY = "no authority shown"
_LARGEST_FILE = 4 << 20
_MOST_FILES = 2_000
_MOST_LINES = 20_000
_NOT_VERIFIED = (
    "Every layout of records is known from public headers and notes alone; none was checked on the "
    "real dump of a phone. A line that is shown was whole by its form; one that lacks may exist."
)


class Line(Protocol):
    """A message, contact, call or identity."""

    def as_dict(self) -> dict[str, object]:
        """Return it for the answer."""


@dataclass(frozen=True)
class Asked:
    """What is known beside the image.

    Args:
        label: IMEI as printed on the phone.
        fleet: records of the case; None: no case named.
        is_privileged: whether a text holds a lawyer's number; None: no case named.
        authority: what the answer says under `authority`.
    """

    label: Imei | None = None
    fleet: Fleet | None = None
    is_privileged: Callable[[str], bool] | None = None
    authority: str = NO_AUTHORITY


def examine(path: Path, asked: Asked, progress: Progress = silent) -> dict[str, Any]:
    """Return the content of an image file.

    Raises:
        Refused: the image cannot be read, is empty or too large.
    """
    progress("looking for the user area", 0, 0)
    image = read_image(path)
    return content_of(image, material_of(image), asked, progress)


def content_of(
    image: bytes, material: Material, asked: Asked, progress: Progress = silent
) -> dict[str, Any]:
    """Return the content of an image; docs/content.md describes the fields.

    Args:
        image: all bytes.
        material: its files and items.
        asked: what is known beside it.
        progress: told what is done.
    """
    files = _looked_at(material)
    progress("reading messages, contacts and calls", 0, 0)
    told = messages.joined(_bounded(messages.messages_of(files, material.items), material))
    contacts = _bounded(people.contacts_of(files), material)
    calls = _bounded(people.calls_of(files), material)
    imeis = list(identities.imeis_of(files, material.items))
    aside = _Aside(asked.is_privileged)
    told = aside.kept("message", told, lambda m: (m.unit.number, m.unit.text))
    contacts = aside.kept("contact", contacts, lambda c: (c.number, c.name))
    calls = aside.kept("call", calls, lambda c: (c.number, c.name))
    stamps = [each.told for each in told if each.told is not None]
    return {
        "authority": asked.authority,
        "image_sha256": hashlib.sha256(image).hexdigest(),
        "image_bytes": len(image),
        "formats": sorted(set(material.formats)),
        "messages": [each.as_dict() for each in told],
        "contacts": [each.as_dict() for each in contacts],
        "calls": [each.as_dict() for each in calls],
        "imeis": [_identity(each, asked.fleet) for each in imeis],
        "label": identities.compared_with_label(imeis, asked.label),
        "clock": clock.compared(stamps, [each.told for each in calls]),
        "set_aside": aside.as_dict(),
        "not_verified": _NOT_VERIFIED,
        "not_examined": material.not_examined + _not_decoded(material),
    }


def _looked_at(material: Material) -> list[Stored]:
    small = [file for file in material.files if 0 < len(file.content) <= _LARGEST_FILE]
    large = len([file for file in material.files if len(file.content) > _LARGEST_FILE])
    if large:
        material.leave_out(f"{large:,} files", None, f"larger than {_LARGEST_FILE:,} bytes")
    if len(small) > _MOST_FILES:
        rest = len(small) - _MOST_FILES
        material.leave_out(f"{rest:,} files", None, f"more than {_MOST_FILES:,} files")
    return small[:_MOST_FILES]


_L = TypeVar("_L", bound=Line)


def _bounded(lines: Iterable[_L], material: Material) -> list[_L]:
    kept: list[_L] = []
    for line in lines:
        if len(kept) == _MOST_LINES:
            material.leave_out("more lines", None, f"more than {_MOST_LINES:,} of one kind")
            break
        kept.append(line)
    return kept


def _identity(found: identities.Identity, fleet: Fleet | None) -> dict[str, object]:
    said = (
        {"state": "no case named", "handsets": []} if fleet is None else fleet.said_of(found.imei)
    )
    return {**found.as_dict(), "fleet": said}


def _not_decoded(material: Material) -> list[dict[str, object]]:
    if not material.files and not material.items:
        why = (
            "no volume, file or NV item of a known form was found: the user area may be encrypted, "
            "of another make or missing in this copy; this says nothing of what the phone holds"
        )
        return [{"what": "user area", "offset": None, "why": why}]
    if not material.items:
        return []
    why = "the layout of contacts and calls of these phones is not known"
    return [{"what": "contacts and calls in Spreadtrum NV", "offset": None, "why": why}]


class _Aside:
    """Lines with a lawyer's number: counted and never shown."""

    def __init__(self, is_privileged: Callable[[str], bool] | None) -> None:
        self._is_privileged = is_privileged
        self._counts: dict[str, int] = {}

    def kept(self, kind: str, lines: list[_L], words: Callable[[_L], tuple[str, ...]]) -> list[_L]:
        """Return the lines that may be shown."""
        judge = self._is_privileged
        if judge is None:
            return lines
        kept = [line for line in lines if not any(judge(text) for text in words(line))]
        self._counts[kind] = len(lines) - len(kept)
        return kept

    def as_dict(self) -> dict[str, object]:
        """Return the counts, or that none could be made."""
        if self._is_privileged is None:
            return {"privileged": None, "why": "no case named: no lawyer's number is known"}
        return {"privileged": self._counts}
