"""Acts that a function shows by what it does with its arguments, two calls down.

Who gives one argument to code that writes digits as half-bytes, and another to code that packs
septets, puts a message together: it sends it, to the one and with the other. Who fills the place to
which an argument points with digits made of eight bytes, or ends them behind the fifteenth, reads
an identity.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from portique.examine.firmware.instructions import coders, decoders, packers
from portique.examine.firmware.program import Program
from portique.examine.firmware.traces import Call, Value

_DEPTH = 2
_HUB = 40
_MOST_ABOVE = 200
_BYTES, _DIGITS = 8, 15


@dataclass
class _Flow:
    """Which arguments of a function reach some others."""

    program: Program
    targets: set[int]
    known: dict[tuple[int, int], frozenset[int]] = field(default_factory=dict)

    def into(self, function: int, depth: int = _DEPTH) -> frozenset[int]:
        """Return the numbers of the arguments that a function gives to a target."""
        if (function, depth) not in self.known:
            self.known[function, depth] = frozenset()
            self.known[function, depth] = frozenset(self._into(function, depth))
        return self.known[function, depth]

    def _into(self, function: int, depth: int) -> set[int]:
        if function in self.targets:
            return {each for each in range(4) if self.program.takes(function, each, 0)}
        found: set[int] = set()
        for event in self.program.trace(function).events if depth else ():
            callee = self.program.function_of(event.callee) if isinstance(event, Call) else -1
            if callee < 0 or callee == function or not isinstance(event, Call):
                continue
            for number in self.into(callee, depth - 1):
                value = event.given[number]
                if value.kind == "argument" and self.program.takes(callee, number, 1):
                    found.add(value.number)
        return found


def senders(program: Program) -> dict[int, str]:
    """Return the functions that put a message together, and what shows it.

    Args:
        program: the code.
    """
    packing, coding = packers(program), coders(program)
    packing, coding = packing - coding, coding - packing  # what looks like both is neither
    near = _above(program, packing) & _above(program, coding)
    texts, numbers = _Flow(program, packing), _Flow(program, coding)
    found = {}
    for function in sorted(near - packing - coding):
        into_text, into_number = texts.into(function), numbers.into(function)
        text, number = into_text - into_number, into_number - into_text
        if text and number:
            found[function] = (
                f"packs r{min(text)} as septets and writes r{min(number)} as half-bytes"
            )
    # What only hands on to one of them is no encoder itself: it is seen to call one.
    return {
        each: how for each, how in found.items() if not found.keys() & set(program.callees[each])
    }


def readers(program: Program) -> dict[int, str]:
    """Return the functions that write an identity's digits to where an argument points."""
    decoding = decoders(program)
    flow = _Flow(program, decoding)
    found = {}
    for function in sorted(_above(program, decoding, 1) - decoding):
        trace = program.trace(function)
        sizes = {
            value.number
            for event in trace.events
            if isinstance(event, Call) and program.function_of(event.callee) in decoding
            for value in event.given[1:4]
            if value.kind == "constant"
        }
        ends = any(
            not isinstance(event, Call)
            and event.base == Value("argument", 0)
            and event.distance == _DIGITS
            for event in trace.events
        )
        if 0 in flow.into(function, 1) and (_BYTES in sizes or ends):
            found[function] = "writes eight bytes as digits to where r0 points"
    return found


def _above(program: Program, targets: set[int], steps: int = _DEPTH) -> set[int]:
    """Return functions, and those that call them, some steps up."""
    found, edge = set(targets), set(targets)
    for _ in range(steps):
        edge = {
            caller
            for function in edge
            if len(program.callers[function]) <= _HUB
            for caller in program.callers[function]
        } - found
        found |= edge
        if len(found) > _MOST_ABOVE * (len(targets) + 1):
            break
    return found
