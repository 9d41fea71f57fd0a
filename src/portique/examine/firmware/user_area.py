"""The user area of an image: FAT volumes as they stand, or behind a flash translation layer."""

from __future__ import annotations

from portique.core.progress import Progress
from portique.examine.firmware import fat, flash_blocks
from portique.examine.firmware.reading import Damaged, u32
from portique.examine.firmware.unpacked import Piece, Unpacked

_MOST_VOLUMES = 16
_SECTOR = 512
_FAT_TYPES = frozenset({0x01, 0x04, 0x06, 0x0E})


def unpack(unpacked: Unpacked, progress: Progress) -> None:
    """Unpack every FAT volume of an image into `fat/<number>/`."""
    volumes = 0
    for offset, length in _standing(unpacked.image):
        volumes += 1
        data = unpacked.image[offset : offset + length]
        with unpacked.attempt("FAT volume", offset, length):
            _volume(unpacked, data, volumes - 1, offset, "FAT as it stands")
            unpacked.explain(offset, length)
    for area in flash_blocks.areas(unpacked.image):
        _area(unpacked, area, volumes)
        volumes += len(_places(area.data))
    progress("user area", volumes, volumes)


def _standing(image: bytes) -> list[tuple[int, int]]:
    """Return (offset, length) of volumes whose sectors follow each other in the image."""
    found: list[tuple[int, int]] = []
    at, until = image.find(b"\x55\xaa"), 0
    while at >= 0 and len(found) < _MOST_VOLUMES:
        offset = at - 510
        if offset >= until and offset % _SECTOR == 0 and fat.looks_like_volume(image, offset):
            try:
                volume = fat.open_volume(image[offset : offset + fat.MOST_FILE_BYTES])
            except Damaged:
                volume = None
            if volume and offset + volume.first <= len(image):
                length = min(volume.length, len(image) - offset)
                found.append((offset, length))
                until = offset + length
        at = image.find(b"\x55\xaa", max(at + 1, until))
    return found


def _area(unpacked: Unpacked, area: flash_blocks.Area, first: int) -> None:
    unpacked.formats.append("mediatek user area")
    with unpacked.attempt("user area", area.offset, area.length):
        unpacked.keep(
            Piece(
                kind="user_area",
                parts=(f"user_area_{area.offset:08x}.bin",),
                content=area.data,
                offset=area.offset,
                length_in=area.length,
                method="sectors of 4,096-byte blocks put in order",
                facts={"sectors": area.sectors, "older_copies_not_used": area.older_copies},
            )
        )
    for number, place in enumerate(_places(area.data)):
        with unpacked.attempt("FAT volume in the user area", area.offset, area.length):
            method = "FAT behind the flash translation layer"
            _volume(unpacked, area.data[place:], first + number, None, method)


def _places(data: bytes) -> list[int]:
    """Return where volumes begin: at the start, or where the partition table says."""
    if fat.looks_like_volume(data, 0):
        return [0]
    entries = [data[at : at + 16] for at in range(446, 510, 16)]
    starts = [u32(entry, 8) * _SECTOR for entry in entries if entry[4:5][0] in _FAT_TYPES]
    return [start for start in starts if fat.looks_like_volume(data, start)]


def _volume(unpacked: Unpacked, data: bytes, number: int, offset: int | None, method: str) -> None:
    volume = fat.open_volume(data)
    unpacked.formats.append(f"fat{volume.bits}")
    walk = fat.Walk(volume)
    for entry in walk.files():
        with unpacked.attempt("/".join(entry.parts), offset, len(entry.content)):
            _file(unpacked, entry, number, method)
    if len(data) < volume.length:
        lacking = volume.length - len(data)
        unpacked.not_examined("FAT volume", offset, lacking, "the image ends inside the volume")
    for reason, count in sorted(walk.left_out.items()):
        unpacked.not_examined(f"entries of FAT volume {number}", offset, count, reason)


def _file(unpacked: Unpacked, entry: fat.Entry, number: int, method: str) -> None:
    folder = "deleted" if entry.is_deleted else "files"
    facts: dict[str, object] = {"path": "/".join(entry.parts), "size": entry.size}
    if entry.is_deleted:
        facts |= {"deleted": True, "whole": entry.is_whole}
    elif not entry.is_whole:
        facts["whole"] = False
    unpacked.keep(
        Piece(
            kind="file",
            parts=("fat", str(number), folder, *entry.parts),
            content=entry.content,
            offset=None,
            length_in=len(entry.content),
            method=method,
            facts=facts,
        )
    )
