"""HTTP/1 messages in a stream: heads, and bodies freed of chunks and compression.

Bodies that end with the connection end with the block. HTTP/2 in clear is not decoded.

Source: RFC 9112 (messages, chunked coding), RFC 9110, section 8.4 (content codings).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portique.examine.traffic.unpack import Budget, decompressed, raw_deflate

METHODS = (
    b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ",
    b"PROPFIND ",
)  # fmt: skip
_REQUEST = re.compile(rb"([A-Z]{3,10}) (\S{1,8192}) HTTP/1\.[01]\r?\n")
_ANSWER = re.compile(rb"HTTP/1\.[01] (\d{3})[^\r\n]{0,200}\r?\n")
_EITHER = re.compile(_REQUEST.pattern + rb"|" + _ANSWER.pattern)
"""Both in one search: two would each run to the end of the block for every message."""
_LARGEST_HEAD = 64 << 10


@dataclass(frozen=True)
class HttpMessage:
    """One request or answer.

    Args:
        method: of a request; "" for an answer.
        target: of a request; the status of an answer.
        headers: name in lower case -> value, the first of each.
        start, end: where the message lies in the block.
        body_start: where its body starts there.
        body: the body freed of chunks and compression.
        chain: what was undone to free it, e.g. ("chunked", "gzip").
        is_whole: the body was seen to its end.
    """

    method: str
    target: str
    headers: dict[str, str]
    start: int
    end: int
    body_start: int
    body: bytes
    chain: tuple[str, ...]
    is_whole: bool

    @property
    def host(self) -> str:
        """Host that a request names, without a port; "" when it names none."""
        if self.target.startswith("http://"):
            authority = self.target[7:].split("/", 1)[0]
        else:
            authority = self.headers.get("host", "")
        return re.sub(r":\d{1,5}\Z", "", authority).lower()


def looks_like(data: bytes) -> bool:
    """Return whether a direction begins as HTTP/1 does."""
    return data.startswith(METHODS) or data.startswith(b"HTTP/1.")


def messages(data: bytes, budget: Budget) -> Iterator[HttpMessage]:
    """Yield the messages of one direction, in order; what is none between them is skipped.

    Args:
        data: bytes of a stream.
        budget: bounds what is decompressed.
    """
    at = 0
    while at < len(data):
        found = _first_line(data, at)
        if found is None:
            return
        line, start = found
        headers, body_start = _headers(data, line.end())
        is_request = line.re is _REQUEST
        words = line.groups()
        method = words[0].decode() if is_request else ""
        target = words[-1].decode("latin-1")
        raw, end, whole, chain = _body(data, body_start, headers, is_request=is_request)
        body, more = _decoded(raw, headers, budget)
        at = max(end, body_start)
        yield HttpMessage(
            method, target, headers, start, at, body_start, body, (*chain, *more), whole
        )


def _first_line(data: bytes, at: int) -> tuple[re.Match[bytes], int] | None:
    """Return the next first line, what lies before it skipped; None: there is none."""
    either = _EITHER.search(data, at)
    if either is None:
        return None
    start = either.start()
    line = _REQUEST.match(data, start) or _ANSWER.match(data, start)
    assert line is not None  # noqa: S101 - one of the two was found there
    return line, start


def _headers(data: bytes, at: int) -> tuple[dict[str, str], int]:
    end = data.find(b"\r\n\r\n", max(at - 2, 0), at + _LARGEST_HEAD)
    stop, body = (end, end + 4) if end >= 0 else (data.find(b"\n\n", at, at + _LARGEST_HEAD), 0)
    if stop < 0:
        return {}, min(len(data), at + _LARGEST_HEAD)
    headers: dict[str, str] = {}
    for line in data[at:stop].split(b"\n"):
        name, _, value = line.partition(b":")
        headers.setdefault(name.strip().decode("latin-1").lower(), value.strip().decode("latin-1"))
    return headers, body or stop + 2


def _body(
    data: bytes, at: int, headers: dict[str, str], *, is_request: bool
) -> tuple[bytes, int, bool, tuple[str, ...]]:
    """Return the body, where it ends, whether it is whole, and what was undone."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body, end, whole = _unchunked(data, at)
        return body, end, whole, ("chunked",)
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        end = at + int(length[:12])
        return data[at:end], min(end, len(data)), end <= len(data), ()
    if is_request or "content-type" not in headers:
        return b"", at, True, ()
    found = _ANSWER.search(data, at)
    end = found.start() if found else len(data)
    return data[at:end], end, True, ()


def _unchunked(data: bytes, at: int) -> tuple[bytes, int, bool]:
    body = bytearray()
    while True:
        line_end = data.find(b"\n", at, at + 256)
        if line_end < 0:
            return bytes(body), len(data), False
        written = data[at:line_end].split(b";")[0].strip()
        try:
            size = int(written, 16)
        except ValueError:
            return bytes(body), at, False
        at = line_end + 1
        if size == 0:
            end = data.find(b"\n", at)
            return bytes(body), (end + 1 if end >= 0 else len(data)), True
        if size < 0 or at + size > len(data):
            body += data[at:]
            return bytes(body), len(data), False
        body += data[at : at + size]
        at += size
        at += 2 if data[at : at + 2] == b"\r\n" else 1


def _decoded(raw: bytes, headers: dict[str, str], budget: Budget) -> tuple[bytes, tuple[str, ...]]:
    coding = headers.get("content-encoding", "").lower()
    found = None
    if "gzip" in coding:
        found = decompressed(raw, budget)
    elif "deflate" in coding:
        found = raw_deflate(raw, budget)
    return (raw, ()) if found is None else (found[1], (found[0],))
