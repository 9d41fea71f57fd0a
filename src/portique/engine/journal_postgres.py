"""A journal in a PostgreSQL database, named by a URL: for a case that several machines serve.

Source: postgresql.org/docs/15, errcodes-appendix and explicit-locking.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from portique.engine.journal_sql import (
    APPENDED,
    PORTION,
    Connection,
    SqlTransaction,
    copy_rows,
    schema,
)
from portique.engine.journal_sqlite import SqliteStore
from portique.engine.journal_store import WAIT_S, StoreBusy, StoreDamaged

_LOCK = "SELECT pg_advisory_xact_lock(1886351988, hashtext(coalesce(current_schema(), '')))"
"""One transaction at a time lengthens the log of one schema; the number is ours."""
_PASSING = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.ReadOnlySqlTransaction,
)
_DAMAGED = (errors.DataCorrupted, errors.IndexCorrupted, psycopg.ProgrammingError)
_KEPT_OPEN = 4


class PostgresStore:
    """The journal of one case in the tables of one PostgreSQL database.

    Args:
        url: e.g. "postgresql://user@host/database"; its search path says in which schema.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.where = _without_password(url)
        self._writer: psycopg.Connection[Any] | None = None
        self._turn = threading.Lock()
        self._readers: list[psycopg.Connection[Any]] = []
        self._pool = threading.Lock()

    def exists(self) -> bool:
        """Return whether a journal was made here."""
        with self.reading() as reading:
            return reading.has_table("fact")

    def make(self) -> None:
        """Make the tables that are missing."""
        with self.writing() as writing:
            for statement in (*schema(blob="BYTEA"), *_guards()):
                writing.run(statement)

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        """Read one instant."""
        with _told(self.where):
            connection = self._reader()
            try:
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield _transaction(connection)
            except BaseException:
                connection.close()
                raise
            connection.execute("COMMIT")
        self._give_back(connection)

    @contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        """Write alone: on the server's disk at the end, nothing at all after a fault."""
        with self._turn, _told(self.where):
            if self._writer is None or self._writer.closed:
                self._writer = self._connect()
            connection = self._writer
            try:
                connection.execute("BEGIN")
                connection.execute(_LOCK)
                yield _transaction(connection)
                connection.execute("COMMIT")
            except BaseException:
                self._writer = None
                with suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
                connection.close()
                raise

    def copy_to(self, target: Path) -> None:
        """Write one instant of the journal as an SQLite file, while others write."""
        copy = SqliteStore(target)
        copy.make()
        try:
            with self.reading() as reading, copy.writing() as writing:
                copy_rows(reading, writing)
        finally:
            copy.close()

    def load_from(self, source: Path) -> None:
        """Take over a copy, all of it or nothing; the store has to be empty."""
        self.make()
        copy = SqliteStore(source)
        try:
            with copy.reading() as reading, self.writing() as writing:
                copy_rows(reading, writing)
        finally:
            copy.close()

    def close(self) -> None:
        """Close every connection."""
        with self._pool:
            for connection in self._readers:
                connection.close()
            self._readers.clear()
        with self._turn:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=int(WAIT_S))
        wait_ms = int(WAIT_S * 1000)
        connection.execute(f"SET lock_timeout = {wait_ms}")
        connection.execute("SET synchronous_commit = on")
        return connection

    def _reader(self) -> psycopg.Connection[Any]:
        with self._pool:
            while self._readers:
                connection = self._readers.pop()
                if not connection.closed:
                    return connection
        return self._connect()

    def _give_back(self, connection: psycopg.Connection[Any]) -> None:
        with self._pool:
            if len(self._readers) < _KEPT_OPEN:
                self._readers.append(connection)
                return
        connection.close()


class PostgresTransaction(SqlTransaction):
    """A transaction that may also make tables and be copied from."""

    def run(self, statement: str) -> None:
        """Run a statement without values."""
        self._connection.execute(statement)

    def has_table(self, name: str) -> bool:
        """Return whether the search path reaches a table of this name."""
        return self._one("SELECT to_regclass(?)", name)[0] is not None

    def portions(self, table: str) -> Iterator[list[Sequence[object]]]:
        """Yield the rows of a table, some at a time."""
        connection = cast("psycopg.Connection[Any]", self._connection)
        with connection.cursor(name=f"copy_{table}") as cursor:
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own names
            while rows := cursor.fetchmany(PORTION):
                yield rows


def _transaction(connection: psycopg.Connection[Any]) -> PostgresTransaction:
    return PostgresTransaction(cast("Connection", connection), "%s")


def _guards() -> Iterator[str]:
    """Yield triggers against accidents; the owner of the tables can drop them, so no proof."""
    yield (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPENDED:
        yield (
            f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Tell a database's faults in the words of a store; a fault of ours stays what it is."""
    try:
        yield
    except _DAMAGED as fault:
        raise StoreDamaged(str(fault), where) from fault
    except _PASSING as fault:
        raise StoreBusy(f"{where}: {fault}") from fault


def _without_password(url: str) -> str:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "the URL of [journal]"
    kept = {name: value for name, value in parts.items() if name != "password"}
    return "postgresql: " + " ".join(f"{name}={value}" for name, value in sorted(kept.items()))
