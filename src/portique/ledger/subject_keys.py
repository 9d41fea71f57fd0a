"""Keys of persons: personal text is sealed under them, and unreadable once they are destroyed.

The server makes a key, a device gets it when it is prepared, and the log holds ciphertext alone.
Source: NIST SP 800-38D (AES-256-GCM, nonces of 96 bits); the journal's contract, section 1.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portique.core.errors import Refused
from portique.engine.files import settle, write_new
from portique.ledger.entry import decode_base64
from portique.ledger.keys import folder_of_keys
from portique.ledger.program import ProgramEntry

ALGORITHM = "A256GCM"
KEY_DESTROYED = "subject_key_destroyed"
_SUFFIX = ".subject.json"


class CannotOpen(ValueError):  # noqa: N818 - what is said of a sealed text
    """A sealed text that is not of this form, key or entry."""


@dataclass(frozen=True)
class SubjectKey:
    """The key of one person.

    Args:
        key_id: random; says nothing about the person.
        subject_id: whose it is; kept beside the key alone, never in the log.
        key: 32 bytes.
    """

    key_id: str
    subject_id: str
    key: bytes

    def seal(self, entry_id: str, text: bytes) -> dict[str, str]:
        """Return `body.sealed`: a text under this key, tied to its entry.

        >>> key = SubjectKey("k", "person-1", bytes(32))
        >>> key.open("entry-1", key.seal("entry-1", b"a name"))
        b'a name'
        """
        nonce = os.urandom(12)
        sealed = AESGCM(self.key).encrypt(nonce, text, entry_id.encode())
        return {
            "alg": ALGORITHM,
            "key_id": self.key_id,
            "nonce": base64.b64encode(nonce).decode(),
            "ciphertext": base64.b64encode(sealed).decode(),
        }

    def open(self, entry_id: str, sealed: Mapping[str, Any]) -> bytes:
        """Return the text of `body.sealed`.

        Raises:
            CannotOpen: another form, key or entry, or a changed text.
        """
        if sealed.get("alg") != ALGORITHM or sealed.get("key_id") != self.key_id:
            raise CannotOpen("this text is sealed under another key or in another way")
        try:
            nonce = decode_base64(sealed.get("nonce"))
            content = decode_base64(sealed.get("ciphertext"))
            return AESGCM(self.key).decrypt(nonce, content, entry_id.encode())
        except (InvalidTag, ValueError) as fault:
            raise CannotOpen("this text does not open: changed, or of another entry") from fault


def make_subject_key(case: Path, subject_id: str) -> SubjectKey:
    """Make and keep a new key for a person."""
    made = SubjectKey(secrets.token_hex(16), subject_id, secrets.token_bytes(32))
    kept = {"key_id": made.key_id, "subject_id": subject_id, "key": made.key.hex()}
    folder_of_keys(case).mkdir(mode=0o700, exist_ok=True)
    write_new(_path(case, made.key_id), json.dumps(kept).encode(), mode=0o600)
    return made


def subject_keys(case: Path) -> list[SubjectKey]:
    """Return the keys that are kept, by id."""
    found = []
    for path in sorted(folder_of_keys(case).glob(f"*{_SUFFIX}")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        found.append(SubjectKey(kept["key_id"], kept["subject_id"], bytes.fromhex(kept["key"])))
    return found


def destruction(case: Path, key_id: str, actor: str, ground: str) -> ProgramEntry:
    """Return the entry that says that a key is destroyed; it is written before the key goes.

    Raises:
        Refused: no such key is kept.
    """
    if not key_id.isalnum() or not _path(case, key_id).is_file():
        raise Refused(
            "no such subject key is kept",
            where=str(folder_of_keys(case)),
            mend="name the key_id of a key that was made here and not destroyed",
            code="LED-013",
        )
    body = {"key_id": key_id, "ground": ground}
    return ProgramEntry(
        KEY_DESTROYED, "document", key_id, body, actor, "administrator", "retention"
    )


def remove_key(case: Path, key_id: str) -> None:
    """Overwrite and remove a key's file; that it is gone already is no fault.

    A file system may keep older blocks, and a backup the file: docs/decisions/0020.
    """
    path = _path(case, key_id)
    if not path.is_file():
        return
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    settle(path.parent)


def _path(case: Path, key_id: str) -> Path:
    return folder_of_keys(case) / f"{key_id}{_SUFFIX}"
