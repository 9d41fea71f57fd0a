"""The search of one piece of content: as it is, unpacked, and under any single-byte XOR."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.examine.traffic.identity.matcher import Hit, Matcher
from portique.examine.traffic.identity.pattern import Identifier, Pattern
from portique.examine.traffic.unpack import Budget, views

_LEAST_FOR_XOR = 8
_STRUCTURES = {"json", "form", "multipart"}


@dataclass(frozen=True)
class Match:
    """A planted identifier that was found.

    Args:
        identifier: which.
        encoding: the chain of forms, outermost first, e.g. "gzip>json>md5".
        start, end: where the match lies in the innermost bytes; for a chain of one form these
            are places in the content itself.
        is_direct: nothing had to be unpacked, so that the places are places in the content.
    """

    identifier: Identifier
    encoding: str
    start: int
    end: int
    is_direct: bool

    def moved(self, by: int) -> Match:
        """Return the same match with its places counted from elsewhere."""
        moved = (self.start + by, self.end + by)
        return Match(self.identifier, self.encoding, *moved, self.is_direct)


class Search:
    """Looks for planted identifiers.

    Args:
        patterns: as `planted.patterns` returns them.
        plain_engine: as of `Matcher`.
    """

    def __init__(self, patterns: list[Pattern], *, plain_engine: bool = False) -> None:
        plain = [each for each in patterns if not each.in_differences]
        xored = [each for each in patterns if each.in_differences]
        self._plain = Matcher(plain, plain_engine=plain_engine)
        self._xored = Matcher(xored, plain_engine=plain_engine)
        self.is_empty = not patterns

    def direct(
        self, data: bytes, chain: tuple[str, ...] = (), *, under_xor: bool = True
    ) -> list[Match]:
        """Return what is found in the bytes themselves, and under XOR unless told otherwise."""
        if self.is_empty:
            return []
        found = [self._match(hit, chain) for hit in self._plain.find(data)]
        if under_xor and len(data) >= _LEAST_FOR_XOR:
            numbers = np.frombuffer(data, dtype=np.uint8)
            steps = np.bitwise_xor(numbers[:-1], numbers[1:]).tobytes()
            for hit in self._xored.find(steps):
                key = data[hit.start] ^ hit.pattern.first
                if key:  # under 0 it is the plain form
                    found.append(self._match(hit, (*chain, f"xor 0x{key:02x}"), more=1))
        return found

    def unpacked(self, data: bytes, chain: tuple[str, ...], budget: Budget) -> list[Match]:
        """Return what is found in the bytes and in everything packed inside them.

        Args:
            data: a body.
            chain: how it was reached.
            budget: bounds the work.
        """
        found: dict[tuple[Identifier, str], Match] = {}
        if self.is_empty:
            return []
        for view in views(data, budget, chain):
            for match in self.direct(view.data, view.chain):
                found.setdefault((match.identifier, match.encoding), match)
        return _clearest(list(found.values()))

    def undone(self, data: bytes, chain: tuple[str, ...], _budget: Budget) -> list[Match]:
        """Return what is found in the bytes alone, for content that came down to the phone.

        What a server sends cannot leave the phone: it is searched as it is.
        """
        return self.direct(data, chain, under_xor=False) if chain else []

    def _match(self, hit: Hit, chain: tuple[str, ...], more: int = 0) -> Match:
        encoding = ">".join((*chain, hit.pattern.form))
        direct = not chain or (len(chain) == 1 and chain[0].startswith("xor"))
        return Match(hit.pattern.identifier, encoding, hit.start, hit.end + more, direct)


def _clearest(matches: list[Match]) -> list[Match]:
    """Keep one chain of each identifier in each form: one that names the structure, the shortest.

    A text in a JSON body is found in the body as it is, and again among its values.
    """
    kept: dict[tuple[Identifier, str], Match] = {}
    for match in sorted(matches, key=_clearness):
        kept.setdefault((match.identifier, match.encoding.rsplit(">", 1)[-1]), match)
    return list(kept.values())


def _clearness(match: Match) -> tuple[int, int, str]:
    links = match.encoding.split(">")
    return (-sum(link in _STRUCTURES for link in links), len(links), match.encoding)
