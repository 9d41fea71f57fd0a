"""The first message of TLS: which host is wanted, and the fingerprints JA3 and JA4.

Only JA4 of the JA4 family is computed: its licence is open, that of the others is not.

Source: RFC 8446, section 4.1.2 (ClientHello), RFC 6066 (server name); the published descriptions of
JA3 (2017) and JA4 (2023).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

_SERVER_NAME, _GROUPS, _POINTS, _SIGNATURES, _PROTOCOLS, _VERSIONS = 0, 10, 11, 13, 16, 43
_JA4_VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3"}


@dataclass
class ClientHello:
    """What a client says first.

    Args:
        version: of the hello itself.
        ciphers: in order, as numbers.
        extensions: in order, as numbers.
        server_name: host that is wanted; "" when none is named.
        groups, points, signatures, versions: of the extensions of that name.
        protocols: ALPN, in order.
    """

    version: int
    ciphers: list[int] = field(default_factory=list)
    extensions: list[int] = field(default_factory=list)
    server_name: str = ""
    groups: list[int] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    signatures: list[int] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    protocols: list[bytes] = field(default_factory=list)

    @property
    def ja3(self) -> str:
        """Fingerprint JA3: MD5 of versions, ciphers, extensions, groups and point formats."""
        lists = (self.ciphers, self.extensions, self.groups)
        parts = [str(self.version)]
        parts += ["-".join(str(n) for n in each if not _is_grease(n)) for each in lists]
        parts.append("-".join(str(n) for n in self.points))
        return hashlib.md5(",".join(parts).encode(), usedforsecurity=False).hexdigest()

    @property
    def ja4(self) -> str:
        """Fingerprint JA4 of a hello over TCP."""
        ciphers = sorted(f"{n:04x}" for n in self.ciphers if not _is_grease(n))
        kept = [n for n in self.extensions if not _is_grease(n)]
        named = sorted(f"{n:04x}" for n in kept if n not in {_SERVER_NAME, _PROTOCOLS})
        signed = [f"{n:04x}" for n in self.signatures if not _is_grease(n)]
        version = max((n for n in self.versions if not _is_grease(n)), default=self.version)
        first = (
            f"t{_JA4_VERSIONS.get(version, '00')}{'d' if self.server_name else 'i'}"
            f"{min(len(ciphers), 99):02d}{min(len(kept), 99):02d}{_alpn(self.protocols)}"
        )
        rest = ",".join(named) + ("_" + ",".join(signed) if signed else "")
        return f"{first}_{_short(','.join(ciphers))}_{_short(rest if named else '')}"


def looks_like(data: bytes) -> bool:
    """Return whether a direction begins with a TLS record: handshake or alert."""
    return len(data) >= 3 and data[0] in {20, 21, 22, 23} and data[1] == 3 and data[2] < 5


def client_hello(data: bytes) -> ClientHello | None:
    """Return the hello at the start of a direction; None: there is none, or it is cut.

    Args:
        data: the first bytes that the client sent.
    """
    message = _handshake(data)
    if len(message) < 42 or message[0] != 1:
        return None
    try:
        return _hello(message[4 : 4 + int.from_bytes(message[1:4], "big")])
    except IndexError:
        return None


def _handshake(data: bytes) -> bytes:
    """Return the bytes of the first handshake records, put together."""
    message, at = bytearray(), 0
    while at + 5 <= len(data) and data[at] == 22 and len(message) < 1 << 16:
        length = (data[at + 3] << 8) | data[at + 4]
        message += data[at + 5 : at + 5 + length]
        at += 5 + length
    return bytes(message)


def _hello(body: bytes) -> ClientHello:
    hello = ClientHello((body[0] << 8) | body[1])
    at = 34 + 1 + body[34]
    size = (body[at] << 8) | body[at + 1]
    hello.ciphers = _numbers(body[at + 2 : at + 2 + size])
    at += 2 + size
    at += 1 + body[at]
    end = min(len(body), at + 2 + (((body[at] << 8) | body[at + 1]) if at + 2 <= len(body) else 0))
    at += 2
    while at + 4 <= end:
        kind, length = (body[at] << 8) | body[at + 1], (body[at + 2] << 8) | body[at + 3]
        hello.extensions.append(kind)
        _extension(hello, kind, body[at + 4 : at + 4 + length])
        at += 4 + length
    return hello


def _extension(hello: ClientHello, kind: int, value: bytes) -> None:
    if kind == _SERVER_NAME and len(value) > 5 and value[2] == 0:
        name = value[5 : 5 + ((value[3] << 8) | value[4])]
        hello.server_name = name.decode("latin-1").lower()
    elif kind == _GROUPS:
        hello.groups = _numbers(value[2:])
    elif kind == _POINTS:
        hello.points = list(value[1:])
    elif kind == _SIGNATURES:
        hello.signatures = _numbers(value[2:])
    elif kind == _VERSIONS:
        hello.versions = _numbers(value[1:])
    elif kind == _PROTOCOLS:
        at = 2
        while at < len(value):
            hello.protocols.append(value[at + 1 : at + 1 + value[at]])
            at += 1 + value[at]


def _numbers(data: bytes) -> list[int]:
    return [(data[at] << 8) | data[at + 1] for at in range(0, len(data) - 1, 2)]


def _is_grease(number: int) -> bool:
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 255


def _alpn(protocols: list[bytes]) -> str:
    if not protocols or not protocols[0]:
        return "00"
    first, last = protocols[0][:1], protocols[0][-1:]
    if first.isalnum() and last.isalnum():
        return (first + last).decode("ascii")
    return first.hex()[0] + last.hex()[1]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
