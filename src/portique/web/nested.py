"""JSON of any depth, cut into the elements of one array without recursion.

Source: RFC 8259; the grammar is checked as a whole, values are not built.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"[ \t\n\r]*(?:"
    r'(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
    r"|(?P<scalar>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)"
    r"|(?P<mark>[\[\]{},:])"
    r"|(?P<end>\Z))"
)
_CLOSES = {"]": "[", "}": "{"}


class NotJson(ValueError):  # noqa: N818 - a state of the text
    """The text is no JSON object with such an array."""


@dataclass
class _Reader:
    """Where a reading is.

    Args:
        wanted: name of the array.
        most: how many elements it may have.
        open: brackets that are open, outermost first.
        expects: what may come: "value", "value]" (or the end of an array), "key}", "key", ":",
            "," (or the end of what is open), "end".
        key: name of the member of the outermost object that is being read.
        begun: where an element of the array began; None: not inside one.
        found: spans of its elements; None: no such array so far.
    """

    wanted: str
    most: int
    open: list[str] = field(default_factory=list)
    expects: str = "value"
    key: str = ""
    begun: int | None = None
    found: list[tuple[int, int]] | None = None

    def take(self, kind: str, word: str, start: int, end: int) -> None:
        """Go on by one token, or raise."""
        if kind == "string" and self.expects in {"key", "key}"}:
            if len(self.open) == 1:
                self.key = json.loads(word)
            self.expects = ":"
        elif kind in {"string", "scalar"}:
            self._need(self.expects in {"value", "value]"}, start)
            self._value_begins(start)
            self._value_ends(end)
        elif kind == "end":
            self._need(self.expects == "end", start)
        elif word in "[{":
            self._need(self.expects in {"value", "value]"}, start)
            self._open(word, start)
        elif word in "]}":
            self._close(word, start, end)
        elif word == ":":
            self._need(self.expects == ":", start)
            self.expects = "value"
        else:
            self._need(self.expects == ",", start)
            self.expects = "value" if self.open[-1] == "[" else "key"

    def _open(self, word: str, start: int) -> None:
        self._value_begins(start)
        self.open.append(word)
        self.expects = "value]" if word == "[" else "key}"
        self._need(self.open[0] == "{", start)
        if len(self.open) == 2 and self.key == self.wanted:
            self.found = [] if word == "[" else None

    def _close(self, word: str, start: int, end: int) -> None:
        empty = {"]": "value]", "}": "key}"}[word]
        self._need(self.expects in {",", empty}, start)
        self._need(bool(self.open) and self.open[-1] == _CLOSES[word], start)
        self.open.pop()
        self._value_ends(end)

    def _value_begins(self, start: int) -> None:
        if len(self.open) == 1 and self.key == self.wanted:
            self.found = None
        if len(self.open) == 2 and self.key == self.wanted and self.found is not None:
            self.begun = start

    def _value_ends(self, end: int) -> None:
        if len(self.open) == 2 and self.begun is not None and self.found is not None:
            self.found.append((self.begun, end))
            self.begun = None
            if len(self.found) > self.most:
                raise NotJson(f"`{self.wanted}` has more than {self.most} elements")
        self.expects = "," if self.open else "end"

    def _need(self, holds: bool, place: int) -> None:
        if not holds:
            raise NotJson(f"no JSON object from character {place} on")


def elements_of(text: str, wanted: str, most: int) -> list[str]:
    """Return the texts of the elements of one array of an object, whatever they hold.

    Args:
        text: one JSON object.
        wanted: name of the member; where it stands twice the last counts.
        most: how many elements it may have.

    Raises:
        NotJson: the text is no JSON object, or has no such array, or a longer one.

    >>> elements_of('{"a": [[1]], "b": [[], {"c": 2}, "d"]}', "b", 3)
    ['[]', '{"c": 2}', '"d"']
    """
    reader, place = _Reader(wanted, most), 0
    while True:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise NotJson(f"no JSON from character {place} on")
        kind = match.lastgroup
        reader.take(kind, match[kind], match.start(kind), match.end(kind))
        if kind == "end":
            break
        place = match.end()
    if reader.found is None:
        raise NotJson(f"`{wanted}` is not an array")
    return [text[start:end] for start, end in reader.found]
