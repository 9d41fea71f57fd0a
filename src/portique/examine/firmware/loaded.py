"""An image as an examination sees it: its code in memory, and what of it is not code."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portique.core.progress import Progress, silent
from portique.examine.firmware.reading import Damaged
from portique.examine.firmware.unpack import take_apart
from portique.examine.firmware.unpacked import Receiver

MOST_KEPT = 192 << 20
MOST_EXAMINED = 48 << 20
"""Bytes of code looked through in one image; the flash of these phones has 4 to 32 MiB."""
_PACKED = frozenset({"alice", "zimage", "boot_zimage", "dcmcmp"})
"""Kept before their calls are mended too: the mended copy is examined."""
_CODE = frozenset({"boot", "boot_extended", "rom", "stone", "memory", "drps", "pac_file"}) | {
    f"{kind}_branches" for kind in _PACKED
}
_LEAST_UNKNOWN = 64


@dataclass(frozen=True)
class Segment:
    """Plain bytes that may be code.

    Args:
        name: as in the account of unpacking, e.g. "alice_branches.bin".
        offset: of what it was made of, in the image; None: in several places.
        address: where it runs; None: unknown.
        data: the bytes.
        is_plain: an offset in it is an offset in the image, counted from `offset`.
    """

    name: str
    offset: int | None
    address: int | None
    data: bytes
    is_plain: bool


Loaded = tuple[dict[str, Any], list[Segment]]
"""The account of unpacking, and the segments to examine."""


class _Memory:
    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self._bytes = 0

    def write(self, parts: Sequence[str], content: bytes) -> str:
        name = "/".join(parts)
        number = 1
        while name in self.content:
            number += 1
            name = f"{'/'.join(parts)}~{number}"
        if parts[0] in {"fat", "nv"}:
            content = b""
        if self._bytes + len(content) > MOST_KEPT:
            raise Damaged(f"not kept: more than {MOST_KEPT:,} bytes of code in one image")
        self._bytes += len(content)
        self.content[name] = content
        return name


class _Beside:
    """Gives each part to a folder and to memory, which may name it differently."""

    def __init__(self, folder: Receiver) -> None:
        self.memory = _Memory()
        self.names: list[str] = []
        self.is_alike = True
        self._folder = folder

    def write(self, parts: Sequence[str], content: bytes) -> str:
        try:
            kept = self.memory.write(parts, content)
        except Damaged:
            self.is_alike, kept = False, ""
        try:
            written = self._folder.write(parts, content)
        except Damaged:
            self.is_alike = False
            raise
        self.names.append(kept)
        return written


def load(image: bytes, progress: Progress = silent) -> Loaded:
    """Return the account of unpacking, and the segments to examine, in the order of the image.

    Stretches of no known format are segments too, so that texts in them are seen; what looks
    encrypted is none. What exceeds `MOST_EXAMINED` is noted as not examined.
    """
    memory = _Memory()
    account = take_apart(image, memory, progress).as_dict()
    return _loaded(image, account, memory.content)


def load_beside(
    image: bytes, folder: Receiver, progress: Progress = silent
) -> tuple[dict[str, Any], Loaded]:
    """Return the account of unpacking into a folder, and what `load` returns, unpacking once.

    Where the folder takes less than memory does, or more, the image is unpacked twice, so that
    each answer is what it is alone.

    Args:
        image: all its bytes.
        folder: receives the parts.
        progress: told what is done.
    """
    beside = _Beside(folder)
    account = take_apart(image, beside, progress).as_dict()
    if not beside.is_alike:
        return account, load(image, progress)
    named = zip(account["segments"], beside.names, strict=True)
    own = account | {
        "segments": [told | {"file": name} for told, name in named],
        "not_examined": list(account["not_examined"]),
    }
    return account, _loaded(image, own, beside.memory.content)


def _loaded(image: bytes, account: dict[str, Any], content: dict[str, bytes]) -> Loaded:
    found = [
        Segment(
            name=told["file"],
            offset=told["offset"],
            address=None if told["address"] is None else int(told["address"], 16),
            data=_without_packed(told, account, content[told["file"]]),
            is_plain=told["method"].startswith("as it stands"),
        )
        for told in account["segments"]
        if told["segment"] in _CODE or told["segment"].startswith("type_")
    ]
    found += _unknown(image, account)
    kept, room = [], MOST_EXAMINED
    for segment in found:
        if len(segment.data) <= room:
            room -= len(segment.data)
            kept.append(segment)
            continue
        account["not_examined"].append(
            {
                "what": segment.name,
                "offset": segment.offset,
                "length": len(segment.data),
                "why": f"more than {MOST_EXAMINED:,} bytes of code in one image",
            }
        )
    return account, kept


def _without_packed(told: dict[str, Any], account: dict[str, Any], content: bytes) -> bytes:
    """Return plain code with zeros for what it unpacks into memory.

    That is examined unpacked; packed by byte LZ it holds pieces of the same texts, out of place.
    """
    if told["segment"] != "stone":
        return content
    plain = bytearray(content)
    for each in account["segments"]:
        if each["segment"] == "memory" and each["offset"] is not None:
            first = min(each["offset"] - told["offset"], len(plain))
            until = min(first + each["length_in"], len(plain))
            plain[first:until] = bytes(until - first)
    return bytes(plain)


def code_id(account: dict[str, Any]) -> str | None:
    """Return a hash by which two images hold the same code, whatever else; None: they hold none.

    Args:
        account: of unpacking. Every part of code counts, in whatever order they lie.
    """
    parts = sorted(
        f"{each['segment']} {each['sha256']}\n"
        for each in account["segments"]
        if each["segment"] in _CODE
    )
    return hashlib.sha256("".join(parts).encode()).hexdigest() if parts else None


def _unknown(image: bytes, account: dict[str, Any]) -> list[Segment]:
    return [
        Segment(
            name=f"unknown_{gap['offset']:08x}",
            offset=gap["offset"],
            address=None,
            data=image[gap["offset"] : gap["offset"] + gap["length"]],
            is_plain=True,
        )
        for gap in account["not_examined"]
        if gap["what"] == "unknown bytes"
        and gap["why"] == "no known format"
        and gap["length"] >= _LEAST_UNKNOWN
    ]
