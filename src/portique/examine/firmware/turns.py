"""Pointers that stand in tables: which functions stand in the record of a name.

In a table of names and functions in turn, each name has a function on either side of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

_WORD = 4
_BEFORE, _BEHIND = 8, 12
_ROW = 8
_MOST_ROWS = 4096


def function_of_name(place: int, kind_at: Callable[[int], str], known: dict[int, int]) -> int:
    """Return where the function of a name stands; 0: there is not one on both sides of it.

    A table that begins with a name, or ends with a function, has each name before its function.

    Args:
        place: address of the pointer to the name.
        kind_at: what stands at an address: "function", "other", or empty: no pointer.
        known: what was found for the names of earlier tables; grows.

    >>> table = {8: "other", 12: "function", 16: "other", 20: "function"}
    >>> function_of_name(16, lambda at: table.get(at, ""), {})
    20
    >>> table = {8: "function", 12: "other", 16: "function", 20: "other"}
    >>> function_of_name(12, lambda at: table.get(at, ""), {})
    8
    """
    if place in known:
        return known[place]
    if kind_at(place - _WORD) != "function" or kind_at(place + _WORD) != "function":
        return 0
    first = _end(place, -1, kind_at)
    last = _end(place, 1, kind_at)
    is_behind = kind_at(first - _WORD) == "function" and kind_at(last + _WORD) != "function"
    for name in range(first, last + 1, _ROW):
        known[name] = name - _WORD if is_behind else name + _WORD
    return known[place]


def _end(place: int, way: int, kind_at: Callable[[int], str]) -> int:
    """Return the last name of the table in one direction."""
    for _ in range(_MOST_ROWS):
        between, after = place + way * _WORD, place + way * _ROW
        if kind_at(between) != "function" or kind_at(after) != "other":
            break
        place = after
    return place


class Standing:
    """The pointers that stand in data, as a whole program has them.

    Args:
        places, values: where each stands and what it is, by place.
        function_of: the function of which a value is the pointer; -1: none.
    """

    def __init__(
        self, places: Sequence[int], values: Sequence[int], function_of: Callable[[int], int]
    ) -> None:
        self._places, self._values, self._function_of = places, values, function_of
        self._turns: dict[int, int] = {}

    def functions_near(self, place: int) -> list[int]:
        """Return functions to which pointers in the record of a pointer point."""
        if turn := function_of_name(place, self._kind_at, self._turns):
            return [self._function_of(self._at(turn))]
        low = bisect_left(self._places, place - _BEFORE)
        high = bisect_left(self._places, place + _BEHIND, low)
        found = (self._function_of(self._values[at]) for at in range(low, high))
        return [number for number in found if number >= 0]

    def _at(self, place: int) -> int:
        """Return the pointer that stands at an address; 0: none does."""
        at = bisect_left(self._places, place)
        is_there = at < len(self._places) and self._places[at] == place
        return self._values[at] if is_there else 0

    def _kind_at(self, place: int) -> str:
        value = self._at(place)
        if not value:
            return ""
        return "function" if self._function_of(value) >= 0 else "other"
