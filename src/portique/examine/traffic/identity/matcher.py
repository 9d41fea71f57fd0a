"""One automaton for all patterns: hyperscan where it is installed, else Python's own engine.

Both find the same; the tests compare them.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from portique.examine.traffic.identity.pattern import Pattern

_MOST_HITS = 2_000
_LONGEST_APART = 64
Engine = Callable[[bytes], list[tuple[int, int]]]
"""Data -> (number of a pattern, where its match ends)."""


class Hit(NamedTuple):
    """A pattern that was found: where it starts and ends in the data."""

    pattern: Pattern
    start: int
    end: int


class Matcher:
    """Finds patterns in data.

    Args:
        patterns: what to look for.
        plain_engine: use Python's engine even where hyperscan is installed.
    """

    def __init__(self, patterns: Iterable[Pattern], *, plain_engine: bool = False) -> None:
        self._patterns = list(patterns)
        self._single = [re.compile(rb"(?s:" + each.expression + rb")\Z") for each in self._patterns]
        self._engine = _engine(self._patterns, plain=plain_engine) if self._patterns else None

    def find(self, data: bytes) -> list[Hit]:
        """Return the matches in data by where they start, each form of an identifier once a place.

        At most some thousands are returned: more say nothing more.
        """
        if self._engine is None:
            return []
        ends = self._engine(data)
        if not ends:
            return []
        hits: dict[tuple[int, str, str], Hit] = {}
        for number, end in ends:
            pattern = self._patterns[number]
            start = self._start(number, data, end)
            if pattern.form == "digits apart" and data[start:end].isdigit():
                continue  # the plain form, found as such
            key = (start, pattern.form, pattern.identifier.value)
            held = hits.get(key)
            if held is None or held.end < end:
                hits[key] = Hit(pattern, start, end)
            if len(hits) >= _MOST_HITS:
                break
        return sorted(hits.values(), key=lambda hit: (hit.start, hit.end, hit.pattern.form))

    def _start(self, number: int, data: bytes, end: int) -> int:
        pattern = self._patterns[number]
        is_literal = pattern.expression.startswith(b"\\x")
        if is_literal and len(pattern.expression) == 4 * pattern.length:
            return end - pattern.length
        expression = re.compile(rb"(?s:" + pattern.expression + rb")\Z")
        found = expression.search(data, max(0, end - _LONGEST_APART), end)
        return found.start() if found else end - pattern.length


def _engine(patterns: list[Pattern], *, plain: bool) -> Engine:
    if not plain:
        try:
            return _hyperscan(patterns)
        except ImportError:  # no build for this machine
            pass
    return _python(patterns)


def _hyperscan(patterns: list[Pattern]) -> Engine:
    import hyperscan  # noqa: PLC0415 - optional: not every machine has a build of it

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[each.expression for each in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=[hyperscan.HS_FLAG_DOTALL] * len(patterns),
    )
    ends: list[tuple[int, int]] = []
    terminated, run = hyperscan.ScanTerminated, database.scan

    def found(number: int, _start: int, end: int, _flags: int, _context: object) -> bool:
        ends.append((number, end))
        return len(ends) > 10 * _MOST_HITS

    def scan(data: bytes) -> list[tuple[int, int]]:
        with contextlib.suppress(terminated):
            run(data, match_event_handler=found)
        if not ends:
            return ends
        seen = ends.copy()
        ends.clear()
        return seen

    return scan


def _python(patterns: list[Pattern]) -> Engine:
    compiled = [re.compile(b"(?s:" + each.expression + b")") for each in patterns]

    def scan(data: bytes) -> list[tuple[int, int]]:
        return [
            (number, match.end())
            for number, expression in enumerate(compiled)
            for match in expression.finditer(data)
        ]

    return scan
