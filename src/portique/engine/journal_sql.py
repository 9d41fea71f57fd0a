"""The statements of a journal's store: one text for every database, where they do not differ."""

# ruff: noqa: S608 - every name in these statements is of this file; values are never in them

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from portique.engine.journal_store import EntryRow, FileRow, SetAside

TABLES = (
    "fact",
    "entry",
    "node",
    "checkpoint",
    "set_aside",
    "set_aside_bytes",
    "attachment",
    "named_attachment",
)
APPENDED = ("fact", "entry", "node", "checkpoint", "attachment", "named_attachment")
"""Tables whose rows are never changed; only the quarantine counts."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entry (
  sequence BIGINT PRIMARY KEY, payload BLOB NOT NULL, signature BLOB NOT NULL,
  received_at_utc TEXT NOT NULL, payload_sha256 BLOB NOT NULL UNIQUE, entry_key BLOB NOT NULL,
  place_key BLOB NOT NULL, is_conflict BOOLEAN NOT NULL, program_kind TEXT);
CREATE INDEX IF NOT EXISTS entry_by_id ON entry (entry_key);
CREATE INDEX IF NOT EXISTS entry_by_place ON entry (place_key);
CREATE INDEX IF NOT EXISTS entry_of_program ON entry (sequence) WHERE program_kind IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_by_kind ON entry (program_kind, sequence)
  WHERE program_kind IS NOT NULL;
CREATE TABLE IF NOT EXISTS node (
  level SMALLINT NOT NULL, place BIGINT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, place));
CREATE TABLE IF NOT EXISTS checkpoint (size BIGINT PRIMARY KEY, note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS set_aside (
  material_sha256 BLOB NOT NULL, reason TEXT NOT NULL, is_signed BOOLEAN NOT NULL,
  seen BIGINT NOT NULL, material BLOB, signature BLOB, carrier TEXT NOT NULL,
  received_at_utc TEXT NOT NULL, admitted BIGINT, PRIMARY KEY (material_sha256, reason, is_signed));
CREATE TABLE IF NOT EXISTS set_aside_bytes (is_signed BOOLEAN PRIMARY KEY, bytes BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS attachment (
  sha256 TEXT PRIMARY KEY, size_bytes BIGINT NOT NULL, carrier TEXT NOT NULL,
  sequence BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS attachment_by_carrier ON attachment (carrier);
CREATE TABLE IF NOT EXISTS named_attachment (sha256 TEXT PRIMARY KEY);
"""

_ENTRY = ", ".join(EntryRow._fields)
_ASIDE = ", ".join(SetAside._fields)
_FILE = ", ".join(FileRow._fields)
_AT_ONCE = 500
PORTION = 1000
_STATEMENTS_OF_TRUTH = {"entry": 7, "set_aside": 2, "set_aside_bytes": 0}
"""Where a column is a truth value, which SQLite keeps as a number."""


class Cursor(Protocol):
    """What is used of a database's cursor."""

    def fetchmany(self, size: int, /) -> list[Any]:
        """Return some rows; none at the end."""

    def fetchone(self) -> Any:
        """Return one row or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""


class Connection(Protocol):
    """What is used of a database's connection."""

    def execute(self, statement: str, values: Sequence[object] = ..., /) -> Cursor:
        """Run one statement."""


def schema(*, blob: str) -> list[str]:
    """Return the statements that make the tables that are missing.

    Args:
        blob: the database's word for bytes.
    """
    return [part for part in _SCHEMA.replace("BLOB", blob).split(";") if part.strip()]


class SqlTransaction:
    """One open transaction of either kind; the statements, and nothing about how it began.

    Args:
        connection: in a transaction.
        mark: the database's sign for a value, "?" or "%s".
    """

    def __init__(self, connection: Connection, mark: str) -> None:
        self._connection = connection
        self._mark = mark

    def facts(self) -> dict[str, str]:
        """Return the facts of the journal, by name."""
        return dict(self._all("SELECT name, value FROM fact"))

    def latest_note(self) -> tuple[int, str] | None:
        """Return the newest checkpoint: size and note."""
        row = self._one("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
        return None if row is None else (row[0], row[1])

    def notes(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return the checkpoints of a larger size than `after`, smallest first."""
        found = self._all(
            "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?", after, limit
        )
        return [(row[0], row[1]) for row in found]

    def size(self) -> int:
        """Return the number of leaves."""
        row = self._one("SELECT max(sequence) FROM entry")
        return 0 if row is None or row[0] is None else int(row[0]) + 1

    def entries(self, first: int, limit: int) -> list[EntryRow]:
        """Return the leaves from a sequence on."""
        return self._entries("WHERE sequence >= ? ORDER BY sequence LIMIT ?", first, limit)

    def program_entries(self, kinds: Sequence[str]) -> list[EntryRow]:
        """Return the program's own entries of some kinds, in the order of the log."""
        marks = ", ".join("?" for _ in kinds)
        return self._entries(f"WHERE program_kind IN ({marks}) ORDER BY sequence", *kinds)

    def latest_of(self, kinds: Sequence[str]) -> int | None:
        """Return the sequence of the program's newest entry of some kinds."""
        marks = ", ".join("?" for _ in kinds)
        row = self._one(f"SELECT max(sequence) FROM entry WHERE program_kind IN ({marks})", *kinds)
        return None if row is None else row[0]

    def last_program_entry(self) -> EntryRow | None:
        """Return the newest entry of the program."""
        found = self._entries("WHERE program_kind IS NOT NULL ORDER BY sequence DESC LIMIT 1")
        return found[0] if found else None

    def held(self, payload_sha256s: Sequence[bytes]) -> dict[bytes, tuple[int, bool]]:
        """Return which payloads are in the log: sequence and whether it was a conflict."""
        statement = "SELECT payload_sha256, sequence, is_conflict FROM entry WHERE payload_sha256"
        return {
            bytes(row[0]): (row[1], bool(row[2])) for row in self._in(statement, payload_sha256s)
        }

    def taken_entries(self, entry_keys: Sequence[bytes]) -> set[bytes]:
        """Return which `entry_id`s the log holds."""
        found = self._in("SELECT entry_key FROM entry WHERE entry_key", entry_keys)
        return {bytes(row[0]) for row in found}

    def taken_places(self, place_keys: Sequence[bytes]) -> set[bytes]:
        """Return which places in a device's sequence the log holds."""
        found = self._in("SELECT place_key FROM entry WHERE place_key", place_keys)
        return {bytes(row[0]) for row in found}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a whole subtree."""
        row = self._one("SELECT hash FROM node WHERE level = ? AND place = ?", level, index)
        if row is None:
            raise LookupError(f"the tree has no node {index} on level {level}")
        return bytes(row[0])

    def node_span(self, level: int, first: int, count: int) -> list[bytes]:
        """Return the hashes of some whole subtrees of one level, in order, as far as stored."""
        found = self._all(
            "SELECT hash FROM node WHERE level = ? AND place >= ? AND place < ? ORDER BY place",
            level,
            first,
            first + count,
        )
        return [bytes(row[0]) for row in found]

    def counted(self) -> tuple[int, int, int]:
        """Return the least sequence, the largest, and the number of leaves; -1, -1, 0: none."""
        row = self._one("SELECT min(sequence), max(sequence), count(*) FROM entry")
        return (row[0], row[1], row[2]) if row is not None and row[2] else (-1, -1, 0)

    def nodes(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield every node: level, index, hash; in that order."""
        level, place = -1, 0
        while True:
            rows = self._all(
                "SELECT level, place, hash FROM node WHERE (level, place) > (?, ?) "
                "ORDER BY level, place LIMIT 10000",
                level,
                place,
            )
            if not rows:
                return
            for level, place, whole in rows:
                yield level, place, bytes(whole)

    def quarantined(self) -> dict[str, int]:
        """Return how many were set aside under each reason and not let in since."""
        found = self._all(
            "SELECT reason, sum(seen) FROM set_aside WHERE admitted IS NULL "
            "GROUP BY reason ORDER BY reason"
        )
        return {row[0]: int(row[1]) for row in found}

    def set_aside(self, material_sha256: bytes) -> list[SetAside]:
        """Return what is in quarantine under one hash."""
        found = self._all(
            f"SELECT {_ASIDE} FROM set_aside WHERE material_sha256 = ? ORDER BY reason, is_signed",
            material_sha256,
        )
        return [_aside(row) for row in found]

    def quarantine_bytes(self, *, is_signed: bool) -> int:
        """Return how many bytes one part of the quarantine holds."""
        row = self._one("SELECT bytes FROM set_aside_bytes WHERE is_signed = ?", is_signed)
        return 0 if row is None else int(row[0])

    def file(self, sha256: str) -> FileRow | None:
        """Return an attachment that was received."""
        row = self._one(f"SELECT {_FILE} FROM attachment WHERE sha256 = ?", sha256)
        return None if row is None else FileRow(*row)

    def files(self) -> list[FileRow]:
        """Return every attachment that was received, by hash."""
        found = self._all(f"SELECT {_FILE} FROM attachment")
        return sorted(FileRow(*row) for row in found)

    def unnamed_bytes(self, carrier: str) -> int:
        """Return how many bytes of files of one carrier no entry names."""
        row = self._one(
            "SELECT sum(size_bytes) FROM attachment WHERE carrier = ? AND NOT EXISTS "
            "(SELECT 1 FROM named_attachment n WHERE n.sha256 = attachment.sha256)",
            carrier,
        )
        return 0 if row is None or row[0] is None else int(row[0])

    def is_named(self, sha256: str) -> bool:
        """Return whether an entry names this file."""
        found = self._one("SELECT 1 FROM named_attachment WHERE sha256 = ?", sha256)
        return found is not None

    def portions(self, table: str) -> Iterator[list[Sequence[object]]]:
        """Yield the rows of one of `TABLES`, some at a time, as they lie there."""
        cursor = self._connection.execute(f"SELECT * FROM {table}")
        while rows := cursor.fetchmany(PORTION):
            yield rows

    def add_portion(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows as they lie in another store."""
        place = _STATEMENTS_OF_TRUTH.get(table)
        if place is not None:
            rows = [(*row[:place], bool(row[place]), *row[place + 1 :]) for row in rows]
        self._insert(table, rows)

    def add_fact(self, name: str, value: str) -> None:
        """Add a fact of the journal; one that is there stays."""
        self._run(
            "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            name,
            value,
        )

    def add_entries(self, rows: Sequence[EntryRow]) -> None:
        """Add leaves."""
        self._insert(f"entry ({_ENTRY})", rows)

    def add_nodes(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        """Add hashes of whole subtrees."""
        self._insert("node (level, place, hash)", nodes)

    def add_note(self, size: int, note: str) -> None:
        """Add a checkpoint."""
        self._run("INSERT INTO checkpoint (size, note) VALUES (?, ?)", size, note)

    def add_set_aside(self, rows: Sequence[SetAside]) -> None:
        """Add to the quarantine, or count once more what is there for the same reason."""
        for row in rows:
            known = self._one(
                "SELECT seen FROM set_aside WHERE material_sha256 = ? AND reason = ? "
                "AND is_signed = ?",
                *row[:3],
            )
            if known is not None:
                self._run(
                    "UPDATE set_aside SET seen = seen + ? WHERE material_sha256 = ? "
                    "AND reason = ? AND is_signed = ?",
                    row.seen,
                    *row[:3],
                )
                continue
            self._run(f"INSERT INTO set_aside ({_ASIDE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)
            kept = len(row.material or b"") + len(row.signature or b"")
            self._run(
                "INSERT INTO set_aside_bytes (is_signed, bytes) VALUES (?, ?) ON CONFLICT "
                "(is_signed) DO UPDATE SET bytes = set_aside_bytes.bytes + excluded.bytes",
                row.is_signed,
                kept,
            )

    def mark_admitted(self, material_sha256: bytes, sequence: int) -> None:
        """Say that something was let in out of the quarantine."""
        self._run(
            "UPDATE set_aside SET admitted = ? WHERE material_sha256 = ? AND is_signed = ?",
            sequence,
            material_sha256,
            True,
        )

    def add_file(self, row: FileRow) -> None:
        """Add an attachment that was received."""
        self._run(f"INSERT INTO attachment ({_FILE}) VALUES (?, ?, ?, ?)", *row)

    def add_named(self, sha256s: Iterable[str]) -> None:
        """Say that entries name these files."""
        rows = [(sha256,) for sha256 in sha256s]
        self._insert("named_attachment (sha256)", rows, "ON CONFLICT (sha256) DO NOTHING")

    def _entries(self, rest: str, *values: object) -> list[EntryRow]:
        return [_entry(row) for row in self._all(f"SELECT {_ENTRY} FROM entry {rest}", *values)]

    def _in(self, statement: str, keys: Sequence[bytes]) -> list[Any]:
        """Return the rows whose key is one of many, asked for in portions."""
        found: list[Any] = []
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            marks = ", ".join("?" for _ in part)
            found += self._all(f"{statement} IN ({marks})", *part)
        return found

    def _one(self, statement: str, *values: object) -> Any:
        return self._connection.execute(self._said(statement), values).fetchone()

    def _all(self, statement: str, *values: object) -> list[Any]:
        return self._connection.execute(self._said(statement), values).fetchall()

    def _run(self, statement: str, *values: object) -> None:
        self._connection.execute(self._said(statement), values)

    def _insert(self, into: str, rows: Sequence[Sequence[object]], rest: str = "") -> None:
        """Insert rows, many with one statement: each statement lets other threads in between."""
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            marks = "(" + ", ".join("?" for _ in part[0]) + ")"
            statement = f"INSERT INTO {into} VALUES {', '.join([marks] * len(part))} {rest}"
            self._run(statement, *(value for row in part for value in row))

    def _said(self, statement: str) -> str:
        return statement.replace("?", self._mark)


def copy_rows(reading: SqlTransaction, writing: SqlTransaction) -> None:
    """Copy every table from one store into another, which is empty."""
    for table in TABLES:
        for rows in reading.portions(table):
            writing.add_portion(table, rows)


def _entry(row: Sequence[Any]) -> EntryRow:
    sequence, payload, signature, received, sha256, entry_key, place_key, conflict, kind = row
    read = (sequence, bytes(payload), bytes(signature), received, bytes(sha256))
    return EntryRow(*read, bytes(entry_key), bytes(place_key), bool(conflict), kind)


def _aside(row: Sequence[Any]) -> SetAside:
    material = None if row[4] is None else bytes(row[4])
    signature = None if row[5] is None else bytes(row[5])
    return SetAside(
        bytes(row[0]), row[1], bool(row[2]), row[3], material, signature, row[6], row[7], row[8]
    )
