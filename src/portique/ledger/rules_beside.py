"""The rules of the domain over a whole log, in a process of their own beside those that hash.

The rules look at each entry once and in one process, since any two entries may concern one thing.
Run after the hashing they would keep one core waiting; beside it they cost what they use.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

from portique.engine.journal_place import open_for_reading
from portique.engine.journal_store import JournalStore, SpokenRow
from portique.ledger.alarms import Alarm
from portique.ledger.recheck import RANGE, UNREADABLE

Rules = Callable[[Iterator[SpokenRow]], list[Alarm]]
"""What is against a domain's rules in the entries, in the log's order; a function of a module."""


def rows_at(store: JournalStore, first: int, end: int) -> list[SpokenRow]:
    """Return the rows of one range that can be read; what cannot is reported by who hashes it."""
    try:
        with store.reading() as reading:
            rows = reading.payloads(first, end - first)
    except UNREADABLE:
        return []
    return [row for row in rows if row.sequence < end and isinstance(row.payload, bytes)]


def all_rows(store: JournalStore, size: int) -> Iterator[SpokenRow]:
    """Yield the rows of a log that can be read, in order."""
    for first in range(0, size, RANGE):
        yield from rows_at(store, first, min(first + RANGE, size))


class Beside:
    """The alarms of rules, computed from now on until they are asked for.

    Args:
        rules: what to look for; None: nothing.
        place: case folder and URL of the store.
        size: how many entries count.
    """

    def __init__(self, rules: Rules | None, place: tuple[Path, str], size: int) -> None:
        self._rules, self._place, self._size = rules, place, size
        self._answer: Future[list[Alarm]] | None = None

    def start(self) -> AbstractContextManager[object]:
        """Begin in a process of its own, which ends with what is returned."""
        if self._rules is None:
            return nullcontext()
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, context, gc.disable)
        self._answer = pool.submit(alarms_in, self._rules, self._place, self._size)
        return pool

    def alarms(self) -> list[Alarm]:
        """Return what was found, once it is."""
        if self._rules is None:
            return []
        if self._answer is not None:
            return self._answer.result()
        return alarms_in(self._rules, self._place, self._size)


def alarms_in(rules: Rules, place: tuple[Path, str], size: int) -> list[Alarm]:
    """Return what rules find in a store, read here."""
    with closing(open_for_reading(*place)) as store:
        return rules(all_rows(store, size))
