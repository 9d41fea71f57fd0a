"""Evidence items: what in a text names a destination, an identity or a command."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from portique.examine.firmware import words
from portique.examine.firmware.program import Program, Reference
from portique.examine.firmware.strings import Text

_MOST_REFERENCES = 12
_PATTERNS = (
    ("url", words.URL),
    ("host", words.HOST),
    ("ip", words.IP),
    ("number", words.NUMBER),
)
_SIGNS = {"url": ("://",), "host": (".",), "ip": (".",), "number": ("+", "00")}
"""What a text must hold before a pattern is worth the time."""


@dataclass(frozen=True)
class Item:
    """One item of evidence.

    Args:
        kind: "url", "host", "ip", "number", "short_code", "identity", "at_command" or "command".
        value: as a person reads it.
        text: in which it stands.
        references: who refers to the text.
        service: known service that it names; empty: none.
        is_baseline: it stands in builds of the vendor's own kit as well.
    """

    kind: str
    value: str
    text: Text
    references: tuple[Reference, ...]
    service: str = ""
    is_baseline: bool = False

    def as_dict(self, program: Program) -> dict[str, object]:
        """Return the item as the answer has it."""
        text, segment = self.text, program.segments[self.text.segment]
        raw = segment.data[text.offset : text.offset + text.length]
        return {
            "kind": self.kind,
            "value": self.value,
            "segment": segment.name,
            "offset": text.offset,
            "address": program.shown_address(program.address(text.segment, text.offset)),
            "encoding": text.encoding,
            "bytes": raw[:64].hex(),
            "references": [
                {
                    "function": program.shown_address(int(program.starts[each.function])),
                    "how": each.how,
                    "place": program.shown_address(each.place),
                }
                for each in self.references[:_MOST_REFERENCES]
            ],
            **({"service": self.service} if self.service else {}),
        }


def kinds_of(text: Text, labels: frozenset[str] | None = None) -> Iterator[tuple[str, str]]:
    """Yield (kind, value) of what a text names.

    Args:
        text: the text.
        labels: what it says of code, where that is known already.

    >>> from portique.examine.firmware.strings import Text
    >>> list(kinds_of(Text(0, 0, 0, "http://a.example/x", "ascii")))
    [('url', 'http://a.example/x')]
    >>> list(kinds_of(Text(0, 0, 0, "+33600000000", "ascii")))
    [('number', '+33600000000')]
    """
    value = text.value.strip()
    is_hidden = text.encoding.startswith(("xor", "gsm"))
    for kind, found in _destinations(value):
        if kind != "host" or not is_hidden or words.WHOLE_HOST.fullmatch(value):
            yield kind, found
    if words.SHORT_CODE.fullmatch(value) and not words.NO_SHORT_CODE.fullmatch(value):
        yield "short_code", value
    if value.startswith("AT+") and words.AT.match(value):
        yield "at_command", value
    if labels is None or value != text.value:
        labels = words.labels_of(value)
    if "identity" in labels and words.IDENTITY.search(value):
        yield "identity", value
    elif "command" in labels:
        yield "command", value


def _destinations(value: str) -> Iterator[tuple[str, str]]:
    """Yield the destinations of the first kind of which there are any."""
    for kind, pattern in _PATTERNS:
        if not any(sign in value for sign in _SIGNS[kind]):
            continue
        found = False
        for match in pattern.finditer(value):
            if kind == "ip" and not _is_outside(match[0]):
                continue
            if kind == "number" and match[0].startswith("00") and match[0] != value:
                continue
            found = True
            yield kind, match[0]
        if found:
            return


def service_of(kind: str, value: str) -> str:
    """Return the known service that an item names; empty: none.

    >>> service_of("host", "supl.google.com"), service_of("host", "a.example")
    ('SUPL', '')
    """
    if kind == "ip":
        return "gateway of an operator" if value in words.GATEWAYS else ""
    if kind not in {"url", "host"}:
        return ""
    host = re.sub(r"^\w+://", "", value).split("/")[0].split(":")[0]
    return next((name for pattern, name in words.SERVICES if pattern.search(host)), "")


def _is_outside(value: str) -> bool:
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    small = all(int(part) < 20 for part in value.split("."))
    return value in words.GATEWAYS or (address.is_global and not small)
