"""The byte LZ of ARM's linker, types 2 and 3: data that start-up code unpacks into memory.

Each step begins with a byte. Its low bits (2 in type 2, 3 in type 3) are the number of literals and
one; 0 says that the next byte has it. Its high 4 bits are a length; 0 says that the next byte has
it. The literals follow. Type 2: a length that is not 0 copies that length and 2, from a distance
whose low byte follows and whose high bits are bits 2 and 3 (both set: another byte has them). Type
3: bit 3 set copies the length and 2 from the distance in the next byte; not set, so many zeros
follow. The form was learnt by reading a public tool's source, of which no line is here; no real
dump was at hand, so a mistake in that reading would not show in the tests.
"""

from __future__ import annotations

from portique.examine.firmware.reading import Damaged

_LONG_DISTANCE = 3
_WITH_ZEROS = 3


class _Bytes:
    """Packed bytes, one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def next(self) -> int:
        """Return the next byte."""
        if self.at >= len(self.data):
            raise Damaged("the packed bytes end before the plain ones do")
        self.at += 1
        return self.data[self.at - 1]


def decode(data: bytes, offset: int, size: int, kind: int) -> tuple[bytes, int]:
    """Return exactly `size` plain bytes, and how many packed bytes gave them.

    Args:
        data: holds the packed bytes from the offset on.
        offset: of the first one.
        size: plain bytes, as the table of parts says.
        kind: 2 or 3.

    Raises:
        Damaged: the last step does not end on the last plain byte, or a distance reaches too far.

    >>> decode(b"\\x33ab\\x02", 0, 7, 2)
    (b'abababa', 4)
    >>> decode(b"\\x33ab", 0, 5, 3)
    (b'ab\\x00\\x00\\x00', 3)
    """
    source, out = _Bytes(data, offset), bytearray()
    literal_bits = 3 if kind == _WITH_ZEROS else 2
    while len(out) < size:
        code = source.next()
        literals = code & ((1 << literal_bits) - 1) or source.next()
        if not literals:
            raise Damaged("a step without a number of literals")
        length = code >> 4 or source.next()
        out += bytes(source.next() for _ in range(literals - 1))
        if kind == _WITH_ZEROS:
            _zeros_or_copy(out, source, code, length)
        elif length:
            _copy(out, _distance(source, code), length + 2)
    if len(out) != size:
        raise Damaged(f"the last step ends at {len(out):,}, not at {size:,} plain bytes")
    return bytes(out), source.at - offset


def _distance(source: _Bytes, code: int) -> int:
    low, high = source.next(), code >> 2 & 3
    return (source.next() if high == _LONG_DISTANCE else high) << 8 | low


def _zeros_or_copy(out: bytearray, source: _Bytes, code: int, length: int) -> None:
    if code & 8:
        _copy(out, source.next(), length + 2)
    else:
        out += bytes(length)


def _copy(out: bytearray, distance: int, length: int) -> None:
    if not 0 < distance <= len(out):
        raise Damaged(f"a distance of {distance:,} after {len(out):,} plain bytes")
    for _ in range(length):
        out.append(out[-distance])
