"""Every byte of what a store or a pack keeps, changed one at a time: each is found.

A drawn sample by default; all of them, some minutes a store, with `PORTIQUE_EVERY_BYTE=1`.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.ledger.made_journal import MadeDevice
from tests.ledger.proof.naive_pack import invented

from portique.ledger.journal import Journal
from portique.ledger.standalone.reading import Pack
from portique.ledger.standalone.verify import Check
from portique.ledger.verify import verify

SAMPLE = 160
PHOTO = b"a photograph"


@dataclass(frozen=True)
class Change:
    """One byte of one thing.

    Args:
        what: as a message names it.
        put: writes other content in its place.
        content: what stands there.
        at: which byte (or character, of a text).
        sequence: the entry that has to be named; None: none, but `what` is said in words.
    """

    what: str
    put: Callable[[Any], None]
    content: bytes | str
    at: int
    sequence: int | None

    def make(self) -> None:
        """Change it."""
        if isinstance(self.content, str):
            other = chr(ord(self.content[self.at]) ^ 1)
            self.put(self.content[: self.at] + other + self.content[self.at + 1 :])
        else:
            other_byte = bytes([self.content[self.at] ^ (1 << self.at % 8)])
            self.put(self.content[: self.at] + other_byte + self.content[self.at + 1 :])


class Store:
    """The tables of a journal, written to behind the program's back."""

    def __init__(self, case: Path) -> None:
        url = tomllib.loads((case / "case.toml").read_text())["journal"]["url"]
        self.mark = "%s" if url else "?"
        self.connection: Any
        if url:
            self.connection = psycopg.connect(url, autocommit=True)
            listed = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
            drops = [f"DROP TRIGGER {n} ON {t}" for n, t in self.connection.execute(listed)]
        else:
            self.connection = sqlite3.connect(case / "journal.db", isolation_level=None)
            listed = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            drops = [f"DROP TRIGGER {n}" for (n,) in self.connection.execute(listed)]
        for drop in drops:
            self.connection.execute(drop)

    def cells(self, table: str, key: str, column: str) -> Iterator[tuple[Any, Any]]:
        """Yield key and value of each row."""
        rows = self.connection.execute(f"SELECT {key}, {column} FROM {table} ORDER BY {key}")  # noqa: S608
        yield from rows.fetchall()

    def put(self, table: str, key: str, column: str, name: Any) -> Callable[[Any], None]:
        """Return what writes another value into one row."""
        text = f"UPDATE {table} SET {column} = {self.mark} WHERE {key} = {self.mark}"  # noqa: S608
        return lambda value: self.connection.execute(text, (value, name))


def everything(case: Path, store: Store) -> Iterator[Change]:
    """Yield a change of every byte of payload, signature, time, key, checkpoint and attachment."""
    for column in ("payload", "signature", "received_at_utc"):
        for sequence, value in store.cells("entry", "sequence", column):
            put = store.put("entry", "sequence", column, sequence)
            yield from _bytes_of(column, put, value, sequence)
    for size, note in store.cells("checkpoint", "size", "note"):
        yield from _bytes_of("checkpoint", store.put("checkpoint", "size", "note", size), note)
    for name, value in store.cells("fact", "name", "value"):
        if name in {"vkey", "program_key"}:
            put = store.put("fact", "name", "value", name)
            yield from _bytes_of("key", put, value, 0 if name == "program_key" else None)
    for path in (case / "journal.pub", case / "checkpoints" / "checkpoints.txt"):
        yield from _bytes_of(path.name, path.write_bytes, path.read_bytes())
    for path in (case / "attachments").iterdir():
        with Journal.open(case) as journal:
            at = journal.size() - 1
        yield from _bytes_of(path.name, path.write_bytes, path.read_bytes(), at)


def _bytes_of(
    what: str, put: Callable[[Any], Any], value: bytes | str, sequence: int | None = None
) -> Iterator[Change]:
    for at in range(len(value)):
        yield Change(what, put, value, at, sequence)


@pytest.fixture
def small(case: Path) -> Path:
    """Return a small journal on each store: an enrolment, two entries, their receipt, a file."""
    device = MadeDevice("tablet-1")
    with Journal.open(case, create=True) as journal:
        journal.enrol([device.new()], "A. Person")
        journal.accept([device.post(), device.post(kind="seized")], "tablet-1")
        name = hashlib.sha256(PHOTO).hexdigest()
        journal.put_attachment(name, io.BytesIO(PHOTO), "tablet-1")
    return case


@pytest.fixture
def store(small: Path) -> Iterator[Store]:
    """Return its tables."""
    opened = Store(small)
    yield opened
    opened.connection.close()


def test_every_single_byte_is_bound_and_its_place_is_named(small: Path, store: Store) -> None:
    """Change one, verify, put it back; at the end all fits again."""
    changes = list(everything(small, store))
    if not os.environ.get("PORTIQUE_EVERY_BYTE"):
        changes = random.Random(6962).sample(changes, SAMPLE)
    missed = []
    for change in changes:
        change.make()
        report = verify(small)
        change.put(change.content)
        first = report.as_dict()["first_bad"]
        named = first is not None and (
            change.sequence is None or first["sequence"] == change.sequence
        )
        if report.ok or not named:
            missed.append((change.what, change.at, change.sequence, first))

    assert missed == []
    assert verify(small).ok


def test_every_single_byte_of_a_pack_is_found(tmp_path: Path) -> None:
    """Of log, checkpoint, key, list of devices and attachments, by `verify.py` alone."""
    pack = invented().save(tmp_path / "pack")
    places = [
        (path, at)
        for path in sorted(pack.rglob("*"))
        if path.is_file()
        for at in range(path.stat().st_size)
    ]
    if not os.environ.get("PORTIQUE_EVERY_BYTE"):
        of_devices = [each for each in places if each[0].name == "devices.json"]
        places = random.Random(6962).sample(places, SAMPLE) + of_devices
    missed = []
    for path, at in places:
        content = path.read_bytes()
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << at % 7)]) + content[at + 1 :])
        check = Check(Pack(pack))
        check.run()
        path.write_bytes(content)
        if check.exit_code != 1:
            missed.append((path.name, at, content[max(0, at - 8) : at + 8]))

    assert missed == []


def test_every_other_sequence_is_found(small: Path, store: Store) -> None:
    """Each row given free numbers, and each two rows swapped; the first that differs is named."""
    size = len(list(store.cells("entry", "sequence", "sequence")))

    def move(before: int, after: int) -> None:
        store.put("entry", "sequence", "sequence", before)(after)

    for sequence in range(size):
        for other in (-1, size, size + 7, 2**40):
            move(sequence, other)
            report = verify(small)
            move(other, sequence)
            assert not report.ok, (sequence, other)
        for other in range(sequence + 1, size):
            for before, after in ((sequence, 99), (other, sequence), (99, other)):
                move(before, after)
            first = verify(small).as_dict()["first_bad"]
            for before, after in ((sequence, 99), (other, sequence), (99, other)):
                move(before, after)
            assert (first or {}).get("sequence") == sequence, (sequence, other, first)
    assert verify(small).ok


def test_every_deletion_and_every_cut_is_found(small: Path, store: Store) -> None:
    """A row gone, the end cut off at any place, with its nodes and checkpoints too."""
    columns = "sequence, payload, signature, received_at_utc, payload_sha256, entry_key, place_key"
    columns += ", is_conflict, program_kind"
    rows = store.connection.execute(f"SELECT {columns} FROM entry ORDER BY sequence").fetchall()  # noqa: S608
    nodes = store.connection.execute("SELECT level, place, hash FROM node").fetchall()
    notes = store.connection.execute("SELECT size, note FROM checkpoint").fetchall()

    def put_back(table: str, kept: list[Any]) -> None:
        marks = ", ".join([store.mark] * len(kept[0]))
        store.connection.execute(f"DELETE FROM {table}")  # noqa: S608
        for row in kept:
            store.connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608

    for place in range(len(rows)):
        store.connection.execute(f"DELETE FROM entry WHERE sequence = {place}")  # noqa: S608
        gone = verify(small)
        put_back("entry", rows)
        store.connection.execute(f"DELETE FROM entry WHERE sequence >= {place}")  # noqa: S608
        store.connection.execute(f"DELETE FROM node WHERE (place + 1) << level > {place}")  # noqa: S608
        store.connection.execute(f"DELETE FROM checkpoint WHERE size > {place}")  # noqa: S608
        cut = verify(small)
        put_back("entry", rows)
        put_back("node", nodes)
        put_back("checkpoint", notes)
        assert not gone.ok
        if place < len(rows) - 1:
            assert gone.as_dict()["first_bad"]["sequence"] == place
        assert not cut.ok
        assert any(fault.what.endswith(f"the log holds {place}") for fault in cut.faults)
    assert verify(small).ok
