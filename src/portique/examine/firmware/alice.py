"""MediaTek ALICE: code packed halfword by halfword with a fixed dictionary.

The 40-byte header: magic (8), u32 address of the coded bytes (directly behind the header), of the
map table, of the dictionary, seven u16 widths, u16 not understood, u16 block size. A code, most
significant bit first, is a 3-bit class and an index of that class's width into the class's stretch
of the dictionary of halfwords; class 7 is the halfword itself. After 32 halfwords the input moves
on to a whole byte. A u32 map entry stands for each 128 bytes of plain code: its low 24 bits are the
address of the first code, its top 6 bits the coded length of the first 64 bytes less 13. In every
real build one entry more points to where the coded bytes end; without it the last block has to end
there. Up to 3 bytes follow, so that the table is aligned.

Checked on LinkIt ONE (ALICE_1), where the vendor's plain copy is the same, and SIM800C (ALICE_2).
The blocks do not depend on each other, so each step decodes one halfword of every block at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.examine.firmware.reading import Damaged, cut, u16, u32

MAGICS = (b"ALICE_1\0", b"ALICE_2\0")
HEADER_BYTES = 40
BLOCK_BYTES = 128
_HALF = 32
_RAW_WIDTH = 16
_CODE_BITS = 3 + _RAW_WIDTH
_LOW = 0xFFFFFF
_ALIGNED_TO = 4
_ALIGN = 1024
_SHORTEST_HALF = 13
_SHORTEST_BLOCK = 2 * _HALF * 3 // 8
_LONGEST_BLOCK = 2 * _HALF * _CODE_BITS // 8 + 1
_AT_ONCE = 4096

Words = npt.NDArray[np.int64]
Halfwords = npt.NDArray[np.uint16]
Codes = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Header:
    """What an ALICE header says, turned into offsets.

    Args:
        version: 1 or 2.
        base: address of the coded bytes.
        coded: offset of the coded bytes from the header.
        table: offset of the map table from the header.
        blocks: number of map entries that stand for a block.
        dictionary: offset of the dictionary from the header.
        end: offset of the first byte behind the dictionary.
        widths: bits of the index in each of the seven classes.
    """

    version: int
    base: int
    coded: int
    table: int
    blocks: int
    dictionary: int
    end: int
    widths: tuple[int, ...]

    @property
    def plain_bytes(self) -> int:
        """Return how long the plain code is."""
        return self.blocks * BLOCK_BYTES

    @property
    def link_address(self) -> int:
        """Return where the plain code runs: its base, rounded up to 1 KiB."""
        return -(-self.base // _ALIGN) * _ALIGN


@dataclass(frozen=True)
class Alice:
    """Plain code, before branches are mended.

    Args:
        header: as read.
        plain: the code, 128 bytes for each block.
    """

    header: Header
    plain: bytes


def read_header(image: bytes, offset: int) -> Header:
    """Return the header at an offset; what it says must fit together and lie in the image.

    Raises:
        Damaged: it does not.
    """
    head = cut(image, offset, HEADER_BYTES)
    if head[:8] not in MAGICS:
        raise Damaged("no ALICE header")
    base, table, dictionary = (u32(head, at) for at in (8, 12, 16))
    widths = tuple(u16(head, 0x14 + 2 * each) for each in range(7))
    if max(widths) > _RAW_WIDTH:
        raise Damaged(f"an index of {max(widths)} bits")
    entries = (dictionary - table) // 4
    if not base < table < dictionary or entries < 1 or table - base > _LOW:
        raise Damaged("coded bytes, map table and dictionary are not in this order")
    if entries > (table - base) // _SHORTEST_BLOCK + 2:
        raise Damaged(f"{entries:,} blocks out of {table - base:,} coded bytes")
    shift = HEADER_BYTES - base
    end = dictionary + shift + 2 * sum(1 << width for width in widths)
    cut(image, offset, end)
    last = u32(image, offset + table + shift + 4 * (entries - 1))
    is_end = 0 <= table - base - ((last - base) & _LOW) < _ALIGNED_TO
    if entries == is_end:
        raise Damaged("no block")
    return Header(
        version=head[6] - ord("0"),
        base=base,
        coded=HEADER_BYTES,
        table=table + shift,
        blocks=entries - is_end,
        dictionary=dictionary + shift,
        end=end,
        widths=widths,
    )


def decode(image: bytes, offset: int) -> Alice:
    """Return the plain code of the ALICE segment whose header lies at an offset.

    Raises:
        Damaged: the header, a map entry or a block does not fit: each block must end on the byte
            where the next begins, and its halves must be as long as the map says.
    """
    header = read_header(image, offset)
    coded = cut(image, offset + header.coded, header.table - header.coded)
    starts, firsts = _map(image, offset, header)
    if starts[0] != 0 or (np.diff(starts) < 0).any() or starts[-1] > len(coded):
        raise Damaged("the map table does not run from the first coded byte to the last")
    dictionary = np.frombuffer(
        image, "<u2", (header.end - header.dictionary) // 2, offset + header.dictionary
    )
    plain, middles, ends = _blocks(coded, starts, _codes(dictionary, header.widths))
    _refuse_misfits("half", middles - starts, firsts)
    _refuse_misfits("block", ends[:-1], starts[1:])
    if not 0 <= len(coded) - int(ends[-1]) < _ALIGNED_TO:
        raise Damaged(f"the last block ends {len(coded) - int(ends[-1]):,} bytes before the map")
    return Alice(header, plain.tobytes())


def _map(image: bytes, offset: int, header: Header) -> tuple[Words, Words]:
    """Return where each block begins, and how long its first half is, in coded bytes."""
    entries = np.frombuffer(image, "<u4", header.blocks, offset + header.table).astype(np.int64)
    return (entries - header.base) & _LOW, (entries >> 26) + _SHORTEST_HALF


def _blocks(coded: bytes, starts: Words, codes: Codes) -> tuple[Halfwords, Words, Words]:
    """Decode every block; return halfwords (block, 64), and where in bytes both halves end."""
    plain = np.empty((len(starts), 2 * _HALF), "<u2")
    middles, ends = np.empty_like(starts), np.empty_like(starts)
    for begin in range(0, len(starts), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        first, until = int(starts[begin]), int(starts[some][-1]) + _LONGEST_BLOCK
        bits = _bits_from_each_byte(coded[first:until].ljust(until - first, b"\0"))
        by_step = np.empty((2 * _HALF, len(starts[some])), np.uint16)
        middle = _half(bits, (starts[some] - first).astype(np.uint32), codes, by_step[:_HALF])
        ends[some] = _half(bits, middle, codes, by_step[_HALF:])
        plain[some] = by_step.T
        ends[some] += first
        middles[some] = middle
        middles[some] += first
    return plain, middles, ends


def _half(bits: Codes, at_byte: Codes, codes: Codes, by_step: Halfwords) -> Codes:
    """Fill in 32 halfwords (step, block); return the whole bytes at which they end."""
    at: Codes = np.multiply(at_byte, 8, dtype=np.uint32)
    for step in range(_HALF):
        code = codes.take((bits.take(at >> 3) << (at & 7)) >> (32 - _CODE_BITS))
        by_step[step] = code  # the low 16 bits are the halfword
        at += code >> 16
    whole: Codes = np.floor_divide(at + 7, 8, dtype=np.uint32)
    return whole


def _codes(dictionary: Halfwords, widths: tuple[int, ...]) -> Codes:
    """Return, for every 19 bits that may come next, the halfword and (from bit 16) its length."""
    kinds: list[Codes] = []
    first = 0
    for width in widths:
        words = dictionary[first : first + (1 << width)].astype(np.uint32)
        kinds.append(np.repeat(words | (3 + width) << 16, 1 << (_RAW_WIDTH - width)))
        first += 1 << width
    raw: Codes = np.arange(1 << _RAW_WIDTH, dtype=np.uint32)
    raw |= np.uint32(_CODE_BITS << 16)
    kinds.append(raw)
    return np.concatenate(kinds)


def _bits_from_each_byte(coded: bytes) -> Codes:
    """Return, for each byte, the 32 bits that begin there; zeros follow the last."""
    raw = np.frombuffer(coded + bytes(4), np.uint8).astype(np.uint32)
    bits: Codes = (raw[:-3] << 24 | raw[1:-2] << 16 | raw[2:-1] << 8 | raw[3:]).astype(np.uint32)
    return bits


def _refuse_misfits(name: str, found: Words, told: Words) -> None:
    wrong = np.flatnonzero(found != told)
    if len(wrong):
        at = int(wrong[0])
        raise Damaged(
            f"{len(wrong):,} of {len(found):,} times a {name} ends elsewhere than the map says; "
            f"first block {at:,}: {int(found[at]):,}, not {int(told[at]):,}"
        )
