"""The pack for the defence: the log, what checks it, and what was derived, in one ZIP.

The entry `exported` is written first and binds the hashes of every file of the pack that no other
entry binds. The same log and the same files give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portique.core.errors import Problem
from portique.engine.journal_store import EntryRow, Reading
from portique.ledger.attachments import DESTROYED, RECEIVED
from portique.ledger.devices import ENROLLED, PROGRAM, REVOKED, devices_of
from portique.ledger.entry import read_json
from portique.ledger.journal import Journal
from portique.ledger.program import ProgramEntry
from portique.ledger.standalone.script import script
from portique.ledger.subject_keys import KEY_DESTROYED, subject_keys

EXPORTED = "exported"
AT_ONCE = 1000
ATTEMPTS = 5
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the ZIP: the earliest that its form knows."""
_PORTION = 2**20


@dataclass(frozen=True)
class Order:
    """Who wants the pack, for whom and why.

    Args:
        actor, role: who gives the command.
        recipient: who gets it.
        purpose: why.
        withheld: ids of subject keys that the recipient is not entitled to.
    """

    actor: str
    role: str
    recipient: str
    purpose: str
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Exported:
    """What was written.

    Args:
        size, root: of the log in the pack; root in hex.
        sequence: of the entry `exported`.
        sha256: of the ZIP.
        size_bytes: its length.
    """

    size: int
    root: str
    sequence: int
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Part:
    """One file of the pack that `exported` binds: bytes at hand, or a file to be read."""

    name: str
    sha256: str
    size_bytes: int
    content: bytes | None = None
    path: Path | None = None


def export(journal: Journal, out: Path, order: Order, made: Iterable[Part]) -> Exported:
    """Write the pack of a case.

    Args:
        journal: of the case.
        out: the ZIP; one that lies there is replaced when the new one is whole.
        order: who wants it.
        made: what the pack holds besides: derived/, sources.json, versions.json.

    Raises:
        Problem: a file changed while it was written, or others export all the time.
    """
    parts = [*made, part("verify.py", script().encode())]
    parts.append(part("subject_keys.json", _subject_keys(journal, order.withheld)))
    parts.sort(key=lambda each: each.name)
    for _ in range(ATTEMPTS):
        sequence = journal.append(_entry(journal, order, parts)).sequence
        with journal.store.reading() as reading:
            size, note = reading.notes(sequence, 1)[0]
            last = [row for row in reading.program_entries((EXPORTED,)) if row.sequence < size][-1]
        if last.sequence == sequence:
            journal.checkpoint()  # also in the file of checkpoints before the pack is given away
            return _write(journal, out, _Pack(size, note, sequence, parts))
    raise Problem(
        "others export this journal at every moment, so no pack ends with its own entry",
        where=str(journal.folder),
        mend="give the same command again when they are done",
        code="LED-051",
    )


def part(name: str, content: bytes) -> Part:
    """Return a small file of the pack."""
    return Part(name, hashlib.sha256(content).hexdigest(), len(content), content)


def part_of(name: str, path: Path) -> Part:
    """Return a file of the case as a file of the pack."""
    digest, length = hashlib.sha256(), 0
    for portion in _portions(path):
        digest.update(portion)
        length += len(portion)
    return Part(name, digest.hexdigest(), length, path=path)


def as_json(value: object) -> bytes:
    """Return a value as the JSON files of a pack are written."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


@dataclass(frozen=True)
class _Pack:
    size: int
    note: str
    sequence: int
    parts: list[Part]


def _entry(journal: Journal, order: Order, parts: list[Part]) -> ProgramEntry:
    files = [{"name": p.name, "sha256": p.sha256, "bytes": p.size_bytes} for p in parts]
    body = {"for": "defence", "recipient": order.recipient, "files": files}
    return ProgramEntry(
        EXPORTED, "document", journal.case_id, body, order.actor, order.role, order.purpose
    )


def _write(journal: Journal, out: Path, pack: _Pack) -> Exported:
    partial = out.with_name(out.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as made:
            _put(made, "checkpoint.txt", [pack.note.encode()])
            _put(made, "journal.pub", [f"{journal.vkey()}\n".encode()])
            _put(made, "devices.json", [as_json(_devices(journal, pack.size))])
            _put(made, "entries.jsonl", _lines(journal, pack.size))
            for name in _attachments(journal, pack.size):
                path = journal.folder / "attachments" / name
                _put(made, f"attachments/{name}", _hashed(path, name))
            for each in pack.parts:
                content = [each.content] if each.path is None else _hashed(each.path, each.sha256)
                _put(made, each.name, (portion for portion in content if portion is not None))
        written = part_of(out.name, partial)
        partial.replace(out)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    root = base64.b64decode(pack.note.split("\n")[2]).hex()
    return Exported(pack.size, root, pack.sequence, written.sha256, written.size_bytes)


def _put(made: zipfile.ZipFile, name: str, content: Iterable[bytes]) -> None:
    about = zipfile.ZipInfo(name, EARLIEST)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = 0o644 << 16
    about.create_system = 3
    with made.open(about, "w", force_zip64=True) as stream:
        for portion in content:
            stream.write(portion)


def _lines(journal: Journal, size: int) -> Iterator[bytes]:
    for row in _rows(journal, size):
        line = {
            "sequence": row.sequence,
            "payload": base64.b64encode(row.payload).decode(),
            "signature": base64.b64encode(row.signature).decode(),
            "received_at_utc": row.received_at_utc,
        }
        yield json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _rows(journal: Journal, size: int) -> Iterator[EntryRow]:
    for first in range(0, size, AT_ONCE):
        with journal.store.reading() as reading:
            yield from reading.entries(first, min(AT_ONCE, size - first))


def _told(reading: Reading, kinds: tuple[str, ...], size: int) -> Iterator[tuple[int, Any]]:
    """Yield sequence and payload of the program's entries of some kinds below a size."""
    for row in reading.program_entries(kinds):
        if row.sequence < size:
            yield row.sequence, read_json(row.payload)


def _devices(journal: Journal, size: int) -> list[dict[str, Any]]:
    with journal.store.reading() as reading:
        acts = [said for _, said in _told(reading, (ENROLLED, REVOKED), size)]
        first = read_json(next(r.payload for r in _first_rows(reading) if r.program_kind))
    listed = [_listed(PROGRAM, journal.program_key(), first["occurred_at_utc"], None)]
    return listed + [
        _listed(each.id, each.public_key, each.enrolled_at_utc, each.revoked_at_utc)
        for each in devices_of(acts).values()
    ]


def _first_rows(reading: Reading) -> Iterator[EntryRow]:
    """Yield the log from its start; its first entry is the program's in every honest journal."""
    yield from reading.entries(0, AT_ONCE)


def _listed(name: str, key: bytes, since: str, until: str | None) -> dict[str, Any]:
    public_key = base64.b64encode(key).decode()
    return {"id": name, "public_key": public_key, "from": since, "until": until}


def _attachments(journal: Journal, size: int) -> list[str]:
    """Return the files that came and were not destroyed, as far as they are there."""
    with journal.store.reading() as reading:
        received = {str(said["body"]["sha256"]) for _, said in _told(reading, (RECEIVED,), size)}
        gone = {str(said["body"]["sha256"]) for _, said in _told(reading, (DESTROYED,), size)}
    folder = journal.folder / "attachments"
    return sorted(name for name in received - gone if (folder / name).is_file())


def _subject_keys(journal: Journal, withheld: frozenset[str]) -> bytes:
    with journal.store.reading() as reading:
        destroyed = [
            {
                "key_id": said["body"]["key_id"],
                "sequence": sequence,
                "entry_id": said["entry_id"],
                "occurred_at_utc": said["occurred_at_utc"],
            }
            for sequence, said in _told(reading, (KEY_DESTROYED,), reading.size())
        ]
    gone = {each["key_id"] for each in destroyed}
    kept = [key for key in subject_keys(journal.folder) if key.key_id not in gone]
    return as_json(
        {
            "keys": [
                {
                    "key_id": each.key_id,
                    "alg": "A256GCM",
                    "key": base64.b64encode(each.key).decode(),
                }
                for each in kept
                if each.key_id not in withheld
            ],
            "withheld": [each.key_id for each in kept if each.key_id in withheld],
            "destroyed": destroyed,
        }
    )


def _portions(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while portion := file.read(_PORTION):
            yield portion


def _hashed(path: Path, sha256: str) -> Iterator[bytes]:
    """Yield a file's content, and refuse at its end what is no longer the file that was hashed."""
    digest = hashlib.sha256()
    for portion in _portions(path):
        digest.update(portion)
        yield portion
    if digest.hexdigest() != sha256:
        raise Problem(
            "this file is not the one that the log names, or it changed while it was written",
            where=str(path),
            mend="`portique verify` says which files do not fit; let a run end before exporting",
            code="LED-050",
        )
