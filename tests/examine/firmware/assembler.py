"""A small assembler of Thumb code: enough for functions that call, refer and are pointed to."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from tests.examine.firmware import images

NOP = 0x46C0


@dataclass(frozen=True)
class Call:
    """A call of a function by name."""

    name: str


@dataclass(frozen=True)
class Load:
    """A load of the address of a function or of data, or of a number, through the literal pool."""

    name: str | int
    register: int = 0


@dataclass(frozen=True)
class Near:
    """The address of bytes that follow the function, by `adr`."""

    content: bytes
    register: int = 0


@dataclass(frozen=True)
class If:
    """A branch to a label: 0 equal, 1 not equal, 14 always."""

    condition: int
    label: str


@dataclass(frozen=True)
class Label:
    """A place in a function to which branches lead."""

    name: str


Step = Call | Load | Near | If | Label | int


@dataclass
class Code:
    """Functions and data that become one segment.

    Args:
        address: where the segment runs.
    """

    address: int
    functions: list[tuple[str, tuple[Step, ...]]] = field(default_factory=list)
    data: list[tuple[str, bytes | list[str | int]]] = field(default_factory=list)

    def function(self, name: str, *steps: Step) -> None:
        """Add a function; its first step is a push, its last a pop."""
        self.functions.append((name, steps))

    def hold(self, name: str, content: bytes | list[str | int]) -> None:
        """Add data: bytes, or words that are numbers, data or functions by name."""
        self.data.append((name, content))

    def build(self) -> bytes:
        """Return the bytes of the segment."""
        places = self._places()
        out = bytearray()
        for name, steps in self.functions:
            out += bytes(places[name] - self.address - len(out))
            out += self._body(places[name], steps, places)
        for name, content in self.data:
            out += bytes(places[name] - self.address - len(out))
            if isinstance(content, bytes):
                out += content
                continue
            for word in content:
                value = word if isinstance(word, int) else self._pointer(word, places)
                out += struct.pack("<I", value)
        return bytes(out) + bytes(-len(out) % 128)

    def _places(self) -> dict[str, int]:
        places, at = {}, self.address
        for name, steps in self.functions:
            places[name] = at
            at += _size(steps)
        for name, content in self.data:
            places[name] = at
            at += -(-(len(content) if isinstance(content, bytes) else 4 * len(content)) // 4) * 4
        return places

    def _pointer(self, name: str | int, places: dict[str, int]) -> int:
        if isinstance(name, int):
            return name
        return places[name] | any(each == name for each, _ in self.functions)

    def _body(self, start: int, steps: tuple[Step, ...], places: dict[str, int]) -> bytes:
        words = [0xB510]
        pool: list[int] = []
        near: list[bytes] = []
        count = _instructions(steps)
        pool_at = (count + 1) // 2 * 4
        near_at = pool_at + 4 * sum(isinstance(step, Load) for step in steps)
        labels = _labels(steps)
        for step in steps:
            here = 2 * len(words)
            base = (here + 4) & ~3
            if isinstance(step, int):
                words.append(step)
            elif isinstance(step, Call):
                first = (start + here) // 2
                words += images.call(first, places[step.name] // 2)
            elif isinstance(step, Load):
                words.append(0x4800 | step.register << 8 | (pool_at + 4 * len(pool) - base) // 4)
                pool.append(self._pointer(step.name, places))
            elif isinstance(step, If):
                far = (labels[step.label] - here - 4) // 2
                always = step.condition == 14
                words.append(
                    0xE000 | far & 0x7FF if always else 0xD000 | step.condition << 8 | far & 0xFF
                )
            elif isinstance(step, Near):
                far = near_at + sum(len(each) for each in near) - base
                words.append(0xA000 | step.register << 8 | far // 4)
                near.append(step.content + bytes(-len(step.content) % 4))
        words.append(0xBD10)
        words += [NOP] * (len(words) % 2)
        body = struct.pack(f"<{len(words)}H", *words) + struct.pack(f"<{len(pool)}I", *pool)
        return body + b"".join(near)


def _instructions(steps: tuple[Step, ...]) -> int:
    return 2 + sum(_halfwords(step) for step in steps)


def _halfwords(step: Step) -> int:
    return 0 if isinstance(step, Label) else 2 if isinstance(step, Call) else 1


def _labels(steps: tuple[Step, ...]) -> dict[str, int]:
    """Return where the labels of a function stand, in bytes from its push."""
    found, at = {}, 2
    for step in steps:
        if isinstance(step, Label):
            found[step.name] = at
        at += 2 * _halfwords(step)
    return found


def _size(steps: tuple[Step, ...]) -> int:
    near = sum(-(-len(step.content) // 4) * 4 for step in steps if isinstance(step, Near))
    loads = 4 * sum(isinstance(step, Load) for step in steps)
    return (_instructions(steps) + 1) // 2 * 4 + loads + near
