"""A plain-Python ALICE decoder: what the one of the package is measured against.

One code at a time, as the format reads; no numpy. Under two megabytes a second.
"""

from __future__ import annotations

from portique.examine.firmware import alice
from portique.examine.firmware.reading import u16, u32


def decode(image: bytes, offset: int) -> bytes:
    """Return the plain code of the segment whose header lies at an offset; nothing is checked."""
    header = alice.read_header(image, offset)
    first, place = [], header.dictionary + offset
    for width in header.widths:
        first.append(place)
        place += 2 << width
    out = bytearray()
    for number in range(header.blocks):
        entry = u32(image, offset + header.table + 4 * number)
        at = offset + header.coded + ((entry - header.base) & 0xFFFFFF)
        for _ in range(2):
            at = _half(image, at, (header.widths, first), out)
    return bytes(out)


def _half(image: bytes, at: int, classes: tuple[tuple[int, ...], list[int]], out: bytearray) -> int:
    """Add 32 halfwords; return the byte at which the next half begins."""
    widths, first = classes
    window = int.from_bytes(image[at : at + 80].ljust(80, b"\0"), "big")
    left = 640
    for _ in range(32):
        kind = window >> (left - 3) & 7
        width = 16 if kind == 7 else widths[kind]
        index = window >> (left - 3 - width) & ((1 << width) - 1)
        left -= 3 + width
        word = index if kind == 7 else u16(image, first[kind] + 2 * index)
        out += word.to_bytes(2, "little")
    return at + (640 - left + 7) // 8
