"""Spreadtrum PAC: the container in which firmware for a phone is handed out.

Sizes, magic and checksum are from notes, the places of fields from general knowledge of the form;
no real file was at hand. A header of 2,124 bytes (size of the whole at 48, number of files at 1076,
offset of their entries at 1080, magic at 2116, CRC-16 of what stands before the magic's end at
2120), then an entry of 2,580 bytes for each file: UTF-16 id at 4 and name at 516, size at 1540,
offset at 1552, address at 1564.
"""

from __future__ import annotations

from dataclasses import dataclass

from portique.examine.firmware.reading import Damaged, cut, u16, u32

HEADER_BYTES = 2124
ENTRY_BYTES = 2580
_MAGIC = 0xFFFAFFFA
_MAGIC_AT = 2116
_MOST_FILES = 256


@dataclass(frozen=True)
class File:
    """One file of a container.

    Args:
        name: as the entry has it; its id where it has no name.
        offset: in the container.
        length: in bytes; 0 where the entry only names an address.
        address: where it is written to.
    """

    name: str
    offset: int
    length: int
    address: int


def is_pac(image: bytes) -> bool:
    """Return whether an image begins with the header of a container."""
    return len(image) > HEADER_BYTES and u32(image, _MAGIC_AT) == _MAGIC


def read_files(image: bytes) -> tuple[list[File], bool]:
    """Return the files, and whether the header's checksum fits.

    Raises:
        Damaged: the size is not that of the image, or an entry reaches past the end.
    """
    size, count, entries = u32(image, 48), u32(image, 1076), u32(image, 1080)
    if size != len(image) or not 0 < count <= _MOST_FILES:
        raise Damaged(f"a container of {size:,} bytes and {count:,} files in {len(image):,} bytes")
    files = []
    for start in range(entries, entries + count * ENTRY_BYTES, ENTRY_BYTES):
        entry = cut(image, start, ENTRY_BYTES)
        if u32(entry, 0) != ENTRY_BYTES:
            raise Damaged(f"an entry of {u32(entry, 0):,} bytes")
        length, offset = u32(entry, 1540), u32(entry, 1552)
        cut(image, offset, length)
        name = _utf16(entry[516:1028]) or _utf16(entry[4:516]) or "unnamed"
        files.append(File(name, offset, length, u32(entry, 1564)))
    return files, crc16(image[: _MAGIC_AT + 4]) == u16(image, _MAGIC_AT + 4)


def crc16(data: bytes) -> int:
    """Return the CRC-16 with the polynomial 0xA001, from 0.

    >>> hex(crc16(b"123456789"))
    '0xbb3d'
    """
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def _utf16(raw: bytes) -> str:
    return raw.decode("utf-16-le", "replace").split("\0", 1)[0]
