"""LAPDm: the link between phone and base station that carries signalling and short messages.

Source: 3GPP TS 44.006, sections 2 and 3 (address, control and length fields, segmentation).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from portique.examine.traffic.undecoded import Undecoded

SMS_ACCESS_POINT = 3
_MOST_LINKS, _LARGEST_MESSAGE = 1024, 512


@dataclass(frozen=True)
class Message:
    """A layer 3 message put together.

    Args:
        body: its bytes.
        frames: the frames that it came in.
        access_point: SAPI, 0 signalling, 3 short messages.
    """

    body: bytes
    frames: tuple[int, ...]
    access_point: int


@dataclass
class _Link:
    parts: bytearray = field(default_factory=bytearray)
    frames: list[int] = field(default_factory=list)
    last: int | None = None


class Lapdm:
    """The open links of a capture, bounded."""

    def __init__(self) -> None:
        self._links: dict[tuple[object, ...], _Link] = {}

    def add(self, channel: tuple[object, ...], data: bytes, frame: int) -> Message | None:
        """Take in a frame; return a layer 3 message once it is whole.

        Args:
            channel: tells one link from another; holds the direction.
            data: the frame from its address field on.
            frame: its number.

        Raises:
            Undecoded: the frame makes no sense.
        """
        if len(data) < 3:
            raise Undecoded("LAPDm frame cut")
        address, control, length = data[0], data[1], data[2] >> 2
        if not address & 1 or not data[2] & 1 or 3 + length > len(data):
            raise Undecoded("LAPDm frame makes no sense")
        access_point, more = (address >> 2) & 7, bool(data[2] & 2)
        body = data[3 : 3 + length]
        if control & 3 == 3:  # unnumbered: UI, or SABM and UA with a message inside
            return Message(body, (frame,), access_point) if length else None
        if control & 1:
            return None  # supervisory
        return self._numbered((*channel, access_point), body, (control >> 1) & 7, frame, more=more)

    def _numbered(
        self, key: tuple[object, ...], body: bytes, sent: int, frame: int, *, more: bool
    ) -> Message | None:
        link = self._links.get(key)
        if link is None:
            if len(self._links) >= _MOST_LINKS:
                del self._links[next(iter(self._links))]
            link = self._links[key] = _Link()
        if link.last == sent and link.parts:
            return None  # sent again
        link.last = sent
        link.parts += body
        link.frames.append(frame)
        if more and len(link.parts) <= _LARGEST_MESSAGE:
            return None
        message = Message(bytes(link.parts), tuple(link.frames), int(str(key[-1])))
        link.parts, link.frames = bytearray(), []
        return message if message.body else None
