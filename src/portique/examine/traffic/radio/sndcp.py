"""SNDCP: IP packets in the segments that LLC carries.

No public capture of a feature phone's user traffic over SNDCP exists; this is tested on frames
built around real IP packets.

Source: 3GPP TS 44.065, section 7 (PDU formats), 6.7 (segmentation).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from portique.examine.traffic.undecoded import Undecoded

_MOST_OPEN, _MOST_SEGMENTS, _LARGEST_PACKET = 256, 256, 65_535


@dataclass
class _Open:
    parts: dict[int, bytes] = field(default_factory=dict)
    last: int | None = None
    frames: list[int] = field(default_factory=list)
    compressed: bool = False


class Sndcp:
    """Packets of which not all segments were seen yet; the oldest give way."""

    def __init__(self) -> None:
        self._open: dict[tuple[object, ...], _Open] = {}

    def add(self, link: tuple[object, ...], data: bytes, frame: int) -> bytes | None:
        """Take in a segment; return the IP packet once it is whole.

        Args:
            link: tells one phone and direction from another.
            data: an SN-DATA or SN-UNITDATA unit.
            frame: its number.

        Raises:
            Undecoded: cut, or compressed.
        """
        if len(data) < 4:
            raise Undecoded("SNDCP unit cut")
        first, unacknowledged, more = data[0] & 0x40, data[0] & 0x20, bool(data[0] & 0x10)
        at, compressed = 1, False
        if first:
            compressed, at = data[1] != 0, 2
        if unacknowledged:
            segment, packet = data[at] >> 4, ((data[at] & 15) << 8) | data[at + 1]
            at += 2
        else:
            segment = 0 if first else -1
            packet = -1
            at += 1 if first else 0
        key = (*link, data[0] & 15)
        pieces = self._pieces((*key, packet), fresh=bool(first))
        pieces.compressed |= compressed
        number = segment if segment >= 0 else len(pieces.parts)
        pieces.parts.setdefault(number, data[at:])
        pieces.frames.append(frame)
        if not more:
            pieces.last = number
        return self._whole((*key, packet), pieces)

    def close(self) -> int:
        """Forget what is open; return how many bytes never became whole packets."""
        size = sum(len(part) for each in self._open.values() for part in each.parts.values())
        self._open.clear()
        return size

    def _pieces(self, key: tuple[object, ...], *, fresh: bool) -> _Open:
        held = self._open.get(key)
        if held is None or (fresh and 0 in held.parts):
            if len(self._open) >= _MOST_OPEN:
                del self._open[next(iter(self._open))]
            held = self._open[key] = _Open()
        return held

    def _whole(self, key: tuple[object, ...], pieces: _Open) -> bytes | None:
        size = sum(len(part) for part in pieces.parts.values())
        if size > _LARGEST_PACKET or len(pieces.parts) > _MOST_SEGMENTS:
            del self._open[key]
            raise Undecoded("SNDCP packet in more segments, or larger, than is allowed")
        if pieces.last is None or any(n not in pieces.parts for n in range(pieces.last + 1)):
            return None
        del self._open[key]
        if pieces.compressed:
            raise Undecoded("SNDCP compressed")
        return b"".join(pieces.parts[number] for number in range(pieces.last + 1))
