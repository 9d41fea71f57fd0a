"""A copy of a journal made while it is written, and putting one back.

A backup holds the log, the quarantine and the attachments, and no key: docs/decisions/0020.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from portique.core.case import read_case
from portique.core.errors import Problem, Refused
from portique.engine.files import settle, write_new
from portique.engine.journal_place import open_store
from portique.engine.journal_sqlite import SqliteStore
from portique.engine.journal_store import Reading, StoreDamaged
from portique.ledger.checkpoint import Checkpoint, NoCheckpoint, Vkey, parse, verify
from portique.ledger.journal import Journal
from portique.ledger.keys import has_keys, load_keys
from portique.ledger.notes import NotesFile
from portique.ledger.tree import Frontier, leaf_hash, root_of

_ROWS_AT_ONCE = 1000


def backup(journal: Journal, out: Path) -> Checkpoint:
    """Write a journal as it is at one instant into a new folder, while others write.

    Args:
        journal: open.
        out: a folder that does not exist yet: `journal.db`, `journal.pub`, `checkpoint.txt`,
            `attachments/`.

    Returns:
        The newest checkpoint of the copy; it was read back out of it, every entry hashed.

    Raises:
        Refused: there is something at `out`.
        Problem: the copy is not what its checkpoint says, or a file has another hash than its name.
    """
    if out.exists():
        raise Refused(
            "there is something in this place already",
            where=str(out),
            mend="name a folder that does not exist; a backup never overwrites another",
            code="LED-020",
        )
    out.mkdir(parents=True, mode=0o700)
    journal.store.copy_to(out / "journal.db")
    write_new(out / "journal.pub", f"{journal.vkey()}\n".encode())
    store = SqliteStore(out / "journal.db")
    try:
        with store.reading() as reading:
            note = _checked(reading, journal.vkey(), out)
            _copy_files(reading, journal.attachments, out / "attachments")
    finally:
        store.close()
    write_new(out / "checkpoint.txt", note.encode())
    return parse(note)


def restore(case: Path, source: Path) -> Checkpoint:
    """Put a backup in the place of a journal that is lost.

    Args:
        case: with its `case.toml`, and without a store: a damaged one is moved away first.
        source: a folder that `backup` wrote.

    Returns:
        The newest checkpoint of what was put back.

    Raises:
        Refused: a store lies here, it is another journal's, or one that lacks a checkpoint that
            this case knows: entries that were acknowledged would be lost.
        Problem: the backup is damaged.
    """
    settings = read_case(case)
    store, copy = open_store(case, settings.journal_url), SqliteStore(source / "journal.db")
    try:
        if store.exists():
            raise _refused(
                "a store lies here already", "move it elsewhere, and keep it", store.where
            )
        if not copy.exists():
            raise _refused("this is no backup of a journal", "name its folder", str(source))
        with copy.reading() as reading:
            signer = _signer(case, reading, settings.case_id, source)
            note = _checked(reading, signer, source)
            _check_known(reading, NotesFile(case / "checkpoints"), parse(note), signer)
            _copy_files(reading, source / "attachments", case / "attachments")
        store.load_from(copy.path)
    except StoreDamaged as fault:
        raise Problem(
            f"the backup cannot be read: {fault.what}",
            where=fault.where,
            mend="take another backup",
            code="LED-022",
        ) from fault
    finally:
        copy.close()
        store.close()
    if not (case / "journal.pub").is_file():
        write_new(case / "journal.pub", f"{signer}\n".encode())
    return parse(note)


def _signer(case: Path, reading: Reading, case_id: str, source: Path) -> Vkey:
    facts = reading.facts()
    if facts.get("case_id") != case_id:
        found = facts.get("case_id")
        raise _refused(f"this backup is of the case {found!r}", "name its own", str(source))
    signer = Vkey.parse(facts["vkey"])
    known = case / "journal.pub"
    is_other = known.is_file() and known.read_text(encoding="utf-8").strip() != str(signer)
    if has_keys(case):
        key = load_keys(case).checkpoint.public_key().public_bytes_raw()
        is_other = is_other or key != signer.public_key
    if is_other:
        raise _refused(
            "this backup was signed by another key than this case's journal",
            "name a backup of this journal",
            str(source),
        )
    return signer


def _checked(reading: Reading, signer: Vkey, where: Path) -> str:
    """Return the newest note of a copy, every entry hashed, or say that it does not fit."""
    size, note = reading.latest_note() or (-1, "")
    edge = Frontier(0)
    while rows := reading.entries(edge.size, _ROWS_AT_ONCE):
        for row in rows:
            edge.append(leaf_hash(row.payload, row.signature))
    try:
        said = verify(note, signer)
    except NoCheckpoint:
        said = None
    if said is None or (said.size, said.root) != (edge.size, edge.root()) or size != said.size:
        raise Problem(
            "the entries of this copy are not those of its checkpoint",
            where=str(where),
            mend="take another backup; `portique verify` says what is wrong with the journal",
            code="LED-024",
        )
    return note


def _check_known(reading: Reading, notes: NotesFile, newest: Checkpoint, signer: Vkey) -> None:
    """Refuse a backup that does not begin with every checkpoint that the case still knows."""
    for note in notes:
        known = verify(note, signer)
        if known.size > newest.size or root_of(known.size, reading.node) != known.root:
            raise _refused(
                f"this case knows a checkpoint of {known.size} entries that the backup (of "
                f"{newest.size}) does not begin with: what was acknowledged would be lost",
                "take a newer backup; an older one can be read in a folder of its own",
                str(notes.path),
            )


def _copy_files(reading: Reading, source: Path, target: Path) -> None:
    target.mkdir(mode=0o700, exist_ok=True)
    for row in reading.files():
        if (target / row.sha256).is_file() or not (source / row.sha256).is_file():
            continue  # a file that was destroyed is in the log, and no longer here
        partial = target / f".partial-{row.sha256}"
        shutil.copyfile(source / row.sha256, partial)
        with partial.open("rb") as copied:
            if hashlib.file_digest(copied, "sha256").hexdigest() != row.sha256:
                raise Problem(
                    f"the attachment {row.sha256} has another hash than its name",
                    where=str(source),
                    mend="put back the file as it was; `portique verify` lists such files",
                    code="LED-023",
                )
        partial.replace(target / row.sha256)
    settle(target)


def _refused(what: str, mend: str, where: str) -> Refused:
    return Refused(what, where=where, mend=mend, code="LED-021")
