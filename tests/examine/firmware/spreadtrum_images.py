"""Spreadtrum images that the tests build: DRPS blocks, NV items, PAC containers."""

from __future__ import annotations

import struct

from tests.examine.firmware.lzma_encoder import packed


def stream(plain: bytes) -> bytes:
    """Return an LZMA-alone stream without matched literals."""
    return b"\x5c" + struct.pack("<IQ", 1 << 16, len(plain)) + packed(plain, matched=False)


def capn(parts: list[bytes]) -> bytes:
    """Return a part of several streams."""
    streams = [stream(part) for part in parts]
    size = 16 + sum(len(each) for each in streams)
    starts, at = [], 16
    for each in streams:
        starts.append(at)
        at += len(each)
    head = b"CAPN" + struct.pack("<3I", 0, size, len(parts))
    return head + b"".join(streams) + struct.pack(f"<{len(parts)}I", *starts)


def drps(parts: list[tuple[bytes, bytes, int]]) -> bytes:
    """Return a block of (name, packed bytes, room) parts."""
    content, table, at = b"", b"", 16
    for name, some, room in parts:
        table += b"COLB" + name[::-1] + struct.pack("<3I", at, len(some), room)
        content += some
        at += len(some)
    return b"DRPS" + struct.pack("<3I", 0, at, len(parts)) + content + table


def items(offset: int, *some: tuple[int, bytes, bool]) -> bytes:
    """Return NV items (number, content, deleted) as they stand at an offset of the flash."""
    found = b""
    for number, content, deleted in some:
        padded = content + b"\xff" * (len(content) % 2)
        body = struct.pack("<HH", number, len(content)) + padded
        total = sum(struct.unpack(f"<{len(body) // 2}H", body))
        check = (offset + len(found) + 0xC513 + total) % 0x10000
        found += struct.pack("<HH", 0 if deleted else number, check) + body
    return found


def pac(files: list[tuple[str, bytes]]) -> bytes:
    """Return a container whose header's checksum fits."""
    header = bytearray(2124)
    start = 2124 + 2580 * len(files)
    entries, content = b"", b""
    for name, data in files:
        entry = bytearray(2580)
        struct.pack_into("<I", entry, 0, 2580)
        encoded = name.encode("utf-16-le")
        entry[516 : 516 + len(encoded)] = encoded
        struct.pack_into("<I", entry, 1540, len(data))
        struct.pack_into("<I", entry, 1552, start + len(content))
        entries += bytes(entry)
        content += data
    struct.pack_into("<I", header, 48, start + len(content))
    struct.pack_into("<II", header, 1076, len(files), 2124)
    struct.pack_into("<I", header, 2116, 0xFFFAFFFA)
    check = 0
    for byte in header[:2120]:
        for place in range(8):
            odd = (check ^ byte >> place) & 1
            check = check >> 1 ^ 0xA001 * odd
    struct.pack_into("<H", header, 2120, check)
    return bytes(header) + entries + content
