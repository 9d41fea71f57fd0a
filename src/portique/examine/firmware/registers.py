"""What code gives to the functions that it calls: registers and memory, followed in one pass.

Thumb code of one function is read from its first to its last byte. Each register holds what was put
there last: a constant (a literal, `adr`, a small number), what came in as an argument, what a call
returned, an address in the function's own frame, or something unknown. At a branch ahead the
registers are kept for where it leads; what two ways disagree on becomes unknown. Loops are gone
through once; code behind an unconditional branch that nothing leads to is the body of such a loop,
and so is code that only a branch back leads to: it is read last.
What memory holds is followed for the frame (`str rX, [sp, #n]`), and told as a store for all else.

ARM code and Thumb-2 are not followed: their calls are told without arguments.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from portique.examine.firmware.looking_ahead import ends_soon, is_asked, strides, switch_targets
from portique.examine.firmware.traces import (
    BIG,
    CARRIED,
    UNKNOWN,
    Call,
    Store,
    Trace,
    Value,
    sum_of,
)
from portique.examine.firmware.veneers import BX_PC, veneer_of

MOST_BYTES = 6_000
_SP, _LR, _PC = 13, 14, 15
_FEWEST_ROWS = 2
_MOST_ROWS = 16
_LEAST_POINTER = 0x1000
_MOST_PASSES = 16
_TIMES, _PLUS = 13, 2


class _Machine:
    def __init__(self, code: bytes, start: int, word_at: Callable[[int], int | None]) -> None:
        count = min(len(code), MOST_BYTES) // 2
        self.code = struct.unpack_from(f"<{count}H", code)
        self.start = start
        self.word_at = word_at
        self.registers = [Value("argument", number) for number in range(4)] + [UNKNOWN] * 12
        self.depth = 0
        self.frame: dict[int, Value] = {}
        self.fresh: list[tuple[int, Value]] = []
        self.kept: dict[int, tuple[list[Value], int, dict[int, Value]]] = {}
        self.is_dead = False
        self.is_over = False
        self.compared = _MOST_ROWS
        self.strides = strides(self.code)
        self.seen = bytearray(count)
        self.trace = Trace()

    def run(self) -> Trace:
        self._pass(0)
        for _ in range(_MOST_PASSES):  # what only a branch back leads to: bodies of loops
            left = [at for at in self.kept if 0 <= at < len(self.code) and not self.seen[at]]
            if not left:
                break
            self.is_over = True
            self._pass(min(left))
        return self.trace

    def _pass(self, at: int) -> None:
        while at < len(self.code) and not self.seen[at]:
            self._arrive(at)
            if self.is_over:
                at += 1
            else:
                self.seen[at] = 1
                at += self._step(at)

    def _arrive(self, at: int) -> None:
        kept = self.kept.pop(at, None)
        if kept is None:
            return
        registers, depth, frame = kept
        if self.is_dead or self.is_over:
            self.registers, self.depth, self.frame = registers, depth, frame
            self.is_dead = self.is_over = False
            return
        both = (self.registers[0], registers[0])
        if both[0] != both[1] and ends_soon(self.code, at):
            self.trace.returns += [each for each in both if each.kind == "constant"]
        self.registers = [
            mine if mine == other else UNKNOWN
            for mine, other in zip(self.registers, registers, strict=True)
        ]

    def _keep(self, at: int) -> None:
        if at not in self.kept:
            self.kept[at] = (list(self.registers), self.depth, dict(self.frame))

    def _read(self, register: int) -> Value:
        held = self.registers[register]
        if held.kind == "argument":
            self.trace.read.add(held.number)
        return held

    def _step(self, at: int) -> int:
        """Do one instruction; return how many halfwords it takes."""
        word = self.code[at]
        if word >> 12 >= 0b1101:
            return self._branch(at, word)
        _STEPS[word >> 11](self, at, word)
        return 1

    def _shift(self, at: int, word: int) -> None:
        amount, source = (word >> 6) & 31, self._read((word >> 3) & 7)
        if amount and source.kind == "constant":
            moved = source.number << amount if word >> 11 == 0 else source.number >> amount
            source = Value("constant", moved % BIG, self._here(at))
        elif amount and source.kind == "frame":
            source = UNKNOWN
        self.registers[word & 7] = source

    def _add_three(self, at: int, word: int) -> None:
        first = self._read((word >> 3) & 7)
        field_of = (word >> 6) & 7
        second = Value("constant", field_of) if word & 0x400 else self._read(field_of)
        self.registers[word & 7] = sum_of(first, second, -1 if word & 0x200 else 1, self._here(at))

    def _small(self, at: int, word: int) -> None:
        register, number = (word >> 8) & 7, word & 0xFF
        operation = (word >> 11) & 3
        if operation == 0:
            self.registers[register] = Value("constant", number, self._here(at))
        elif operation == 1:
            held = self._read(register)
            self.compared = number
            if held.kind in CARRIED:
                self.trace.choices.setdefault(held, set()).add(number)
        else:
            sign = 1 if operation == _PLUS else -1
            other = Value("constant", number)
            self.registers[register] = sum_of(self._read(register), other, sign, self._here(at))

    def _arithmetic(self, at: int, word: int) -> None:
        if word & 0x400:
            self._high(at, word)
            return
        target = word & 7
        pair = (self._read(target), self._read((word >> 3) & 7))
        operation = (word >> 6) & 15
        if operation in {8, 10, 11}:
            return
        if operation == _TIMES:
            self.registers[target] = Value("index")
            return
        self.registers[target] = next((each for each in pair if each.kind in CARRIED), UNKNOWN)

    def _high(self, at: int, word: int) -> None:
        target, source = (word & 7) | (word >> 4) & 8, (word >> 3) & 15
        operation = (word >> 8) & 3
        if operation == 3:
            if word & 0x80:
                self._call_held(at, self._read(source))
            else:
                self._leave(at, self.registers[source])
        elif operation == 2:
            moved = Value("frame", -self.depth) if source == _SP else self._read(source)
            self.registers[target] = moved
        elif operation == 0 and target == _SP:
            held = self._read(source)
            self.depth -= _signed(held.number) if held.kind == "constant" else 0
        elif operation == 0:
            other = Value("frame", -self.depth) if source == _SP else self._read(source)
            self.registers[target] = sum_of(self._read(target), other, 1, self._here(at))

    def _literal(self, at: int, word: int) -> None:
        place = ((self._here(at) + 4) & ~3) + 4 * (word & 0xFF)
        held = self.word_at(place)
        loaded = UNKNOWN if held is None else Value("constant", held, self._here(at))
        self.registers[(word >> 8) & 7] = loaded

    def _by_register(self, at: int, word: int) -> None:
        base = self._read((word >> 3) & 7)
        more = self._read((word >> 6) & 7)
        if (word >> 9) & 7 == 4:
            table = base if base.kind == "constant" else more
            if table.kind == "constant" and (base.kind, more.kind) != ("constant", "constant"):
                self.registers[word & 7] = Value("row", table.number, 4)
                return
        distance = more.number if more.kind == "constant" else 0
        self._memory(at, base, distance, word & 7, is_load=(word >> 9) & 7 >= 3, width=_wide(word))

    def _by_number(self, at: int, word: int) -> None:
        kind = word >> 11
        scale, width = {0b0110: (4, 4), 0b0111: (1, 1), 0b1000: (2, 2)}[kind >> 1]
        distance = scale * ((word >> 6) & 31)
        base = self._read((word >> 3) & 7)
        self._memory(at, base, distance, word & 7, is_load=bool(kind & 1), width=width)

    def _on_frame(self, at: int, word: int) -> None:
        base = Value("frame", -self.depth)
        distance, register = 4 * (word & 0xFF), (word >> 8) & 7
        self._memory(at, base, distance, register, is_load=bool(word & 0x800), width=4)

    def _memory(
        self, at: int, base: Value, distance: int, register: int, *, is_load: bool, width: int
    ) -> None:
        if not is_load:
            what = self._read(register)
            self.trace.events.append(Store(self._here(at), base, distance, what))
            if base.kind == "frame" and width == 4:
                self.frame[base.number + distance] = what
                self.fresh.append((base.number + distance, what))
        elif base.kind == "frame":
            self.registers[register] = self.frame.get(base.number + distance, UNKNOWN)
        elif base.kind == "constant" and width == 4:
            self.registers[register] = self._content(at, base.number + distance)
        elif base.kind == "constant" and not self.word_at((base.number + distance) & ~3):
            self.registers[register] = Value("held", base.number + distance)
        else:
            self.registers[register] = base if base.kind in CARRIED else UNKNOWN

    def _content(self, at: int, place: int) -> Value:
        """Return the word at an address; of a table that a loop goes through, that of every row."""
        held = self.word_at(place)
        if not held:
            return Value("held", place)
        if held >= _LEAST_POINTER and self.strides and self.word_at(held & ~3) is not None:
            for stride in self.strides:
                behind = self.word_at(place + stride)
                if behind and (behind ^ held) & 1 == 0 and self.word_at(behind & ~3) is not None:
                    return Value("row", place, stride)
        return Value("constant", held, self._here(at))

    def _near(self, at: int, word: int) -> None:
        far = 4 * (word & 0xFF)
        if word & 0x800:
            found = Value("frame", far - self.depth)
        else:
            found = Value("constant", ((self._here(at) + 4) & ~3) + far, self._here(at))
        self.registers[(word >> 8) & 7] = found

    def _stack(self, at: int, word: int) -> None:
        count = (word & 0xFF).bit_count() + (word >> 8 & 1)
        if word & 0xFF00 == 0xB000:
            amount = 4 * (word & 0x7F)
            self.depth += amount if word & 0x80 else -amount
        elif word & 0xFE00 == 0xB400:
            self.depth += 4 * count
            pushed = [number for number in range(8) if word >> number & 1]
            for position, number in enumerate(pushed):
                self.frame[4 * position - self.depth] = self.registers[number]
            if word & 0x100:
                self.frame[4 * len(pushed) - self.depth] = UNKNOWN
        elif word & 0xFE00 == 0xBC00:
            for number in [each for each in range(8) if word >> each & 1]:
                self.registers[number] = self.frame.get(-self.depth, UNKNOWN)
                self.depth -= 4
            if word & 0x100:
                self._leave(at, self.frame.get(-self.depth, UNKNOWN))

    def _many(self, at: int, word: int) -> None:
        del at
        if word & 0x800:
            for number in range(8):
                if word >> number & 1:
                    self.registers[number] = UNKNOWN

    def _branch(self, at: int, word: int) -> int:
        if word >> 12 == 0b1101:
            if (word >> 8) & 15 < 14:
                self.trace.branches += 1
                self._keep(at + 2 + _signed(word & 0xFF, 8))
            return 1
        if word >> 11 == 0b11100:
            self._keep(at + 2 + _signed(word & 0x7FF, 11))
            self.is_dead = True
            return 1
        if word >> 11 == 0b11110 and at + 1 < len(self.code):
            low = self.code[at + 1]
            if low >> 11 in {0b11111, 0b11101}:
                far = _signed((word & 0x7FF) << 11 | low & 0x7FF, 22)
                target = self._here(at) + 4 + 2 * far
                rows = switch_targets(self.code, at + 2, self._half, target, self.compared + 1)
                if rows:
                    for row in rows:
                        self._keep(row)
                    self.is_over = True
                else:
                    self._call(at, target if low >> 11 == 0b11111 else target & ~3)
                return 2
        return 1

    def _half(self, place: int) -> int:
        word = self.word_at(place & ~3) or 0
        return word >> (16 if place & 2 else 0) & 0xFFFF

    def _through(self, callee: int) -> Value:
        """Return the pointer that a call ends up with: `bx r3` alone, and veneers, lead on."""
        half = self._half(callee)
        if half & 0xFF87 == 0x4700 and half != BX_PC:
            return self._read(half >> 3 & 15)
        return Value("constant", (veneer_of(callee, self._half, self.word_at) or callee) | 1)

    def _call_held(self, at: int, held: Value) -> None:
        """Note a call of what a register holds; of a row of a table, calls of every row."""
        rows = self._rows(held)
        if len(rows) < _FEWEST_ROWS:
            self._call(at, _pointed(held), through=held)
            return
        kept, fresh = list(self.registers), list(self.fresh)
        for row in rows:
            self.registers, self.fresh = list(kept), list(fresh)
            self._call(at, row)

    def _rows(self, held: Value) -> list[int]:
        """Return the functions to which the rows of a table point, from its first on."""
        if held.kind != "row":
            return []
        found: list[int] = []
        most = self.compared if held.place == 4 and self.compared > 1 else _MOST_ROWS
        while len(found) < min(most, _MOST_ROWS):
            pointer = self.word_at(held.number + held.place * len(found))
            if not pointer or not pointer & 1 or self.word_at((pointer - 1) & ~3) is None:
                break
            found.append(pointer - 1)
        return found

    def _leave(self, at: int, to: Value) -> None:
        """End here; where the function goes on in another (`bx r3`), that is a call as well."""
        callee = _pointed(to)
        if callee >= 0 and self.word_at(callee & ~3) is not None:
            self._call(at, callee, is_last=True)
        self._end()

    def _call(
        self, at: int, callee: int, *, is_last: bool = False, through: Value = UNKNOWN
    ) -> None:
        more = [what for offset, what in self.fresh if 0 <= offset + self.depth < 16]
        given = (*self.registers[:4], *more[-4:])
        self.fresh.clear()
        place = self._here(at)
        behind = at + (2 if self.code[at] >> 11 == 0b11110 else 1)
        if callee >= 0:
            callee = _pointed(self._through(callee))
        asked = not is_last and is_asked(self.code, behind)
        self.trace.events.append(Call(place, callee, given, asked, is_last, through))
        self.registers[0] = Value("result", place)
        self.registers[1:4] = [UNKNOWN] * 3
        self.registers[12] = UNKNOWN

    def _end(self) -> None:
        self.trace.returns.append(self.registers[0])
        self.is_over = True

    def _here(self, at: int) -> int:
        return self.start + 2 * at


def _pointed(held: Value) -> int:
    """Return the address of the function whose pointer a value is; -1: it is unknown."""
    return held.number - 1 if held.kind == "constant" and held.number & 1 else -1


def _signed(number: int, bits: int = 32) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number


def _wide(word: int) -> int:
    return 4 if (word >> 9) & 7 in {0, 4} else 1


_STEPS: dict[int, Callable[[_Machine, int, int], None]] = {
    **dict.fromkeys((0, 1, 2), _Machine._shift),
    3: _Machine._add_three,
    **dict.fromkeys((4, 5, 6, 7), _Machine._small),
    8: _Machine._arithmetic,
    9: _Machine._literal,
    **dict.fromkeys((10, 11), _Machine._by_register),
    **dict.fromkeys((12, 13, 14, 15, 16, 17), _Machine._by_number),
    **dict.fromkeys((18, 19), _Machine._on_frame),
    **dict.fromkeys((20, 21), _Machine._near),
    **dict.fromkeys((22, 23), _Machine._stack),
    **dict.fromkeys((24, 25), _Machine._many),
}


def trace(code: bytes, start: int, word_at: Callable[[int], int | None]) -> Trace:
    """Return what a function of Thumb code does.

    Args:
        code: its bytes, literal pool included; the first 6,000 are read.
        start: address of the first.
        word_at: gives the word at an address of code or constant data; None: none is there.

    >>> told = trace(bytes.fromhex("10b5 4ba0 0521 00f0 03f8 10bd"), 0x1000, lambda place: None)
    >>> [value.kind for value in told.events[0].given[:3]], hex(told.events[0].given[0].number)
    (['constant', 'constant', 'argument'], '0x1130')
    """
    return _Machine(code, start, word_at).run()
