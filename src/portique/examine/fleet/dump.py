"""One image of a fleet: its code told apart from what its user left in it.

NV, IMEI and files differ from phone to phone, the build does not. Code is what the headers of
MediaTek files span, or what stands before the first user area of another image; a build is known by
the hash of exactly these bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portique.core.errors import Refused
from portique.examine.content.examine import Asked, content_of
from portique.examine.content.material import material_of
from portique.examine.firmware import gfh
from portique.examine.firmware.reading import Damaged
from portique.examine.firmware.unpack import read_image

_MOST_FILES = 64


@dataclass(frozen=True)
class Source:
    """Where one image comes from.

    Args:
        name: in the answer; unique.
        read: gives its bytes, whenever they are needed; must go to another process.
    """

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Reader:
    """Reads one file, so that a source can go to another process."""

    path: Path

    def __call__(self) -> bytes:
        """Return the bytes of the file.

        Raises:
            Refused: it cannot be read, is a link, is empty or too large.
        """
        if self.path.is_symlink():
            raise Refused(
                "a link, not a file",
                where=str(self.path),
                mend="put the image itself into the folder",
                code="EXA-061",
            )
        return read_image(self.path)


@dataclass(frozen=True)
class Dump:
    """What was read of one image.

    Args:
        name: of its source.
        image_sha256: of all bytes; "" where it could not be read.
        code_sha256: of the code alone.
        code_bytes: how many bytes that is.
        build_string: as the image has it; "" where it has none.
        content: as `examine content` gives it.
        why: why it could not be read; "" where it could.
    """

    name: str
    image_sha256: str = ""
    code_sha256: str = ""
    code_bytes: int = 0
    build_string: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    why: str = ""


def read_dump(source: Source, asked: Asked) -> Dump:
    """Return what one image is and holds; what cannot be read says why."""
    try:
        image = source.read()
    except Refused as fault:
        return Dump(source.name, why=fault.what)
    material = material_of(image)
    content = content_of(image, material, asked)
    code, build = code_of(image, min(material.starts, default=len(image)))
    if not code:
        why = "no code: all bytes are erased, or belong to the user area"
        return Dump(source.name, content["image_sha256"], content=content, why=why)
    return Dump(
        name=source.name,
        image_sha256=content["image_sha256"],
        code_sha256=hashlib.sha256(code).hexdigest(),
        code_bytes=len(code),
        build_string=build,
        content=content,
    )


def code_of(image: bytes, until: int) -> tuple[bytes, str]:
    """Return the code of an image, part behind part, and the name of its build.

    Args:
        image: all bytes.
        until: where the user area begins.

    The name is that of the last file that has one: the ROM stands behind the boot loaders.
    """
    infos = [info for info in _files(image) if info.offset < until]
    if infos:
        names = [info.build for info in infos if info.build]
        ends = [min(info.offset + info.length, until) for info in infos]
        pieces = [image[info.offset : end] for info, end in zip(infos, ends, strict=True)]
        return b"".join(pieces), names[-1] if names else ""
    return image[:until].rstrip(b"\xff").rstrip(b"\0"), ""


def _files(image: bytes) -> list[gfh.FileInfo]:
    found: list[gfh.FileInfo] = []
    at, until = image.find(gfh.FILE_INFO), -1
    while at >= 0 and len(found) < _MOST_FILES:
        start = at - 8
        if start >= until and image[max(start, 0) : start + 3] == gfh.MAGIC:
            try:
                found.append(gfh.read_file_info(image, start))
                until = start + found[-1].content_offset
            except Damaged:
                pass
        at = image.find(gfh.FILE_INFO, at + 1)
    return found
