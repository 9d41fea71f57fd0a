"""Bodies inside bodies: gzip, deflate, base64, hex, percent, JSON, forms, multipart.

Each level is a view: bytes, and the chain of what was undone to reach them. Depth, number and size
are bounded, so that a bomb costs a limit and no more.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

LARGEST_VIEW = 4 << 20
_DEEPEST, _MOST_VIEWS, _MOST_BYTES = 5, 400, 16 << 20
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){16,}")
_BOUNDARY = re.compile(rb"\A\s*--([^\r\n]{1,70})\r?\n")


@dataclass(frozen=True)
class View:
    """Bytes to search, and how they were reached.

    Args:
        data: the bytes.
        chain: what was undone, outermost first, e.g. ("gzip", "json").
    """

    data: bytes
    chain: tuple[str, ...]


@dataclass
class Budget:
    """What may still be unpacked of one body; `spent` says that a limit was met."""

    views: int = _MOST_VIEWS
    size: int = _MOST_BYTES
    spent: bool = False

    def take(self, size: int) -> bool:
        """Return whether a view of a size may still be made."""
        if self.views <= 0 or self.size < size:
            self.spent = True
            return False
        self.views -= 1
        self.size -= size
        return True


def views(data: bytes, budget: Budget, chain: tuple[str, ...] = ()) -> Iterator[View]:
    """Yield every view inside some bytes, the bytes themselves first.

    Args:
        data: a body.
        budget: bounds the work; the caller looks at `spent` afterwards.
        chain: how the body was reached.
    """
    if not data or not budget.take(len(data)):
        return
    yield View(data, chain)
    if len(chain) >= _DEEPEST:
        return
    for name, inner in _inside(data, budget):
        if inner != data:
            yield from views(inner, budget, (*chain, name))


def _inside(data: bytes, budget: Budget) -> Iterator[tuple[str, bytes]]:
    packed = decompressed(data, budget)
    if packed is not None:
        yield packed
        return
    head = data[:64].lstrip()
    if head[:1] in {b"{", b"["}:
        yield from _json(data)
    boundary = _BOUNDARY.match(data[:200])
    if boundary:
        for part in data.split(b"--" + boundary.group(1))[1:64]:
            body = part.partition(b"\r\n\r\n")[2]
            if body:
                yield "multipart", body.removesuffix(b"\r\n")
    elif b"=" in data[:256] and b"\x00" not in data[:256]:
        yield from _form(data)
    elif b"%" in data[:256]:
        yield "percent", unquote_to_bytes(data)
    yield from _coded(data)


def decompressed(data: bytes, budget: Budget) -> tuple[str, bytes] | None:
    """Return (name, bytes) of a gzip or zlib body, up to the limit; None: it is neither."""
    if data[:3] == b"\x1f\x8b\x08":
        return _inflated("gzip", data, 31, budget)
    if len(data) > 8 and data[0] == 0x78 and int.from_bytes(data[:2], "big") % 31 == 0:
        return _inflated("deflate", data, 15, budget)
    return None


def raw_deflate(data: bytes, budget: Budget) -> tuple[str, bytes] | None:
    """Return (name, bytes) of a body that a header calls deflate; with or without zlib's frame."""
    return decompressed(data, budget) or _inflated("deflate", data, -15, budget)


def _inflated(name: str, data: bytes, window: int, budget: Budget) -> tuple[str, bytes] | None:
    engine = zlib.decompressobj(window)
    try:
        plain = engine.decompress(data, LARGEST_VIEW)
    except zlib.error:
        return None
    if engine.unconsumed_tail:
        budget.spent = True
    return (name, plain) if plain else None


def _json(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the texts and numbers of a JSON body, one a line; long texts also each by itself."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return
    leaves = [_leaf(leaf) for leaf in _leaves(told)]
    yield "json", b"\n".join(leaves)
    for leaf in leaves:
        if len(leaf) >= 24:
            yield "json", leaf


def _leaf(value: object) -> bytes:
    return str(value).encode("utf-8", "surrogatepass")


def _leaves(told: object) -> Iterator[object]:
    stack = [told]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend([*value.values(), *value.keys()])
        elif isinstance(value, list):
            stack.extend(value)
        elif value is not None:
            yield value


def _form(data: bytes) -> Iterator[tuple[str, bytes]]:
    if b"%" in data or b"+" in data:
        yield "form", unquote_to_bytes(data.replace(b"+", b" "))
    for pair in data.split(b"&")[:64]:
        value = unquote_to_bytes(pair.partition(b"=")[2])
        if len(value) >= 24:
            yield "form", value


def _coded(data: bytes) -> Iterator[tuple[str, bytes]]:
    for found in list(_BASE64.finditer(data[:LARGEST_VIEW]))[:32]:
        text = found.group()
        if _HEX.fullmatch(text):
            continue
        plain = _from_base64(text)
        if plain is not None:
            yield "base64", plain
    for found in list(_HEX.finditer(data[:LARGEST_VIEW]))[:32]:
        yield "hex", bytes.fromhex(found.group().decode())


def _from_base64(text: bytes) -> bytes | None:
    bare = text.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    bare = bare[: len(bare) - (len(bare) % 4 == 1)]
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4))
    except (ValueError, binascii.Error):
        return None
