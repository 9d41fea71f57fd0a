"""Retention: a person's key, or a file, destroyed by two people; the log keeps that it was."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from portique.core.errors import Refused
from portique.engine.files import settle, write_new
from portique.flow.access import Read, log_read
from portique.flow.folder import CaseFolder
from portique.flow.journal import opened
from portique.flow.permissions import Person, require
from portique.ledger.act import same_person
from portique.ledger.attachments import DESTROYED, RECEIVED
from portique.ledger.journal import Journal, ProgramEntry
from portique.ledger.said import said_by_program
from portique.ledger.subject_keys import (
    ALGORITHM,
    KEY_DESTROYED,
    destruction,
    make_subject_key,
    remove_key,
    subject_keys,
)


@dataclass(frozen=True)
class Purge:
    """What is to go.

    Args:
        case: the case folder.
        name: id of a subject key, or SHA-256 of an attachment.
        reason: why it may go; stands in the log.
        second: the second person.
        purpose: why it is done.
    """

    case: Path
    name: str
    reason: str
    second: str
    purpose: str = "retention"


def purge_key(request: Purge, person: Person) -> dict[str, Any]:
    """Destroy the key of a person: first the log says so, then the key goes.

    What is sealed under it stays in the log, and nobody can read it any more.

    Raises:
        Refused: the role may not, one person is named twice, or there is no such key.
    """
    _check(request, person)
    with opened(request.case) as journal:
        entry = destruction(journal.folder, request.name, person.actor, request.reason)
        return _purged(journal, entry, request, person)


def purge_file(request: Purge, person: Person) -> dict[str, Any]:
    """Destroy an attachment: first the log says so, then the file goes.

    Raises:
        Refused: the role may not, one person is named twice, or no such file was received.
    """
    _check(request, person)
    with opened(request.case) as journal:
        received = {said["body"]["sha256"] for said in said_by_program(journal, (RECEIVED,))}
        if request.name not in received:
            raise Refused(
                "no file of this hash was ever received",
                where=request.name[:80],
                mend="name the SHA-256 of an attachment: 64 lower-case hex digits",
                code="LED-014",
            )
        body = {"sha256": request.name, "ground": request.reason}
        entry = ProgramEntry(DESTROYED, "document", request.name, body, person.actor, "", "")
        return _purged(journal, entry, request, person)


def _check(request: Purge, person: Person) -> None:
    require(person, "journal purge")
    if not request.second.strip() or same_person(request.second, person.actor):
        raise Refused(
            "what is destroyed is destroyed by two people, and one is named",
            where="--second",
            mend="name the second person with --second; it cannot be undone",
            code="LED-015",
        )


def _purged(
    journal: Journal, entry: ProgramEntry, request: Purge, person: Person
) -> dict[str, Any]:
    """Write the entry where the log has none yet, and then let the thing itself go."""
    name = "key_id" if entry.kind == KEY_DESTROYED else "sha256"
    said = [each["body"].get(name) for each in said_by_program(journal, (entry.kind,))]
    if request.name not in said:
        body = {**entry.body, "second": request.second}
        journal.append(replace(entry, body=body, role=person.role, purpose=request.purpose))
    if entry.kind == KEY_DESTROYED:
        remove_key(journal.folder, request.name)
    else:
        _remove(journal.folder / "attachments" / request.name)
    return {"destroyed": request.name, "kind": entry.kind, "size": journal.size()}


def _remove(path: Path) -> None:
    """Overwrite and remove a file; a file system may keep older blocks, and a backup the file."""
    if not path.is_file():
        return
    path.chmod(0o600)
    with path.open("r+b") as file:
        for _ in range(0, path.stat().st_size, 2**20):
            file.write(bytes(min(2**20, path.stat().st_size - file.tell())))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    settle(path.parent)


def prepare_device(
    case: Path, device_id: str, people: Sequence[str], out: Path, person: Person
) -> dict[str, Any]:
    """Write the keys under which a device seals what it says of persons.

    A person's key is made once; whoever gets the file can read what is sealed under it.

    Args:
        case: the case folder.
        device_id: an enrolled device that is not revoked.
        people: ids of persons, as the case names them; they never come into the log.
        out: file to write, for its owner alone.
        person: who prepares it.

    Raises:
        Refused: the role may not, or no such device counts.
    """
    require(person, "device prepare")
    with opened(case) as journal:
        device = journal.device(device_id)
        if device is None or device.revoked_at_utc is not None:
            raise Refused(
                "no device of this id is enrolled, or it was revoked",
                where=device_id,
                mend="`portique device list` names those that count",
                code="DEV-004",
            )
        log_read(CaseFolder(case), person, Read("device prepare", "subject_key", device_id))
        kept = {each.subject_id: each for each in subject_keys(journal.folder)}
        made = [each for each in dict.fromkeys(people) if each not in kept]
        kept |= {each: make_subject_key(journal.folder, each) for each in made}
    keys = [
        {"subject_id": p, "key_id": kept[p].key_id, "alg": ALGORITHM, "key": kept[p].key.hex()}
        for p in dict.fromkeys(people)
    ]
    text = json.dumps({"device_id": device_id, "keys": keys}, ensure_ascii=False, indent=1) + "\n"
    write_new(out, text.encode(), mode=0o600)
    return {"device_id": device_id, "keys": len(keys), "made": len(made)}
