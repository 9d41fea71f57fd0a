"""MediaTek's flash translation layer of the user area: sectors kept in 4,096-byte blocks.

A block: 32 bytes of header, 480 of filling, 7 sectors of 512 bytes. The header holds, for each
sector, u16 logical number and u16 flag (0xC000: in use; 0 or 0xFFFF: not). From public notes; no
real dump was at hand. So a layout is taken only where what comes together begins with a boot sector
or a partition table, and where the seven pairs stand in the header is tried both ways.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BLOCK_BYTES = 4096
SECTOR_BYTES = 512
_SECTORS = 7
_IN_USE = 0xC000
_UNUSED = frozenset({0x0000, 0xFFFF})
_PAIRS_AT = (0, 4)
_FEWEST_BLOCKS = 2
_MOST_AREAS = 4
_ERASED = b"\xff" * SECTOR_BYTES


@dataclass(frozen=True)
class Area:
    """Sectors that were put in order.

    Args:
        data: from logical sector 0 on; zeros where a sector lacks.
        offset: of the first block in the image.
        length: of all blocks in the image.
        sectors: number of sectors in use.
        older_copies: sectors of a number that was seen again later in the image; not used.
        places: offset in the image of each sector in use, by its logical number.
    """

    data: bytes
    offset: int
    length: int
    sectors: int
    older_copies: int
    places: dict[int, int] = field(default_factory=dict)


def areas(image: bytes) -> list[Area]:
    """Return the stretches of blocks that hold sectors, in the order of the image; at most 4."""
    for pairs_at in _PAIRS_AT:
        found: list[Area] = []
        for first, blocks in _stretches(image, pairs_at):
            area = _together(image, first, blocks, pairs_at)
            if area is not None and len(found) < _MOST_AREAS:
                found.append(area)
        if found:
            return found
    return []


def _stretches(image: bytes, pairs_at: int) -> list[tuple[int, int]]:
    """Return (offset, number of blocks) of neighbouring blocks whose headers fit."""
    found: list[tuple[int, int]] = []
    for offset in range(0, len(image) - BLOCK_BYTES + 1, BLOCK_BYTES):
        if _numbers(image, offset, pairs_at) is None:
            continue
        if found and found[-1][0] + found[-1][1] * BLOCK_BYTES == offset:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((offset, 1))
    return [stretch for stretch in found if stretch[1] >= _FEWEST_BLOCKS]


def _numbers(image: bytes, offset: int, pairs_at: int) -> list[int | None] | None:
    """Return the logical number of each sector of a block; None where this is no such block."""
    if image.startswith(_ERASED, offset):
        return [None] * _SECTORS
    header = image[offset + pairs_at : offset + pairs_at + 4 * _SECTORS]
    numbers: list[int | None] = []
    for at in range(0, 4 * _SECTORS, 4):
        flag = int.from_bytes(header[at + 2 : at + 4], "little")
        if flag == _IN_USE:
            numbers.append(int.from_bytes(header[at : at + 2], "little"))
        elif flag in _UNUSED:
            numbers.append(None)
        else:
            return None
    filling = image[offset + 32 : offset + SECTOR_BYTES]
    if filling.count(filling[:1]) != len(filling):
        return None
    return numbers


def _together(image: bytes, first: int, blocks: int, pairs_at: int) -> Area | None:
    where: dict[int, int] = {}
    older = 0
    for offset in range(first, first + blocks * BLOCK_BYTES, BLOCK_BYTES):
        for place, number in enumerate(_numbers(image, offset, pairs_at) or ()):
            if number is not None:
                older += number in where
                where[number] = offset + SECTOR_BYTES * (place + 1)
    if 0 not in where or image[where[0] + 510 : where[0] + 512] != b"\x55\xaa":
        return None
    data = bytearray((max(where) + 1) * SECTOR_BYTES)
    for number, offset in where.items():
        data[number * SECTOR_BYTES : (number + 1) * SECTOR_BYTES] = image[
            offset : offset + SECTOR_BYTES
        ]
    return Area(bytes(data), first, blocks * BLOCK_BYTES, len(where), older, where)
