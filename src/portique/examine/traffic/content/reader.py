"""Reads what conversations carry, and gathers what it finds."""

from __future__ import annotations

import bisect
import re
from itertools import islice

from portique.examine.traffic.content import dns, http, sip, tls
from portique.examine.traffic.content.batch import Batch
from portique.examine.traffic.content.kinds import datagram_kind, is_opaque, stream_kind
from portique.examine.traffic.content.names import Names, registered
from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.facts import Facts, Received, end_of
from portique.examine.traffic.identity.search import Match, Search
from portique.examine.traffic.network.conversation import UDP, Conversation
from portique.examine.traffic.origin import Origin
from portique.examine.traffic.unpack import Budget, decompressed

_OVERLAP = 512
_KEPT_DOWN = 4_096
_OPAQUE = "opaque: encrypted or packed by an unknown method"
_AS_BYTES = "unknown protocol, searched as bytes only"
_LEAST_CODED = 12
"""Characters below which a name or a path holds nothing coded."""
_LARGEST_UNKNOWN = 256 << 10
_MOST_PACKED = 16
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
"""How gzip and zlib begin."""
Marks = list[tuple[int, int]]


class ContentReader:
    """Reads the content of conversations; see `network.conversations.Reader`.

    Args:
        search: for the planted identifiers.
        facts: takes in what is found.
        coverage: told what could not be read.
    """

    def __init__(self, search: Search, facts: Facts, coverage: Coverage) -> None:
        self._search = search
        self._facts = facts
        self._coverage = coverage
        self._names = Names(facts)
        self._batch = Batch(search, facts)

    def block(self, talk: Conversation, data: bytes, marks: Marks, *, is_up: bool) -> None:
        """Read bytes of a TCP direction."""
        if talk.host is None:
            talk.host = self._names.of(talk.peer[0])
        if not talk.app:
            talk.app = stream_kind(talk, data)
        readers = {"http": self._http, "tls": self._tls, "dns": self._dns_stream}
        reader = readers.get(talk.app, self._unknown)
        covered = reader(talk, data, marks, is_up=is_up)
        if talk.app == "tls" and not is_up:
            return  # what a server sends in cipher says nothing about what left
        tail = talk.tail_up if is_up else talk.tail_down
        for match in self._search.direct(tail + data, under_xor=is_up):
            start, end = match.start - len(tail), match.end - len(tail)
            if end <= 0 or any(
                first <= start < last and key == _key(match) for first, last, key in covered
            ):
                continue
            self._found(match, talk, frames_of(marks, start, end), is_up=is_up)
        if is_up:
            talk.tail_up = data[-_OVERLAP:]
        else:
            talk.tail_down = data[-_OVERLAP:]

    def datagram(self, talk: Conversation, payload: bytes, origin: Origin, *, is_up: bool) -> None:
        """Read the payload of one datagram."""
        if talk.host is None:
            talk.host = self._names.of(talk.peer[0])
        if not talk.app:
            talk.app = datagram_kind(talk, payload)
        if talk.app == "dns":
            self._dns(talk, payload, origin, is_up=is_up)
        elif talk.app == "sip":
            self._sip(talk, payload)
        elif talk.app in {"quic", "dtls"}:
            talk.encrypted_bytes += len(payload)
        elif self._unknown_datagram(talk, payload, origin, is_up=is_up):
            return
        if not self._search.is_empty:
            self._batch.add(talk, payload, origin, is_up=is_up)

    def close(self) -> None:
        """Search what still waits."""
        self._batch.search()

    def finished(self, talk: Conversation) -> None:
        """Take note that a conversation is over."""
        gaps = talk.up.gaps + talk.down.gaps
        if gaps:
            self._coverage.lose("bytes of TCP that the capture lacks", 0)
        if talk.encrypted_bytes:
            name = {"tls": "TLS", "quic": "QUIC", "dtls": "DTLS"}.get(talk.app, "unknown protocol")
            self._coverage.lose(f"encrypted or opaque: {name}", talk.encrypted_bytes)
        if talk.host is None:
            talk.host = self._names.of(talk.peer[0])
        self._facts.talk(talk)

    def _unknown_datagram(
        self, talk: Conversation, payload: bytes, origin: Origin, *, is_up: bool
    ) -> bool:
        """Read a datagram that no decoder knows; return whether it was searched."""
        if not is_up:
            self._keep_down(talk, origin, payload)
        if talk.app == "unknown":
            if talk.notes.get("content") == _OPAQUE or is_opaque(payload):
                talk.notes["content"] = _OPAQUE
                talk.encrypted_bytes += len(payload)
                return False
            self._coverage.lose(_AS_BYTES, len(payload))
        if not is_up or self._search.is_empty or talk.protocol != UDP:
            return False
        for match in self._search.unpacked(payload, (), Budget(64, 2 << 20)):
            self._found(match, talk, [origin.frame], is_up=is_up)
        return True

    def _http(
        self, talk: Conversation, data: bytes, marks: Marks, *, is_up: bool
    ) -> list[tuple[int, int, tuple[object, str]]]:
        """Read HTTP messages; return what of them needs no second report."""
        covered = []
        budget = Budget()
        for message in http.messages(data, budget):
            frames = frames_of(marks, message.start, message.end)
            self._head(talk, message, frames, is_up=is_up)
            if len(message.target) > _LEAST_CODED:
                for match in self._search.unpacked(message.target.encode("latin-1"), (), budget):
                    if not match.is_direct:
                        self._found(match, talk, frames, is_up=is_up)
            covered += self._body(talk, message, marks, budget, is_up=is_up)
            if not message.is_whole:
                self._coverage.lose("HTTP bodies cut, or longer than is read at once", 0)
        if budget.spent:
            self._coverage.note("a packed body was larger or deeper than is unpacked")
        return covered

    def _body(
        self,
        talk: Conversation,
        message: http.HttpMessage,
        marks: Marks,
        budget: Budget,
        *,
        is_up: bool,
    ) -> list[tuple[int, int, tuple[object, str]]]:
        """Search a body; what came down is searched as it is, since it cannot have left."""
        if not message.body:
            return []
        covered = []
        frames = frames_of(marks, message.body_start, message.end)
        look = self._search.unpacked if is_up else self._search.undone
        for match in look(message.body, message.chain, budget):
            if message.chain or not match.is_direct:
                self._found(match, talk, frames, is_up=is_up)
                covered.append((message.body_start, message.end, _key(match)))
        return covered

    def _head(
        self, talk: Conversation, message: http.HttpMessage, frames: list[int], *, is_up: bool
    ) -> None:
        if message.method:
            _note_request(talk, message)
            self._stated(talk, message.host)
        if message.host:
            self._facts.host(message.host, frames[0])
        if not is_up and message.body:
            body = message.body[:_KEPT_DOWN]
            self._facts.received.append(Received(talk.last_us, frames[-1], end_of(talk), body))

    def _tls(
        self, talk: Conversation, data: bytes, marks: Marks, *, is_up: bool
    ) -> list[tuple[int, int, tuple[object, str]]]:
        hello = tls.client_hello(data) if is_up and "ja4" not in talk.notes else None
        if hello is not None:
            talk.notes["ja3"], talk.notes["ja4"] = hello.ja3, hello.ja4
            self._stated(talk, hello.server_name)
            if hello.server_name:
                self._facts.host(hello.server_name, marks[0][1])
        talk.encrypted_bytes += len(data)
        return []

    def _dns_stream(
        self, talk: Conversation, data: bytes, marks: Marks, *, is_up: bool
    ) -> list[tuple[int, int, tuple[object, str]]]:
        at = 0
        while at + 2 < len(data):
            length = (data[at] << 8) | data[at + 1]
            frame = frames_of(marks, at, at + 2)[0]
            origin = Origin(frame, talk.last_us, talk.bearer)
            self._dns(talk, data[at + 2 : at + 2 + length], origin, is_up=is_up)
            at += 2 + length
        return []

    def _unknown(
        self, talk: Conversation, data: bytes, marks: Marks, *, is_up: bool
    ) -> list[tuple[int, int, tuple[object, str]]]:
        """Search what no decoder knows: packed bodies at its start, and gzip anywhere."""
        if not is_up:
            frame = marks[0][1] if marks else 0
            self._keep_down(talk, Origin(frame, talk.last_us, talk.bearer), data)
        if is_opaque(data):
            talk.encrypted_bytes += len(data)
            talk.notes.setdefault("content", _OPAQUE)
        else:
            self._coverage.lose(_AS_BYTES, len(data))
        budget = Budget()
        if is_up and not self._search.is_empty:
            for match in self._search.unpacked(data[:_LARGEST_UNKNOWN], (), budget):
                if not match.is_direct:
                    frames = frames_of(marks, 0, len(data))
                    self._found(match, talk, frames, is_up=is_up)
            self._packed(talk, data, marks, budget, is_up=is_up)
        return []

    def _packed(
        self, talk: Conversation, data: bytes, marks: Marks, budget: Budget, *, is_up: bool
    ) -> None:
        for start in islice(_PACKED.finditer(data, 1), _MOST_PACKED):
            at = start.start()
            plain = decompressed(data[at:], budget)
            if plain is not None:
                for match in self._search.unpacked(plain[1], (plain[0],), budget):
                    self._found(match, talk, frames_of(marks, at, at + 1), is_up=is_up)

    def _sip(self, talk: Conversation, payload: bytes) -> None:
        message = sip.request(payload)
        if message is not None:
            talk.notes.setdefault("request", f"{message.method} {message.target[:200]}")
            self._stated(talk, message.host)

    def _dns(self, talk: Conversation, payload: bytes, origin: Origin, *, is_up: bool) -> None:
        message = dns.read(payload)
        if message is None:
            self._coverage.lose("DNS message damaged, or something else on its port", len(payload))
            talk.notes["content"] = "not DNS, on the port of DNS"
            return
        server = end_of(talk).address
        self._names.take(message, server, origin, len(payload))
        for name, _ in message.questions:
            self._facts.host(name, origin.frame)
        for name, _ in message.questions if is_up else ():
            part = name.removesuffix(registered(name)).rstrip(".")
            if len(part) > _LEAST_CODED:
                self._name(talk, part, payload, origin)

    def _name(self, talk: Conversation, part: str, payload: bytes, origin: Origin) -> None:
        """Search what a name spells once its dots are taken out."""
        joined = part.replace(".", "").encode("latin-1")
        matches = self._search.unpacked(joined, ("dns name",), Budget(16, 1 << 16))
        if not matches:
            return
        seen = {_key(match) for match in self._search.direct(payload)}
        for match in matches:
            if _key(match) not in seen:
                self._found(match, talk, [origin.frame], is_up=True)

    def _stated(self, talk: Conversation, host: str) -> None:
        """Take the name that the phone states for the other end, and whether it is borne out."""
        if host:
            talk.claimed = not self._names.bears_out(talk.peer[0], host)
            talk.host = host

    def _keep_down(self, talk: Conversation, origin: Origin, data: bytes) -> None:
        end = end_of(talk)
        self._facts.received.append(Received(origin.at_us, origin.frame, end, data[:_KEPT_DOWN]))

    def _found(self, match: Match, talk: Conversation, frames: list[int], *, is_up: bool) -> None:
        self._facts.match(match, talk, frames, talk.last_us, is_up=is_up)


def frames_of(marks: Marks, start: int, end: int) -> list[int]:
    """Return the frames that bytes of a stream came in.

    Args:
        marks: (offset, frame), by offset.
        start, end: the bytes, half-open.

    >>> frames_of([(0, 4), (100, 5), (200, 9)], 90, 110)
    [4, 5]
    """
    first = max(bisect.bisect_right(marks, start, key=lambda mark: mark[0]) - 1, 0)
    last = bisect.bisect_left(marks, end, key=lambda mark: mark[0])
    return [frame for _, frame in marks[first : max(last, first + 1)]]


def _note_request(talk: Conversation, message: http.HttpMessage) -> None:
    talk.notes.setdefault("request", f"{message.method} {message.target[:200]}")
    for name, header in (("user agent", "user-agent"), ("content type", "content-type")):
        if message.headers.get(header):
            talk.notes.setdefault(name, message.headers[header][:200])


def _key(match: Match) -> tuple[object, str]:
    return match.identifier, match.encoding.rsplit(">", 1)[-1]
