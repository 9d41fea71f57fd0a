"""One run of a case at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from portique.core.clock import utc_text
from portique.core.errors import Refused
from portique.flow.folder import DAMAGED, CaseFolder


@contextmanager
def held(folder: CaseFolder, command: str, name: str = "lock") -> Iterator[None]:
    """Hold a case while something is written to it.

    The lock is the operating system's (`flock`), not the file: it goes with the process, so a
    run that was killed holds nothing. The file only says who holds it.

    Args:
        folder: the case.
        command: what is done, e.g. "portique run".
        name: of the file; each name is a lock of its own.

    Raises:
        Refused: another process holds the case.
    """
    folder.make_private()
    handle = os.open(folder.private / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle, folder)
        started = utc_text(datetime.now(UTC))
        holder = json.dumps({"pid": os.getpid(), "started_utc": started, "command": command})
        os.ftruncate(handle, 0)
        os.pwrite(handle, holder.encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def refuse_if_held(folder: CaseFolder) -> None:
    """Refuse to read a case that a run is just rewriting.

    Raises:
        Refused: another process holds the case.
    """
    path = folder.private / "lock"
    if not path.is_file():
        return
    handle = os.open(path, os.O_RDWR)
    try:
        _take(handle, folder)
    finally:
        os.close(handle)


def _take(handle: int, folder: CaseFolder) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(
            f"this case is held by {_holder(handle)}",
            where=str(folder.root),
            mend="wait until that process has ended, or end it; nothing is lost by ending it",
            code="FLOW-001",
        ) from None


def _holder(handle: int) -> str:
    try:
        said = json.loads(os.pread(handle, 4096, 0))
        return f"process {said['pid']} ({said['command']}, since {said['started_utc']})"
    except DAMAGED:
        return "another process"
