"""One at a time lengthens the log, and takes along whoever waits.

A thread that has something to write queues it and asks for its turn. The one whose turn it is
opens a transaction and commits all that waits by then under one checkpoint: many batches, one
`fsync`. The others find theirs done.
"""

from __future__ import annotations

import errno
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar, cast

from portique.core.errors import Problem
from portique.engine.journal_store import JournalStore, StoreBusy, StoreDamaged
from portique.ledger.growth import Growth, Tail, read_tail
from portique.ledger.keys import Keys
from portique.ledger.notes import NotesFile, check_not_ahead

Answer = TypeVar("Answer")
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
MOST_AT_ONCE = 4000
REFUSALS = (Problem, LookupError, ValueError)
"""What a job may raise before it has added anything; the others that wait go on."""


class Busy(Exception):  # noqa: N818 - a state, and it passes
    """Nothing was acknowledged, some may be stored: the same bytes have to be sent again.

    Args:
        why: for the log.
        retry_after_s: when.
    """

    def __init__(self, why: str, retry_after_s: int = 2) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(why)


class Job(Generic[Answer]):
    """Something to be written.

    Args:
        fill: adds it to the log; raises one of `REFUSALS` before it has added anything.
        weight: about how many entries it is.
    """

    def __init__(self, fill: Callable[[Growth], Answer], weight: int = 1) -> None:
        self.fill = fill
        self.weight = weight
        self.is_done = False
        self._answer: Answer | None = None
        self._note = ""
        self._fault: Exception | None = None

    def run(self, growth: Growth) -> None:
        """Add it to the log, and keep the answer."""
        before = growth.additions
        try:
            self._answer = self.fill(growth)
        except REFUSALS as fault:
            if growth.additions != before:
                raise
            self._fault = fault

    def done(self, note: str, fault: Exception | None = None) -> None:
        """Say that it is written under a checkpoint, or that it is not."""
        self._note = note
        self._fault = fault or self._fault
        self.is_done = True

    def outcome(self) -> tuple[Answer, str]:
        """Return the answer and the checkpoint that covers it; raise what went wrong."""
        if self._fault is not None:
            raise self._fault
        return cast("Answer", self._answer), self._note


class Sequencer:
    """Gives the turns.

    Args:
        store, case_id, keys: of the journal.
        notes: where checkpoints are published.
    """

    def __init__(
        self, store: JournalStore, case_id: str, keys: Callable[[], Keys], notes: NotesFile
    ) -> None:
        self._store = store
        self._case_id = case_id
        self._keys = keys
        self._notes = notes
        self._tail: Tail | None = None
        self._waiting: deque[Job[object]] = deque()
        self._gate = threading.Lock()
        self._turn = threading.Lock()

    def do(self, job: Job[Answer]) -> tuple[Answer, str]:
        """Write something: its answer, and a checkpoint that covers it, both on the disk.

        Raises:
            Busy: the store is held or full.
            Problem: the store is damaged, or what `fill` raised.
        """
        with self._gate:
            self._waiting.append(cast("Job[object]", job))
        with self._turn:
            while not job.is_done:
                self._lead()
        return job.outcome()

    def _lead(self) -> None:
        taken: list[Job[object]] = []
        fault: Exception = Busy("the thread that wrote was ended")
        note = ""
        try:
            note = self._commit(taken)
            for job in taken:
                job.done(note)
        except (StoreBusy, StoreDamaged, OSError, Problem) as raised:
            taken = taken or self._take()
            fault = told(raised)
        finally:
            for job in taken:
                if not job.is_done:
                    job.done(note, fault)

    def _commit(self, taken: list[Job[object]]) -> str:
        keys = self._keys()
        with self._store.writing() as writing:
            latest = writing.latest_note()
            tail = self._tail
            if tail is None or latest is None or latest != (tail.size, tail.note):
                check_not_ahead(self._notes.newest(), writing.notes, self._notes.path)
                tail = read_tail(writing, self._case_id)
            growth = Growth(writing, tail.copy(), self._case_id, keys)
            taken += self._take()
            for job in taken:
                job.run(growth)
            growth.settle()
        self._tail = growth.tail
        self.publish_up_to(growth.tail.size)
        return growth.tail.note

    def publish_up_to(self, size: int) -> None:
        """Bring the checkpoints of the store, up to a size at least, into their file.

        Raises:
            OSError: the file cannot be written now.
        """

        def after(size: int, limit: int) -> list[tuple[int, str]]:
            with self._store.reading() as reading:
                return reading.notes(size, limit)

        self._notes.publish(size, after)

    def _take(self) -> list[Job[object]]:
        taken: list[Job[object]] = []
        weight = 0
        with self._gate:
            while self._waiting and weight < MOST_AT_ONCE:
                taken.append(self._waiting.popleft())
                weight += taken[-1].weight
        return taken


@contextmanager
def telling() -> Iterator[None]:
    """Tell faults of the store in the words of the journal."""
    try:
        yield
    except (StoreBusy, StoreDamaged, OSError) as fault:
        said = told(fault)
        if said is fault:
            raise
        raise said from fault


def told(fault: Exception) -> Exception:
    """Return a fault of the store in the words of the journal; others as they are."""
    if isinstance(fault, StoreBusy) or (isinstance(fault, OSError) and fault.errno in FULL):
        return Busy(str(fault))
    if not isinstance(fault, StoreDamaged):
        return fault
    return Problem(
        f"the journal's store cannot be read: {fault.what}",
        where=fault.where,
        mend="restore a backup with `portique journal restore`; keep this file as it is",
        code="LED-006",
    )
