"""The files and numbered items of an image, each byte with its place in the image.

Nothing is written: whole volumes stay in memory, within the bounds of the walk over a volume.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from portique.examine.firmware import fat, flash_blocks, nv, user_area
from portique.examine.firmware.reading import Damaged
from portique.examine.firmware.unpacked import FAULTS

_SECTOR = flash_blocks.SECTOR_BYTES
_FEWEST_ITEMS = 2
Place = Callable[[int], int | None]
"""Offset in something -> offset in the image; None where it lies nowhere in it."""


@dataclass(frozen=True)
class Stored:
    """One file of a volume, or one numbered item.

    Args:
        name: its path, parts joined by "/"; `nv/<number>` for an item.
        content: its bytes.
        is_deleted: it was deleted, and may be overwritten in part.
        place: from an offset in the content to one in the image.
    """

    name: str
    content: bytes
    is_deleted: bool
    place: Place

    @property
    def last_part(self) -> str:
        """The name without its folders, in capitals."""
        return self.name.rsplit("/", 1)[-1].upper()


@dataclass
class Material:
    """What an image holds beside its code.

    Args:
        files: of every volume.
        items: Spreadtrum NV items.
        formats: what was recognised.
        not_examined: what could not be read, and why.
        starts: offsets at which user areas, volumes and items begin in the image.
    """

    files: list[Stored] = field(default_factory=list)
    items: list[Stored] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    not_examined: list[dict[str, object]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def leave_out(self, what: str, offset: int | None, why: str) -> None:
        """Note a part that was seen and not read."""
        self.not_examined.append({"what": what, "offset": offset, "why": why})


def material_of(image: bytes) -> Material:
    """Return the files and items of an image."""
    found = Material()
    for name, parser in (("user area", _volumes), ("NV items", _items)):
        try:
            parser(image, found)
        except FAULTS as fault:
            said = str(fault) if isinstance(fault, Damaged) else type(fault).__name__
            found.leave_out(name, None, f"could not be read: {said}")
    return found


def _volumes(image: bytes, found: Material) -> None:
    areas = flash_blocks.areas(image)
    for area in areas:
        found.formats.append("mediatek user area")
        found.starts.append(area.offset)
        if area.older_copies:
            why = "older copies of sectors: which file they belonged to is not known"
            found.leave_out(f"{area.older_copies:,} sectors", area.offset, why)
        for start in user_area.places(area.data):
            _volume(area.data[start:], partial(_in_area, area, start), found)
    taken = [(area.offset, area.offset + area.length) for area in areas]
    for offset, length in user_area.standing(image, taken):
        found.starts.append(offset)
        _volume(image[offset : offset + length], partial(_shifted, offset), found)


def _in_area(area: flash_blocks.Area, start: int, offset: int) -> int | None:
    sector = area.places.get((start + offset) // _SECTOR)
    return None if sector is None else sector + (start + offset) % _SECTOR


def _shifted(start: int, offset: int) -> int | None:
    return start + offset


def _volume(data: bytes, place: Place, found: Material) -> None:
    try:
        volume = fat.open_volume(data)
        walk = fat.Walk(volume)
        found.formats.append(f"fat{volume.bits}")
        for entry in walk.files():
            found.files.append(_file(volume, entry, place))
    except FAULTS as fault:
        said = str(fault) if isinstance(fault, Damaged) else type(fault).__name__
        found.leave_out("FAT volume", place(0), f"could not be read: {said}")
        return
    for reason, count in sorted(walk.left_out.items()):
        found.leave_out(f"{count:,} entries of a FAT volume", place(0), reason)


def _file(volume: fat.Volume, entry: fat.Entry, place: Place) -> Stored:
    clusters = fat.clusters_of(volume, entry)

    def where(offset: int) -> int | None:
        number = offset // volume.cluster_bytes
        if not 0 <= number < len(clusters):
            return None
        start = volume.first + (clusters[number] - 2) * volume.cluster_bytes
        return place(start + offset % volume.cluster_bytes)

    return Stored("/".join(entry.parts), entry.content, entry.is_deleted, where)


def _items(image: bytes, found: Material) -> None:
    items = nv.items(image)
    if len(items) < _FEWEST_ITEMS:
        return
    found.formats.append("spreadtrum nv")
    found.starts.append(items[0].offset)
    for item in items:
        place = partial(_shifted, item.offset + 8)
        found.items.append(Stored(f"nv/{item.number}", item.content, item.is_deleted, place))
    latest = nv.latest_items(items)
    for number, data in nv.volumes(items):
        unit = len(latest[number].content)
        _volume(data, partial(_in_items, latest, (number, unit)), found)


def _in_items(latest: dict[int, nv.Item], first: tuple[int, int], offset: int) -> int | None:
    item = latest.get(first[0] + offset // first[1])
    return None if item is None else item.offset + 8 + offset % first[1]


def records(content: bytes, stride: int) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, bytes) of records of one length; a shorter rest is left out."""
    for at in range(0, len(content) - stride + 1, stride):
        yield at, content[at : at + stride]


def is_blank(record: bytes) -> bool:
    """Return whether a record was never used: all its bytes are 0x00 or all are 0xFF.

    >>> is_blank(b"\\xff\\xff"), is_blank(b"\\0\\xff")
    (True, False)
    """
    return record.count(record[:1]) == len(record) and record[:1] in {b"\0", b"\xff", b""}
