"""The journal of a case as its entries leave it, with the checkpoint that this is of."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portique.flow.snapshots import Snapshots
from portique.ledger.act import Act
from portique.ledger.journal import Held, Journal
from portique.ledger.state import State
from portique.ledger.tree import leaf_hash

_AT_ONCE = 1000


@dataclass(frozen=True)
class Standing:
    """What the entries say up to a size, and the root of the tree of that size.

    Args:
        state: of these entries.
        size: how many they are.
        root: hex.
        received_at_utc: of the last of them; empty: there are none.
    """

    state: State
    size: int
    root: str
    received_at_utc: str

    @property
    def checkpoint(self) -> dict[str, object]:
        """What figures and documents quote."""
        return {"size": self.size, "root": self.root}


class Reader:
    """The projection of one journal, which goes on from where it, or a command before, stood.

    Args:
        journal: read only.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._snapshots = Snapshots(journal)
        with _uncollected():
            self._projection, self._edge, self._received = self._snapshots.latest()

    def standing(self) -> Standing:
        """Return what is said by all entries that the journal holds now."""
        with _uncollected():
            for held in entries_from(self._journal, self._edge.size):
                self._projection.add([held])
                self._edge.append(leaf_hash(held.payload, held.signature))
                self._received = held.received_at_utc
            root = self._edge.root().hex()
            self._snapshots.keep(self._projection, self._edge.size, root, self._received)
            return Standing(self._projection.state(), self._edge.size, root, self._received)

    def named(self, target: str) -> list[Act]:
        """Return the entries read so far of an `entry_id` or of a payload's SHA-256."""
        return self._projection.named(target)

    def choice(self, refs: Iterable[str]) -> Act | None:
        """Return the correction that says which of contradicting entries counts; None: none."""
        return self._projection.contested.choice(refs)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Do without the search for cycles, which costs half where many objects are made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def entries_from(journal: Journal, first: int) -> Iterator[Held]:
    """Yield the entries of a journal from a sequence on."""
    while batch := journal.entries(first, _AT_ONCE):
        yield from batch
        first = batch[-1].sequence + 1


def standing_of(case: Path) -> Standing:
    """Return what the journal of a case says now.

    Raises:
        Refused: no case or no journal.
    """
    with Journal.open(case) as journal:
        return Reader(journal).standing()
