"""Spreadtrum DRPS: the packed parts (kernel, user, resource) of SC6531 phones.

The form was learnt by reading a public tool's source, of which no line is here; no real dump was at
hand. A DRPS block has its size at 8 and its count at 12; behind it stand entries of 20 bytes:
`COLB`, u32 name, u32 offset from the block, u32 packed size, u32 room for the plain bytes. An entry
is one LZMA-alone stream, or `CAPN` (size at 8, count at 12) with a table of stream offsets behind
it. The streams lack matched literals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from portique.examine.firmware import lzma_stream
from portique.examine.firmware.lzma_stream import Properties
from portique.examine.firmware.reading import Damaged, cut, text, u32

MAGIC = b"DRPS\0\0\0\0"
_ENTRY_MAGIC = b"COLB"
_ENTRY_BYTES = 20
_MOST_ENTRIES = 32
_MOST_STREAMS = 1 << 14
_MOST_PLAIN = 32 << 20
_ALONE_BYTES = 13


@dataclass(frozen=True)
class Entry:
    """One packed part.

    Args:
        name: as the entry has it; signs that cannot be printed become "?".
        offset: in the image.
        length: packed bytes.
        room: bytes that the plain part may have.
    """

    name: str
    offset: int
    length: int
    room: int


def find(image: bytes) -> Iterator[int]:
    """Yield the offset of every DRPS block."""
    at = image.find(MAGIC)
    while at >= 0:
        yield at
        at = image.find(MAGIC, at + 4)


def read_entries(image: bytes, offset: int) -> tuple[list[Entry], int]:
    """Return the entries of a block, and the length of the block with its entries.

    Raises:
        Damaged: sizes do not fit, or an entry lacks its magic.
    """
    size, count = u32(image, offset + 8), u32(image, offset + 12)
    if size < 16 or not 0 < count <= _MOST_ENTRIES:
        raise Damaged(f"a DRPS block of {size:,} bytes and {count:,} entries")
    table = cut(image, offset + size, count * _ENTRY_BYTES)
    entries = []
    for start in range(0, len(table), _ENTRY_BYTES):
        if table[start : start + 4] != _ENTRY_MAGIC:
            raise Damaged("an entry of a DRPS block without its magic")
        place, length, room = (u32(table, start + at) for at in (8, 12, 16))
        if place < 16 or place + length > size or not 0 < room <= _MOST_PLAIN:
            raise Damaged(f"an entry of a DRPS block at {place:#x}, {length:,} bytes")
        name = text(table[start + 4 : start + 8][::-1])
        entries.append(Entry(name, offset + place, length, room))
    return entries, size + len(table)


def plain_bytes(image: bytes, entry: Entry) -> int:
    """Return how many bytes the streams of an entry say that they give.

    Raises:
        Damaged: the streams do not follow each other, or they give more than a phone holds.
    """
    sizes = [
        lzma_stream.read_alone_header(stream, 0)[2]
        for stream in _streams(cut(image, entry.offset, entry.length))
    ]
    if max(sizes) > entry.room or sum(sizes) > _MOST_PLAIN:
        raise Damaged(f"streams of {sum(sizes):,} plain bytes, more than there is room for")
    return sum(sizes)


def decode(image: bytes, entry: Entry) -> bytes:
    """Return the plain bytes of an entry.

    Raises:
        Damaged: a stream does not give exactly the size that it names, or does not end within the
            4 bytes that it is aligned to.
    """
    packed, plain = cut(image, entry.offset, entry.length), bytearray()
    plain_bytes(image, entry)
    for stream in _streams(packed):
        first, _, size = lzma_stream.read_alone_header(stream, 0)
        properties = Properties.of(first, matched_literals=False)
        made, read, nothing_left = lzma_stream.decode(stream[_ALONE_BYTES:], properties, size)
        rest = len(stream) - _ALONE_BYTES - read
        if len(made) != size or not nothing_left or not 0 <= rest < 4:
            raise Damaged(f"{len(made):,} of {size:,} plain bytes, {rest:,} packed bytes left")
        plain += made
    return bytes(plain)


def _streams(packed: bytes) -> Iterator[bytes]:
    if packed[:4] != b"CAPN":
        yield packed
        return
    size, count = u32(packed, 8), u32(packed, 12)
    if size < 16 or not 0 < count <= _MOST_STREAMS or size + 4 * count != len(packed):
        raise Damaged(f"a CAPN part of {size:,} bytes and {count:,} streams")
    starts = [u32(packed, size + 4 * number) for number in range(count)] + [size]
    for start, until in pairwise(starts):
        if not 16 <= start < until <= size:
            raise Damaged("streams of a CAPN part that do not follow each other")
        yield packed[start:until]
