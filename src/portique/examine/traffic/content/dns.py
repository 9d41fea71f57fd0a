"""DNS messages: what was asked, and which addresses were answered.

Source: RFC 1035, section 4 (messages, name compression); RFC 3596 (AAAA).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

PORTS = {53, 5353, 5355}
A, CNAME, AAAA = 1, 5, 28
_LONGEST_NAME, _MOST_JUMPS, _MOST_RECORDS = 255, 64, 64


@dataclass
class DnsMessage:
    """A message.

    Args:
        is_answer: it comes from a server.
        questions: (name in lower case as far as ASCII goes, type).
        addresses: (name, address of 4 or 16 bytes).
        extra: data of other records, one after the other: TXT, NULL and the like.
    """

    is_answer: bool
    questions: list[tuple[str, int]] = field(default_factory=list)
    addresses: list[tuple[str, bytes]] = field(default_factory=list)
    extra: bytes = b""


def read(data: bytes) -> DnsMessage | None:
    """Return a message; None: these bytes are none, or damaged before the first question ends."""
    if len(data) < 12:
        return None
    flags = int.from_bytes(data[2:4], "big")
    counts = [int.from_bytes(data[at : at + 2], "big") for at in (4, 6, 8, 10)]
    if flags & 0x7800 not in {0, 0x2800} or counts[0] > _MOST_RECORDS:
        return None
    message = DnsMessage(bool(flags & 0x8000))
    at = 12
    try:
        for _ in range(counts[0]):
            name, at = _name(data, at)
            message.questions.append((name, int.from_bytes(data[at : at + 2], "big")))
            at += 4
            if at > len(data):
                return None
    except (IndexError, ValueError):
        return None
    with contextlib.suppress(IndexError, ValueError):  # what stood before the damage counts
        _records(data, at, min(sum(counts[1:]), _MOST_RECORDS), message)
    return message if message.questions or message.is_answer else None


def _records(data: bytes, at: int, count: int, message: DnsMessage) -> None:
    asked = message.questions[0][0] if message.questions else ""
    for _ in range(count):
        name, at = _name(data, at)
        kind = int.from_bytes(data[at : at + 2], "big")
        length = int.from_bytes(data[at + 8 : at + 10], "big")
        value = data[at + 10 : at + 10 + length]
        if (kind, len(value)) in {(A, 4), (AAAA, 16)}:
            # Under the name that was asked: it leads here, by whatever aliases.
            message.addresses.append((asked or name, value))
        elif kind not in {A, AAAA, CNAME, 2, 6, 41}:
            message.extra += value
        at += 10 + length


def _name(data: bytes, at: int) -> tuple[str, int]:
    labels: list[str] = []
    end, jumps, size = 0, 0, 0
    while True:
        length = data[at]
        if length & 0xC0 == 0xC0:
            end = end or at + 2
            at = ((length & 0x3F) << 8) | data[at + 1]
            jumps += 1
            if jumps > _MOST_JUMPS:
                raise ValueError("a name that turns in circles")
            continue
        if length & 0xC0:
            raise ValueError("a label of unknown kind")
        at += 1
        if not length:
            return ".".join(labels), end or at
        size += length + 1
        if size > _LONGEST_NAME or at + length > len(data):
            raise ValueError("a name that is too long")
        labels.append(data[at : at + length].decode("latin-1").lower())
        at += length
