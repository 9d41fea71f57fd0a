"""The two keys of a journal: one signs checkpoints, one signs what the program writes.

They lie in `CASE/keys/` as 64 hexadecimal digits, readable by their owner alone, and are never
exported. Losing them ends writing, never reading: docs/decisions/0020.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portique.core.errors import Problem
from portique.engine.files import alone, write_new

CHECKPOINT_KEY = "checkpoint.key"
PROGRAM_KEY = "portique.key"
_FORM = re.compile(r"[0-9a-f]{64}\n?")


@dataclass(frozen=True)
class Keys:
    """The private keys of one journal.

    Args:
        checkpoint: signs size and root of the log.
        program: signs entries as the device `portique`.
    """

    checkpoint: Ed25519PrivateKey
    program: Ed25519PrivateKey


def folder_of_keys(case: Path) -> Path:
    """Return where keys lie; the folder need not exist."""
    return case / "keys"


@contextmanager
def making(case: Path) -> Iterator[Path]:
    """Hold the folder of keys, made when missing, against other processes that would make keys."""
    folder = folder_of_keys(case)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(folder):
        yield folder


def make_keys(folder: Path) -> None:
    """Make the keys that are missing, each in a file of mode 0600, on the disk before it counts."""
    for name in (CHECKPOINT_KEY, PROGRAM_KEY):
        if not (folder / name).exists():
            seed = Ed25519PrivateKey.generate().private_bytes_raw()
            write_new(folder / name, (seed.hex() + "\n").encode(), mode=0o600)


def has_keys(case: Path) -> bool:
    """Return whether both keys are there."""
    folder = folder_of_keys(case)
    return all((folder / name).is_file() for name in (CHECKPOINT_KEY, PROGRAM_KEY))


def load_keys(case: Path) -> Keys:
    """Return the keys of a case's journal.

    Raises:
        Problem: one is missing or damaged.
    """
    folder = folder_of_keys(case)
    return Keys(_load(folder / CHECKPOINT_KEY), _load(folder / PROGRAM_KEY))


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        text = path.read_text(encoding="ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        text = ""
    if not _FORM.fullmatch(text):
        raise Problem(
            "a key of this journal is missing or damaged, so nothing can be written to it",
            where=os.fspath(path),
            mend="put the file back from where keys are kept; the journal can still be read, "
            "verified and exported without it (docs/decisions/0020)",
            code="LED-002",
        )
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip()))
