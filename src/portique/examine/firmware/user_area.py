"""The user area of an image: FAT volumes as they stand, or behind a flash translation layer."""

from __future__ import annotations

from portique.core.progress import Progress
from portique.examine.firmware import fat, flash_blocks
from portique.examine.firmware.reading import Damaged, u32
from portique.examine.firmware.unpacked import Piece, Unpacked

_MOST_VOLUMES = 16
_MOST_TRIED = 200
_SECTOR = 512
_FAT_TYPES = frozenset({0x01, 0x04, 0x06, 0x0E})


def unpack(unpacked: Unpacked, progress: Progress) -> None:
    """Unpack every FAT volume of an image into `fat/<number>/`."""
    volumes = 0
    areas = flash_blocks.areas(unpacked.image)
    for area in areas:
        _area(unpacked, area, volumes)
        volumes += len(places(area.data))
    # The boot sector of a scattered volume looks like that of one that stands: areas come first.
    taken = [(area.offset, area.offset + area.length) for area in areas]
    for offset, length in standing(unpacked.image, taken):
        data = unpacked.image[offset : offset + length]
        with unpacked.attempt("FAT volume", offset, length):
            volume(unpacked, data, str(volumes), "FAT as it stands")
            unpacked.explain(offset, length)
        volumes += 1
    progress("user area", volumes, volumes)


def standing(image: bytes, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return (offset, length) of volumes whose sectors follow each other in the image.

    Args:
        image: all bytes.
        taken: (start, end) of stretches in which no volume is looked for.
    """
    found: list[tuple[int, int]] = []
    until, tried = 0, 0
    for offset in range(0, len(image) - fat.BOOT_BYTES + 1, _SECTOR):
        if offset < until or not fat.looks_like_volume(image, offset):
            continue
        if any(start <= offset < end for start, end in taken):
            continue
        tried += 1
        if tried > _MOST_TRIED or len(found) == _MOST_VOLUMES:
            break
        if size := _size(image, offset):
            found.append((offset, size))
            until = offset + size
    return found


def _size(image: bytes, offset: int) -> int:
    """Return how many bytes of a volume lie in the image; 0 where no volume begins."""
    try:
        opened = fat.open_volume(image[offset:])
    except Damaged:
        return 0
    room = len(image) - offset
    return min(opened.length, room) if opened.first <= room else 0


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
    for number, place in enumerate(places(area.data)):
        with unpacked.attempt("FAT volume in the user area", area.offset, area.length):
            method = "FAT behind the flash translation layer"
            volume(unpacked, area.data[place:], str(first + number), method)


def places(data: bytes) -> list[int]:
    """Return where volumes begin: at the start, or where the partition table says."""
    if fat.looks_like_volume(data, 0):
        return [0]
    entries = [data[at : at + 16] for at in range(446, 510, 16)]
    starts = [u32(entry, 8) * _SECTOR for entry in entries if entry[4:5][0] in _FAT_TYPES]
    return [start for start in starts if fat.looks_like_volume(data, start)]


def volume(unpacked: Unpacked, data: bytes, number: str, method: str) -> None:
    """Unpack one volume into `fat/<number>/`.

    Args:
        unpacked: receives the files.
        data: from the boot sector on.
        number: what the folder is called.
        method: how the volume was come by.

    Raises:
        Damaged: it is no volume.
    """
    opened = fat.open_volume(data)
    unpacked.formats.append(f"fat{opened.bits}")
    walk = fat.Walk(opened)
    for entry in walk.files():
        with unpacked.attempt("/".join(entry.parts), None, len(entry.content)):
            _file(unpacked, entry, number, method)
    if len(data) < opened.length:
        lacking = opened.length - len(data)
        unpacked.not_examined("FAT volume", None, lacking, "the image ends inside the volume")
    for reason, count in sorted(walk.left_out.items()):
        unpacked.not_examined(f"entries of FAT volume {number}", None, count, reason)


def _file(unpacked: Unpacked, entry: fat.Entry, number: str, method: str) -> None:
    folder = "deleted" if entry.is_deleted else "files"
    facts: dict[str, object] = {"path": "/".join(entry.parts), "size": entry.size}
    if entry.is_deleted:
        facts |= {"deleted": True, "whole": entry.is_whole}
    elif not entry.is_whole:
        facts["whole"] = False
    unpacked.keep(
        Piece(
            kind="file",
            parts=("fat", number, folder, *entry.parts),
            content=entry.content,
            offset=None,
            length_in=len(entry.content),
            method=method,
            facts=facts,
        )
    )
