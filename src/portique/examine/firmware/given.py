"""What the arguments of a call carry, as it is told and as the answer has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from portique.examine.firmware.items import Item
from portique.examine.firmware.program import Program
from portique.examine.firmware.strings import Text

PLACES = ("url", "host", "ip")
MOST_TOLD = 8
REGISTERS = 4
Memory = tuple[int, str, int, int]
"""Context (0: shared by all), kind of base, number of the base, offset from it."""


class Given(NamedTuple):
    """Something that an argument carries.

    Args:
        part: what it is: "identity", "number", "url", ..., "text", "incoming", "function".
        what: the text; None for what came in, and for a function.
        place: address of the instruction that loaded it; of a handler its number.
        how: "register", "record", "buffer" or "result".
    """

    part: str
    what: Item | Text | None
    place: int
    how: str = "register"

    def as_dict(self, program: Program, number: int) -> dict[str, object]:
        """Return what argument `number` carries, as the answer has it."""
        is_handler = self.part in {"incoming", "function"}
        place = int(program.starts[self.place]) if is_handler else self.place
        return {
            "argument": f"r{number}" if number < REGISTERS else "stack",
            "part": self.part,
            "value": None if self.what is None else self.what.value,
            "how": self.how,
            "loaded_at": program.shown_address(place),
        }


Carried = tuple[Given, ...]


@dataclass(frozen=True)
class Site:
    """One call, with what its arguments carry.

    Args:
        function: in which it stands.
        place: its address.
        callee: function that is called; -1: unknown.
        arguments: what each carries, r0 first; beyond r3, what lies on top of the frame.
        memory: the place in memory to which r0 points, where it is no text.
        is_asked: a branch depends on the result.
        is_kept: what r0 points to is used again later: the call filled it.
        letters: no call: r0 is what the function compares with these, byte by byte.
    """

    function: int
    place: int
    callee: int
    arguments: tuple[Carried, ...]
    memory: Memory | None = None
    is_asked: bool = False
    is_kept: bool = False
    letters: str = ""

    def as_dict(self, program: Program) -> dict[str, object]:
        """Return the call as the answer has it: where it stands, and each argument's way."""
        start = program.starts
        return {
            "function": program.shown_address(int(start[self.function])),
            "place": program.shown_address(self.place),
            "calls": program.shown_address(int(start[self.callee])) if self.callee >= 0 else None,
            "arguments": [
                each.as_dict(program, number)
                for number, carried in enumerate(self.arguments)
                for each in carried[:MOST_TOLD]
            ],
        }

    def holders(self, *parts: str) -> list[int]:
        """Return the numbers of the arguments that carry one of some parts."""
        return [
            number
            for number, carried in enumerate(self.arguments)
            if any(each.part in parts for each in carried)
        ]

    def given(self, *parts: str) -> list[Given]:
        """Return what of some parts the arguments carry."""
        return [each for carried in self.arguments for each in carried if each.part in parts]


def whole(given: Given) -> str:
    """Return the whole text that something given stands for; of what came in, nothing."""
    what = given.what
    if what is None:
        return ""
    return what.text.value if isinstance(what, Item) else what.value


def by(given: Given, how: str) -> Given:
    """Return the same by another way; of several ways the first stays."""
    return given if given.how != "register" else given._replace(how=how)
