"""The table of open conversations, bounded: the oldest are closed when it is full."""

from __future__ import annotations

import struct
from typing import Protocol

from portique.examine.traffic.network.conversation import TCP, UDP, Conversation, is_local
from portique.examine.traffic.network.ip import Packet
from portique.examine.traffic.network.stream import Stream
from portique.examine.traffic.origin import Origin

BLOCK_BYTES = 1 << 20
"""A direction is read each time so many bytes of it are in order."""
_MOST_OPEN = 50_000
_MOST_BUFFERED = 64 << 20
_MARK_BYTES = 100
"""What a segment costs in memory beside its bytes, about."""
_CLOSE_PER_ROUND = 5_000
_IDLE_US = 300_000_000
_LEAST_CLIENT_PORT = 1024
_TCP = struct.Struct("!HHIxxxxBB").unpack_from
_SEGMENT = struct.Struct("!12xHBxHxxHxBxx12xI4xBB").unpack_from
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16


class Reader(Protocol):
    """What reads the content of conversations."""

    def block(
        self, talk: Conversation, data: bytes, marks: list[tuple[int, int]], *, is_up: bool
    ) -> None:
        """Read bytes of a TCP direction, in order; `marks` says which frame each came in."""

    def datagram(self, talk: Conversation, payload: bytes, origin: Origin, *, is_up: bool) -> None:
        """Read the payload of one datagram."""

    def finished(self, talk: Conversation) -> None:
        """Take note that a conversation is over."""


class Conversations:
    """Every conversation that is going on.

    Args:
        reader: reads what they carry.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._open: dict[bytes, tuple[Conversation, bool]] = {}
        self._buffered = 0

    def tcp(self, packet: Packet, origin: Origin) -> int:
        """Take in a TCP packet; return how many bytes of it could not be understood."""
        data, start, end = packet.data, packet.start, packet.end
        if end - start < 20:
            return max(end - start, 1)
        source_port, target_port, sequence, offset, flags = _TCP(data, start)
        body = start + (offset >> 4) * 4
        if offset < 0x50 or body > end:
            return end - start
        key = packet.source + packet.target + data[start : start + 4] + b"\x06"
        found = self._open.get(key)
        if found is not None and flags & _SYN and not flags & _ACK and found[0].closed:
            self._finish(found[0])
            found = None
        if found is None:
            began = not flags & _ACK if flags & _SYN else source_port > target_port
            found = self._begin(key, packet, (source_port, target_port), origin, began=began)
        talk, is_up = found
        talk.count(origin.frame, origin.at_us, packet.wire_bytes, is_up=is_up)
        stream = talk.up if is_up else talk.down
        if flags & _SYN:
            stream.started(sequence)
        elif body < end:
            stream.add(sequence, data[body:end], origin.frame)
            self._grown(talk, stream, end - body, is_up=is_up)
        if flags & (_FIN | _RST):
            talk.closed |= 3 if flags & _RST else (1 if is_up else 2)
        return 0

    def follow(self, frame: bytes, number: int, at_us: int) -> bool:
        """Take in the commonest frame of all in one step; return whether it was one.

        That is a TCP segment in the middle of an open conversation, in IPv4 without options or
        fragments, behind Ethernet without a tag. The key is the same as in `tcp`: addresses and
        ports lie side by side in the frame.
        """
        size = len(frame)
        if size < 54:
            return False
        link, first, total, place, protocol, sequence, offset, flags = _SEGMENT(frame)
        if link != 0x0800 or first != 0x45 or place & 0x3FFF or protocol != TCP:
            return False
        found = self._open.get(frame[26:38] + b"\x06")
        body = 34 + (offset >> 4) * 4
        end = min(14 + total, size)
        if found is None or flags & (_FIN | _SYN | _RST) or body < 54 or body > end:
            return False
        talk, is_up = found
        talk.count(number, at_us, total, is_up=is_up)
        if body < end:
            stream = talk.up if is_up else talk.down
            stream.add(sequence, frame[body:end], number)
            self._grown(talk, stream, end - body, is_up=is_up)
        return True

    def udp(self, packet: Packet, origin: Origin) -> int:
        """Take in a UDP packet; return how many bytes of it could not be understood."""
        data, start, end = packet.data, packet.start, packet.end
        if end - start < 8:
            return max(end - start, 1)
        ports = ((data[start] << 8) | data[start + 1], (data[start + 2] << 8) | data[start + 3])
        key = packet.source + packet.target + data[start : start + 4] + b"\x11"
        found = self._open.get(key)
        if found is not None and origin.at_us - found[0].last_us > _IDLE_US * 12:
            self._finish(found[0])
            found = None
        if found is None:
            began = not ports[0] < _LEAST_CLIENT_PORT <= ports[1]
            found = self._begin(key, packet, ports, origin, began=began)
        talk, is_up = found
        talk.count(origin.frame, origin.at_us, packet.wire_bytes, is_up=is_up)
        length = (data[start + 4] << 8) | data[start + 5]
        stop = min(end, start + length) if length >= 8 else end
        if stop > start + 8:
            self._reader.datagram(talk, data[start + 8 : stop], origin, is_up=is_up)
        return 0

    def other(self, packet: Packet, origin: Origin) -> None:
        """Take in a packet of another protocol: ICMP and the like."""
        key = packet.source + packet.target + bytes([packet.protocol])
        found = self._open.get(key) or self._begin(key, packet, (0, 0), origin, began=True)
        talk, is_up = found
        talk.count(origin.frame, origin.at_us, packet.wire_bytes, is_up=is_up)
        payload = packet.data[packet.start : packet.end]
        if payload:
            self._reader.datagram(talk, payload, origin, is_up=is_up)

    def close(self) -> None:
        """Read and close everything that is open."""
        for talk, _ in list(self._open.values()):
            if not talk.closed & 4:
                self._finish(talk)
        self._open.clear()

    def _begin(
        self,
        key: bytes,
        packet: Packet,
        ports: tuple[int, int],
        origin: Origin,
        *,
        began: bool,
    ) -> tuple[Conversation, bool]:
        """Open a conversation; `began`: the sender of this packet is who began it."""
        if len(self._open) >= 2 * _MOST_OPEN:
            self._make_room(origin.at_us)
        is_up = _from_phone(packet, origin, began=began)
        ends = ((packet.source, ports[0]), (packet.target, ports[1]))
        phone, peer = ends if is_up else ends[::-1]
        phone_began = began == is_up
        talk = Conversation(packet.protocol, phone, peer, origin.bearer, phone_began=phone_began)
        self._open[key] = talk, is_up
        self._open[_opposite(talk, from_phone=not is_up)] = talk, not is_up
        return talk, is_up

    def _make_room(self, now_us: int) -> None:
        old = [t for t, _ in self._open.values() if t.closed or now_us - t.last_us > _IDLE_US]
        if not old:
            old = [talk for talk, _ in list(self._open.values())[:_CLOSE_PER_ROUND]]
        for talk in old:
            self._finish(talk)

    def _grown(self, talk: Conversation, stream: Stream, size: int, *, is_up: bool) -> None:
        """Have a direction read when enough of it waits, and all when too much waits in sum."""
        self._buffered += size + _MARK_BYTES
        if len(stream.buffer) >= BLOCK_BYTES:
            self._read(talk, stream, is_up=is_up)
        elif self._buffered > _MOST_BUFFERED:
            self._read_all()

    def _read(self, talk: Conversation, stream: Stream, *, is_up: bool) -> None:
        block, marks = stream.taken()
        self._buffered -= len(block) + _MARK_BYTES * len(marks)
        if block:
            self._reader.block(talk, block, marks, is_up=is_up)

    def _read_all(self) -> None:
        for talk, is_up in list(self._open.values()):
            stream = talk.up if is_up else talk.down
            stream.skip_gap()
            self._read(talk, stream, is_up=is_up)
        self._buffered = 0

    def _finish(self, talk: Conversation) -> None:
        if talk.closed & 4:
            return
        talk.closed |= 4
        # What the phone asked is read before what was answered.
        for stream, is_up in ((talk.up, True), (talk.down, False)):
            stream.skip_gap()
            self._read(talk, stream, is_up=is_up)
        self._reader.finished(talk)
        for from_phone in (True, False):
            self._open.pop(_opposite(talk, from_phone=from_phone), None)


def _opposite(talk: Conversation, *, from_phone: bool) -> bytes:
    """Return the key under which packets of one direction are found."""
    sender, receiver = (talk.phone, talk.peer) if from_phone else (talk.peer, talk.phone)
    ports = b""
    if talk.protocol in {TCP, UDP}:
        ports = sender[1].to_bytes(2, "big") + receiver[1].to_bytes(2, "big")
    return sender[0] + receiver[0] + ports + bytes([talk.protocol])


def _from_phone(packet: Packet, origin: Origin, *, began: bool) -> bool:
    """Return whether the phone sent a packet: as the link says, else as the addresses say."""
    if origin.uplink is not None:
        return origin.uplink
    source, target = is_local(packet.source), is_local(packet.target)
    if source != target:
        return source
    return began
