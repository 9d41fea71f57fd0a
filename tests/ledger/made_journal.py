"""Devices and entries for tests of the journal, written here without the package's own writer."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portique.ledger.devices import NewDevice
from portique.ledger.judge import Posted

CASE_ID = "case-1"
ZEROS = "0" * 64


def make_case(folder: Path, *, url: str = "", case_id: str = CASE_ID) -> Path:
    """Write the smallest case there is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.toml").write_text(
        f'[case]\nid = "{case_id}"\nas_of_utc = 2025-05-19T20:00:00Z\n[journal]\nurl = "{url}"\n'
    )
    return folder


def values(device_id: str, seq: int, previous: str = ZEROS, **other: Any) -> dict[str, Any]:
    """Return the fields of an entry; others replace or add to them."""
    made = {
        "v": 1,
        "entry_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{device_id} {seq} {sorted(other)}")),
        "case_id": CASE_ID,
        "kind": "found",
        "device_id": device_id,
        "device_seq": seq,
        "prev_device_hash": previous,
        "hlc": {"wall_ms": 1_747_684_800_000, "counter": 0},
        "occurred_at_utc": "2025-05-19T20:00:00Z",
        "time_source": "gps",
        "actor": "A. Person",
        "role": "search_team",
        "purpose": "search",
        "authority_id": None,
        "subject": {"type": "cell", "id": "P1-C1"},
        "causes": [],
        "status": "fact",
        "body": {"note": "présent"},
        "attachments": [],
    }
    return made | other


def written(fields: dict[str, Any]) -> bytes:
    """Return a payload as some device may write it."""
    return json.dumps(fields, ensure_ascii=False).encode()


class MadeDevice:
    """A device with its key, its number and its chain."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.seq = 0
        self.previous = ZEROS

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes under which it is enrolled."""
        return self.key.public_key().public_bytes_raw()

    def new(self) -> NewDevice:
        """Return it as a device to be enrolled."""
        return NewDevice(self.id, self.public_key, f"device {self.id}", "P1")

    def payload(self, **other: Any) -> bytes:
        """Return its next payload, and go on from it."""
        self.seq += 1
        made = written(values(self.id, self.seq, self.previous, **other))
        self.previous = hashlib.sha256(made).hexdigest()
        return made

    def sign(self, payload: bytes) -> Posted:
        """Return a payload as it is sent."""
        return posted(payload, self.key.sign(payload))

    def post(self, **other: Any) -> Posted:
        """Return its next entry as it is sent."""
        return self.sign(self.payload(**other))


def posted(payload: bytes, signature: bytes) -> Posted:
    """Return bytes as they are sent."""
    return Posted(base64.b64encode(payload).decode(), base64.b64encode(signature).decode())
