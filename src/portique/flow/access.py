"""The log of reads of personal data: who looked at what, and for what purpose."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime

from portique.core.clock import utc_text
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Read:
    """One read of personal data.

    Args:
        command: e.g. "why".
        table: the table that was read, e.g. "handset".
        key: which row; empty: the whole.
        purpose: as stated, or `NOT_STATED`.
    """

    command: str
    table: str
    key: str
    purpose: str = NOT_STATED


def log_read(folder: CaseFolder, person: Person, read: Read) -> None:
    """Add one line to `CASE/.portique/access.jsonl`, on the disk before anything is shown.

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
    }
    folder.make_private()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    handle = os.open(folder.private / "access.jsonl", flags, 0o600)
    try:
        os.write(handle, (json.dumps(line, ensure_ascii=False) + "\n").encode())
        os.fsync(handle)
    finally:
        os.close(handle)
