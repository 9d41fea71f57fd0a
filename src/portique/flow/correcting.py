"""Corrections: what a later entry says in place of an earlier one, by two people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portique.core.errors import Refused
from portique.flow.access import NOT_STATED, Read, log_read
from portique.flow.folder import CaseFolder
from portique.flow.journal_state import Reader
from portique.flow.permissions import Person, require
from portique.ledger.journal import Journal, ProgramEntry


@dataclass(frozen=True)
class Correction:
    """One member of one entry, and what should stand there.

    Args:
        case: the case folder.
        target: `entry_id` of the entry, or the SHA-256 of its payload.
        field: of its body, or `authority_id`, `occurred_at_utc`, `subject.id`, or
            `payload_sha256` to say which of two contradicting entries counts.
        change: what stands there, and what should; any JSON.
        reason: why.
        approved_by: the second person.
        purpose: why it is entered.
    """

    case: Path
    target: str
    field: str
    change: tuple[Any, Any]
    reason: str
    approved_by: str
    purpose: str = NOT_STATED


def correct(request: Correction, person: Person) -> dict[str, Any]:
    """Enter a correction and return where it lies, and why it has no effect where it has none.

    Raises:
        Refused: the role may not enter it, or the journal holds no such entry.
    """
    require(person, "journal correct")
    with Journal.open(request.case) as journal:
        reader = Reader(journal)
        reader.standing()
        named = reader.named(request.target)
        if not named:
            raise Refused(
                f"the journal holds no entry {request.target}",
                where="TARGET",
                mend="name an entry_id, or the SHA-256 of a payload",
                code="CUS-009",
            )
        old, new = request.change
        held = journal.append(
            ProgramEntry(
                kind="correction",
                subject_type=named[0].subject_type,
                subject_id=named[0].subject_id,
                body={
                    "target": request.target,
                    "field": request.field,
                    "old": old,
                    "new": new,
                    "reason": request.reason,
                    "approved_by": request.approved_by,
                },
                actor=person.actor,
                role=person.role,
                purpose=request.purpose,
            )
        )
        after = reader.standing()
    read = Read("journal correct", "entry", request.target, request.purpose)
    log_read(CaseFolder(request.case), person, read)
    return {
        "sequence": held.sequence,
        "corrects": [act.sequence for act in named],
        "flags": [{"rule": f.rule, "what": f.what} for f in after.state.flags_of(held.sequence)],
        "checkpoint": after.checkpoint,
    }
