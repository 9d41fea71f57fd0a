"""The body of a batch: a JSON object whose `entries` are judged one by one, whatever they are.

Three readers, from quick to patient. The first takes what devices send. The second takes every
other JSON text. The third takes texts nested so deep that the second gives up: one such element
must not stop the others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from portique.web.nested import NotJson, elements_of

MOST_ENTRIES = 500

Pair = tuple[object, object]
"""Payload and signature of one element, as they came."""


class Unreadable(Exception):  # noqa: N818 - a state of what came
    """The body is no JSON object in UTF-8 with an array `entries` of 1 to 500 elements.

    Args:
        what: in a sentence.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


class _Element(msgspec.Struct):
    payload: str
    signature: str


class _Body(msgspec.Struct):
    entries: list[_Element]


_quick = msgspec.json.Decoder(_Body)


def read_pairs(body: bytes) -> list[Pair]:
    """Return what stands in `entries`, in that order.

    Args:
        body: the bytes of the request.

    Returns:
        A pair for each element; (element, None) for one that is no object.

    Raises:
        Unreadable: the body as a whole cannot be read.

    >>> read_pairs(b'{"entries": [{"payload": "e30=", "signature": "AA=="}, 7]}')
    [('e30=', 'AA=='), (7.0, None)]
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Unreadable(f"the body is not UTF-8 (byte {fault.start})") from None
    try:
        return _counted([(each.payload, each.signature) for each in _quick.decode(body).entries])
    except (msgspec.DecodeError, RecursionError):
        return _counted([_pair(each) for each in _entries(text)])


def _entries(text: str) -> Sequence[object]:
    try:
        document = _loads(text)
    except RecursionError:
        return [_loaded(element) for element in _nested(text)]
    except ValueError as fault:
        raise Unreadable(f"the body is not JSON: {fault}") from None
    if not isinstance(document, dict):
        raise Unreadable("the body is not a JSON object")
    entries = document.get("entries")
    if not isinstance(entries, list):
        raise Unreadable("`entries` is not an array")
    return entries


def _nested(text: str) -> list[str]:
    try:
        return elements_of(text, "entries", MOST_ENTRIES)
    except NotJson as fault:
        raise Unreadable(f"the body cannot be read: {fault}") from None


def _loaded(element: str) -> object:
    try:
        return _loads(element)
    except RecursionError:
        return "nested too deep"


def _loads(text: str) -> Any:
    # A number is never used, and as a float it costs nothing however long it is.
    return json.loads(text, parse_int=float, parse_constant=_no_constant)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _pair(element: object) -> Pair:
    if isinstance(element, dict):
        return element.get("payload"), element.get("signature")
    return element, None


def _counted(pairs: list[Pair]) -> list[Pair]:
    if not 1 <= len(pairs) <= MOST_ENTRIES:
        raise Unreadable(f"`entries` has {len(pairs)} elements; 1 to {MOST_ENTRIES} are taken")
    return pairs
