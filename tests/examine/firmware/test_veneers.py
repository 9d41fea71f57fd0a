"""Calls that do not name what they call: veneers, tables, what a function goes on in."""

from __future__ import annotations

import pytest
from tests.examine.firmware.assembler import Call, Code, If, Label, Load, Step
from tests.examine.firmware.stripped import move, small

from portique.examine.firmware.loaded import Segment
from portique.examine.firmware.program import Program
from portique.examine.firmware.traces import Call as Told

START = 0x10020000
KIT, OTHER, WORK = 0, 1, 2


def program_of(*steps: Step, veneer: list[int] | None = None) -> Program:
    """Return a program whose third function has these steps; `kit` and `other` come before it.

    Args:
        steps: of the function.
        veneer: words of a veneer, `stub`; 0 stands for the pointer of `kit`.
    """
    code = Code(START)
    code.function("kit", small(0, 1))
    code.function("other", small(0, 2))
    code.function("work", *steps)
    code.hold("stub", [each or "kit" for each in veneer or [0xE7FEE7FE]])
    code.hold("rows", ["first", "kit", "second", "other", 1, 1])
    code.hold("handlers", ["kit", "other", 1])
    code.hold("first", b"alpha\0\0\0")
    code.hold("second", b"beta\0\0\0\0")
    return Program([Segment("code", 0, START, code.build(), True)])


def called(program: Program, number: int = WORK) -> list[int]:
    """Return the functions that a function calls, in the order of its code."""
    events = program.trace(number).events
    return [program.function_of(each.callee) for each in events if isinstance(each, Told)]


@pytest.mark.parametrize(
    "veneer",
    [
        [0x46C04778, 0xE51FF004, 0],  # bx pc; ldr pc, [pc, #-4]
        [0x9001B403, 0xBD014800 | 0, 0],  # replaced below: the literal is loaded before its store
        [0x47184B00, 0],  # ldr r3, =kit; bx r3
    ],
    ids=["arm", "stack", "register"],
)
def test_a_call_of_a_veneer_is_a_call_of_what_it_leads_to(veneer: list[int]) -> None:
    """In what is followed, and between functions."""
    if veneer[0] == 0x9001B403:  # push {r0, r1}; ldr r0, =kit; str r0, [sp, #4]; pop {r0, pc}
        veneer = [0x4801B403, 0xBD019001, 0]
    program = program_of(Call("stub"), veneer=veneer)

    assert called(program) == [KIT]
    assert program.callees[WORK] == [KIT]


def test_going_on_in_another_function_is_a_call() -> None:
    """`ldr r3, =kit`, `bx r3`: what comes back comes from there."""
    program = program_of(Load("kit", 3), 0x4718)

    assert called(program) == [KIT]
    assert [each.is_last for each in program.trace(WORK).events if isinstance(each, Told)] == [True]


def test_a_row_of_a_table_that_is_not_known_is_every_row() -> None:
    """`ldr r3, [table, state * 4]`, `blx r3`: the rows end where no pointer stands."""
    program = program_of(0x00AD, Load("handlers", 3), 0x595B, 0x4798)

    assert called(program) == [KIT, OTHER]
    assert program.callees[WORK] == [KIT, OTHER]


def test_a_loop_over_words_and_handlers_calls_every_handler() -> None:
    """The words of all rows are given to the comparison, and all handlers may follow."""
    program = program_of(
        Load("rows", 6), Label("next"), 0x6831, Call("kit"), 0x2800, If(0, "found"),
        0x3608, If(14, "next"), Label("found"), 0x6873, 0x4798, move(0, 0),
    )  # fmt: skip

    assert called(program) == [KIT, KIT, OTHER]
    first = next(each for each in program.trace(WORK).events if isinstance(each, Told))
    assert first.given[1].kind == "row"
    assert first.given[1].place == 8


def test_an_addition_just_behind_a_literal_names_another_text() -> None:
    """`ldr r0, =base`, `adds r0, #8`: the text eight bytes on is what code refers to."""
    program = program_of(Load("first"), 0x3008, Call("kit"))
    base = START + len(program.segments[0].data)
    found = [
        place
        for place in range(START, base, 4)
        if program.bytes_at(place, 5) == b"beta\0" and program.direct(place, place + 1)
    ]

    assert len(found) == 1
