"""What following the registers of one function tells: values, calls, stores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Value(NamedTuple):
    """What a register or a place in memory holds.

    Args:
        kind: "constant", "argument", "result", "frame", "held", "row", "index" (a number that is
            not known, with a known one added) or "".
        number: the constant, what is added to an index, the argument's number, the address of the
            call, the offset in the frame, the address of the memory whose content it is, of the
            first row of a table.
        place: address of the instruction that loaded a constant; of a row, bytes from one row to
            the next; otherwise 0.
    """

    kind: str
    number: int = 0
    place: int = 0


UNKNOWN = Value("")
CARRIED = frozenset({"argument", "result", "held"})
"""What is read through, or computed from, an argument or a result is told as that."""
BIG = 1 << 32
_LEAST_TABLE, _MOST_TABLE = 0x10000, 0xFFFF0000


class Call(NamedTuple):
    """One call.

    Args:
        place: address of the instruction.
        callee: address that is called; -1: through a register.
        given: r0 to r3, and what lies at the top of the frame since the last call.
        is_asked: the result is compared and a branch depends on it.
        through: what the register holds through which it goes, where that is no pointer.
        is_last: the function goes on in what is called, and does not come back.
    """

    place: int
    callee: int
    given: tuple[Value, ...]
    is_asked: bool
    is_last: bool = False
    through: Value = UNKNOWN


class Store(NamedTuple):
    """One store into memory: where (a base and a distance), and what."""

    place: int
    base: Value
    distance: int
    what: Value


@dataclass
class Trace:
    """What one function does, in the order of its code.

    Args:
        events: calls and stores.
        returns: what r0 holds at each end of the function.
        branches: conditional branches.
        read: numbers of the arguments that some instruction uses.
        choices: what came in or was read -> the small numbers with which it is compared.
    """

    events: list[Call | Store] = field(default_factory=list)
    returns: list[Value] = field(default_factory=list)
    branches: int = 0
    read: set[int] = field(default_factory=set)
    choices: dict[Value, set[int]] = field(default_factory=dict)


def sum_of(first: Value, second: Value, sign: int, here: int) -> Value:
    """Return what is told of the sum, or the difference, of two values.

    Args:
        first, second: values.
        sign: of the second, 1 or -1.
        here: address of the instruction.

    >>> sum_of(Value("index", 12), Value("constant", 0x10029A00, 0x1000), 1, 0x1002).number
    268605964
    """
    if second.kind != "constant" and sign > 0:
        first, second = second, first
    if second.kind != "constant":
        return next((each for each in (first, second) if each.kind in CARRIED), UNKNOWN)
    if first.kind == "frame":
        return Value("frame", first.number + sign * second.number)
    if first.kind == "constant":
        total = first.number + sign * second.number
        wrapped = total if first.number >= BIG else total % BIG
        return Value("constant", wrapped, first.place or here)
    if sign > 0 and second.place and _LEAST_TABLE <= second.number < _MOST_TABLE:
        # Some row of a table, some place in a buffer: told as in its first.
        behind = first.number if first.kind == "index" else 0
        return Value("constant", second.number + behind, second.place)
    if first.kind in {"", "index"} and second.number:
        is_small = second.number < _LEAST_TABLE
        return Value("index", first.number + sign * second.number) if is_small else UNKNOWN
    return first
