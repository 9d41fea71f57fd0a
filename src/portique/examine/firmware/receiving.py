"""Who takes in messages: handlers that are called before, or as, the user learns of a new one.

The phone's own program shows "New message". Above it lies the function that is given each message:
it calls handlers out of memory first, and what puts a pointer into that memory registers a handler;
or it is a handler itself, and what it was given to, under the same event, takes others as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from portique.examine.firmware.evidence import Evidence
from portique.examine.firmware.items import Item
from portique.examine.firmware.strings import Text
from portique.examine.firmware.traces import Call, Store, Value

_HUB = 40
_ABOVE = 2
_MOST_ABOVE = 60
_MOST_CALLERS = 400
_LEAST_ADDRESS = 0x1000
_NEAR = 64
_MOST_EVENT = 0x10000
_ARGUMENTS = 4


@dataclass(frozen=True)
class Handler:
    """A function that is given messages as they come in.

    Args:
        function: its number.
        registrar: function to which its pointer is given; -1: it is stored.
        shown: the text that the user reads of a new message; None: a name tells the registrar.
        may_keep: what the handler returns decides whether the user is told.
        is_alone: the registrar takes handlers of messages only.
    """

    function: int
    registrar: int
    shown: Item | Text | None
    may_keep: bool
    is_alone: bool


def handlers(evidence: Evidence) -> Iterator[Handler]:
    """Yield the functions that are given messages as they come in.

    Args:
        evidence: of the program.
    """
    for shows in sorted(each for each, parts in evidence.own.items() if "shows_new" in parts):
        text = evidence.own[shows]["shows_new"][0]
        for above in _above(evidence, shows):
            yield from _called_by(evidence, above, text)
            yield from _beside(evidence, above, text)
    for registrar in sorted(each for each, named in evidence.named.items() if "hook" in named):
        for call in _calls_of(evidence, registrar):
            for value in call.given[:_ARGUMENTS]:
                if (handler := _pointed_to(evidence, value)) >= 0:
                    yield Handler(handler, registrar, None, False, True)


def _above(evidence: Evidence, function: int) -> list[int]:
    program = evidence.program
    found, edge = [function], [function]
    for _ in range(_ABOVE):
        edge = [
            caller
            for each in edge
            if len(program.callers[each]) <= _HUB
            for caller in program.callers[each]
            if caller not in found
        ]
        found += edge
    return list(dict.fromkeys(found))[:_MOST_ABOVE]


def _called_by(evidence: Evidence, above: int, text: Item | Text) -> Iterator[Handler]:
    """Yield what is put into the memory out of which a function calls what it is given on to."""
    program = evidence.program
    held = [
        event
        for event in program.trace(above).events
        if isinstance(event, Call) and event.callee < 0 and _hands_on(event)
    ]
    if not held:
        return
    may_keep = any(event.is_asked for event in held)
    rooms = {event.through.number for event in held if event.through.kind in {"held", "row"}}
    rooms = rooms or _rooms_of(evidence, above)
    registrars: set[tuple[int, int]] = set()
    for room in sorted(rooms):
        for reference in program.direct(room, room + _NEAR):
            for store in _stores(evidence, reference.function, room):
                if store.what.kind == "argument":
                    registrars.add((reference.function, store.what.number))
                elif (handler := _pointed_to(evidence, store.what)) >= 0:
                    yield Handler(handler, -1, text, may_keep, False)
    for registrar, argument in sorted(registrars):
        for call in _calls_of(evidence, registrar):
            handler = _pointed_to(evidence, call.given[argument])
            if handler >= 0:
                yield Handler(handler, registrar, text, may_keep, True)


def _hands_on(event: Call) -> bool:
    """Return whether what a call is given came in with the function's own argument."""
    return any(value.kind in {"argument", "result"} for value in event.given[:2])


def _rooms_of(evidence: Evidence, function: int) -> set[int]:
    """Return the memory outside of code to which a function refers."""
    program = evidence.program
    start, end = int(program.starts[function]), int(program.ends[function])
    code = np.frombuffer(program.bytes_at(start, (end - start) // 2 * 2), "<u2").tolist()
    found = set()
    for at, word in enumerate(code):
        if word >> 11 == 0b01001:
            value = program.word_at(((start + 2 * at + 4) & ~3) + 4 * (word & 0xFF))
            if value and value >= _LEAST_ADDRESS and program.segment_at(value) < 0:
                found.add(value)
    return found


def _stores(evidence: Evidence, function: int, room: int) -> Iterator[Store]:
    for event in evidence.program.trace(function).events:
        if isinstance(event, Store):
            base = event.base
            is_there = base.kind in {"constant", "row", "held"} and (
                abs(base.number + event.distance - room) <= _NEAR
            )
            if is_there or (not base.kind and event.what.kind == "argument"):
                yield event


def _beside(evidence: Evidence, above: int, text: Item | Text) -> Iterator[Handler]:
    """Yield what is registered as a function is that shows new messages, and in the same place."""
    program = evidence.program
    if not program.trace(above).read:
        return
    pointer = int(program.starts[above]) + 1
    for place in program.pointed_to_from(above):
        function = program.function_of(place)
        for call in _events(evidence, function):
            if call.callee < 0 or not any(_is_pointer(value, pointer) for value in call.given):
                continue
            registrar = program.function_of(call.callee)
            if registrar < 0:
                continue
            events = {_event(evidence, each) for each in _calls_of(evidence, registrar)}
            for other in _calls_of(evidence, registrar):
                for value in other.given[:_ARGUMENTS]:
                    handler = _pointed_to(evidence, value)
                    if handler in {-1, above} or _event(evidence, other) != _event(evidence, call):
                        continue
                    if not _tells(evidence, handler):
                        yield Handler(handler, registrar, text, False, len(events) == 1)


def _tells(evidence: Evidence, handler: int) -> bool:
    """Return whether a handler shows the user that a message came, two calls down."""
    found, edge = {handler}, {handler}
    for _ in range(_ABOVE):
        edge = {callee for each in edge for callee in evidence.program.callees[each]} - found
        found |= edge
    return any("shows_new" in evidence.own.get(each, ()) for each in found)


def _event(evidence: Evidence, call: Call) -> tuple[int, ...]:
    """Return the small numbers under which something is registered."""
    del evidence
    return tuple(
        value.number
        for value in call.given[:2]
        if value.kind == "constant" and value.number < _MOST_EVENT
    )


def _calls_of(evidence: Evidence, function: int) -> Iterator[Call]:
    for caller in evidence.program.callers[function][:_MOST_CALLERS]:
        for call in _events(evidence, caller):
            if evidence.program.function_of(call.callee) == function:
                yield call


def _events(evidence: Evidence, function: int) -> Iterator[Call]:
    if function >= 0:
        for event in evidence.program.trace(function).events:
            if isinstance(event, Call):
                yield event


def _is_pointer(value: Value, pointer: int) -> bool:
    return value.kind == "constant" and value.number == pointer


def _pointed_to(evidence: Evidence, value: Value) -> int:
    """Return the function whose pointer a value is; -1: none."""
    if value.kind != "constant" or not value.number & 1:
        return -1
    function = evidence.program.function_of(value.number - 1)
    is_start = function >= 0 and int(evidence.program.starts[function]) == value.number - 1
    return function if is_start else -1
