"""A plain-Python LZMA decoder: what the compiled one is measured and checked against.

Classes and lists, apart from the loop of the package: the two share no line of decoding. A third
of a megabyte a second.
"""

from __future__ import annotations

from portique.examine.firmware.lzma_stream import Properties
from portique.examine.firmware.reading import Damaged

_TOP = 1 << 24
_HALF = 1 << 10
_LITERALS = 0x300
_MATCH_LEAST = 2
_STATE_LITERAL = (0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5)
END_MARK = 0xFFFFFFFF


class _Range:
    """The range decoder: bits out of bytes."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 5 or data[0] != 0:
            raise Damaged("no LZMA stream: its first byte is not zero, or it is cut")
        self.data = data
        self.at = 5
        self.range = 0xFFFFFFFF
        self.code = int.from_bytes(data[1:5], "big")

    def bit(self, odds: list[int], index: int) -> int:
        """Return one bit, by the odds at an index, which learn from it."""
        odd = odds[index]
        bound = (self.range >> 11) * odd
        if self.code < bound:
            self.range = bound
            odds[index] = odd + ((2048 - odd) >> 5)
            bit = 0
        else:
            self.range -= bound
            self.code -= bound
            odds[index] = odd - (odd >> 5)
            bit = 1
        if self.range < _TOP:
            self._next_byte()
        return bit

    def direct(self, count: int) -> int:
        """Return bits that have even odds."""
        value = 0
        for _ in range(count):
            self.range >>= 1
            bit = int(self.code >= self.range)
            self.code -= self.range * bit
            value = value << 1 | bit
            if self.range < _TOP:
                self._next_byte()
        return value

    def tree(self, odds: list[int], bits: int, base: int = 0) -> int:
        """Return a number whose bits are coded from the highest."""
        node = 1
        for _ in range(bits):
            node = node << 1 | self.bit(odds, base + node)
        return node - (1 << bits)

    def reverse_tree(self, odds: list[int], bits: int, base: int = 0) -> int:
        """Return a number whose bits are coded from the lowest."""
        node, value = 1, 0
        for place in range(bits):
            bit = self.bit(odds, base + node)
            node = node << 1 | bit
            value |= bit << place
        return value

    def _next_byte(self) -> None:
        if self.at >= len(self.data):
            raise Damaged("the LZMA stream ends before its content does")
        self.range <<= 8
        self.code = (self.code << 8 | self.data[self.at]) & 0xFFFFFFFF
        self.at += 1


class _Lengths:
    """Odds of the lengths of matches."""

    def __init__(self) -> None:
        self.choice = [_HALF, _HALF]
        self.low = [_HALF] * (16 << 3)
        self.mid = [_HALF] * (16 << 3)
        self.high = [_HALF] * 256

    def read(self, source: _Range, position: int) -> int:
        """Return a length, 2 to 273."""
        if not source.bit(self.choice, 0):
            return _MATCH_LEAST + source.tree(self.low, 3, position << 3)
        if not source.bit(self.choice, 1):
            return _MATCH_LEAST + 8 + source.tree(self.mid, 3, position << 3)
        return _MATCH_LEAST + 16 + source.tree(self.high, 8)


class _Decoder:
    """All odds, and the window."""

    def __init__(self, data: bytes, properties: Properties, window: bytes) -> None:
        self.source = _Range(data)
        self.properties = properties
        self.out = bytearray(window)
        self.literals = [_HALF] * (_LITERALS << (properties.lc + properties.lp))
        self.is_match = [_HALF] * (12 << 4)
        self.is_rep = [_HALF] * 12
        self.is_rep0 = [_HALF] * 12
        self.is_rep1 = [_HALF] * 12
        self.is_rep2 = [_HALF] * 12
        self.is_long_rep0 = [_HALF] * (12 << 4)
        self.slots = [[_HALF] * 64 for _ in range(4)]
        self.special = [_HALF] * (128 + 16)
        self.align = [_HALF] * 16
        self.lengths = _Lengths()
        self.rep_lengths = _Lengths()
        self.reps = [0, 0, 0, 0]
        self.state = 0

    def run(self, size: int) -> bytes:
        """Return `size` bytes, or fewer where an end mark stands."""
        start = len(self.out)
        until = start + size
        mask = (1 << self.properties.pb) - 1
        source = self.source
        while len(self.out) < until:
            position = (len(self.out) - start) & mask
            if not source.bit(self.is_match, (self.state << 4) + position):
                self._literal(start)
                continue
            if source.bit(self.is_rep, self.state):
                length = self._repeat(position)
            elif not (length := self._match(position)):
                break
            self._copy(length, until)
        return bytes(self.out[start:])

    def _literal(self, start: int) -> None:
        own, out, source = self.properties, self.out, self.source
        before = out[-1] if len(out) > start else 0
        place = (len(out) - start) & ((1 << own.lp) - 1)
        base = _LITERALS * ((place << own.lc) + (before >> (8 - own.lc)))
        odds, node = self.literals, 1
        if self.state >= 7 and own.matched_literals:
            match = out[-self.reps[0] - 1]
            while node < 0x100:
                wanted = match >> 7 & 1
                match <<= 1
                bit = source.bit(odds, base + ((1 + wanted) << 8) + node)
                node = node << 1 | bit
                if bit != wanted:
                    break
        while node < 0x100:
            node = node << 1 | source.bit(odds, base + node)
        out.append(node & 0xFF)
        self.state = _STATE_LITERAL[self.state]

    def _match(self, position: int) -> int:
        """Return the length of a match at a new distance; 0 where the stream says it ends."""
        length = self.lengths.read(self.source, position)
        self.state = 7 if self.state < 7 else 10
        distance = self._distance(length)
        if distance == END_MARK:
            return 0
        self.reps = [distance, *self.reps[:3]]
        return length

    def _distance(self, length: int) -> int:
        source = self.source
        slot = source.tree(self.slots[min(length - _MATCH_LEAST, 3)], 6)
        if slot < 4:
            return slot
        bits = (slot >> 1) - 1
        distance = (2 | slot & 1) << bits
        if slot < 14:
            return distance + source.reverse_tree(self.special, bits, distance - slot)
        distance += source.direct(bits - 4) << 4
        return distance + source.reverse_tree(self.align, 4)

    def _repeat(self, position: int) -> int:
        """Return the length of a match at one of the last four distances."""
        source, state, reps = self.source, self.state, self.reps
        if not source.bit(self.is_rep0, state):
            if not source.bit(self.is_long_rep0, (state << 4) + position):
                self.state = 9 if state < 7 else 11
                return 1
        elif not source.bit(self.is_rep1, state):
            reps[0], reps[1] = reps[1], reps[0]
        elif not source.bit(self.is_rep2, state):
            reps[0], reps[1], reps[2] = reps[2], reps[0], reps[1]
        else:
            self.reps = [reps[3], *reps[:3]]
        self.state = 8 if state < 7 else 11
        return self.rep_lengths.read(source, position)

    def _copy(self, length: int, until: int) -> None:
        out, distance = self.out, self.reps[0] + 1
        if distance > len(out):
            raise Damaged(f"a match reaches {distance:,} bytes back, past the window")
        if len(out) + length > until:
            raise Damaged("a match runs past the plain size")
        if distance >= length:
            begin = len(out) - distance
            out += out[begin : begin + length]
        else:
            unit = bytes(out[-distance:])
            out += (unit * (length // distance + 1))[:length]


def decode(
    data: bytes, properties: Properties, size: int, window: bytes = b""
) -> tuple[bytes, int, bool]:
    """Return the plain bytes, how many bytes were read, and whether nothing is left in the coder.

    Args:
        data: the stream, from the zero byte on.
        properties: of the stream.
        size: plain bytes wanted; no more are made, whatever the stream says.
        window: what matches may reach before the first byte.

    Raises:
        Damaged: the stream ends early, or reaches past its window.
    """
    decoder = _Decoder(data, properties, window)
    plain = decoder.run(size)
    return plain, decoder.source.at, decoder.source.code == 0
