"""Files that go with an entry: kept by the journal, and named by it."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from portique.core.errors import Refused
from portique.ledger.attachments import TooLarge, TooManyUnnamed
from portique.ledger.devices import PROGRAM
from portique.ledger.journal import Journal


def keep_files(journal: Journal, paths: Iterable[Path]) -> tuple[dict[str, Any], ...]:
    """Store files as attachments and return how an entry names them.

    Returns:
        {sha256, bytes, media_type} of each, in the order given.

    Raises:
        Refused: a file that is too large, or that changed while it was read.
    """
    return tuple(_keep(journal, path) for path in paths)


def _keep(journal: Journal, path: Path) -> dict[str, Any]:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        size_bytes = content.tell()
        content.seek(0)
        try:
            journal.put_attachment(digest, content, PROGRAM)
        except (TooLarge, TooManyUnnamed, ValueError) as fault:
            raise Refused(
                f"this file cannot be kept: {fault}",
                where=str(path),
                mend="give a photograph of at most 64 MiB that nobody changes meanwhile",
                code="CUS-005",
            ) from fault
    kind, _ = mimetypes.guess_type(path.name)
    named = kind or "application/octet-stream"
    return {"sha256": digest, "bytes": size_bytes, "media_type": named}
