"""What was unpacked and what was not: the account that becomes manifest.json."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from portique.examine.firmware.reading import Damaged, looks_encrypted

_BLOCK = 4096
_MOST_GAPS = 200
_MOST_NOTES = 5_000
MOST_DECOMPRESSED = 128 << 20
FAULTS = (Damaged, ValueError, LookupError, ArithmeticError)
"""What hostile bytes may raise in a parser; a part then could not be read, the others can be."""


class Receiver(Protocol):
    """Where parts go: a folder, or the memory of an examination."""

    def write(self, parts: Sequence[str], content: bytes) -> str:
        """Take one part in and return the name under which it is held.

        Raises:
            Damaged: there are more files or bytes than an image may give.
        """


@dataclass(frozen=True)
class Piece:
    """One part of an image, and the bytes that it gave.

    Args:
        kind: e.g. "alice"; docs/firmware.md lists them.
        parts: folders and name of the file to write.
        content: the bytes.
        offset: where it lies in the image; None where it lies in several places.
        length_in: bytes of the image that it is made of.
        address: where the content is linked to run; None where unknown.
        method: how it was made, e.g. "ALICE_2".
        facts: what else was found out about it.
    """

    kind: str
    parts: Sequence[str]
    content: bytes
    offset: int | None
    length_in: int
    method: str
    address: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Unpacked:
    """Receives the parts of one image.

    Args:
        image: all its bytes.
        folder: receives the parts.
    """

    def __init__(self, image: bytes, folder: Receiver) -> None:
        self.image = image
        self.formats: list[str] = []
        self._folder = folder
        self._segments: list[dict[str, Any]] = []
        self._not_examined: list[dict[str, Any]] = []
        self._spans: list[tuple[int, int]] = []
        self._decompressed = 0

    def keep(self, piece: Piece) -> None:
        """Write a part, and take its span of the image as explained.

        Raises:
            Damaged: the image gives more than may be written.
        """
        path = self._folder.write(piece.parts, piece.content)
        if piece.offset is not None:
            self.explain(piece.offset, piece.length_in)
        address = None if piece.address is None else f"{piece.address:#010x}"
        self._segments.append(
            {
                "segment": piece.kind,
                "file": path,
                "offset": piece.offset,
                "address": address,
                "length_in": piece.length_in,
                "length_out": len(piece.content),
                "method": piece.method,
                "sha256": hashlib.sha256(piece.content).hexdigest(),
                **({"facts": piece.facts} if piece.facts else {}),
            }
        )

    def explain(self, offset: int, length: int) -> None:
        """Take a span of the image as understood: a header, a table, a part that was written."""
        self._spans.append((max(offset, 0), min(offset + length, len(self.image))))

    def allow(self, size: int) -> None:
        """Take bytes from what may be decompressed in one image; firmware needs a tenth of it.

        Args:
            size: plain bytes that a part is about to give.

        Raises:
            Damaged: that is used up, as by an image made to keep a machine busy.
        """
        if self._decompressed + size > MOST_DECOMPRESSED:
            raise Damaged(f"not decompressed: more than {MOST_DECOMPRESSED:,} bytes in one image")
        self._decompressed += size

    def not_examined(self, what: str, offset: int | None, length: int, why: str) -> None:
        """Note a part that was seen and not unpacked."""
        if len(self._not_examined) < _MOST_NOTES:
            note = {"what": what, "offset": offset, "length": length, "why": why}
            self._not_examined.append(note)
        elif len(self._not_examined) == _MOST_NOTES:
            note = {"what": "other parts", "offset": None, "length": 0, "why": "too many to list"}
            self._not_examined.append(note)

    @contextmanager
    def attempt(self, what: str, offset: int | None, length: int) -> Iterator[None]:
        """Let a parser try; what hostile bytes raise is noted, and the walk goes on."""
        try:
            yield
        except FAULTS as fault:
            said = str(fault) if isinstance(fault, Damaged) else type(fault).__name__
            self.not_examined(what, offset, length, f"could not be read: {said}")

    def has_segment(self, kind: str) -> bool:
        """Return whether a part of that kind was kept."""
        return any(segment["segment"] == kind for segment in self._segments)

    def as_dict(self) -> dict[str, Any]:
        """Return the account: docs/firmware.md describes its fields."""
        merged = _merged(self._spans)
        explained = sum(until - start for start, until in merged)
        erased, gaps = self._gaps(merged)
        size = len(self.image)
        return {
            "authority": "no authority shown",
            "image_sha256": hashlib.sha256(self.image).hexdigest(),
            "image_bytes": size,
            "formats": self.formats,
            "explained_share": round(explained / size, 4),
            "erased_share": round(erased / size, 4),
            "unexplained_share": round((size - explained - erased) / size, 4),
            "segments": self._segments,
            "not_examined": self._not_examined + gaps,
        }

    def _gaps(self, merged: list[tuple[int, int]]) -> tuple[int, list[dict[str, Any]]]:
        """Return the erased bytes outside every span, and what lies in the rest of the gaps."""
        erased, found = 0, []
        at = 0
        for start, until in [*merged, (len(self.image), len(self.image))]:
            empty, stretches = _stretches(self.image, at, start)
            erased += empty
            found += [_gap(self.image, begin, end) for begin, end in stretches]
            at = max(at, until)
        found.sort(key=lambda gap: (-gap["length"], gap["offset"]))
        kept, rest = found[:_MOST_GAPS], found[_MOST_GAPS:]
        if rest:
            total = sum(gap["length"] for gap in rest)
            kept.append(
                {
                    "what": f"{len(rest):,} more stretches",
                    "offset": None,
                    "length": total,
                    "why": "no known format",
                }
            )
        return erased, kept


def _stretches(image: bytes, start: int, until: int) -> tuple[int, list[tuple[int, int]]]:
    """Return how many bytes of a gap lie in erased blocks, and the stretches between these."""
    erased = 0
    found: list[tuple[int, int]] = []
    while start < until:
        end = min(until, (start // _BLOCK + 1) * _BLOCK)
        block = image[start:end]
        if block.count(block[:1]) == len(block) and block[0] in {0x00, 0xFF}:
            erased += len(block)
        elif found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        start = end
    return erased, found


def _gap(image: bytes, start: int, until: int) -> dict[str, Any]:
    opaque = looks_encrypted(image[start:until])
    why = "encrypted or compressed in an unknown way" if opaque else "no known format"
    return {"what": "unknown bytes", "offset": start, "length": until - start, "why": why}


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, until in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        elif until > start:
            merged.append((start, until))
    return merged
