"""One direction of a TCP connection, put in order, in bounded memory.

Bytes that came twice are taken once, the first time. A gap that is never filled is told, and the
stream goes on behind it.

Source: RFC 9293.
"""

from __future__ import annotations

_MODULUS, _HALF = 1 << 32, 1 << 31
_MOST_WAITING, _MOST_WAITING_BYTES = 512, 512 << 10


class Stream:
    """Bytes of one direction that wait to be read, and the frames that they came in.

    `marks` holds (offset in `buffer`, frame) in order; `gaps` the bytes known to be missing.
    """

    __slots__ = ("buffer", "gaps", "marks", "next", "repeated", "waiting", "waiting_bytes")

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.marks: list[tuple[int, int]] = []
        self.next: int | None = None
        self.waiting: dict[int, tuple[bytes, int]] = {}
        self.waiting_bytes = 0
        self.gaps = 0
        self.repeated = 0

    def add(self, sequence: int, payload: bytes, frame: int) -> None:
        """Take in a segment.

        Args:
            sequence: number of its first byte.
            payload: its bytes, at least one.
            frame: where it was seen.
        """
        expected = self.next
        if expected is None or sequence == expected:
            self._append(sequence, payload, frame)
            if self.waiting:
                self._take_waiting()
            return
        ahead = (sequence - expected) % _MODULUS
        if ahead < _HALF:
            self._wait(sequence, payload, frame)
            return
        known = _MODULUS - ahead
        self.repeated += min(known, len(payload))
        if known < len(payload):
            self._append(expected, payload[known:], frame)
            if self.waiting:
                self._take_waiting()

    def started(self, sequence: int) -> None:
        """Note the number that the first byte will have, from a SYN."""
        if self.next is None:
            self.next = (sequence + 1) % _MODULUS

    def skip_gap(self) -> None:
        """Go on behind a gap: what waits is taken, what lacks is counted."""
        while self.waiting and self.next is not None:
            expected = self.next
            nearest = min(self.waiting, key=lambda number: (number - expected) % _MODULUS)
            self.gaps += (nearest - expected) % _MODULUS
            self.next = nearest
            self._take_waiting()

    def taken(self) -> tuple[bytes, list[tuple[int, int]]]:
        """Return what was put in order so far, and forget it."""
        block, marks = bytes(self.buffer), self.marks
        self.buffer, self.marks = bytearray(), []
        return block, marks

    def _append(self, sequence: int, payload: bytes, frame: int) -> None:
        self.marks.append((len(self.buffer), frame))
        self.buffer += payload
        self.next = (sequence + len(payload)) % _MODULUS

    def _wait(self, sequence: int, payload: bytes, frame: int) -> None:
        held = self.waiting.get(sequence)
        if held is not None and len(held[0]) >= len(payload):
            self.repeated += len(payload)
            return
        self.waiting_bytes += len(payload) - (len(held[0]) if held else 0)
        self.waiting[sequence] = (payload, frame)
        if len(self.waiting) > _MOST_WAITING or self.waiting_bytes > _MOST_WAITING_BYTES:
            self.skip_gap()

    def _take_waiting(self) -> None:
        while self.waiting:
            expected = self.next
            assert expected is not None  # noqa: S101 - something was appended
            held = self.waiting.pop(expected, None)
            if held is None:
                held = self._overlapping(expected)
                if held is None:
                    return
            payload, frame = held
            self.waiting_bytes -= len(payload)
            self._append(expected, payload, frame)

    def _overlapping(self, expected: int) -> tuple[bytes, int] | None:
        for number in list(self.waiting):
            behind = (expected - number) % _MODULUS
            if behind < _HALF:
                payload, frame = self.waiting.pop(number)
                self.waiting_bytes -= min(behind, len(payload))
                self.repeated += min(behind, len(payload))
                if behind < len(payload):
                    return payload[behind:], frame
        return None
