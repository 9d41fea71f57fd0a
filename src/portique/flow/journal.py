"""The journal of a case, opened for one command: also while the case is served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portique.core.errors import Problem
from portique.ledger.journal import Busy, Journal


@contextmanager
def opened(case: Path, *, create: bool = False) -> Iterator[Journal]:
    """Open the journal of a case, and close it afterwards.

    Args:
        case: the case folder.
        create: make journal, keys and `journal.pub` where they are missing.

    Raises:
        Refused: no case, or no journal yet.
        Problem: the store cannot be written or reached now.
    """
    try:
        with Journal.open(case, create=create) as journal:
            yield journal
    except Busy as fault:
        raise Problem(
            f"the journal cannot be reached now: {fault}",
            where=str(case),
            mend="give the same command again in a moment; if the disk is full, free some space",
            code="FLOW-020",
        ) from fault
