"""The forms of TRAFFIC in which an identifier may leave, encoded by the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import struct
import urllib.parse
from collections.abc import Iterator


def of_digits(digits: str) -> Iterator[tuple[str, bytes]]:
    """Yield (form, bytes) for an identity of digits."""
    yield from of_text(digits)
    yield "reversed", digits[::-1].encode()
    yield "digits apart", f"{digits[:8]}-{digits[8:14]}-{digits[14:]}".encode()
    yield "digits apart", " ".join(digits).encode()
    even = digits + "0" * (len(digits) % 2)
    filled = digits + "F" * (len(digits) % 2)
    for padded in (even, filled):
        yield "bcd", bytes.fromhex(padded)
        swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
        yield "bcd-swapped", bytes.fromhex(swapped)
    if int(digits) < 1 << 64:
        yield "int64-le", struct.pack("<Q", int(digits))
        yield "int64-be", struct.pack(">Q", int(digits))


def of_text(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield (form, bytes) for any text."""
    raw = text.encode()
    yield "ascii", raw
    yield "utf-16-le", text.encode("utf-16-le")
    yield "utf-16-be", text.encode("utf-16-be")
    yield "hex", raw.hex().encode()
    yield "hex", raw.hex().upper().encode()
    yield "percent", "".join(f"%{byte:02X}" for byte in raw).encode()
    for before in (b"", b"k", b"kv"):
        yield "base64", base64.b64encode(before + raw + b"~")
        yield "base64", base64.urlsafe_b64encode(before + raw + b"~?>")
    for name in ("md5", "sha1", "sha256"):
        digest = hashlib.new(name, raw).digest()
        yield name, digest
        yield name, digest.hex().encode()
        yield name, digest.hex().upper().encode()
        yield name, base64.b64encode(digest)
        yield name, base64.urlsafe_b64encode(b"x" + digest)
    for key in (0x01, 0x5A, 0xFF):
        yield "ascii", bytes(byte ^ key for byte in raw)


def quoted(text: str) -> str:
    """Return a text as a form writes it."""
    return urllib.parse.quote_plus(text)
