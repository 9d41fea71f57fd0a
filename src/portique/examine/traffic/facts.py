"""What one pass over a capture gathers, bounded: matches, short messages, peers, names."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from portique.examine.traffic.identity.pattern import Identifier
from portique.examine.traffic.identity.search import Match
from portique.examine.traffic.network.conversation import Conversation, address_text
from portique.examine.traffic.origin import Origin
from portique.examine.traffic.radio.tpdu import ShortMessage

Frames: TypeAlias = "list[int] | array[int]"
MOST_FRAMES, MOST_FRAMES_OF_PEER = 1_000, 256
_MOST_MATCHES, _MOST_PEERS, _MOST_MESSAGES, _MOST_CONTACTS = 20_000, 50_000, 20_000, 50_000


class End(NamedTuple):
    """The other end of a conversation.

    Args:
        address: as text.
        host: name under which it was reached; None: none was seen.
        port: of the peer; 0 for protocols without.
        transport: tcp, udp, icmp and so on.
    """

    address: str
    host: str | None
    port: int
    transport: str


@dataclass
class Sent:
    """One identifier in one form, to or from one end: every time it was seen."""

    identifier: Identifier
    encoding: str
    end: End
    is_up: bool
    app: str
    bearer: str
    phone_began: bool
    offset: int
    first_us: int
    last_us: int
    size: int = 0
    count: int = 0
    frames: array[int] = field(default_factory=lambda: array("I"))


@dataclass
class Peer:
    """Everything exchanged with one end."""

    end: End
    app: str
    bearer: str
    phone_began: bool
    first_us: int
    last_us: int
    talks: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    encrypted_bytes: int = 0
    claimed: bool = False
    frames: array[int] = field(default_factory=lambda: array("I"))
    contacts: array[int] = field(default_factory=lambda: array("q"))
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Text:
    """A short message that was seen, with what was found in it."""

    message: ShortMessage
    origin: Origin
    frames: tuple[int, ...]
    whole_text: str
    matches: tuple[Match, ...]

    @property
    def is_up(self) -> bool:
        """Sent by the phone."""
        return bool(self.origin.uplink)


@dataclass
class Domain:
    """What was asked under one domain."""

    name: str
    server: str
    bearer: str
    first_us: int
    last_us: int = 0
    queries: int = 0
    answer_bytes: int = 0
    query_bytes: int = 0
    parts: dict[str, None] = field(default_factory=dict)
    frames: array[int] = field(default_factory=lambda: array("I"))


class Received(NamedTuple):
    """A piece of content that came down, kept to see whether the phone obeyed it."""

    at_us: int
    frame: int
    end: End
    data: bytes


@dataclass
class Facts:
    """What was gathered."""

    sent: dict[tuple[object, ...], Sent] = field(default_factory=dict)
    peers: dict[End, Peer] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    domains: dict[str, Domain] = field(default_factory=dict)
    received: deque[Received] = field(default_factory=lambda: deque(maxlen=512))
    hosts: dict[str, int] = field(default_factory=dict)
    limits: set[str] = field(default_factory=set)

    def host(self, name: str, frame: int) -> None:
        """Take in a host that was wanted, and the frame of its first mention."""
        if len(self.hosts) < _MOST_PEERS:
            self.hosts.setdefault(name, frame)
        else:
            self.limits.add("more hosts than are kept")

    def match(
        self, match: Match, talk: Conversation, frames: list[int], at_us: int, *, is_up: bool
    ) -> None:
        """Take in an identifier that was found in a conversation."""
        end = end_of(talk)
        key = (match.identifier, match.encoding, end, is_up)
        held = self.sent.get(key)
        if held is None:
            if len(self.sent) >= _MOST_MATCHES:
                self.limits.add("more identifiers in more places than are kept apart")
                return
            held = self.sent[key] = Sent(
                match.identifier, match.encoding, end, is_up, talk.app, talk.bearer,
                talk.phone_began, match.start, at_us, at_us,
            )  # fmt: skip
        held.count += 1
        held.size += match.end - match.start
        held.first_us, held.last_us = min(held.first_us, at_us), max(held.last_us, at_us)
        _extend(held.frames, frames)

    def talk(self, talk: Conversation) -> None:
        """Take in a conversation that is over."""
        end = end_of(talk)
        peer = self.peers.get(end)
        if peer is None:
            if len(self.peers) >= _MOST_PEERS:
                self.limits.add("more peers than are kept apart")
                return
            peer = self.peers[end] = Peer(
                end, talk.app, talk.bearer, talk.phone_began, talk.began_us, talk.last_us
            )
        peer.app = peer.app or talk.app
        peer.talks += 1
        peer.bytes_up += talk.bytes_up
        peer.bytes_down += talk.bytes_down
        peer.claimed |= talk.claimed
        peer.encrypted_bytes += talk.encrypted_bytes
        peer.first_us = min(peer.first_us, talk.began_us)
        peer.last_us = max(peer.last_us, talk.last_us)
        peer.phone_began |= talk.phone_began
        peer.notes.update(talk.notes)
        _extend(peer.frames, talk.frames, MOST_FRAMES_OF_PEER)
        if len(peer.contacts) < _MOST_CONTACTS:
            peer.contacts.extend(talk.contacts)

    def text(self, text: Text) -> None:
        """Take in a short message."""
        if len(self.texts) < _MOST_MESSAGES:
            self.texts.append(text)
        else:
            self.limits.add("more short messages than are kept")


def end_of(talk: Conversation) -> End:
    """Return the other end of a conversation."""
    address, port = talk.peer
    return End(address_text(address), talk.host, port, talk.transport)


def _extend(frames: Frames, more: Frames, most: int = MOST_FRAMES) -> None:
    """Add frames, up to a limit; the same one may stand twice until they are sorted."""
    frames.extend(more[: max(most - len(frames), 0)])
