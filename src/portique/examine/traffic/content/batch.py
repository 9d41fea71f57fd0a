"""Datagrams searched many at a time: one scan costs the same for a short text as for a long one."""

from __future__ import annotations

import bisect
from typing import NamedTuple

from portique.examine.traffic.facts import Facts
from portique.examine.traffic.identity.search import Search
from portique.examine.traffic.network.conversation import Conversation
from portique.examine.traffic.origin import Origin

_BYTES = 64 << 10
_BETWEEN = b"\x00\xff\x01\xfe\x00"
"""Stands between two datagrams, so that no pattern reaches from one into the next."""


class _Held(NamedTuple):
    start: int
    end: int
    talk: Conversation
    origin: Origin
    is_up: bool


class Batch:
    """Datagrams that wait to be searched.

    Args:
        search: for the planted identifiers.
        facts: takes in what is found.
    """

    def __init__(self, search: Search, facts: Facts) -> None:
        self._search = search
        self._facts = facts
        self._data = bytearray()
        self._held: list[_Held] = []

    def add(self, talk: Conversation, payload: bytes, origin: Origin, *, is_up: bool) -> None:
        """Take in a datagram."""
        start = len(self._data)
        self._data += payload
        self._held.append(_Held(start, start + len(payload), talk, origin, is_up))
        self._data += _BETWEEN
        if start > _BYTES:
            self.search()

    def search(self) -> None:
        """Search what waits."""
        for match in self._search.direct(bytes(self._data)):
            place = bisect.bisect_right(self._held, match.start, key=lambda held: held.start) - 1
            held = self._held[place]
            if match.end <= held.end:
                within = match.moved(-held.start)
                frames = [held.origin.frame]
                at_us = held.origin.at_us
                self._facts.match(within, held.talk, frames, at_us, is_up=held.is_up)
        self._data.clear()
        self._held.clear()
