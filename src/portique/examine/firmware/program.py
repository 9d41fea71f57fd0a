"""The code of an image as one program: functions, who calls whom, and who refers to what.

An address is referred to by literals (`ldr rX, [pc, #n]`, Thumb and ARM), by `adr`, by aligned
pointers in data, and as a field of a record to whose beginning something refers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from portique.examine.firmware import link_address
from portique.examine.firmware.bounded import Bounded
from portique.examine.firmware.functions import Functions, Places, functions_of
from portique.examine.firmware.loaded import Segment
from portique.examine.firmware.referring import (
    RECORD_BYTES,
    Found,
    Referred,
    arm_references,
    distinct,
    halves_at,
    joined,
    thumb_references,
)
from portique.examine.firmware.registers import trace
from portique.examine.firmware.traces import Call, Trace, Value
from portique.examine.firmware.turns import Standing
from portique.examine.firmware.veneers import BX_PC, veneer_of

_UNKNOWN = 1 << 40
"""Segments without an address lie beyond what a 32-bit pointer can name."""
_BITS = 24
"""Bits for the number of a function, where two are put into one number."""
_MOST_SOURCES = 32
_MOST_LOOKED_AT = 64
_MOST_TRACES = 20_000


@dataclass(frozen=True)
class Reference:
    """One way in which a function refers to an address.

    Args:
        function: number of the function.
        how: "literal", "adr", "pointer", "table" or "record".
        place: address of the instruction, or of the pointer.
    """

    function: int
    how: str
    place: int


_HOW = ("literal", "adr")


def _goes_by_register(halfword: Any) -> Any:
    """Return whether a halfword, or each of an array, is `bx rN` or `blx rN`, N not the link."""
    return (halfword & 0xFF07 == 0x4700) & (halfword & 0xFF7F != 0x4770)


class Program:
    """All segments of an image in one space of addresses.

    Args:
        segments: as loaded; one that cannot be read is noted and left out.
        bounded: what goes wrong, and how much time is left.
    """

    def __init__(self, segments: list[Segment], bounded: Bounded | None = None) -> None:
        self.bounded = bounded or Bounded()
        self.segments: list[Segment] = []
        self.bases: list[int] = []
        self.inferred: dict[int, int] = {}
        self.parts: list[Functions] = []
        for segment in segments:
            if not self.bounded.is_over(segment.name):
                with self.bounded.part(segment.name, "looking for functions"):
                    self._take(segment)
        bases = list(zip(self.parts, self.bases, strict=True))
        starts = joined(part.starts + base for part, base in bases)
        ends = joined(part.ends + base for part, base in bases)
        order = np.argsort(starts, kind="stable")
        self.starts, self.ends = starts[order], ends[order]
        owner = joined(np.full(len(part), at) for at, part in enumerate(self.parts))
        self.segment_of = owner[order]
        self._start_row, self._end_row = _row(self.starts), _row(self.ends)
        self._base_row = sorted((base, number) for number, base in enumerate(self.bases))
        held = ((base, self.segments[number].data) for base, number in self._base_row)
        self._first_half = halves_at(self.starts, list(held))
        self._traces: dict[int, Trace] = {}
        self._gather()
        self._link()

    def _take(self, segment: Segment) -> None:
        found = functions_of(segment.data)
        known = link_address.infer(segment.data, found)
        number = len(self.segments)
        if known is not None and known != segment.address:
            self.inferred[number] = known
        base = segment.address if known is None else known
        self.bases.append((number + 1) * _UNKNOWN if base is None else base)
        self.parts.append(found)
        self.segments.append(segment)

    def __len__(self) -> int:
        return len(self.starts)

    def function_at(self, addresses: Places) -> Places:
        """Return the number of the function in which each address lies; -1: in none."""
        if not len(self.starts):
            return np.full(len(addresses), -1)
        number = np.searchsorted(self.starts, addresses, "right") - 1
        inside = (number >= 0) & (addresses < self.ends[number])
        return np.where(inside, number, -1)

    def function_of(self, address: int) -> int:
        """Return the number of the function in which an address lies; -1: in none."""
        number = bisect_right(self._start_row, address) - 1
        return number if number >= 0 and address < self._end_row[number] else -1

    def _function_pointed_to(self, value: int) -> int:
        """Return the function of which a value is the pointer; -1: it is no such pointer."""
        number = self.function_of(value - 1) if value & 1 else -1
        return number if number >= 0 and self._start_row[number] == value - 1 else -1

    def address(self, segment: int, offset: int) -> int:
        """Return the address of an offset; beyond 32 bits where it is not known."""
        return self.bases[segment] + offset

    def shown_address(self, address: int) -> str | None:
        """Return an address as the answer has it; None where the segment's is not known."""
        return None if address >= _UNKNOWN else f"{address:#010x}"

    def segment_at(self, address: int) -> int:
        """Return the number of the segment in which an address lies; -1: in none."""
        number = bisect_right(self._base_row, (address, len(self.bases))) - 1
        if number < 0:
            return -1
        base, segment = self._base_row[number]
        return segment if address < base + len(self.segments[segment].data) else -1

    def bytes_at(self, address: int, most: int) -> bytes:
        """Return up to so many bytes of a segment from an address on; none where it is outside."""
        segment = self.segment_at(address)
        if segment < 0:
            return b""
        offset = address - self.bases[segment]
        return self.segments[segment].data[offset : offset + most]

    def word_at(self, address: int) -> int | None:
        """Return the word at an address; None where it is outside or not at a multiple of four."""
        raw = b"" if address & 3 else self.bytes_at(address, 4)
        return int.from_bytes(raw, "little") if len(raw) == 4 else None

    def pointed_to_from(self, function: int) -> list[int]:
        """Return places at which code or data holds the pointer of a function; at most 8."""
        pointer = self._start_row[function] + 1
        found: list[int] = []
        for values, places in (
            (self._value_row, self._places),
            (self._pointer_row, self._pointer_places),
        ):
            at = bisect_left(values, pointer)
            while at < len(values) and values[at] == pointer and len(found) < 8:
                found.append(int(places[at]))
                at += 1
        return found

    def is_thumb(self, function: int) -> bool:
        """Return whether a function is Thumb code."""
        segment = int(self.segment_of[function])
        part = self.parts[segment]
        return not part.is_arm[part.of(self._start_row[function] - self.bases[segment])]

    def trace(self, function: int) -> Trace:
        """Return what a function does with its registers; of ARM code, nothing."""
        if function not in self._traces:
            start, end = self._start_row[function], self._end_row[function]
            is_read = self.is_thumb(function) and len(self._traces) < _MOST_TRACES
            code = self.bytes_at(start, end - start) if is_read else b""
            self._traces[function] = trace(code, start, self.word_at)
        return self._traces[function]

    def takes(self, function: int, argument: int, depth: int = 2) -> bool:
        """Return whether a function uses an argument, or hands it on to one that does."""
        told = self.trace(function)
        if argument in told.read:
            return True
        for event in told.events:
            if isinstance(event, Call):
                passed = event.given[argument] == Value("argument", argument)
                callee = self.function_of(event.callee)
                return (
                    depth > 0 and passed and callee >= 0 and self.takes(callee, argument, depth - 1)
                )
        return False

    def _gather(self) -> None:
        found = Found()
        pointers, pointer_places = [], []
        for segment, base in zip(self.segments, self.bases, strict=True):
            if self.bounded.is_over(f"references of {segment.name}"):
                continue
            with self.bounded.part(segment.name, "looking for references"):
                literal = thumb_references(segment.data, base, found)
                arm_references(segment.data, base, found)
                words = np.frombuffer(segment.data[: len(segment.data) // 4 * 4], "<u4")
                values = words.astype(np.int64)
                kept = np.flatnonzero(self._inside(values) & ~literal[: 2 * len(words)][::2])
                pointers.append(values[kept])
                pointer_places.append(base + 4 * kept)
        values, places = joined(found.values), joined(found.places)
        kinds, source = joined(found.kinds), self.function_at(places)
        kept = np.flatnonzero(source >= 0)
        kept = kept[np.lexsort((places[kept], values[kept]))]
        self._values, self._places = values[kept], places[kept]
        self._kinds, self._sources = kinds[kept], source[kept]
        pointed, stand = joined(pointers), joined(pointer_places)
        order = np.lexsort((stand, pointed))
        self._pointers, self._pointer_places = pointed[order], stand[order]
        self.referred = Referred(self._values, self._kinds, self._pointers, self.function_at)
        by_place = np.argsort(stand, kind="stable")
        rows = _row(stand[by_place]), _row(pointed[by_place])
        self._standing = Standing(*rows, self._function_pointed_to)
        self._value_row, self._pointer_row = _row(self._values), _row(self._pointers)
        asked = (self._sources, self._places, self._kinds)
        self._source_row, self._place_row, self._kind_row = map(_row, asked)

    def _inside(self, values: Places) -> npt.NDArray[np.bool_]:
        inside = np.zeros(len(values), np.bool_)
        for segment, base in zip(self.segments, self.bases, strict=True):
            inside |= (values >= base) & (values < base + len(segment.data))
        return inside

    def _link(self) -> None:
        """Join calls of all segments, and pointers to functions that code loads."""
        calls, targets = [], []
        for part, base in zip(self.parts, self.bases, strict=True):
            calls.append(self.function_at(part.call_from + base))
            targets.append(self.function_at(part.call_to + base))
        loaded = self._values[self._values & 1 == 1] - 1
        callee = self.function_at(loaded)
        real = (callee >= 0) & (self.starts[callee] == loaded) if len(self.starts) else callee > 0
        calls.append(self._sources[self._values & 1 == 1][real])
        targets.append(callee[real])
        first, second = joined(calls), joined(targets)
        kept = (first >= 0) & (second >= 0) & (first != second)
        edges = distinct(first[kept] << _BITS | second[kept])
        held = [caller << _BITS | called for caller, called in self._held_calls(edges)]
        edges = distinct(np.concatenate([edges, np.asarray(held, np.int64)]))
        first, second = edges >> _BITS, self._behind(edges & (1 << _BITS) - 1)
        edges = distinct((first << _BITS | second)[first != second])
        self.callees: dict[int, list[int]] = defaultdict(list)
        self.callers: dict[int, list[int]] = defaultdict(list)
        for caller, called in zip(
            (edges >> _BITS).tolist(), (edges & (1 << _BITS) - 1).tolist(), strict=True
        ):
            self.callees[caller].append(called)
            self.callers[called].append(caller)

    def _behind(self, functions: Places) -> Places:
        """Return the functions to which veneers lead; any other leads to itself."""
        leads = functions.copy()
        stubs = distinct(functions)
        first = self._first_half[stubs]  # of any other, `veneer_of` says no at once
        may_be = (first == BX_PC) | (first >> 11 == 0b01001) | (first & 0xFF00 == 0xB400)
        for stub in stubs[may_be].tolist():
            target = veneer_of(self._start_row[stub], self._half_at, self.word_at)
            behind = -1 if target is None else self.function_of(target)
            if behind >= 0:
                leads[functions == stub] = behind
        return leads

    def _half_at(self, place: int) -> int:
        return int.from_bytes(self.bytes_at(place, 2), "little")

    def _held_calls(self, edges: Places) -> Iterator[tuple[int, int]]:
        """Yield (caller, callee) of calls through a register, and by leaving into a function."""
        first, second = edges >> _BITS, edges & (1 << _BITS) - 1
        helpers = set(second[_goes_by_register(self._first_half[second])].tolist())
        callers = set(first[np.isin(second, sorted(helpers))].tolist())
        for segment, base in zip(self.segments, self.bases, strict=True):
            halfwords = np.frombuffer(segment.data[: len(segment.data) // 2 * 2], "<u2")
            by_register = np.flatnonzero(_goes_by_register(halfwords))
            callers |= set(self.function_at(base + 2 * by_register).tolist())
        for caller in sorted((callers & self._with_pointers()) - helpers):
            for event in self.trace(caller).events:
                if isinstance(event, Call) and event.callee >= 0:
                    callee = self.function_of(event.callee)
                    if callee >= 0:
                        yield caller, callee

    def _with_pointers(self) -> set[int]:
        """Return the functions that load the pointer of a function, or the place of one."""
        places = joined([self._pointer_places])[joined([self._pointers]) & 1 == 1]
        odd = self._values & 1 == 1
        kept = odd & np.isin(self._values - 1, self.starts)
        for field in (0, 4, 8):  # a row may begin with a number or a word
            kept |= ~odd & np.isin(self._values + field, places)
        return set(self._sources[kept].tolist())

    def direct(self, low: int, high: int) -> list[Reference]:
        """Return who refers by code to an address from `low` up to, not including, `high`."""
        values = self._value_row
        first = until = bisect_left(values, low)
        while until < len(values) and until < first + _MOST_SOURCES and values[until] < high:
            until += 1
        return [
            Reference(self._source_row[at], _HOW[self._kind_row[at]], self._place_row[at])
            for at in range(first, until)
        ]

    def targets(self, low: int, high: int) -> list[int]:
        """Return which addresses from `low` up to `high` code or a pointer refers to; at most 8."""
        found: list[int] = []
        for values in (self._value_row, self._pointer_row):
            at = bisect_left(values, low)
            until = min(at + _MOST_LOOKED_AT, len(values))
            while at < until and (value := values[at]) < high:
                found.append(value)
                at += 1
        return sorted(set(found))[:8] if len(found) > 1 else found

    def references(self, low: int, high: int, gap: int) -> list[Reference]:
        """Return who refers to what lies from `low` to `high`, in every way.

        Args:
            low, high: addresses of the first byte and behind the last.
            gap: bytes between the text before it and itself, zeros included; a field of a record
                has some, texts behind each other have fewer than four.
        """
        found = self.direct(low, high)
        pointers = self._pointer_row
        first = at = bisect_left(pointers, low)
        while at < len(pointers) and at < first + 8 and pointers[at] < high:
            found += self._through(int(self._pointer_places[at]))
            at += 1
        if not found and gap >= 4:
            found = self._record(low, "record")
        return list(dict.fromkeys(found))[:_MOST_SOURCES] if len(found) > 1 else found

    def _through(self, place: int) -> list[Reference]:
        """Return who refers to a pointer: by its address, its record, or from the same record."""
        found = [
            Reference(each.function, "pointer", place) for each in self.direct(place, place + 4)
        ]
        for function in self.functions_near(place):
            found.append(Reference(function, "table", place))
        return found or self._record(place, "pointer")

    def functions_near(self, place: int) -> list[int]:
        """Return functions to which pointers in the same record point."""
        return self._standing.functions_near(place)

    def _record(self, address: int, how: str) -> list[Reference]:
        at = bisect_right(self._value_row, address) - 1
        if at < 0 or address - self._value_row[at] > RECORD_BYTES:
            return []
        value = self._value_row[at]
        if value & 1 and self.function_of(value) >= 0:
            return []
        return [Reference(each.function, how, each.place) for each in self.direct(value, value + 1)]

    def next_function_pointer(self, place: int, within: int) -> int:
        """Return the function whose pointer code loads just behind an instruction; -1: none."""
        own = self.function_of(place)
        for at in self._by_place(place, place + within):
            if int(self._sources[at]) != own:
                break
            number = self._function_pointed_to(self._value_row[at])
            if number >= 0:
                return number
        return -1

    def _by_place(self, low: int, high: int) -> list[int]:
        first = bisect_left(self._places_sorted, low + 1)
        until = bisect_left(self._places_sorted, high, first)
        return [int(at) for at in self._order_of_places[first:until]]

    @cached_property
    def _order_of_places(self) -> Places:
        return np.argsort(self._places, kind="stable")

    @cached_property
    def _places_sorted(self) -> memoryview[int]:
        return _row(self._places[self._order_of_places])


def _row(numbers: Places) -> memoryview[int]:
    """Return numbers for look-ups of one at a time, which arrays answer slowly."""
    return np.ascontiguousarray(numbers, np.int64).data.cast("B").cast("q")
