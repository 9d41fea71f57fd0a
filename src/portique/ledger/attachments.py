"""Files that entries name: received, kept under their own hash, bound by an entry of the program.

A file is on the disk under its name before the log says that it was received, so no entry ever
names a file that an end of the process took away.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from portique.engine.files import settle
from portique.engine.journal_store import FileRow, Reading
from portique.ledger.devices import PROGRAM
from portique.ledger.entry import SHA256_HEX
from portique.ledger.growth import Growth
from portique.ledger.program import ProgramEntry

MOST_BYTES = 64 * 2**20
MOST_UNNAMED_BYTES = 2**30
CREATED, KNOWN = "created", "known"
RECEIVED, DESTROYED = "attachment_received", "attachment_destroyed"
_PORTION = 2**20
_PARTIAL = ".partial-"
_LEFT_S = 3600


class OtherHash(ValueError):  # noqa: N818 - what is said of a file
    """The name is no SHA-256 in lower-case hex, or not that of the content: 400."""


class TooLarge(ValueError):  # noqa: N818 - what is said of a file
    """The file has more than `MOST_BYTES`: 413."""


class TooManyUnnamed(ValueError):  # noqa: N818 - what is said of a carrier
    """The carrier's files that no entry names would pass `MOST_UNNAMED_BYTES`: 429."""


@dataclass(frozen=True)
class Partial:
    """A file that was read whole, on the disk under a name that does not count yet.

    Args:
        path: where it lies.
        sha256: of its content, in hex.
        size_bytes: its length.
    """

    path: Path
    sha256: str
    size_bytes: int


def check_name(sha256: str) -> None:
    """Refuse a name that is no SHA-256.

    Raises:
        OtherHash: not 64 lower-case hex digits.
    """
    if not SHA256_HEX.fullmatch(sha256):
        raise OtherHash("an attachment is named by 64 lower-case hex digits")


def check_room(reading: Reading, sha256: str, size_bytes: int, carrier: str) -> None:
    """Refuse what would give a carrier too much that no entry names.

    Raises:
        TooManyUnnamed: more than `MOST_UNNAMED_BYTES`, this file counted.
    """
    if reading.is_named(sha256) or reading.file(sha256) is not None:
        return
    if reading.unnamed_bytes(carrier) + size_bytes > MOST_UNNAMED_BYTES:
        raise TooManyUnnamed("entries have to name the files that were sent before more come")


def read_in(folder: Path, sha256: str, content: BinaryIO) -> Partial:
    """Bring a file onto the disk under a passing name, hashed on the way.

    Raises:
        OtherHash: the content has another hash.
        TooLarge: it is longer than `MOST_BYTES`.
        OSError: the disk is full; nothing stays.
    """
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
        settle(folder.parent)
    path = folder / f"{_PARTIAL}{secrets.token_hex(8)}"
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while portion := content.read(_PORTION):
                size_bytes += len(portion)
                if size_bytes > MOST_BYTES:
                    raise TooLarge(f"an attachment has at most {MOST_BYTES} bytes")
                digest.update(portion)
                file.write(portion)
            if digest.hexdigest() != sha256:
                raise OtherHash("the content does not have the hash of its name")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Partial(path, sha256, size_bytes)


def keeping(folder: Path, partial: Partial, carrier: str) -> Callable[[Growth], str]:
    """Return the taking in of a file: its name counts, then the log says that it was received.

    Raises:
        TooManyUnnamed: when it is done.
        OSError: when it is done: the disk is full.
    """

    def fill(growth: Growth) -> str:
        known = growth.file(partial.sha256)
        if not known:
            check_room(growth.writing, partial.sha256, partial.size_bytes, carrier)
        if not known or not (folder / partial.sha256).is_file():
            partial.path.replace(folder / partial.sha256)
            settle(folder)
        if known:
            return KNOWN
        body = {"sha256": partial.sha256, "bytes": partial.size_bytes}
        held = growth.write(
            ProgramEntry(
                RECEIVED, "document", partial.sha256, body, carrier, PROGRAM, "time of receipt"
            )
        )
        growth.keep(FileRow(partial.sha256, partial.size_bytes, carrier, held.sequence))
        return CREATED

    return fill


def sweep(folder: Path) -> None:
    """Remove what a process left that ended, an hour ago or more, while it received a file."""
    for path in folder.glob(f"{_PARTIAL}*"):
        try:
            if path.stat().st_mtime < time.time() - _LEFT_S:
                path.unlink()
        except FileNotFoundError:
            continue
