"""An LZMA encoder with a preset window, written from the specification for the tests alone."""

from __future__ import annotations

STATES_AFTER_LITERAL = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5]
SHORTEST = 4
LONGEST = 273


class RangeEncoder:
    """Bits into bytes."""

    def __init__(self) -> None:
        self.low, self.range = 0, 0xFFFFFFFF
        self.cache, self.pending = 0, 1
        self.out = bytearray()
        self.odds: dict[tuple[object, ...], int] = {}

    def shift(self) -> None:
        """Move the top byte out, with a carry where there is one."""
        if self.low < 0xFF000000 or self.low > 0xFFFFFFFF:
            carry = self.low >> 32
            while self.pending:
                self.out.append((self.cache + carry) & 0xFF)
                self.cache = 0xFF
                self.pending -= 1
            self.cache = (self.low >> 24) & 0xFF
        self.pending += 1
        self.low = (self.low << 8) & 0xFFFFFFFF

    def bit(self, key: tuple[object, ...], bit: int) -> None:
        """Code one bit under the odds of a key."""
        odd = self.odds.get(key, 1024)
        bound = (self.range >> 11) * odd
        if bit:
            self.low += bound
            self.range -= bound
            self.odds[key] = odd - (odd >> 5)
        else:
            self.range = bound
            self.odds[key] = odd + ((2048 - odd) >> 5)
        while self.range < 1 << 24:
            self.range = (self.range << 8) & 0xFFFFFFFF
            self.shift()

    def even(self, value: int, count: int) -> None:
        """Code bits of even odds, the highest first."""
        for place in reversed(range(count)):
            self.range >>= 1
            if value >> place & 1:
                self.low += self.range
            while self.range < 1 << 24:
                self.range = (self.range << 8) & 0xFFFFFFFF
                self.shift()

    def tree(self, key: tuple[object, ...], value: int, bits: int) -> None:
        """Code a number from its highest bit."""
        node = 1
        for place in reversed(range(bits)):
            bit = value >> place & 1
            self.bit((*key, node), bit)
            node = node << 1 | bit

    def backward(self, key: tuple[object, ...], value: int, bits: int) -> None:
        """Code a number from its lowest bit."""
        node = 1
        for place in range(bits):
            bit = value >> place & 1
            self.bit((*key, node), bit)
            node = node << 1 | bit


class Encoder:
    """Greedy: the longest match at a recent distance, or at the last place of the same 4 bytes."""

    def __init__(self, lc: int, pb: int, *, matched: bool) -> None:
        self.coder, self.state = RangeEncoder(), 0
        self.lc, self.pb, self.matched = lc, pb, matched
        self.reps = [1, 1, 1, 1]

    def encode(self, plain: bytes, window: bytes) -> bytes:
        """Return the stream of the plain bytes behind a window."""
        data, start = window + plain, len(window)
        seen: dict[bytes, int] = {}
        known, at = 0, start
        while at < len(data):
            while known < at:
                seen[data[known : known + SHORTEST]] = known
                known += 1
            position = (at - start) & ((1 << self.pb) - 1)
            choice, distance, length = self._best(data, at, seen)
            self.coder.bit(("match", self.state, position), int(choice != "literal"))
            if choice == "literal":
                self._literal(data, at, start)
            elif choice == "new":
                self._new(distance, length, position)
            else:
                self._again(distance, length, position)
            at += length
        for _ in range(5):
            self.coder.shift()
        return bytes(self.coder.out)

    def _best(self, data: bytes, at: int, seen: dict[bytes, int]) -> tuple[str, int, int]:
        lengths = [common(data, at, distance) for distance in self.reps]
        place = max(range(4), key=lengths.__getitem__)
        if lengths[place] >= 2:
            return "again", place, lengths[place]
        if (before := seen.get(data[at : at + SHORTEST])) is not None and at + 4 <= len(data):
            return "new", at - before, common(data, at, at - before)
        return ("again", 0, 1) if lengths[0] == 1 else ("literal", 0, 1)

    def _literal(self, data: bytes, at: int, start: int) -> None:
        before = data[at - 1] if at > start else 0
        context, byte, node, split = before >> (8 - self.lc), data[at], 1, False
        match = data[at - self.reps[0]] if self.state >= 7 and self.matched else None
        for place in reversed(range(8)):
            bit = byte >> place & 1
            if match is not None and not split:
                wanted = match >> place & 1
                self.coder.bit(("literal", context, wanted, node), bit)
                split = wanted != bit
            else:
                self.coder.bit(("literal", context, "free", node), bit)
            node = node << 1 | bit
        self.state = STATES_AFTER_LITERAL[self.state]

    def _new(self, distance: int, length: int, position: int) -> None:
        self.coder.bit(("rep", self.state), 0)
        self.reps = [distance, *self.reps[:3]]
        self.state = 7 if self.state < 7 else 10
        self._length("lengths", length, position)
        value = distance - 1
        size = value.bit_length()
        slot = value if value < 4 else (size - 1) * 2 | value >> (size - 2) & 1
        self.coder.tree(("slot", min(length - 2, 3)), slot, 6)
        if slot < 4:
            return
        bits = size - 2
        rest = value & ((1 << bits) - 1)
        if slot < 14:
            self.coder.backward(("place", slot), rest, bits)
        else:
            self.coder.even(rest >> 4, bits - 4)
            self.coder.backward(("align",), rest & 15, 4)

    def _again(self, place: int, length: int, position: int) -> None:
        self.coder.bit(("rep", self.state), 1)
        self.coder.bit(("rep0", self.state), int(place > 0))
        if place == 0:
            self.coder.bit(("long", self.state, position), int(length > 1))
            if length == 1:
                self.state = 9 if self.state < 7 else 11
                return
        else:
            self.coder.bit(("rep1", self.state), int(place > 1))
            if place > 1:
                self.coder.bit(("rep2", self.state), place - 2)
        self.reps.insert(0, self.reps.pop(place))
        self.state = 8 if self.state < 7 else 11
        self._length("again", length, position)

    def _length(self, kind: str, length: int, position: int) -> None:
        value = length - 2
        self.coder.bit((kind, "choice"), int(value >= 8))
        if value < 8:
            self.coder.tree((kind, "low", position), value, 3)
            return
        self.coder.bit((kind, "choice 2"), int(value >= 16))
        if value < 16:
            self.coder.tree((kind, "mid", position), value - 8, 3)
        else:
            self.coder.tree((kind, "high"), value - 16, 8)


def common(data: bytes, at: int, distance: int) -> int:
    """Return how far the bytes at a place repeat those at a distance before it."""
    if distance > at:
        return 0
    length = 0
    while length < LONGEST and at + length < len(data):
        if data[at + length] != data[at + length - distance]:
            break
        length += 1
    return length


def packed(
    plain: bytes, window: bytes = b"", *, lc: int = 2, pb: int = 2, matched: bool = True
) -> bytes:
    """Return the LZMA stream of some bytes, without a header."""
    return Encoder(lc, pb, matched=matched).encode(plain, window)
