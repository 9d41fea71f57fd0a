"""Texts in code: plain, two bytes a letter, seven bits a letter, and under a one-byte XOR.

Under XOR the difference of neighbours stays what it was, so one pass over the differences finds a
known beginning under all 255 keys; the key follows from its first byte.
What stays readable under a key is not told: plain texts look like that under small keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_TEXTS = 200_000
_LONGEST = 512
_ASCII = re.compile(rb"[\x20-\x7e\t\r\n]{3,512}\0|[\x20-\x7e\t\r\n]{12,512}")
_WIDE = re.compile(rb"(?:[\x20-\x7e]\0){3,256}")
_HIDDEN: tuple[bytes, ...] = (
    b"http://",
    b"https://",
    b"POST /",
    b"POST %",
    b"IMEI",
    b"IMSI",
    b"imei",
    b"imsi",
)
_HIDDEN += (b"AT+CMG", b"AT+CNMI", b"HTTP/1.", b"www.", b"sms_", b"SMS_", b"cmd=", b"CMD:")
_HIDDEN += tuple(
    b"." + end for end in b"com net org info biz top xyz vip club site online example mobi".split()
)
_HIDDEN += tuple(
    b"." + end + sign for end in (b"cn", b"ru", b"in", b"io") for sign in (b"\0", b":", b"/")
)
_PACKED = re.compile(
    rb"(?:IME|IMS|ime|ims)[Ii][ :=%\"]|https?://|www\.[a-z]|"
    rb"\.(?:com|net|org|info|biz|cn|ru|top|xyz|vip|club|site|online|example|mobi)(?=[\0/:\r]|\Z)|"
    rb"\+[1-9]\d{8,13}|AT\+C[A-Z]{3}"
)
_NUMBER = re.compile(rb"(\+[1-9]\d{8,13})\0")
_LETTERS = bytes(range(0x20, 0x7F)) + b"\r\n"
_SEPTETS = _LETTERS + b"\x1b"
_ESCAPED = (("\x1b(", "{"), ("\x1b)", "}"), ("\x1b<", "["), ("\x1b>", "]"))
"""Signs that take two septets (TS 23.038, 6.2.1.1)."""
_FEWEST_SEPTETS = 8
_FAR = 1024
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Text:
    """One text.

    Args:
        segment: number of the segment.
        offset: of its first byte in the segment.
        length: in bytes, as it lies there.
        value: as a person reads it.
        encoding: "ascii", "utf-16-le", "utf-16-be", "gsm-7", or "xor 0x5a".
    """

    segment: int
    offset: int
    length: int
    value: str
    encoding: str


def texts(segment: int, data: bytes) -> Iterator[Text]:
    """Yield the texts of a segment, encoding by encoding, a few more than are looked at.

    >>> [each.value for each in texts(0, b"POST /a" + bytes(1) + b"w" + bytes(1) + b"x")]
    ['POST /a']
    """
    for kind in (_plain, _wide, _septets, _xored):
        yield from islice(kind(segment, data), MOST_TEXTS + 1)


def _plain(segment: int, data: bytes) -> Iterator[Text]:
    for match in _ASCII.finditer(data):
        raw = match[0].rstrip(b"\0")
        yield Text(segment, match.start(), len(raw), raw.decode("ascii"), "ascii")


def _wide(segment: int, data: bytes) -> Iterator[Text]:
    """Yield texts of two bytes a letter; what could be read both ways begins at an even offset."""
    until = 0
    for match in _WIDE.finditer(data):
        start, end = match.span()
        encoding = "utf-16-le"
        if start & 1 and start > until and data[start - 1] == 0:
            start, end, encoding = start - 1, end - 1, "utf-16-be"
        until = end
        value = match[0].replace(b"\0", b"").decode("ascii")
        yield Text(segment, start, end - start, value, encoding)


def _septets(segment: int, data: bytes) -> Iterator[Text]:
    """Yield texts packed as short messages are: seven bits a letter, lowest first."""
    for phase in range(7):
        whole = np.frombuffer(data[phase : phase + (len(data) - phase) // 7 * 7], np.uint8)
        block = whole.reshape(-1, 7).astype(np.uint16)
        out = np.empty((len(block), 8), np.uint8)
        carry: Any = 0
        for place in range(7):
            joined: Any = block[:, place] << np.uint16(place) | carry
            out[:, place] = joined & 0x7F
            carry = joined >> np.uint16(7)
        out[:, 7] = carry
        stream = out.tobytes()
        for match in _PACKED.finditer(stream):
            start, until = _run(stream, *match.span())
            if until - start < _FEWEST_SEPTETS or until - start > _LONGEST:
                continue
            value = stream[start:until].decode("ascii")
            for pair, sign in _ESCAPED:
                value = value.replace(pair, sign)
            offset = phase + start // 8 * 7 + start % 8
            yield Text(segment, offset, (until - start) * 7 // 8, value, "gsm-7")


def _run(stream: bytes, first: int, end: int) -> tuple[int, int]:
    """Return where letters around a match begin and end; beyond `_LONGEST` they are not followed.

    A text begins on a whole byte: only a letter in eight can be its first.
    """
    before = stream[max(first - 2 * _LONGEST, 0) : first]
    start = first - len(before) + len(before.rstrip(_SEPTETS))
    if start <= first - first % 8:
        start = -(-start // 8) * 8
    behind = stream[end : end + 2 * _LONGEST]
    return start, end + len(behind) - len(behind.lstrip(_SEPTETS))


def _printable(raw: bytes) -> bool:
    return not raw.strip(_LETTERS)


def _xored(segment: int, data: bytes) -> Iterator[Text]:
    array = np.frombuffer(data, np.uint8)
    differences = (array[:-1] ^ array[1:]).tobytes()
    keys: dict[int, list[int]] = {}
    for word in _HIDDEN:
        wanted = bytes(left ^ right for left, right in pairwise(word))
        at = differences.find(wanted)
        while at >= 0:
            if (key := data[at] ^ word[0]) not in {0, 0x20}:
                keys.setdefault(key, []).append(at)
            at = differences.find(wanted, at + 1)
    for at, key in _numbers(array):
        match = _NUMBER.match(
            data[at : at + 18].translate(bytes(byte ^ key for byte in range(256)))
        )
        if match and not _printable(data[at : at + len(match[1])]):
            value = match[1].decode("ascii")
            yield Text(segment, at, len(match[1]), value, f"xor {key:#04x}")
    for key in sorted(keys):
        table = bytes(byte ^ key for byte in range(256))
        done = 0
        for at in sorted(keys[key])[:200]:
            low, high = max(at - _FAR, done), at + _FAR
            for match in _ASCII.finditer(data[low:high].translate(table)):
                raw = match[0].rstrip(b"\0")
                near = abs(low + match.start() - at) < _FAR and len(raw) >= 4
                start = low + match.start()
                if near and start >= done and not _printable(data[start : start + len(raw)]):
                    done = low + match.end()
                    yield Text(segment, start, len(raw), raw.decode("ascii"), f"xor {key:#04x}")


def _numbers(array: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return (offset, key) of international numbers under XOR: a plus and nine digits."""
    size = len(array) - _DIGITS
    if size <= 0:
        return []
    places = np.flatnonzero((array[:size] != array[1 : size + 1]) & (array[:size] != ord("+")))
    for step in range(1, _DIGITS + 1):
        digit = array[places + step] ^ array[places] ^ ord("+")
        places = places[(digit >= ord("0")) & (digit <= ord("9"))]
    keys = array[places] ^ ord("+")
    return [(int(at), int(key)) for at, key in zip(places, keys, strict=True)][:200]
