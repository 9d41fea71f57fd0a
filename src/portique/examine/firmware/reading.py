"""Numbers out of an image, never past its end."""

from __future__ import annotations

import math

import numpy as np

_COUNTED_AT_ONCE = 1 << 20
_JUDGED = 4096
_OPAQUE_BITS = 7.9


class Damaged(Exception):  # noqa: N818 - it says what the material is
    """The bytes are not what their header says: this part could not be read.

    It never leaves the room: the walk over an image turns it into a line of the manifest.
    """


def u16(data: bytes, offset: int) -> int:
    """Return the little-endian 16-bit number at an offset.

    Raises:
        Damaged: it lies outside the data.

    >>> u16(b"\\x01\\x02\\x03", 1)
    770
    """
    return int.from_bytes(cut(data, offset, 2), "little")


def u32(data: bytes, offset: int) -> int:
    """Return the little-endian 32-bit number at an offset.

    Raises:
        Damaged: it lies outside the data.
    """
    return int.from_bytes(cut(data, offset, 4), "little")


def cut(data: bytes, offset: int, length: int) -> bytes:
    """Return exactly `length` bytes from an offset.

    Raises:
        Damaged: they do not all lie in the data.
    """
    if offset < 0 or length < 0 or offset + length > len(data):
        raise Damaged(f"{length:,} bytes at {offset:#x} do not lie inside {len(data):,} bytes")
    return data[offset : offset + length]


def text(raw: bytes) -> str:
    """Return printable ASCII up to the first zero byte; other bytes become `?`.

    >>> text(b"MT6261\\x00\\x00junk")
    'MT6261'
    """
    ended = raw.split(b"\0", 1)[0]
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in ended)


def entropy_bits(data: bytes) -> float:
    """Return the entropy of the bytes, 0 (one value) to 8 (all equally often) bits a byte.

    Code of these phones has 6 to 7; encrypted and well compressed bytes have 7.9 and more, from
    some thousand bytes on.

    >>> entropy_bits(b"aaaa"), entropy_bits(bytes(range(256)))
    (0.0, 8.0)
    """
    if not data:
        return 0.0
    counts = np.zeros(256, np.int64)
    for start in range(0, len(data), _COUNTED_AT_ONCE):
        some = data[start : start + _COUNTED_AT_ONCE]
        counts += np.bincount(np.frombuffer(some, np.uint8), minlength=256)
    shares = [int(count) / len(data) for count in counts if count]
    return math.fsum(share * math.log2(1 / share) for share in shares)


def looks_encrypted(data: bytes) -> bool:
    """Return whether bytes are as even as encrypted or well compressed ones; few are never.

    >>> looks_encrypted(bytes(range(256)) * 16), looks_encrypted(b"plain text " * 1000)
    (True, False)
    """
    return len(data) >= _JUDGED and entropy_bits(data) > _OPAQUE_BITS


def opaque_bytes(data: bytes) -> int:
    """Return how many bytes lie in blocks of 4 KiB that look encrypted or compressed.

    Pictures and sounds look so too: the number says where to look, not what is there.
    """
    blocks = (data[start : start + _JUDGED] for start in range(0, len(data), _JUDGED))
    return sum(len(block) for block in blocks if looks_encrypted(block))
