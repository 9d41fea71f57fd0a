"""Which store a case's journal lies in, as its settings say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from portique.engine.journal_sqlite import SqliteStore

if TYPE_CHECKING:
    from portique.engine.journal_store import JournalStore


def open_store(case: Path, url: str) -> JournalStore:
    """Return the store of a case's journal; nothing is made or opened yet.

    Args:
        case: the case folder.
        url: of a PostgreSQL database; empty: `CASE/journal.db`.
    """
    if not url:
        return SqliteStore(case / "journal.db")
    from portique.engine.journal_postgres import PostgresStore  # noqa: PLC0415 - few need it

    return PostgresStore(url)


def open_for_reading(case: Path, url: str) -> JournalStore:
    """Return the store of a case's journal, of which nothing is ever written, also on a disk
    that cannot be written.

    Args:
        case: the case folder.
        url: of a PostgreSQL database; empty: `CASE/journal.db`.
    """
    return open_store(case, url) if url else SqliteStore(case / "journal.db", is_read_only=True)
