"""A journal in one SQLite file: write-ahead log, every commit on the disk.

Source: sqlite.org/wal.html, pragma.html (synchronous), rescode.html.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from portique.engine.files import settle
from portique.engine.journal_sql import APPENDED, SqlTransaction, schema
from portique.engine.journal_store import WAIT_S, StoreBusy, StoreDamaged

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_BUSY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
_KEPT_OPEN = 4


class SqliteStore:
    """The journal of one case in `journal.db`.

    Args:
        path: the file; made by `make`, with mode 0600.
        is_read_only: never write, not even the log that SQLite keeps beside the file.
    """

    def __init__(self, path: Path, *, is_read_only: bool = False) -> None:
        self.path = path
        self.is_read_only = is_read_only
        self.where = str(path)
        self._writer: sqlite3.Connection | None = None
        self._writing = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._pool = threading.Lock()

    def exists(self) -> bool:
        """Return whether a journal was made here."""
        return self.path.is_file() and self.path.stat().st_size > 0

    def make(self) -> None:
        """Make the file and the tables that are missing."""
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with self.writing() as made:
            for statement in (*schema(blob="BLOB"), *_guards()):
                made.run(statement)
        settle(self.path.parent)

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """Read one instant."""
        with _told(self.where):
            connection = self._reader()
            try:
                connection.execute("BEGIN")
                yield SqlTransaction(connection, "?")
            except BaseException:
                connection.close()
                raise
            connection.execute("COMMIT")
        self._give_back(connection)

    @contextmanager
    def writing(self) -> Iterator[SqliteWriting]:
        """Write alone: on the disk at the end, nothing at all after a fault."""
        with self._writing, _told(self.where):
            if self._writer is None:
                self._writer = _connect(self.path)
                self._writer.execute("PRAGMA journal_mode = WAL")
            connection = self._writer
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield SqliteWriting(connection, "?")
                connection.execute("COMMIT")
            except BaseException:
                self._writer = None
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                connection.close()
                raise

    def copy_to(self, target: Path) -> None:
        """Write one instant of the journal as an SQLite file, while others write."""
        os.close(os.open(target, os.O_RDWR | os.O_CREAT, 0o600))
        with _told(self.where):
            source, copy = _connect(self.path), sqlite3.connect(target)
            try:
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM fact").fetchone()  # the instant is now
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()
                source.close()

    def load_from(self, source: Path) -> None:
        """Take over a copy, all of it or nothing; the store must not exist yet."""
        partial = self.path.with_name(f"{self.path.name}.partial")
        partial.unlink(missing_ok=True)
        SqliteStore(source).copy_to(partial)
        with partial.open("rb") as copied:
            os.fsync(copied.fileno())
        partial.replace(self.path)
        settle(self.path.parent)

    def close(self) -> None:
        """Close every connection; the last one brings the write-ahead log into the file."""
        with self._pool:
            for connection in self._readers:
                connection.close()
            self._readers.clear()
        with self._writing:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _reader(self) -> sqlite3.Connection:
        with self._pool:
            if self._readers:
                return self._readers.pop()
        return _connect_to_read(self.path) if self.is_read_only else _connect(self.path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._pool:
            if len(self._readers) < _KEPT_OPEN:
                self._readers.append(connection)
                return
        connection.close()


class SqliteWriting(SqlTransaction):
    """A transaction that may also make tables."""

    def run(self, statement: str) -> None:
        """Run a statement without values."""
        self._run(statement)


def _connect(path: Path) -> sqlite3.Connection:
    """Return a connection; of a file on a medium that cannot be written, one that only reads."""
    ahead = path.with_name(f"{path.name}-wal")
    is_frozen = not os.access(path.parent, os.W_OK) and not (
        ahead.is_file() and ahead.stat().st_size
    )
    mode = "mode=ro&immutable=1" if is_frozen else "mode=rw"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=WAIT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a file that is never written; where no log lies beside it, it need not be writable."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(
            address, uri=True, timeout=WAIT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    except sqlite3.OperationalError:
        if not path.is_file() or path.with_name(path.name + "-wal").exists():
            raise
        connection = sqlite3.connect(
            f"{address}&immutable=1", uri=True, isolation_level=None, check_same_thread=False
        )
    return connection


def _guards() -> Iterator[str]:
    """Yield triggers against accidents; who may write the file can drop them, so no proof."""
    for table in APPENDED:
        for act in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Tell a database's faults in the words of a store; a fault of ours stays what it is."""
    try:
        yield
    except sqlite3.Error as fault:
        code = getattr(fault, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in _BUSY:
            raise StoreBusy(f"{where}: {fault}") from fault
        if primary in _DAMAGED or isinstance(fault, sqlite3.OperationalError):
            raise StoreDamaged(str(fault), where) from fault
        raise
