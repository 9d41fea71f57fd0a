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


def byte_lz(plain: bytes, kind: int) -> bytes:
    """Return bytes packed as the linker does: greedy, one literal or one copy at a time."""
    out, at, literals = bytearray(), 0, bytearray()
    while at < len(plain):
        distance, length = longest(plain, at, 255 if kind == 3 else 1000)
        if length >= 3:
            out += step(bytes(literals), distance, length, kind)
            literals.clear()
            at += length
            continue
        literals.append(plain[at])
        at += 1
        if len(literals) == 200:
            out += step(bytes(literals), 0, 0, kind)
            literals.clear()
    return bytes(out + (step(bytes(literals), 0, 0, kind) if literals else b""))


def step(literals: bytes, distance: int, length: int, kind: int) -> bytes:
    """Return one step: literals, then a copy where there is a length."""
    room = 8 if kind == 3 else 4
    count = len(literals) + 1
    code, more = (count, b"") if count < room else (0, bytes([count]))
    said = max(length - 2, 0)
    code |= (said if said < 16 else 0) << 4
    if not 0 < said < 16:
        more += bytes([said])
    if not length:
        return bytes([code]) + more + literals
    if kind == 3:
        return bytes([code | 8]) + more + literals + bytes([distance])
    high = distance >> 8
    far = bytes([distance & 0xFF]) + (bytes([high]) if high >= 3 else b"")
    return bytes([code | min(high, 3) << 2]) + more + literals + far


def longest(plain: bytes, at: int, most: int) -> tuple[int, int]:
    """Return (distance, length) of the longest copy of what follows, at most 250 bytes."""
    best = (0, 0)
    for distance in range(1, min(at, most) + 1):
        length = 0
        while length < 250 and at + length < len(plain):
            if plain[at + length] != plain[at + length - distance]:
                break
            length += 1
        if length > best[1]:
            best = (distance, length)
    return best


def start_up(plain: bytes, kind: int, base: int = 0x30000000) -> bytes:
    """Return code with a scatter-load table that unpacks some bytes to 0x04000000."""
    code = bytearray(0x400)
    packed_at, table = 0x300 + 16, 0x100
    rows = struct.pack("<4I", base + packed_at, 0x04000000, len(plain), base + table + 8)
    struct.pack_into("<2I", code, table, 0x200, 0x200 + len(rows))
    fourth = 0x075C3001 if kind == 3 else 0x079C3001
    struct.pack_into("<4I", code, table + 8, 0xE28FC001, 0, 0, fourth)
    code[0x300 : 0x300 + len(rows)] = rows
    code[0x20:0x24] = b"2656"
    return bytes(code[:packed_at]) + byte_lz(plain, kind) + b""
