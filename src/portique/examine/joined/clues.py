"""What the answers of examinations name: hosts, addresses, numbers, templates, in one form.

Answers are read as they are stored; a field that another version does not write is a clue less,
never a fault.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_NOT_DIGITS = re.compile(r"\D")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
_LEAST_OF_NUMBER = 9
"""Digits from which two numbers are compared by their end: country codes are written or not."""
_NUMBER_FIELDS = ("number", "msisdn", "counterpart", "sender", "destination")
_CONTENT_LISTS = ("messages", "sms", "contacts", "calls")


@dataclass(frozen=True)
class Clue:
    """One thing that the firmware names.

    Args:
        kind: "host", "ip", "number" or "template".
        value: in the form in which clues are compared.
        item: as the answer holds it.
    """

    kind: str
    value: str
    item: dict[str, Any]


def clues_of(item: dict[str, Any]) -> Iterator[Clue]:
    """Yield what an evidence item of the firmware names.

    >>> [(c.kind, c.value) for c in clues_of({"kind": "url", "value": "http://A.example/x?i=%s"})]
    [('host', 'a.example')]
    >>> [(c.kind, c.value) for c in clues_of({"kind": "identity", "value": "IMEI:%s"})]
    [('template', 'IMEI:%s')]
    """
    kind, value = str(item.get("kind", "")).lower(), str(item.get("value", ""))
    if kind in {"url", "host", "domain"}:
        host = host_of(value)
        if host is not None:
            yield Clue("ip" if is_address(host) else "host", host, item)
    elif kind in {"ip", "address", "ip_address"} and is_address(value.split(":", maxsplit=1)[0]):
        yield Clue("ip", value.split(":", maxsplit=1)[0], item)
    elif "number" in kind or kind in {"short_code", "msisdn"}:
        if number_key(value):
            yield Clue("number", number_key(value), item)
    elif "template" in kind or kind in {"identity", "sms", "text", "format"}:
        yield Clue("template", value, item)


def host_of(text: str) -> str | None:
    """Return the host of a URL or of a host with or without port; None: there is none.

    >>> host_of("http://%s/x"), host_of("Cc.Example:8080"), host_of("AT+CGDCONT")
    (None, 'cc.example', None)
    """
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return None
    host = host.rstrip(".")
    return host if is_address(host) or _HOST.fullmatch(host) else None


def is_address(text: str) -> bool:
    """Return whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def number_key(text: str) -> str:
    """Return the digits by which two ways of writing a number are compared; "": it has none.

    >>> number_key("+33 6 39 98 54 32") == number_key("0639985432"), number_key("3179")
    (True, '3179')
    """
    digits = _NOT_DIGITS.sub("", text)
    return digits[-_LEAST_OF_NUMBER:] if len(digits) > _LEAST_OF_NUMBER else digits


def numbers_of_content(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the numbers in an answer about content: key -> where it stands, first mention."""
    found: dict[str, dict[str, Any]] = {}
    for name in _CONTENT_LISTS:
        rows = told.get(name)
        for place, row in enumerate(rows if isinstance(rows, list) else ()):
            for field in _NUMBER_FIELDS:
                value = row.get(field) if isinstance(row, dict) else None
                if isinstance(value, str) and number_key(value):
                    where = {"list": name, "place": place, "number": value}
                    found.setdefault(number_key(value), where)
    return found
