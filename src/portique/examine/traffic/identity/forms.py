"""Every form in which a planted identifier may leave a phone: one encoder a form.

A form that is too short to mean anything is not looked for: below `LEAST_BYTES` bytes a match by
chance is likely in a long capture.

Source: 3GPP TS 24.008, section 10.5.1.4 (digits in nibbles); RFC 4648 (base64, base32).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

from portique.examine.traffic.radio import gsm7

LEAST_BYTES = 5
Encoder: TypeAlias = Callable[[str], Iterator[tuple[str, bytes]]]
"""Text -> (name of the form, bytes) for each variant."""

HASHES = ("md5", "sha1", "sha256")


def plain(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the text itself, and reversed."""
    yield "ascii" if text.isascii() else "utf-8", text.encode()
    if text.isascii():
        yield "reversed", text[::-1].encode()
    elif (latin := _in(text, "latin-1")) is not None:
        yield "latin-1", latin


def wide(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the text in 16-bit characters, both byte orders."""
    yield "utf-16-le", text.encode("utf-16-le")
    yield "utf-16-be", text.encode("utf-16-be")


def septets(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the text as packed 7-bit characters of GSM, without its last, incomplete octet."""
    packed = gsm7.pack(text)
    if packed is not None:
        yield "gsm7", packed[: 7 * len(text) // 8]


def nibbles(digits: str) -> Iterator[tuple[str, bytes]]:
    """Yield digits two to a byte, in order and swapped; an odd last one stands with F or 0."""
    fillers = "f0" if len(digits) % 2 else "f"
    for filler in fillers:
        padded = digits + filler if len(digits) % 2 else digits
        yield "bcd", bytes.fromhex(padded)
        yield "bcd-swapped", bytes.fromhex("".join(_swapped(padded)))
    if len(digits) % 2:
        # The first digit beside the kind of identity, as in a mobile identity of signalling.
        yield "bcd-swapped", bytes.fromhex("".join(_swapped(digits[1:])))


def integer(digits: str) -> Iterator[tuple[str, bytes]]:
    """Yield digits as one 64-bit number, both byte orders."""
    value = int(digits)
    if 1 << 28 <= value < 1 << 64:
        yield "int64-le", value.to_bytes(8, "little")
        yield "int64-be", value.to_bytes(8, "big")


def hexed(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of the text in hex, lower and upper case."""
    yield from _hex(text.encode(), "hex")


def based(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the text inside base64 and base32, at every alignment of it."""
    yield from _base64(text.encode(), "base64")
    yield from _base32(text.encode(), "base32")


def percent(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield every byte as %XX, lower and upper case."""
    coded = "".join(f"%{byte:02x}" for byte in text.encode())
    yield "percent", coded.encode()
    if coded.upper() != coded:
        yield "percent", coded.upper().encode()


def hashed(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield MD5, SHA-1 and SHA-256 of the text: as bytes, in hex, in base64."""
    for name in HASHES:
        digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
        yield name, digest
        yield from _hex(digest, f"hex>{name}")
        yield from _base64(digest, f"base64>{name}")


OF_DIGITS: tuple[Encoder, ...] = (
    plain, wide, septets, nibbles, integer, hexed, based, percent, hashed,
)  # fmt: skip
OF_TEXT: tuple[Encoder, ...] = (plain, wide, septets, hexed, based, percent, hashed)


def _in(text: str, charset: str) -> bytes | None:
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        return None


def _swapped(digits: str) -> Iterator[str]:
    for place in range(0, len(digits), 2):
        yield digits[place + 1] + digits[place]


def _hex(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    lower = data.hex().encode()
    yield name, lower
    if lower.upper() != lower:
        yield name, lower.upper()


def _base64(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield what of the coded text depends on the data alone, for each place in a group of 3."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + data)
        first = -(-before * 8 // 6)
        last = (before + len(data)) * 8 // 6
        kept = coded[first:last]
        yield name, kept
        url_safe = kept.translate(bytes.maketrans(b"+/", b"-_"))
        if url_safe != kept:
            yield name, url_safe


def _base32(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    for before in range(5):
        coded = base64.b32encode(bytes(before) + data)
        kept = coded[-(-before * 8 // 5) : (before + len(data)) * 8 // 5]
        yield name, kept
        yield name, kept.lower()
