"""ARM's scatter-load table: which parts of the plain code are copied or unpacked into memory.

Two u32 that say, counted from themselves, where the table begins and ends; then the unpacking code.
Each row of 16 bytes: address of the packed bytes, address in memory, plain size, address of the
code that does it. Where the flash is mapped follows from the rows that name the unpacking code; a
table whose rows do not agree on one page-aligned address is not taken. The form was learnt by
reading a public tool's source, of which no line is here; no real dump was at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portique.examine.firmware.reading import u32

_FIRST_WORD = bytes.fromhex("01c08fe2")
_KIND_OF_FOURTH_WORD = {0x075C3001: 3, 0x079C3001: 2}
_ROW_BYTES = 16
_MOST_ROWS = 20
_PAGE = 0x1000
_MOST_PLAIN = 8 << 20


@dataclass(frozen=True)
class Part:
    """One row whose bytes are packed.

    Args:
        offset: of the packed bytes.
        address: in memory.
        size: plain bytes.
        kind: of the byte LZ, 2 or 3.
    """

    offset: int
    address: int
    size: int
    kind: int


def parts(code: bytes) -> Iterator[Part]:
    """Yield the packed parts that the tables in some code name.

    Args:
        code: from the start of the flash on.
    """
    at = code.find(_FIRST_WORD, 8)
    while at >= 0:
        if at % 4 == 0 and at + _ROW_BYTES <= len(code):
            kind = _KIND_OF_FOURTH_WORD.get(u32(code, at + 12))
            if kind:
                yield from _packed(code, at, kind)
        at = code.find(_FIRST_WORD, at + 1)


def _packed(code: bytes, unpacker: int, kind: int) -> Iterator[Part]:
    table = unpacker - 8
    first, end = table + u32(code, table), table + u32(code, table + 4)
    if not first < end <= len(code) or (end - first) % _ROW_BYTES:
        return
    if (end - first) // _ROW_BYTES > _MOST_ROWS:
        return
    rows = [
        tuple(u32(code, at + 4 * place) for place in range(4))
        for at in range(first, end, _ROW_BYTES)
    ]
    bases = {row[3] - unpacker for row in rows if (row[3] - unpacker) % _PAGE == 0}
    if len(bases) != 1 or min(bases) < 0:
        return
    base = bases.pop()
    for source, address, size, routine in rows:
        inside = base <= source < base + len(code)
        if routine - unpacker == base and inside and 0 < size <= _MOST_PLAIN:
            yield Part(source - base, address, size, kind)
