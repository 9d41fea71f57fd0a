"""What others say of a checkpoint, brought by file: a witness's line, an authority's time.

Nothing here uses a network: somebody carries a request out and an answer in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rfc3161_client import decode_timestamp_response

from portique.core.clock import utc_text
from portique.core.errors import Refused
from portique.engine.files import write_new
from portique.flow.journal import opened
from portique.flow.permissions import Person, require
from portique.ledger.checkpoint import NoCheckpoint, Vkey, parse
from portique.ledger.journal import Journal
from portique.ledger.witness import keep_cosignature, keep_stamp, time_request


def keep_witness(case: Path, note: Path, witness: str, person: Person) -> dict[str, Any]:
    """Keep a checkpoint of this journal that a witness signed too.

    Args:
        case: the case folder.
        note: a file with the checkpoint, signed by both.
        witness: the witness's vkey.
        person: who brings it.

    Returns:
        `size` of the checkpoint, `witness`, and when it signed.

    Raises:
        Refused: one of the two did not sign it, or a witness signed another root of this size.
    """
    require(person, "journal witness")
    try:
        key = Vkey.parse(witness)
        text = note.read_bytes().decode("utf-8", "replace")
        with opened(case) as journal:
            folder = journal.folder / "checkpoints"
            at = keep_cosignature(folder, text, key, journal.vkey())
            size = parse(text).size
    except NoCheckpoint as fault:
        raise Refused(
            f"this is no checkpoint of this journal with a witness's signature: {fault}",
            where=str(note),
            mend="give the note as the witness answered it, and its vkey; if it says that the log "
            "was forked, keep both notes: they are the proof",
            code="LED-031",
        ) from fault
    return {"size": size, "witness": key.name, "at_utc": utc_text(datetime.fromtimestamp(at, UTC))}


def ask_for_time(case: Path, out: Path, person: Person) -> dict[str, Any]:
    """Write the request (RFC 3161) for a time stamp over the newest checkpoint.

    Args:
        case: the case folder.
        out: file to write, DER.
        person: who asks.

    Returns:
        `size` of the checkpoint.
    """
    require(person, "journal time-request")
    with opened(case) as journal:
        note = journal.checkpoint()
    write_new(out, time_request(note))
    return {"size": parse(note).size}


def keep_time(case: Path, answer: Path, roots: Sequence[Path], person: Person) -> dict[str, Any]:
    """Keep an authority's time stamp beside the checkpoint that it is of.

    Args:
        case: the case folder.
        answer: what the authority answered, DER.
        roots: certificates that are trusted, PEM.
        person: who brings it.

    Returns:
        `size` of the checkpoint, and when.

    Raises:
        Refused: it is of no checkpoint of this journal.
        Problem: the authority is not vouched for by a root.
    """
    require(person, "journal time-stamp")
    content = answer.read_bytes()
    with opened(case) as journal:
        note = _stamped(journal, content)
        if note is None:
            raise Refused(
                "this time stamp is of no checkpoint that this journal ever signed",
                where=str(answer),
                mend="ask the authority with what `portique journal time-request` wrote",
                code="LED-032",
            )
        folder = journal.folder / "checkpoints"
        stamp = keep_stamp(folder, note, content, [path.read_bytes() for path in roots])
    return {"size": stamp.size, "at_utc": utc_text(stamp.at_utc)}


def _stamped(journal: Journal, answer: bytes) -> str | None:
    try:
        wanted = decode_timestamp_response(answer).tst_info.message_imprint.message
    except ValueError:
        return None
    for note in journal.checkpoints():
        if hashlib.sha256(note.encode()).digest() == wanted:
            return note
    return None
