"""Where the projection of a journal is kept between two commands, and when it is believed."""

from __future__ import annotations

import portique
from portique.core.errors import Problem
from portique.flow.folder import CaseFolder, swap_in
from portique.ledger.journal import Journal
from portique.ledger.projection import Projection
from portique.ledger.snapshot import Covered, pack, unpack
from portique.ledger.tree import Frontier

FILE = "projection.bin"
LEAST = 500
"""A shorter log is read faster than its projection."""
GROWN = 10
"""It is kept again when the log has grown by one part in this many."""

Kept = tuple[Projection, Frontier, str]
"""The projection, the edge of the tree of its entries, and when the last was received."""


class Snapshots:
    """The one stored projection of a journal.

    Args:
        journal: whose it is; its case folder has the file, in the private folder.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._path = CaseFolder(journal.folder).private / FILE
        self._size = 0

    def latest(self) -> Kept:
        """Return the stored projection where it fits the log, else an empty one."""
        try:
            covered, projection = unpack(self._path.read_bytes(), self._secret())
            edge = self._journal.edge(covered.size)
        except (OSError, ValueError, LookupError, Problem):
            return Projection(), Frontier(0), ""
        is_ours = (covered.case_id, covered.version) == (
            self._journal.case_id,
            portique.__version__,
        )
        if not is_ours or edge.root().hex() != covered.root or projection.size != covered.size:
            return Projection(), Frontier(0), ""
        self._size = covered.size
        return projection, edge, covered.received_at_utc

    def keep(self, projection: Projection, size: int, root: str, received_at_utc: str) -> None:
        """Store a projection where that is worth its writing; a disk that refuses it is let be."""
        if size < LEAST or size - self._size < size // GROWN:
            return
        covered = Covered(self._journal.case_id, size, root, received_at_utc, portique.__version__)
        try:
            content = pack(projection, covered, self._secret())
            if content is not None:
                CaseFolder(self._journal.folder).make_private()
                swap_in(self._path, content, mode=0o600)
                self._size = size
        except (OSError, Problem):
            return

    def _secret(self) -> bytes:
        return self._journal.secret("projection")
