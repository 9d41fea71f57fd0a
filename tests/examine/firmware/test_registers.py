"""What code gives to the functions that it calls."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examine.firmware.assembler import Call, Code, If, Label, Load, Step
from tests.examine.firmware.stripped import frame, move, put, small

from portique.examine.firmware import registers
from portique.examine.firmware.loaded import Segment
from portique.examine.firmware.program import Program
from portique.examine.firmware.traces import Call as Told
from portique.examine.firmware.traces import Trace, Value

START = 0x10020000


def program_of(*steps: Step) -> Program:
    """Return a program whose second function has these steps; `data` and `kit` are there."""
    code = Code(START)
    code.function("kit", small(0, 1))
    code.function("work", *steps)
    code.hold("data", b"text\0\0\0\0")
    code.hold("cell", ["data"])
    return Program([Segment("code", 0, START, code.build(), True)])


def traced(*steps: Step) -> Trace:
    """Return what a function of these steps does."""
    return program_of(*steps).trace(1)


def given_to(told: Trace, number: int = 0) -> tuple[Value, ...]:
    """Return what a call is given."""
    return [each for each in told.events if isinstance(each, Told)][number].given


def test_constants_arguments_and_results_reach_a_call() -> None:
    """By literal, through another register, by the frame, and as what a call returned."""
    told = traced(
        move(4, 1), Load("data", 0), move(1, 4), frame(2, 8), Call("kit"), move(3, 0), Call("kit")
    )

    first, second = given_to(told), given_to(told, 1)
    assert [each.kind for each in first] == ["constant", "argument", "frame", "argument"]
    assert first[1] == Value("argument", 1)
    assert second[3].kind == "result"
    assert second[2].kind == ""
    assert 1 in told.read
    assert 3 not in told.read


def test_a_pointer_is_read_and_the_frame_gives_back_what_was_put_there() -> None:
    """`ldr r0, [r0]` of constant data; `str r1, [sp]` and `ldr r2, [sp]`."""
    program = program_of(0xB084, Load("cell"), 0x6800, put(1, 4), 0x9A01, Call("kit"), 0xB004)

    first = given_to(program.trace(1))
    assert program.bytes_at(first[0].number, 4) == b"text"
    assert first[2] == Value("argument", 1)


def test_two_ways_that_disagree_leave_nothing_and_ends_are_told_apart() -> None:
    """A branch around `mov r5, #2`; and a function that ends with 1 or with 0."""
    told = traced(
        small(5, 1), 0x2800, If(0, "over"), small(5, 2), Label("over"), move(1, 5), Call("kit"),
        0x2800, If(0, "no"), small(0, 1), If(14, "out"), Label("no"), small(0, 0), Label("out"),
    )  # fmt: skip

    assert given_to(told)[1].kind == ""
    assert {each.number for each in told.returns if each.kind == "constant"} == {0, 1}
    assert [each.is_asked for each in told.events if isinstance(each, Told)] == [True]


def test_a_call_through_a_register_ends_where_its_pointer_says() -> None:
    """`blx r3`, and `bl` to a `bx r3`."""
    code = Code(START)
    code.function("kit", small(0, 1))
    code.function("work", Load("kit", 3), 0x4798, Load("kit", 3), Call("via"))
    code.hold("via", bytes.fromhex("18470000"))
    program = Program([Segment("code", 0, START, code.build(), True)])
    calls = [each for each in program.trace(1).events if isinstance(each, Told)]

    assert [each.callee for each in calls] == [START, START]


@settings(max_examples=300)
@given(st.binary(max_size=400), st.integers(0, 0xFFFF).map(lambda number: 4 * number))
def test_any_bytes_are_followed_to_their_end(data: bytes, start: int) -> None:
    """No instruction, depth or branch leads outside."""
    told = registers.trace(data, start, lambda place: place if place % 8 else None)

    assert len(told.events) <= len(data) // 2
