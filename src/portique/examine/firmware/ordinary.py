"""Acts known by how the phone's own programs use them, before the eyes of the user.

Every phone sends what its user typed: two buffers are named "To:" and "Write message" in front of
the user, and are then given to one function; or two are given to a function, and the user reads
"Message sent". Whatever else calls that function sends a message as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from portique.examine.firmware.evidence import Evidence
from portique.examine.firmware.passing import text_at
from portique.examine.firmware.screen_words import BODY, RECIPIENT, SERIAL_CODE
from portique.examine.firmware.traces import Call, Value

_HUB = 40
_MOST_NEAR = 200
_LEAST_ADDRESS = 0x1000
_ARGUMENTS = 4
_PAIR = 2
_SENT = "is given two buffers before the user reads of a message sent"
_TYPED = "is given the number and the message that the user typed"
_DIALLED = "is given what the user dialled, that was compared with *#06#"


def senders(evidence: Evidence) -> dict[int, str]:
    """Return the functions that the phone's own program gives what its user sends.

    Args:
        evidence: of the program.
    """
    found = dict.fromkeys(_before_sent(evidence), _SENT)
    found |= dict.fromkeys(_given_typed(evidence), _TYPED)
    return {each: how for each, how in found.items() if _may_act(evidence, each)}


def diallers(evidence: Evidence) -> dict[int, str]:
    """Return the functions that are given what the user dialled: they call, or ask the network.

    Args:
        evidence: of the program.
    """
    found: dict[int, str] = {}
    for function in _owners(evidence, "shows_serial"):
        calls = list(_calls(evidence, function))
        compares = [call for call in calls if SERIAL_CODE in _texts(evidence, call)]
        dialled = {value.number for call in compares for value in _rooms(evidence, call)}
        compared = {call.callee for call in compares}
        for call in calls:
            first, callee = call.given[0], evidence.program.function_of(call.callee)
            is_given = first.kind == "constant" and first.number in dialled
            if is_given and callee >= 0 and call.callee not in compared and not call.is_asked:
                found[callee] = _DIALLED
    return {
        each: how
        for each, how in found.items()
        if _may_act(evidence, each) and evidence.program.callees[each]
    }


def _owners(evidence: Evidence, label: str) -> list[int]:
    return sorted(each for each, parts in evidence.own.items() if label in parts)


def _before_sent(evidence: Evidence) -> Iterator[int]:
    """Yield what is called with two buffers, and its result decides on "Message sent"."""
    program = evidence.program
    for shown in _owners(evidence, "shows_sent"):
        for call in _calls(evidence, shown):
            if (
                call.is_asked
                and len(_rooms(evidence, call)) >= _PAIR
                and not _texts(evidence, call)
            ):
                yield program.function_of(call.callee)
        pointer = int(program.starts[shown]) + 1
        for place in program.pointed_to_from(shown):
            for call in _calls(evidence, program.function_of(place)):
                is_told = any(
                    value.kind == "constant" and value.number == pointer for value in call.given
                )
                if is_told and len(_rooms(evidence, call)) >= _PAIR and not _texts(evidence, call):
                    yield program.function_of(call.callee)


def _given_typed(evidence: Evidence) -> Iterator[int]:
    """Yield what is given one buffer that the user filled with a number, one with a message."""
    program = evidence.program
    seeds = set(_owners(evidence, "shows_body")) | set(_owners(evidence, "shows_sent"))
    numbers: set[int] = set()
    bodies: set[int] = set()
    for function in sorted(_near(evidence, seeds))[:_MOST_NEAR]:
        for call in _calls(evidence, function):
            rooms, texts = _rooms(evidence, call), _texts(evidence, call)
            if len(rooms) == 1 and len(texts) == 1:
                if RECIPIENT.match(texts[0]):
                    numbers.add(rooms[0].number)
                elif BODY.match(texts[0]):
                    bodies.add(rooms[0].number)
    users = {
        reference.function
        for body in sorted(bodies - numbers)[:_MOST_NEAR]
        for reference in program.direct(body, body + 1)
    }
    for function in sorted(users):
        for call in _calls(evidence, function):
            given = {value.number for value in _rooms(evidence, call)}
            if given & numbers and given & bodies and not _texts(evidence, call):
                yield program.function_of(call.callee)


def _near(evidence: Evidence, seeds: Iterable[int]) -> set[int]:
    """Return functions, what they call or hold pointers to, and who calls them."""
    program = evidence.program
    near = set(seeds)
    for function in list(near):
        near |= {each for each in program.callees[function] if len(program.callers[each]) <= _HUB}
        if len(program.callers[function]) <= _HUB:
            near |= set(program.callers[function])
    return near


def _may_act(evidence: Evidence, function: int) -> bool:
    """Return whether a function may be what sends: no hub, and never given a text to show."""
    if function < 0 or len(evidence.program.callers[function]) > _HUB:
        return False
    shown: dict[int, list[str]] = defaultdict(list)
    for caller in evidence.program.callers[function]:
        if not {"shows_sent", "shows_new", "shows_body"} & set(evidence.own.get(caller, ())):
            continue
        for call in _calls(evidence, caller):
            if evidence.program.function_of(call.callee) == function:
                shown[function] += _texts(evidence, call)
    return not any(" " in each.strip() or each.endswith("...") for each in shown[function])


def _calls(evidence: Evidence, function: int) -> Iterator[Call]:
    if function >= 0:
        for event in evidence.program.trace(function).events:
            if isinstance(event, Call):
                yield event


def _rooms(evidence: Evidence, call: Call) -> list[Value]:
    """Return the arguments that point to memory outside of code and constant data."""
    return [
        value
        for value in call.given[:_ARGUMENTS]
        if value.kind == "constant"
        and value.number >= _LEAST_ADDRESS
        and value.place
        and evidence.program.segment_at(value.number) < 0
    ]


def _texts(evidence: Evidence, call: Call) -> list[str]:
    return [
        text for value in call.given[:_ARGUMENTS] if (text := _text(evidence, value)) is not None
    ]


def _text(evidence: Evidence, value: Value) -> str | None:
    if value.kind != "constant" or value.number < _LEAST_ADDRESS:
        return None
    text = text_at(evidence, value.number)
    return None if text is None else text.value
