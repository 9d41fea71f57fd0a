"""The alarms of one open journal: read on from where they stood each time that they are asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from portique.core.errors import Problem
from portique.engine.journal_store import EntryRow, Reading
from portique.ledger.alarms import Alarm, Ranges, Watch
from portique.ledger.entry import Malformed, read_payload
from portique.ledger.projection import Projection

_ROWS_AT_ONCE = 1000


class Watching:
    """What in a growing log needs a person's eye; safe for many threads.

    Args:
        case_id: of the case.
        where: the store, as messages name it.
        reading: opens the store.
    """

    def __init__(
        self, case_id: str, where: str, reading: Callable[[], AbstractContextManager[Reading]]
    ) -> None:
        self._case_id, self._where, self._reading = case_id, where, reading
        self._watch, self._projection = Watch(), Projection()
        self._one_at_a_time = threading.Lock()

    def alarms(self, *, rules: bool) -> list[Alarm]:
        """Return the alarms by sequence; with `rules` also what is against a rule of the domain."""
        with self._one_at_a_time:
            found = self._watched().alarms()
            if rules:
                self._projection.add(self._rows_from(self._projection.size))
                found += self._projection.alarms()
        return sorted(found, key=lambda each: (each.sequences, each.kind, each.what))

    def gaps(self) -> dict[str, Ranges]:
        """Return the numbers that are missing of each device, as ranges [from, to]."""
        with self._one_at_a_time:
            return self._watched().gaps()

    def _watched(self) -> Watch:
        for row in self._rows_from(self._watch.size):
            self._feed(row)
        return self._watch

    def _feed(self, row: EntryRow) -> None:
        try:
            fields = read_payload(row.payload, self._case_id)
        except Malformed as fault:
            raise Problem(
                f"entry {row.sequence} of the log is not what was stored: {fault.reason}",
                where=self._where,
                mend="`portique verify` says what does not fit; restore a backup",
                code="LED-008",
            ) from fault
        self._watch.feed(fields, is_program=row.program_kind is not None)

    def _rows_from(self, first: int) -> Iterator[EntryRow]:
        with self._reading() as reading:
            while rows := reading.entries(first, _ROWS_AT_ONCE):
                yield from rows
                first = rows[-1].sequence + 1
