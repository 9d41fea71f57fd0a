"""Spreadtrum NV: numbered items in blocks of 4 KiB, deleted ones too.

The form is from notes and from reading a public tool's source, of which no line is here; no real
dump was at hand. An item: u16 number (0: deleted), u16 checksum, u16 number, u16 size, content
filled up to 2 bytes. The checksum is the item's offset in the flash, plus 0xC513, plus the u16 from
the second number on, modulo 0x10000. Several items together may hold a FAT12 volume: its first item
has the boot sector, the next numbers follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.examine.firmware import fat
from portique.examine.firmware.reading import Damaged, u16

_BLOCK = 4096
_SALT = 0xC513
_MOST_ITEMS = 20_000
_MOST_VOLUMES = 16
_SMS_BYTES = 232
_IMEI_BYTES = 8
_NO_NUMBER = (b"\0\0", b"\xff\xff")


@dataclass(frozen=True)
class Item:
    """One item.

    Args:
        number: its id.
        offset: of its header in the image.
        content: its bytes.
        is_deleted: marked as deleted; it stays readable until its block is erased.
    """

    number: int
    offset: int
    content: bytes
    is_deleted: bool

    @property
    def kind(self) -> str:
        """Return what an item of this size may be, by its form alone."""
        if len(self.content) == _SMS_BYTES:
            return "sms"
        if len(self.content) == _IMEI_BYTES and self.content[0] & 0x0F == 0x0A:
            return "imei"
        return "item"

    @property
    def length(self) -> int:
        """Return the bytes that it takes in the flash."""
        return 8 + len(self.content) + len(self.content) % 2


def items(image: bytes) -> list[Item]:
    """Return every item whose checksum fits, in the order of the image; at most 20,000."""
    found: list[Item] = []
    at = 0
    for start in range(0, len(image) - 8, _BLOCK):
        if start < at:
            continue
        at = start
        while len(found) < _MOST_ITEMS and (item := _item(image, at)) is not None:
            found.append(item)
            at += item.length
    return found


def _item(image: bytes, at: int) -> Item | None:
    if at + 8 > len(image):
        return None
    if image[at + 4 : at + 6] in _NO_NUMBER:  # most of a flash: not worth four numbers
        return None
    mark, checksum, number, size = (u16(image, at + 2 * place) for place in range(4))
    if mark not in {0, number} or not size:
        return None
    end = at + 8 + size + size % 2
    if end > len(image):
        return None
    words = np.frombuffer(image, "<u2", (end - at - 4) // 2, at + 4)
    if (at + _SALT + int(words.sum(dtype=np.int64))) & 0xFFFF != checksum:
        return None
    return Item(number, at, image[at + 8 : at + 8 + size], mark == 0)


def latest_items(found: list[Item]) -> dict[int, Item]:
    """Return the item of each number: the last that is not deleted, else the last."""
    latest: dict[int, Item] = {}
    for item in found:
        if item.number not in latest or not item.is_deleted or latest[item.number].is_deleted:
            latest[item.number] = item
    return latest


def volumes(found: list[Item]) -> list[tuple[int, bytes]]:
    """Return (first number, bytes) of FAT volumes whose clusters are items.

    Where a number exists several times, the last one that is not deleted is taken.
    """
    latest = latest_items(found)
    together: list[tuple[int, bytes]] = []
    for number, item in sorted(latest.items()):
        if len(together) == _MOST_VOLUMES:
            break
        if len(item.content) % fat.BOOT_BYTES or not fat.looks_like_volume(item.content, 0):
            continue
        unit = len(item.content)
        sectors = u16(item.content, 19)
        count = -(-sectors * fat.BOOT_BYTES // unit)
        blank = b"\xff" * unit
        pieces = [latest.get(number + step) for step in range(count)]
        data = b"".join(
            piece.content if piece and len(piece.content) == unit else blank for piece in pieces
        )
        try:
            fat.open_volume(data)
        except Damaged:
            continue
        together.append((number, data))
    return together
