"""FAT volumes and flash blocks that the tests build, hostile ones too."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SECTOR = 512
ROOTS = 64


@dataclass
class Fat:
    """A small FAT12 or FAT16 volume, one sector a cluster.

    Args:
        clusters: number of clusters.
    """

    clusters: int = 200
    table: dict[int, int] = field(default_factory=dict)
    content: dict[int, bytes] = field(default_factory=dict)
    root: list[bytes] = field(default_factory=list)
    free: int = 2

    def store(self, data: bytes, *, deleted: bool = False) -> int:
        """Put bytes into the next clusters and return the first."""
        first = self.free
        count = max(1, -(-len(data) // SECTOR))
        for step in range(count):
            cluster = first + step
            self.content[cluster] = data[step * SECTOR : (step + 1) * SECTOR]
            if not deleted:
                self.table[cluster] = cluster + 1 if step + 1 < count else 0xFFFF
        self.free += count
        return first

    def add(self, name: str, data: bytes, *, deleted: bool = False) -> None:
        """Put a file into the root folder."""
        first = self.store(data, deleted=deleted)
        self.root += lines(name, 0x20, first, len(data), deleted=deleted)

    def add_folder(self, name: str, inner: list[bytes]) -> int:
        """Put a folder into the root folder and return its cluster."""
        first = self.store(b"".join([line(b".          ", 0x10, 0, 0), *inner]))
        self.root += lines(name, 0x10, first, 0)
        return first

    def image(self) -> bytes:
        """Return the whole volume."""
        bits = 12 if self.clusters < 4085 else 16
        fat_sectors = -(-(self.clusters + 2) * bits // 8 // SECTOR) + 1
        total = 1 + fat_sectors + ROOTS * 32 // SECTOR + self.clusters
        boot = bytearray(SECTOR)
        boot[:3] = b"\xeb\x3c\x90"
        struct.pack_into("<HBHBHHBH", boot, 11, SECTOR, 1, 1, 1, ROOTS, total, 0xF8, fat_sectors)
        boot[510:] = b"\x55\xaa"
        table = bytearray(fat_sectors * SECTOR)
        for cluster, following in self.table.items():
            self._write(table, bits, cluster, following)
        data = b"".join(
            self.content.get(cluster, b"").ljust(SECTOR, b"\0")
            for cluster in range(2, self.clusters + 2)
        )
        return bytes(boot) + bytes(table) + b"".join(self.root).ljust(ROOTS * 32, b"\0") + data

    @staticmethod
    def _write(table: bytearray, bits: int, cluster: int, following: int) -> None:
        if bits == 16:
            struct.pack_into("<H", table, cluster * 2, following)
            return
        at = cluster * 3 // 2
        pair = table[at] | table[at + 1] << 8
        value = following & 0xFFF
        pair = pair & 0x000F | value << 4 if cluster & 1 else pair & 0xF000 | value
        struct.pack_into("<H", table, at, pair)


def line(short: bytes, attributes: int, cluster: int, size: int) -> bytes:
    """Return one line of a folder."""
    return short + bytes([attributes]) + bytes(14) + struct.pack("<HI", cluster, size)


def lines(
    name: str, attributes: int, cluster: int, size: int, *, deleted: bool = False
) -> list[bytes]:
    """Return the lines of one name: pieces of a long name where it is no short one."""
    stem, _, kind = name.partition(".")
    if name == name.upper() and len(stem) <= 8 and len(kind) <= 3:
        short, pieces = f"{stem:<8}{kind:<3}".encode(), list[bytes]()
    else:
        short = b"LONG~1  TXT"
        pieces = long_lines(name, short)
    found = [*pieces, line(short, attributes, cluster, size)]
    return [b"\xe5" + each[1:] for each in found] if deleted else found


def long_lines(name: str, short: bytes) -> list[bytes]:
    """Return the pieces of a long name, the last one first."""
    check = 0
    for byte in short:
        check = (((check & 1) << 7) + (check >> 1) + byte) & 0xFF
    units = name.encode("utf-16-le") + b"\0\0"
    units += b"\xff" * (-len(units) % 26)
    count = len(units) // 26
    found = []
    for number in range(count):
        piece = units[number * 26 : number * 26 + 26]
        order = (number + 1) | (0x40 if number + 1 == count else 0)
        head = bytes([order]) + piece[:10] + b"\x0f\0" + bytes([check])
        found.append(head + piece[10:22] + b"\0\0" + piece[22:])
    return found[::-1]


def flash_blocks(data: bytes, pairs_at: int = 0) -> bytes:
    """Return sectors in blocks of 4,096 bytes, in an order that is not theirs."""
    sectors = [data[at : at + SECTOR] for at in range(0, len(data), SECTOR)]
    numbers = list(range(len(sectors)))
    numbers = numbers[1::2] + numbers[::2]
    image = b""
    for start in range(0, len(numbers), 7):
        some = numbers[start : start + 7]
        pairs = b"".join(struct.pack("<HH", number, 0xC000) for number in some).ljust(28, b"\xff")
        header = (bytes(pairs_at) + pairs).ljust(32, b"\xff").ljust(SECTOR, b"\xff")
        image += header + b"".join(sectors[number] for number in some).ljust(7 * SECTOR, b"\xff")
    return image
