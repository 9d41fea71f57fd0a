"""Times of receipt: each entry of a device is covered by one `received` of the program."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from operator import itemgetter

from portique.ledger.recheck import Fault, Seen, Told

Run = tuple[int, int, str]
"""First and last sequence of devices' entries with one time of receipt, and that time."""


class Receipts:
    """Collects ranges in the order of the log; holds what no `received` covers yet."""

    def __init__(self) -> None:
        self.waiting: list[Run] = []

    def take(self, seen: Seen) -> Iterator[Fault]:
        """Yield the times of one range that do not fit."""
        told = [each for each in seen.told if each.kind == "received"]
        both: Iterator[Run | Told] = merge(seen.receipts, told, key=itemgetter(0))
        for each in both:
            if isinstance(each, Told):
                yield from self._cover(each)
            else:
                self._wait(*each)

    def _wait(self, first: int, last: int, at_utc: str) -> None:
        if self.waiting and self.waiting[-1][1:] == (first - 1, at_utc):
            first = self.waiting.pop()[0]
        self.waiting.append((first, last, at_utc))

    def _cover(self, told: Told) -> Iterator[Fault]:
        first, last = told.body.get("first_sequence"), told.body.get("last_sequence")
        at_utc = told.body.get("received_at_utc")
        if not isinstance(first, int) or not isinstance(last, int):
            yield Fault(told.sequence, told.entry_id, "`received` names no entries")
            return
        left: list[Run] = []
        covered = 0
        for start, end, written in self.waiting:
            inside = (max(start, first), min(end, last))
            if inside[0] > inside[1]:
                left.append((start, end, written))
                continue
            covered += inside[1] - inside[0] + 1
            if written != at_utc:
                what = "received_at_utc is not what its `received` says"
                yield Fault(inside[0], None, what)
            left += [
                (one, other, written)
                for one, other in ((start, inside[0] - 1), (inside[1] + 1, end))
                if one <= other
            ]
        self.waiting = left
        if covered != last - first + 1 or covered < 1:
            what = "`received` covers what is no device's entry, or is covered already"
            yield Fault(told.sequence, told.entry_id, what)

    def finish(self) -> Iterator[Fault]:
        """Yield what no `received` covers."""
        for first, last, _ in self.waiting:
            what = f"no `received` of the program covers the entries {first} to {last}"
            yield Fault(first, None, what)
