"""The journal of a case as its entries leave it, with the checkpoint that this is of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portique.ledger.journal import Held, Journal
from portique.ledger.projection import Projection
from portique.ledger.state import State
from portique.ledger.tree import Frontier, leaf_hash

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
    """The projection of one journal, which goes on from where it stood.

    Args:
        journal: read only.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._projection = Projection()
        self._edge = Frontier(0)
        self._received = ""

    def standing(self) -> Standing:
        """Return what is said by all entries that the journal holds now."""
        for held in entries_from(self._journal, self._edge.size):
            self._projection.add([held])
            self._edge.append(leaf_hash(held.payload, held.signature))
            self._received = held.received_at_utc
        root = self._edge.root().hex()
        return Standing(self._projection.state(), self._edge.size, root, self._received)


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
