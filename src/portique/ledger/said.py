"""What the program itself entered in a journal, by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portique.ledger.entry import read_json
from portique.ledger.journal import Journal
from portique.ledger.sequencer import telling


def said_by_program(journal: Journal, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Return the payloads of the program's entries of some kinds, in the order of the log.

    Raises:
        Busy: the store cannot be read now.
    """
    with telling(), journal.store.reading() as reading:
        rows = reading.program_entries(kinds)
    return [read_json(row.payload) for row in rows]
