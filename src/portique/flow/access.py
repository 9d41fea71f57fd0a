"""The logs of reads of personal data: who looked at what, for what purpose, for whom.

Two files, each readable by its owner alone: the defence's reads are apart, because what a defence
expert looks at shows what the defence thinks of.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portique.core.clock import utc_text
from portique.flow.folder import CaseFolder
from portique.flow.permissions import DEFENCE, PROSECUTION, Person, side_of

NOT_STATED = "not stated"
FILE_OF_SIDE = {PROSECUTION: "access.jsonl", DEFENCE: "access-defence.jsonl"}


@dataclass(frozen=True)
class Stated:
    """What was stated once for everything that a command reads.

    Args:
        justification: on what ground.
        recipient: for whom.
    """

    justification: str = NOT_STATED
    recipient: str = NOT_STATED


_NOTHING = Stated()
STATED: ContextVar[Stated] = ContextVar("stated", default=_NOTHING)
"""Of the command that runs; a route states both with each read."""


@dataclass(frozen=True)
class Read:
    """One read of personal data.

    Args:
        command: e.g. "why", or a route, e.g. "GET entries".
        table: the table that was read, e.g. "handset".
        key: which row or rows; empty: the whole.
        purpose, justification, recipient: as stated, or `NOT_STATED`.
    """

    command: str
    table: str
    key: str
    purpose: str = NOT_STATED
    justification: str = NOT_STATED
    recipient: str = NOT_STATED


def log_read(folder: CaseFolder, person: Person, read: Read) -> None:
    """Add one line to the log of the person's side, on the disk before anything is shown.

    Source: Directive (EU) 2016/680, article 25 (logging of consultation).
    """
    line = {
        "when": utc_text(datetime.now(UTC)),
        "actor": person.actor,
        "role": person.role,
        "command": read.command,
        "table": read.table,
        "key": read.key,
        "purpose": read.purpose,
        "justification": _or_stated(read.justification, STATED.get().justification),
        "recipient": _or_stated(read.recipient, STATED.get().recipient),
    }
    append_line(log_of(folder, side_of(person.role)), line)


def _or_stated(own: str, stated: str) -> str:
    return stated if own == NOT_STATED else own


def log_of(folder: CaseFolder, side: str) -> Path:
    """Return the file of the reads of one side."""
    return folder.private / FILE_OF_SIDE[side]


def logged(folder: CaseFolder, side: str) -> Iterator[dict[str, Any]]:
    """Yield the reads of one side, oldest first."""
    yield from lines_of(log_of(folder, side))


def append_line(path: Path, line: dict[str, Any]) -> None:
    """Add one line of JSON to a private file, on the disk when this returns.

    Args:
        path: the file; made, with its folder, for its owner alone.
        line: what is added.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        before = os.fstat(handle).st_size
        try:
            if os.write(handle, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, before)
            raise
    finally:
        os.close(handle)


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of such a file, oldest first; one cut by a loss of power is passed over."""
    if path.is_file():
        with path.open("rb") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue
