"""Images of phones with messages, contacts, calls and IMEIs, written apart from the readers."""

from __future__ import annotations

import struct

from tests.examine.firmware import images, spreadtrum_images
from tests.examine.firmware.volumes import Fat, flash_blocks, lines
from tests.examine.traffic.short_messages import deliver, digits, submit, submit_parts

IMEI = "001017063233475"
OTHER_IMEI = "001017012345677"
CENTRE = "+33609001390"
SENT, RECEIVED, FREE = 5, 1, 0
_MASK = bytes.fromhex("aba06f2f1f1e9a45")


def record(unit: bytes, status: int = RECEIVED, size: int = 184) -> bytes:
    """Return a record of a message as MediaTek stores it, with two bytes of checksum."""
    content = bytes([status]) + digits(CENTRE, count_octets=True) + unit
    return content.ljust(size, b"\xff") + b"\x12\x34"


BLANK = b"\0" + b"\xff" * 183 + b"\x12\x34"


def messages(reference: int = 77) -> bytes:
    """Return a file of messages: received, sent, deleted, long, and unused ones."""
    parts = submit_parts("+33639981111", ["A" * 20, "B" * 20], reference)
    return b"".join(
        [
            record(deliver("+33612345678", "Le colis arrive mardi")),
            record(submit("+33639985432", "oui"), SENT),
            BLANK,
            record(deliver("3179", "code 4711"), FREE),
            record(deliver("+33612345678", "Жди звонка", coding=8)),
            record(parts[1], SENT),
            record(parts[0], SENT),
            BLANK,
        ]
    )


def bcd(number: str) -> tuple[int, bytes]:
    """Return length and octets of a number with its kind, as contacts and calls have it."""
    field = digits(number)[1:]
    return len(field), field


def contact(name: str, number: str, alpha: int = 20) -> bytes:
    """Return a record of name and number as on a SIM, with two bytes of checksum."""
    length, field = bcd(number)
    head = name.encode("ascii").ljust(alpha, b"\xff")
    return head + bytes([length]) + field.ljust(11, b"\xff") + b"\xff\xff" + b"\x56\x78"


def name_record(name: str) -> bytes:
    """Return a record of a file of names."""
    return (b"\x80" + name.encode("utf-16-be")).ljust(42, b"\xff") + b"\x01\x02"


def number_record(number: str) -> bytes:
    """Return a record of a file of numbers."""
    length, field = bcd(number)
    return bytes([length]) + field.ljust(21, b"\xff") + b"\x01\x02"


def call_entry(number: str, name: str = "", minute: int = 7) -> bytes:
    """Return one call of 84 bytes."""
    length, field = bcd(number)
    told = bytes([30, minute, 21, 24, 12, 3, 26])
    head = bytes([len(name), 4]) + name.encode().ljust(32, b"\0")
    return head + bytes([1, length]) + told + field.ljust(41, b"\0")


def call_lists(*lists: tuple[int, list[bytes]]) -> bytes:
    """Return lists of (entries in use, entries), each of room for ten."""
    return b"".join(
        bytes([count, 0]) + b"".join(entries).ljust(840, b"\0") + b"\x0a\x0b"
        for count, entries in lists
    )


def imei_file(*imeis: str, masked: bool = False) -> bytes:
    """Return records of ten bytes and two of checksum."""
    out = b""
    for imei in imeis:
        padded = imei + "f" * (16 - len(imei))
        raw = bytes(int(padded[at + 1] + padded[at], 16) for at in range(0, 16, 2))
        if masked:
            raw = bytes(a ^ b for a, b in zip(raw, _MASK, strict=True))
        out += raw + b"\0\0" + b"\x33\x44"
    return out


def volume(files: dict[str, bytes], deleted: dict[str, bytes] | None = None) -> bytes:
    """Return a volume whose folder NVRAM holds some files."""
    fat = Fat(200)
    inner: list[bytes] = []
    for name, content in files.items():
        inner += lines(name, 0x20, fat.store(content), len(content))
    for name, content in (deleted or {}).items():
        first = fat.store(content, deleted=True)
        inner += lines(name, 0x20, first, len(content), deleted=True)
    fat.add_folder("NVRAM", inner)
    return fat.image()


def mediatek(files: dict[str, bytes], deleted: dict[str, bytes] | None = None) -> bytes:
    """Return a whole image: code, then the user area behind its translation layer."""
    code = images.file_info(0x100, 0x10000000, images.thumb(400), "MT6261_11C_V1")
    code += b"\xff" * (-len(code) % 4096)
    return code + flash_blocks(volume(files, deleted)) + b"\xff" * 8192


FILES = {
    "MPA3_001": messages(),
    "MP0C_003": name_record("Mère") + name_record("Léo") + b"\xff" * 44,
    "MP0H_006": number_record("+33639981234") + number_record("0612345678") + b"\xff" * 24,
    "MT6H_001": call_lists(
        (1, [call_entry("+33639985432", "Leo"), call_entry("0699887766")]),
        (1, [call_entry("3179")]),
        (1, [call_entry("+33612345678")]),
    ),
    "MP0B_001": imei_file(IMEI, OTHER_IMEI),
}


def nv_message(unit: bytes) -> bytes:
    """Return the content of a Spreadtrum item with a message."""
    centre = digits(CENTRE, count_octets=True)
    return (bytes(0x12) + centre + unit).ljust(232, b"\xff")


def nv_imei(imei: str) -> bytes:
    """Return the content of a Spreadtrum item with an IMEI."""
    nibbles = [10, *map(int, imei)]
    return bytes(nibbles[at] | nibbles[at + 1] << 4 for at in range(0, 16, 2))


def spreadtrum() -> bytes:
    """Return an image with items: an IMEI, a message, a deleted message."""
    start = 0x8000
    some = [
        (5, nv_imei(IMEI), False),
        (2900, nv_message(deliver("+33612345678", "Le colis arrive mardi")), False),
        (2901, nv_message(submit("+33639985432", "efface cela")), True),
        (7, struct.pack("<4I", 1, 2, 3, 4), False),
    ]
    return bytes(0x20) + b"2656" + bytes(start - 0x24) + spreadtrum_images.items(start, *some)
