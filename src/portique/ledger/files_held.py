"""The files of a case's journal against what the log says of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from portique.engine.journal_store import FileRow
from portique.ledger.attachments import DESTROYED, RECEIVED
from portique.ledger.recheck import Fault, Told

_PORTION = 2**20


def file_faults(
    folder: Path, told: Mapping[str, Iterable[Told]], rows: Iterable[FileRow]
) -> Iterator[Fault]:
    """Yield the files that are missing or other than the log says, and rows that say otherwise.

    Args:
        folder: of the attachments.
        told: entries of the program, by kind.
        rows: what the store says of each file.
    """
    destroyed = {str(each.body.get("sha256")) for each in told.get(DESTROYED, ())}
    received: dict[str, tuple[int, object]] = {}
    for each in told.get(RECEIVED, ()):
        name, size = str(each.body.get("sha256")), each.body.get("bytes")
        received.setdefault(name, (each.sequence, size))
        path = folder / name
        if len(name) != 64 or not name.isalnum():
            yield Fault(each.sequence, each.entry_id, "`attachment_received` names no SHA-256")
        elif not path.is_file():
            if name not in destroyed:
                yield Fault(each.sequence, each.entry_id, f"attachments/{name} is missing")
        elif not _holds(path, name, size):
            what = f"attachments/{name} is not the file that was received"
            yield Fault(each.sequence, each.entry_id, what)
    for row in rows:
        if received.pop(row.sha256, None) != (row.sequence, row.size_bytes):
            yield Fault(row.sequence, None, f"the store's row of file {row.sha256} differs")
    for name, (sequence, _) in received.items():
        yield Fault(sequence, None, f"the store has no row of file {name}")


def _holds(path: Path, name: str, size: object) -> bool:
    digest = hashlib.sha256()
    try:
        if path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            while portion := file.read(_PORTION):
                digest.update(portion)
    except OSError:
        return False
    return digest.hexdigest() == name
