"""Takes in short messages: puts the parts of long ones together and searches them."""

from __future__ import annotations

from dataclasses import dataclass, field

from portique.examine.traffic.facts import Facts, Text
from portique.examine.traffic.identity.search import Match, Search
from portique.examine.traffic.origin import Origin
from portique.examine.traffic.radio.tpdu import ShortMessage
from portique.examine.traffic.unpack import Budget

_MOST_OPEN = 256


@dataclass
class _Parts:
    origin: Origin
    parts: dict[int, ShortMessage] = field(default_factory=dict)
    frames: list[int] = field(default_factory=list)


class Texts:
    """Short messages of a capture.

    Args:
        search: for the planted identifiers.
        facts: takes in whole messages.
    """

    def __init__(self, search: Search, facts: Facts) -> None:
        self._search = search
        self._facts = facts
        self._open: dict[tuple[object, ...], _Parts] = {}

    def take(self, message: ShortMessage, origin: Origin, frames: tuple[int, ...]) -> None:
        """Take in one unit; a long message is told once its last part came."""
        if message.part is None or message.part[1] < 2:
            self._tell([message], origin, frames)
            return
        reference, count, number = message.part
        key = (origin.uplink, message.number, reference, count)
        held = self._open.get(key)
        if held is None:
            if len(self._open) >= _MOST_OPEN:
                self._close(next(iter(self._open)))
            held = self._open[key] = _Parts(origin)
        held.parts[number] = message
        held.frames.extend(frames)
        if len(held.parts) == count:
            self._close(key)

    def close(self) -> None:
        """Tell what is left of long messages that never became whole."""
        for key in list(self._open):
            self._close(key)

    def _close(self, key: tuple[object, ...]) -> None:
        held = self._open.pop(key)
        parts = [held.parts[number] for number in sorted(held.parts)]
        self._tell(parts, held.origin, tuple(sorted(set(held.frames))))

    def _tell(self, parts: list[ShortMessage], origin: Origin, frames: tuple[int, ...]) -> None:
        text = "".join(part.text for part in parts)
        raw = b"".join(part.raw for part in parts)
        found: dict[tuple[object, str], Match] = {}
        for data in (text.encode("utf-8", "replace"), raw):
            for match in self._search.unpacked(data, (), Budget()):
                found.setdefault((match.identifier, match.encoding), match)
        matches = list(found.values())
        if any(match.encoding == "ascii" for match in matches):
            # The same characters, seen once as text and once as they were packed.
            packed = {"gsm7", "utf-16-be"}
            matches = [match for match in matches if match.encoding not in packed]
        self._facts.text(Text(parts[0], origin, frames, text, tuple(matches)))
