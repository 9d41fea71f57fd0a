"""Texts in code: plain, two bytes a letter, seven bits a letter, and under a one-byte XOR.

Under XOR the difference of neighbours stays what it was, so one pass over the differences finds a
known beginning under all 255 keys; the key follows from its first byte.
What stays readable under a key is not told: plain texts look like that under small keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MOST_TEXTS = 200_000
_LONGEST = 512
_FEWEST, _FEWEST_OPEN = 3, 12
"""Letters that a text has at least: before a zero, and before anything else."""
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


def _telling(wanted: bytes) -> tuple[int, int]:
    """Return where in a word's differences its most telling pair stands, and the pair."""
    pairs = [(left << 8 | right, at) for at, (left, right) in enumerate(pairwise(wanted))]
    pair, at = max(pairs, key=lambda each: (0 not in divmod(each[0], 256), each[1]))
    return at, pair


_WANTED = {word: bytes(left ^ right for left, right in pairwise(word)) for word in _HIDDEN}
_TELLING = tuple((word, wanted, _telling(wanted)) for word, wanted in _WANTED.items())
_TELLS = np.zeros(1 << 16, np.bool_)
_TELLS[[pair for _, _, (_, pair) in _TELLING]] = True
_AT_ONCE = 1 << 18
_PACKED = tuple(
    re.compile(begun)
    for begun in (
        rb"IM[ES][Ii][ :=%\"]",
        rb"im[es][Ii][ :=%\"]",
        rb"https?://",
        rb"www\.[a-z]",
        rb"\.(?:com|net|org|info|biz|cn|ru|top|xyz|vip|club|site|online|example|mobi)(?=[\0/:\r]|\Z)",
        rb"\+[1-9]\d{8,13}",
        rb"AT\+C[A-Z]{3}",
    )
)
"""Each alone: where a pattern begins with fixed bytes, the search for it skips all others."""
_NUMBER = re.compile(rb"(\+[1-9]\d{8,13})\0")
_IS_LETTER = np.isin(np.arange(256), [*range(0x20, 0x7F), *b"\t\r\n"])
_IS_PRINTED = np.isin(np.arange(256), range(0x20, 0x7F))
_LETTERS = bytes(range(0x20, 0x7F)) + b"\r\n"
_SEPTETS = _LETTERS + b"\x1b"
_ESCAPED = (("\x1b(", "{"), ("\x1b)", "}"), ("\x1b<", "["), ("\x1b>", "]"))
"""Signs that take two septets (TS 23.038, 6.2.1.1)."""
_FEWEST_SEPTETS = 8
_ALL_BITS = np.uint64((1 << 56) - 1)
_HALVINGS = tuple(
    (np.uint64(low), np.uint64(low << 7 * apart), np.uint64(apart))
    for low, apart in ((0xFFFFFFF, 4), (0x3FFF00003FFF, 2), (0x7F007F007F007F, 1))
)
"""Low and high bits of each group, and by how many the high ones are moved up."""
_FAR = 1024
_DIGITS = 9


class Text(NamedTuple):
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
    """Yield what `_ASCII` finds, by the runs of letters in the bytes: that is ten times as fast."""
    letters = data.decode("latin-1")
    for start, end in _runs(data):
        for at in range(start, end, _LONGEST):
            until = min(at + _LONGEST, end)
            is_ended = until == end < len(data) and not data[until]
            if until - at >= (_FEWEST if is_ended else _FEWEST_OPEN):
                yield Text(segment, at, until - at, letters[at:until], "ascii")


def _runs(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of letters that stand together, where there are enough for a text."""
    is_letter = np.zeros(len(data) + 2, np.bool_)
    np.take(_IS_LETTER, np.frombuffer(data, np.uint8), out=is_letter[1:-1])
    edges = np.flatnonzero(is_letter[1:] != is_letter[:-1])
    starts, ends = edges[::2], edges[1::2]
    ended = np.frombuffer(data + b"\xff", np.uint8)[ends] == 0
    kept = ends - starts >= np.where(ended, _FEWEST, _FEWEST_OPEN)
    yield from zip(starts[kept].tolist(), ends[kept].tolist(), strict=True)


def _wide(segment: int, data: bytes) -> Iterator[Text]:
    """Yield texts of two bytes a letter; what could be read both ways begins at an even offset."""
    until = behind = 0
    for place in _wide_places(data):
        match = _WIDE.match(data, place) if place >= behind else None
        if match is None:
            continue
        start, end = match.span()
        behind = end
        encoding = "utf-16-le"
        if start & 1 and start > until and data[start - 1] == 0:
            start, end, encoding = start - 1, end - 1, "utf-16-be"
        until = end
        value = match[0].replace(b"\0", b"").decode("ascii")
        yield Text(segment, start, end - start, value, encoding)


def _wide_places(data: bytes) -> list[int]:
    """Return where three letters of two bytes stand, the least that is a text."""
    array = np.frombuffer(data, np.uint8)
    pairs = _IS_PRINTED[array[:-1]] & (array[1:] == 0)
    return np.flatnonzero(pairs[:-4] & pairs[2:-2] & pairs[4:]).tolist() if len(data) > 5 else []


def _septets(segment: int, data: bytes) -> Iterator[Text]:
    """Yield texts packed as short messages are: seven bits a letter, lowest first."""
    for phase in range(7):
        stream = _spread(data, phase)
        for first, end in _leftmost(stream):
            start, until = _run(stream, first, end)
            if until - start < _FEWEST_SEPTETS or until - start > _LONGEST:
                continue
            value = stream[start:until].decode("ascii")
            for pair, sign in _ESCAPED:
                value = value.replace(pair, sign)
            offset = phase + start // 8 * 7 + start % 8
            yield Text(segment, offset, (until - start) * 7 // 8, value, "gsm-7")


def _spread(data: bytes, phase: int) -> bytes:
    """Return groups of seven bytes from a phase on as eight bytes of seven bits each.

    >>> _spread(bytes.fromhex("e8329bfd4697d9"), 0)
    b'hellohel'
    """
    groups = (len(data) - phase) // 7
    if groups <= 0:
        return b""
    spread = np.ndarray((groups,), "<u8", data + b"\0", phase, (7,)) & _ALL_BITS
    for low, high, shift in _HALVINGS:
        spread = (spread & low) | ((spread & high) << shift)
    return spread.astype("<u8", copy=False).tobytes()


def _leftmost(stream: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of what any pattern of `_PACKED` finds, none within another."""
    ahead = [each.search(stream) for each in _PACKED]
    while found := [match for match in ahead if match]:
        first, end = min(match.span() for match in found)
        yield first, end
        ahead = [
            pattern.search(stream, end) if match and match.start() < end else match
            for pattern, match in zip(_PACKED, ahead, strict=True)
        ]


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
    keys: dict[int, list[int]] = {}
    for word, places in _hidden_at(array[:-1] ^ array[1:]):
        for at in places:
            if (key := data[at] ^ word[0]) not in {0, 0x20}:
                keys.setdefault(key, []).append(at)
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


def _hidden_at(differences: npt.NDArray[np.uint8]) -> Iterator[tuple[bytes, list[int]]]:
    """Yield each word of `_HIDDEN` and where the differences are its own, in their order.

    Two neighbouring differences tell nearly all places apart, so one pass serves all words.
    """
    found: list[npt.NDArray[np.int64]] = []
    codes: list[npt.NDArray[np.uint16]] = []
    for begin in range(0, len(differences) - 1, _AT_ONCE):
        some = differences[begin : begin + _AT_ONCE + 1].astype(np.uint16)
        pairs = some[:-1] << np.uint16(8) | some[1:]
        places = np.flatnonzero(_TELLS[pairs])
        found.append(places + begin)
        codes.append(pairs[places])
    if not found:
        return
    where, code = np.concatenate(found), np.concatenate(codes)
    for word, wanted, (place, pair) in _TELLING:
        at = where[code == pair] - place
        at = at[(at >= 0) & (at <= len(differences) - len(wanted))]
        for step, each in enumerate(wanted):
            at = at[differences[at + step] == each]
        yield word, at.tolist()


def _numbers(array: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return (offset, key) of international numbers under XOR: a plus and nine digits."""
    size = len(array) - _DIGITS
    if size <= 0:
        return []
    first = (array[:-1] ^ array[1:])[:size] ^ ord("+")
    is_digit = first - np.uint8(ord("0")) < 10  # what is below zero comes out large
    places = np.flatnonzero(is_digit & (array[:size] != ord("+")))
    for step in range(2, _DIGITS + 1):
        digit = array[places + step] ^ array[places] ^ ord("+")
        places = places[(digit >= ord("0")) & (digit <= ord("9"))]
    keys = array[places] ^ ord("+")
    return [(int(at), int(key)) for at, key in zip(places, keys, strict=True)][:200]
