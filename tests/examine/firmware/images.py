"""MediaTek images that the tests build: encoders written apart from the decoders."""

from __future__ import annotations

import struct
from collections import Counter

from tests.examine.firmware.lzma_encoder import packed

WIDTHS = (1, 2, 3, 4, 4, 5, 6)
ALICE_BASE = 0x10300128
LOAD = 0x10300000


def bit_text(value: int, width: int) -> str:
    """Return a number as so many bits."""
    return format(value, f"0{width}b") if width else ""


def alice(
    plain: bytes, base: int = ALICE_BASE, version: int = 2, *, has_end_mark: bool = True
) -> bytes:
    """Return an ALICE segment; what is plain must fill whole blocks of 128 bytes."""
    halfwords = struct.unpack(f"<{len(plain) // 2}H", plain)
    often = [word for word, _ in Counter(halfwords).most_common()]
    room = sum(1 << width for width in WIDTHS)
    dictionary = (often + [0] * room)[:room]
    codes: dict[int, str] = {}
    place = 0
    for kind, width in enumerate(WIDTHS):
        for index in range(1 << width):
            codes.setdefault(dictionary[place], bit_text(kind, 3) + bit_text(index, width))
            place += 1
    coded, entries = bytearray(), []
    for block in range(0, len(halfwords), 64):
        start = len(coded)
        first = half(halfwords[block : block + 32], codes)
        coded += first + half(halfwords[block + 32 : block + 64], codes)
        entries.append((base + start) & 0xFFFFFF | (len(first) - 13) << 26)
    if has_end_mark:
        entries.append((base + len(coded)) & 0xFFFFFF)
    coded += bytes(-len(coded) % 4)
    table = base + len(coded)
    words = table + 4 * len(entries)
    head = f"ALICE_{version}\0".encode() + struct.pack("<3I", base, table, words)
    head += struct.pack("<10H", *WIDTHS, 0x109, 64, 0xFFFF)
    return b"".join(
        [
            head,
            bytes(coded),
            struct.pack(f"<{len(entries)}I", *entries),
            struct.pack(f"<{room}H", *dictionary),
        ]
    )


def half(halfwords: tuple[int, ...], codes: dict[int, str]) -> bytes:
    """Return 32 halfwords as whole bytes."""
    bits = "".join(codes.get(word, "111" + bit_text(word, 16)) for word in halfwords)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def zimage(plain: bytes, window: bytes) -> bytes:
    """Return a ZIMAGE segment."""
    stream = b"\x5c" + struct.pack("<IQ", 4 << 20, len(plain)) + packed(plain, window)
    return struct.pack("<6I", 1, 3, 0x18, len(stream), 0, len(plain)) + stream


def file_info(kind: int, load: int, content: bytes, build: str = "") -> bytes:
    """Return a file that begins with FILE_INFO, and with a build header where one is named."""
    chain = b""
    if build:
        said = build.encode().ljust(40, b"\0")
        chain = b"MMM\x02" + struct.pack("<HH", 8 + len(said), 0x200) + said
    start = 0x38 + len(chain)
    head = b"MMM\x01" + struct.pack("<HH", 0x38, 0) + b"FILE_INFO\0\0\0"
    head += struct.pack("<IHBB", 1, kind, 7, 0)
    head += struct.pack("<7I", load, start + len(content), 0xFFFFFFFF, start, 0, start, 3)
    return head + chain + content


def viva(alice_plain: bytes, zimage_plain: bytes, window: bytes, version: int = 2) -> bytes:
    """Return a VIVA file with both segments; the ALICE code is given as it is packed."""
    table = 0x38 + 20
    second = zimage(zimage_plain, window) if zimage_plain else b""
    second += bytes(-len(second) % 4)
    place = LOAD + table + len(second)
    first = alice(alice_plain, place + 40, version)
    zimage_place = LOAD + table if second else 0
    addresses = struct.pack("<5I", LOAD, zimage_place, 0, 0, place)
    return file_info(0x108, LOAD, addresses + second + first)


def call(first: int, target: int, *, to_arm: bool = False) -> tuple[int, int]:
    """Return the two halfwords of a call, as a processor reads them."""
    distance = (target - first - 2) & 0x3FFFFF
    return 0xF000 | distance >> 11, (0xE800 if to_arm else 0xF800) | distance & 0x7FF


def absolute(code: bytes, more: int, *, skip_straddling: bool) -> bytes:
    """Return code whose calls name their target, as builds write it before packing."""
    words = list(struct.unpack(f"<{len(code) // 2}H", code))
    at = 0
    while at + 1 < len(words):
        high, low = words[at], words[at + 1]
        if high >> 11 == 0x1E and low >> 11 in {0x1F, 0x1D}:
            if not (skip_straddling and at % 32 == 31):
                written = ((high & 0x7FF) << 11 | low & 0x7FF) + at + more & 0x3FFFFF
                words[at] = 0xF000 | written >> 11
                words[at + 1] = low & 0xF800 | written & 0x7FF
            at += 1
        at += 1
    return struct.pack(f"<{len(words)}H", *words)


def thumb(functions: int, seed: int = 1) -> bytes:
    """Return invented code: functions of 16 halfwords that begin with a push and call another."""
    words: list[int] = []
    for number in range(functions):
        start = number * 16
        body = [0xB510, 0x4600 + number % 64, 0x2000 | (number * seed) & 0xFF]
        where = start + 3 + (number * 5) % 12
        body += [0xBF00] * (where - start - len(body))
        body += call(where, (number * seed * 7 % functions) * 16, to_arm=number % 9 == 0)
        words += (body + [0xBD10] * 16)[:16]
    return struct.pack(f"<{len(words)}H", *words)
