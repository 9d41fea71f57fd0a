"""MediaTek ZIMAGE: code in LZMA whose window is the mended ALICE code.

Six u32 (1, 3, header size 0x18, packed size, 0, plain size), then an LZMA-alone header (13 bytes,
counted in the packed size) and the stream. The window holds the ALICE code with relative calls,
without its trailing zeros, filled up to 4 bytes; the first literal's context is 0. Checked on
SIM800C 1418B02 and 1418B04. BOOT_ZIMAGE and DCMCMP are taken to have the same form; no build with
one was read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portique.examine.firmware import lzma_stream
from portique.examine.firmware.reading import Damaged, cut, u32

HEADER_BYTES = 0x18
_ALONE_BYTES = 13
_MOST_PLAIN = 32 << 20


@dataclass(frozen=True)
class Zimage:
    """Plain code, before branches are mended.

    Args:
        length: bytes of header and stream in the image.
        plain: the code.
    """

    length: int
    plain: bytes


def window_of(alice: bytes) -> bytes:
    """Return the window that mended ALICE code makes.

    >>> window_of(bytes.fromhex("01020304 0506 0000 00000000")).hex()
    '0102030405060000'
    """
    kept = alice.rstrip(b"\0")
    return kept + bytes(-len(kept) % 4)


def length_at(image: bytes, offset: int) -> int:
    """Return how many bytes the segment at an offset has, by its header alone.

    Raises:
        Damaged: no such header, or the image ends before.
    """
    head = [u32(image, offset + 4 * each) for each in range(6)]
    if head[:3] != [1, 3, HEADER_BYTES] or head[4] != 0:
        raise Damaged("no ZIMAGE header")
    if head[3] <= _ALONE_BYTES or not 0 < head[5] <= _MOST_PLAIN:
        raise Damaged(f"packed {head[3]:,} bytes, plain {head[5]:,}")
    cut(image, offset + HEADER_BYTES, head[3])
    return HEADER_BYTES + head[3]


def decode(
    image: bytes, offset: int, window: bytes, tick: Callable[[int], None] | None = None
) -> Zimage:
    """Return the plain code of the segment at an offset.

    Args:
        image: all bytes.
        offset: of the header.
        window: as `window_of` makes it; empty where a build has no ALICE segment.
        tick: told from time to time how many bytes are done.

    Raises:
        Damaged: the header does not fit, or packed and plain bytes do not both end exactly.
    """
    length = length_at(image, offset)
    plain_size = u32(image, offset + 20)
    stream = cut(image, offset + HEADER_BYTES, length - HEADER_BYTES)
    first, _, said = lzma_stream.read_alone_header(stream, 0)
    if said != plain_size:
        raise Damaged(f"two plain sizes: {plain_size:,} and {said:,}")
    packed = stream[_ALONE_BYTES:]
    plain, read, nothing_left = lzma_stream.decode(
        packed, lzma_stream.Properties.of(first), plain_size, window=window, tick=tick
    )
    if len(plain) != plain_size or read != len(packed) or not nothing_left:
        raise Damaged(
            f"{read:,} of {len(packed):,} packed bytes gave {len(plain):,} of {plain_size:,}"
        )
    return Zimage(length, plain)
