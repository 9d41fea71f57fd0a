"""Which texts reach which calls: under one function, through those it calls, and through memory.

A call is told with what each of its arguments carries: texts whose address was loaded, texts that
lie in a record or were written into a buffer before, and what came in to a function that others
register as their handler. What a call gives to a function of the program is followed into it, two
calls deep, and what such a function leaves in a buffer is followed back.

What a buffer carries is all that was ever put into it under the same function; code is read once,
in its order. So a call is told with too much rather than with too little.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from portique.examine.firmware.evidence import Evidence
from portique.examine.firmware.given import (
    MOST_TOLD,
    PLACES,
    REGISTERS,
    Carried,
    Given,
    Memory,
    Site,
    by,
    whole,
)
from portique.examine.firmware.strings import Text
from portique.examine.firmware.traces import Call, Store, Trace, Value

DEPTH = 2
_HUB = 40
_MOST_VISITS = 60
_MOST_SITES = 500
_MOST_CARRIED = 24
_RECORD = 96
_PAGE = 4096
_BYTE = 256
_MOST_ROWS = 16
_FEWEST_LETTERS = 3
_IDENTITY_BYTES = frozenset({15, 16, 17})  # digits of an IMEI or IMSI, and the text's end
_LEAST_ADDRESS = 0x1000
_LEAST_COPY, _MOST_COPY = 16, 1024
_WHOLE = frozenset({"incoming", *PLACES})
_TEXT = re.compile(rb"[\x20-\x7e\r\n\t]{2,160}(?=\0)")
_WIDE = re.compile(rb"(?:[\x20-\x7e]\0){2,160}(?=\0\0)")


@dataclass
class _View:
    evidence: Evidence
    sites: list[Site] = field(default_factory=list)
    memory: dict[tuple[int, str, int], dict[int, list[Given]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    used: dict[Memory, int] = field(default_factory=dict)
    contexts: int = 0
    open: set[int] = field(default_factory=set)
    handlers: list[int] = field(default_factory=list)
    copied: list[tuple[Memory, int, Carried]] = field(default_factory=list)
    kept_in: dict[Memory, list[Memory]] = field(default_factory=lambda: defaultdict(list))

    def visit(self, function: int, bound: tuple[Carried, ...], depth: int) -> tuple[int, Carried]:
        """Go through a function; return its context, and what it returns."""
        self.contexts += 1
        context = self.contexts
        for number, carried in enumerate(bound):
            self._put((context, "argument", number, 0), carried)
        trace = self.evidence.program.trace(function)
        self.open.add(function)
        for event in trace.events:
            if isinstance(event, Store):
                self._store(context, event)
            elif len(self.sites) < _MOST_SITES:
                self._call(context, function, event, depth)
        self.open.discard(function)
        self._choices(context, function, trace)
        returned = [each for value in trace.returns for each in self.carried(context, value)]
        return context, tuple(dict.fromkeys(returned))[:_MOST_CARRIED]

    def _choices(self, context: int, function: int, trace: Trace) -> None:
        """Note where a function compares one byte of what came in with letters."""
        for value, numbers in trace.choices.items():
            letters = "".join(chr(each) for each in sorted(numbers) if chr(each).isalnum())
            if len(letters) < _FEWEST_LETTERS or letters.isdigit():
                continue
            start = int(self.evidence.program.starts[function])
            carried = self.carried(context, value)
            if carried and len(self.sites) < _MOST_SITES:
                self.sites.append(Site(function, start, -1, (carried,), letters=letters))

    def _store(self, context: int, event: Store) -> None:
        where = _memory(context, event.base, event.distance)
        if where is not None:
            carried = [by(each, "record") for each in self.carried(context, event.what)]
            if not carried and event.what.kind == "constant" and event.what.number < _BYTE:
                return  # the end of a text put behind what was copied
            self.memory[where[:3]][where[3]] = carried[:_MOST_CARRIED]
            kept = _memory(context, event.what, 0) if event.what.kind == "result" else None
            if kept is not None and len(self.kept_in[where]) < MOST_TOLD:
                self.kept_in[where].append(kept)  # a handle: what is done with it, it carries

    def _call(self, context: int, function: int, event: Call, depth: int) -> None:
        program = self.evidence.program
        callee = program.function_of(event.callee) if event.callee >= 0 else -1
        if event.through.kind in {"result", "held"}:
            callee = self._looked_up(self.carried(context, event.through))
        arguments = tuple(
            self.carried(context, value) if self._is_meant(function, callee, number, value) else ()
            for number, value in enumerate(event.given)
        )
        where = _memory(context, event.given[0], 0)
        at = len(self.sites)
        self.sites.append(Site(function, event.place, callee, arguments, where, event.is_asked))
        for value in event.given:
            pointed = _memory(context, value, 0)
            if pointed is not None:
                self.used[pointed] = at
        self.handlers += [
            each.place
            for number, carried in enumerate(arguments)
            for each in carried
            if each.part == "function" and (event.callee < 0 or self._takes(callee, number))
        ]
        written = [by(each, "buffer") for carried in arguments[1:] for each in carried]
        if where is not None and not event.is_asked:
            self._put(where, written)
        self._copy(where, event, arguments)
        if not self._is_general(callee, arguments):
            self._answer(context, event, arguments)
        if where is not None and self._reads_identity(callee):
            self._put(where, [Given("identity", None, event.place, "buffer")])
        result = (context, "result", event.place, 0)
        self._put(result, [by(each, "result") for each in _all(arguments)])
        deeper = depth if event.is_last else depth + 1
        if self._goes_into(callee, deeper - 1):
            inner, returned = self.visit(callee, arguments[:4], deeper)
            self._put(result, returned)
            for number, value in enumerate(event.given[:4]):
                outer = _memory(context, value, 0)
                if outer is not None:
                    self._put(outer, self.at((inner, "argument", number, 0)))

    def _copy(self, where: Memory | None, event: Call, arguments: tuple[Carried, ...]) -> None:
        """Note that a whole record was copied: its fields lie behind its beginning."""
        size = event.given[2]
        came = tuple(by(each, "record") for each in arguments[1] if each.part in _WHOLE)
        is_sized = size.kind == "constant" and _LEAST_COPY <= size.number <= _MOST_COPY
        if where is not None and is_sized and came and len(self.copied) < _MOST_VISITS:
            self.copied.append((where, size.number, came))

    def _looked_up(self, carried: Carried) -> int:
        """Return the function whose name was given to the call that returned its pointer."""
        names = (whole(each) for each in carried if each.what is not None)
        return next((self.by_name[each] for each in names if each in self.by_name), -1)

    @cached_property
    def by_name(self) -> dict[str, int]:
        """Return name -> function, of those that are looked up by name."""
        return {name: function for function, name in sorted(self.evidence.names.items())}

    def _is_general(self, callee: int, arguments: tuple[Carried, ...]) -> bool:
        """Return whether a call formats, or calls what everything calls: it asks nobody."""
        given = (each for carried in arguments for each in carried)
        return (callee >= 0 and len(self.evidence.program.callers[callee]) > _HUB) or any(
            each.how == "register" and each.what is not None and "%" in whole(each)
            for each in given
        )

    def _answer(self, context: int, event: Call, arguments: tuple[Carried, ...]) -> None:
        """Note what a call leaves: a server's answer, an address, a handle, an identity."""
        places = [
            by(each, "buffer") for carried in arguments for each in carried if each.part in PLACES
        ]
        for number, value in enumerate(event.given[:REGISTERS]):
            where = _memory(context, value, 0)
            is_text = any(
                each.how == "register" and each.what is not None for each in arguments[number]
            )
            if where is None or is_text or (value.kind == "constant" and value.place == 0):
                continue
            if self.evidence.program.segment_at(value.number) < 0 or value.kind != "constant":
                self._put(where, places)
        size, where = event.given[1], _memory(context, event.given[0], 0)
        is_small = size.kind == "constant" and size.number in _IDENTITY_BYTES
        if is_small and not arguments[0] and where and where[1] in {"constant", "frame"}:
            self._put(where, [Given("filled", None, event.place)])

    def _is_meant(self, function: int, callee: int, number: int, value: Value) -> bool:
        """Return whether a register is given on purpose: not just left as it came in."""
        program = self.evidence.program
        if value != Value("argument", number) or number in program.trace(function).read:
            return True
        return callee >= 0 and program.takes(callee, number)

    def _reads_identity(self, callee: int) -> bool:
        """Return whether what is called is known, by its code or its name, to read an identity."""
        known = self.evidence.acts.get(callee, {}), self.evidence.named.get(callee, ())
        return any("identity" in each for each in known)

    def _takes(self, callee: int, number: int) -> bool:
        """Return whether what is called uses an argument: else a register was just not cleared."""
        return number >= REGISTERS or self.evidence.program.takes(callee, number)

    def _goes_into(self, callee: int, depth: int) -> bool:
        return (
            callee >= 0
            and depth < DEPTH
            and callee not in self.open
            and self.contexts < _MOST_VISITS
            and callee not in self.evidence.named
            and len(self.evidence.program.callers[callee]) <= _HUB
        )

    def _put(self, where: Memory, carried: Iterator[Given] | list[Given] | Carried) -> None:
        held = self.memory[where[:3]].setdefault(where[3], [])
        for each in carried:
            if len(held) >= _MOST_CARRIED:
                return
            if each.part != "function" and each not in held:
                held.append(each)

    def at(self, where: Memory) -> list[Given]:
        """Return what lies in memory from a place on, as far as a record reaches.

        What was written behind its beginning lies in a field of it.
        """
        near = self.memory.get(where[:3])
        if not near:
            return []
        first, until = where[3], where[3] + _RECORD
        return [
            each if offset == first or each.how != "buffer" else each._replace(how="record")
            for offset in sorted(near)
            if first <= offset < until
            for each in near[offset]
        ]

    def _rows(self, value: Value) -> Iterator[Given]:
        """Yield the texts to which the rows of a table point."""
        for number in range(_MOST_ROWS):
            pointer = self.evidence.program.word_at(value.number + value.place * number)
            text = None if not pointer else text_at(self.evidence, pointer)
            if text is None:
                return
            yield Given("text", text, value.number)

    def carried(self, context: int, value: Value) -> Carried:
        """Return what a value carries."""
        found: list[Given] = []
        if value.kind == "constant":
            found += _constant(self.evidence, value)
        if value.kind == "row":
            found += self._rows(value)
        if value.kind == "held":
            page, offset = divmod(value.number, _PAGE)
            found += self.memory.get((0, "constant", page), {}).get(offset, ())
            for handle in self.kept_in.get((0, "constant", page, offset), ()):
                found += self.at(handle)
        where = _memory(context, value, 0)
        if where is not None:
            found += self.at(where)
            for start, size, came in self.copied:
                is_same = start[:2] == where[:2] and where[1] in {"constant", "frame"}
                if is_same and 0 < _distance(start, where) < size:
                    found += came
        return tuple(dict.fromkeys(found))[:_MOST_CARRIED]


def sites(evidence: Evidence, root: int) -> list[Site]:
    """Return the calls under a function, with what their arguments carry.

    Handlers that are registered there are gone through as well.

    Args:
        evidence: of the program.
        root: number of the function.
    """
    view = _View(evidence)
    view.visit(root, _incoming(evidence, root), 0)
    seen = [root]
    for handler in view.handlers:  # grows: handlers register handlers
        if handler not in seen and view.contexts < _MOST_VISITS:
            seen.append(handler)
            view.visit(handler, _incoming(evidence, handler), 1)
    for handler in seen[1:-1]:  # again: one that is registered later may prepare what it uses
        if view.contexts < _MOST_VISITS:
            view.visit(handler, _incoming(evidence, handler), 1)
    found = (
        replace(each, is_kept=True)
        if each.memory is not None and view.used.get(each.memory, 0) > at
        else each
        for at, each in enumerate(view.sites)
    )
    return list(dict.fromkeys(found))


def _incoming(evidence: Evidence, function: int) -> tuple[Carried, ...]:
    if not evidence.program.pointed_to_from(function):
        return ()
    return tuple((Given("incoming", None, function),) for _ in range(4))


def _distance(start: Memory, where: Memory) -> int:
    """Return how many bytes a place in memory lies behind another of the same kind."""
    return (where[2] - start[2]) * _PAGE + where[3] - start[3]


def _all(arguments: tuple[Carried, ...]) -> list[Given]:
    return [each for carried in arguments for each in carried]


def _memory(context: int, value: Value, distance: int) -> Memory | None:
    """Return the place in memory to which a value points; None: to none that can be told apart."""
    if value.kind == "constant" and value.number >= _LEAST_ADDRESS:
        return 0, "constant", *divmod(value.number + distance, _PAGE)
    if value.kind == "frame":
        return context, "frame", 0, value.number + distance
    if value.kind == "held":
        return 0, "held", value.number, distance
    if value.kind in {"argument", "result"}:
        return context, value.kind, value.number, distance
    return None


def _constant(evidence: Evidence, value: Value) -> list[Given]:
    program = evidence.program
    known = evidence.loads.get(value.number, ()) or evidence.loads.get(value.place, ())
    if known:
        return [Given(part, what, value.place) for part, what in known]
    if value.number < _LEAST_ADDRESS:
        return []
    if value.number & 1 and (handler := program.function_of(value.number - 1)) >= 0:
        is_handler = int(program.starts[handler]) == value.number - 1
        return [Given("function", None, handler)] if is_handler else []
    text = text_at(evidence, value.number)
    if text is None and (behind := program.word_at(value.number)):
        text = text_at(evidence, behind)
    return [] if text is None else [Given("text", text, value.place)]


def text_at(evidence: Evidence, address: int) -> Text | None:
    """Return the text that begins at an address, plain or two bytes a letter; None: none does."""
    program = evidence.program
    segment = program.segment_at(address)
    raw = program.bytes_at(address, 330)
    for pattern, encoding in ((_TEXT, "ascii"), (_WIDE, "utf-16-le")):
        match = pattern.match(raw)
        if match:
            value = match[0].replace(b"\0", b"").decode("ascii")
            offset = address - program.bases[segment]
            return Text(segment, offset, len(match[0]), value, encoding)
    return None
