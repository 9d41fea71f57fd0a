"""The journal of a case, opened for one command: also while the case is served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from portique.core.case import read_case
from portique.core.errors import Problem, Refused, Taken
from portique.flow.folder import CaseFolder
from portique.flow.lock import held
from portique.flow.permissions import Person, require
from portique.ledger.backup import backup, restore
from portique.ledger.checkpoint import Checkpoint
from portique.ledger.journal import Busy, Journal


@contextmanager
def opened(case: Path, *, create: bool = False) -> Iterator[Journal]:
    """Open the journal of a case, and close it afterwards.

    Args:
        case: the case folder.
        create: make journal, keys and `journal.pub` where they are missing.

    Raises:
        Refused: no case, or no journal yet.
        Problem: the store cannot be written or reached now.
    """
    try:
        with Journal.open(case, create=create) as journal:
            yield journal
    except Busy as fault:
        raise Problem(
            f"the journal cannot be reached now: {fault}",
            where=str(case),
            mend="give the same command again in a moment; if the disk is full, free some space",
            code="FLOW-020",
        ) from fault


def back_up(case: Path, out: Path, person: Person) -> dict[str, Any]:
    """Copy the journal of a case as it is now into a new folder, also while it is served.

    Args:
        case: the case folder.
        out: a folder that does not exist yet. Keys are never copied.
        person: who asks.

    Raises:
        Refused: something lies there, or there is no journal.
        Problem: the copy is not what its checkpoint says.
    """
    require(person, "journal backup")
    with opened(case) as journal:
        return _told(backup(journal, out))


def put_back(case: Path, source: Path, person: Person) -> dict[str, Any]:
    """Put a backup in the place of a journal that is lost; the case is not served meanwhile.

    Raises:
        Taken: the case is served.
        Refused: a store lies there, or the backup lacks a checkpoint that this case knows.
        Problem: the backup is damaged.
    """
    require(person, "journal restore")
    read_case(case)
    with serving_alone(CaseFolder(case), "portique journal restore"):
        return _told(restore(case, source))


@contextmanager
def serving_alone(folder: CaseFolder, command: str) -> Iterator[None]:
    """Hold a case against every `portique serve`.

    Raises:
        Taken: another process serves this case.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(held(folder, command, "serving"))
        except Refused as fault:
            raise Taken(
                fault.what.replace("held", "served"),
                where=fault.where,
                mend="end that process first; one serves a case at a time",
                code="FLOW-021",
            ) from fault
        yield


def _told(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"size": checkpoint.size, "root": checkpoint.root.hex()}
