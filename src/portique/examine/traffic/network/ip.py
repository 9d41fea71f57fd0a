"""IPv4 and IPv6 headers, and fragments put together again in bounded memory.

Source: RFC 791, RFC 8200; RFC 815 (reassembly).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from portique.examine.traffic.undecoded import Undecoded

_V4 = struct.Struct("!BxHHHxB2x4s4s").unpack_from
_V6 = struct.Struct("!IHBx16s16s").unpack_from
_EXTENSIONS = {0, 43, 60, 135, 139, 140}
FRAGMENT_HEADER, NO_NEXT = 44, 59
_MOST_PACKETS, _LARGEST_PACKET = 256, 65_535


@dataclass(slots=True)
class Packet:
    """What an IP packet carries.

    Args:
        source, target: addresses, 4 or 16 bytes.
        protocol: number of the transport, e.g. 6 for TCP.
        data: bytes that hold it.
        start, end: where the transport's header starts, where the packet ends.
        wire_bytes: length of the whole packet as its header says.
        fragment: None, or (key, offset, more follow).
    """

    source: bytes
    target: bytes
    protocol: int
    data: bytes
    start: int
    end: int
    wire_bytes: int
    fragment: tuple[bytes, int, bool] | None = None


def version_4(data: bytes, at: int, limit: int) -> Packet:
    """Read an IPv4 header.

    Args:
        data: bytes that hold the packet.
        at: where it starts.
        limit: where what was captured ends.

    Raises:
        Undecoded: cut, or lengths that make no sense.
    """
    if limit - at < 20:
        raise Undecoded("IPv4 header cut")
    first, total, name, place, protocol, source, target = _V4(data, at)
    header = (first & 15) * 4
    if first >> 4 != 4 or header < 20 or (total and total < header):
        raise Undecoded("IPv4 header makes no sense")
    total = total or limit - at  # a network card that cuts large packets itself leaves 0 here
    start, end = at + header, min(at + total, limit)
    fragment = None
    if place & 0x3FFF:
        key = source + target + name.to_bytes(2, "big") + bytes([protocol])
        fragment = (key, (place & 0x1FFF) * 8, bool(place & 0x2000))
    return Packet(source, target, protocol, data, min(start, end), end, total, fragment)


def behind_ethernet(frame: bytes) -> Packet | None:
    """Read the commonest frame of all in one step; None: it is another, to be read step by step.

    That is Ethernet without a tag, IPv4 without options, no fragment.
    """
    size = len(frame)
    if size < 34 or frame[12:14] != b"\x08\x00":
        return None
    first, total, _, place, protocol, source, target = _V4(frame, 14)
    if first != 0x45 or place & 0x3FFF or total < 20:
        return None
    end = 14 + total
    return Packet(source, target, protocol, frame, 34, end if end < size else size, total)


def version_6(data: bytes, at: int, limit: int) -> Packet:
    """Read an IPv6 header and the extension headers behind it.

    Raises:
        Undecoded: cut, or a chain of headers that makes no sense.
    """
    if limit - at < 40 or data[at] >> 4 != 6:
        raise Undecoded("IPv6 header cut")
    _, length, following, source, target = _V6(data, at)
    end = min(at + 40 + length, limit) if length else limit
    start, fragment = at + 40, None
    for _ in range(16):
        if following in _EXTENSIONS and end - start >= 8:
            following, start = data[start], start + 8 + data[start + 1] * 8
        elif following == FRAGMENT_HEADER and end - start >= 8 and fragment is None:
            place = int.from_bytes(data[start + 2 : start + 4], "big")
            key = source + target + data[start + 4 : start + 8] + bytes([data[start]])
            if place & 0xFFF9:
                fragment = (key, place & 0xFFF8, bool(place & 1))
            following, start = data[start], start + 8
            if fragment:
                break
        else:
            break
    if start > end:
        raise Undecoded("IPv6 extension header cut")
    return Packet(source, target, following, data, start, end, 40 + length, fragment)


@dataclass
class _Pieces:
    parts: dict[int, bytes] = field(default_factory=dict)
    frames: list[int] = field(default_factory=list)
    total: int | None = None
    held: int = 0


class Fragments:
    """Packets of which not all pieces were seen yet; the oldest give way to new ones.

    Args:
        given_up: told the bytes of each packet that never became whole.
    """

    def __init__(self, given_up: Callable[[int], None]) -> None:
        self._open: dict[bytes, _Pieces] = {}
        self._given_up = given_up

    def add(self, piece: Packet, frame: int) -> tuple[Packet, list[int]] | None:
        """Return the whole packet and its frames once the last piece is there, else None.

        Pieces that overlap with different bytes keep the first ones.
        """
        assert piece.fragment is not None  # noqa: S101 - the caller looked
        key, offset, more = piece.fragment
        pieces = self._open.get(key)
        if pieces is None:
            if len(self._open) >= _MOST_PACKETS:
                self._drop(next(iter(self._open)))
            pieces = self._open[key] = _Pieces()
        body = piece.data[piece.start : piece.end]
        if offset + len(body) > _LARGEST_PACKET or pieces.held > 2 * _LARGEST_PACKET:
            self._drop(key)
            return None
        if offset not in pieces.parts:
            pieces.parts[offset] = body
            pieces.held += len(body)
        pieces.frames.append(frame)
        if not more:
            pieces.total = offset + len(body)
        whole = _joined(pieces)
        if whole is None:
            return None
        del self._open[key]
        joined = Packet(
            piece.source, piece.target, piece.protocol, whole, 0, len(whole), len(whole) + 20
        )
        return joined, pieces.frames

    def close(self) -> None:
        """Give up what is still open."""
        for key in list(self._open):
            self._drop(key)

    def _drop(self, key: bytes) -> None:
        self._given_up(self._open.pop(key).held)


def _joined(pieces: _Pieces) -> bytes | None:
    if pieces.total is None or pieces.held < pieces.total:
        return None
    whole = bytearray()
    for offset in sorted(pieces.parts):
        if offset > len(whole):
            return None
        whole += pieces.parts[offset][len(whole) - offset :]
    return bytes(whole[: pieces.total]) if len(whole) >= pieces.total else None
