"""Packs written from the contract alone, as simply as can be: shares nothing with the program.

A log is a Python list, its root is the recursive definition of RFC 6962, and every change that a
test makes is made on these plain values before they are written down.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CASE = "invented-case"
ORIGIN = f"portique/{CASE}"


def key_of(name: str) -> Ed25519PrivateKey:
    """Return the key that belongs to a name: the same each time."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def b64(content: bytes) -> str:
    """Return padded base64."""
    return base64.b64encode(content).decode()


def public_of(name: str) -> bytes:
    """Return the 32 bytes of a name's public key."""
    return key_of(name).public_key().public_bytes_raw()


def root_of(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 section 2.1 defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = root_of(leaves[:split]), root_of(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def leaf_of(row: dict[str, Any]) -> bytes:
    """Return the leaf hash of one row."""
    return hashlib.sha256(b"\x00" + row["payload"] + row["signature"]).digest()


def vkey_of(signer: str) -> str:
    """Return the journal's key as a vkey."""
    key = b"\x01" + public_of(signer)
    key_hash = hashlib.sha256(ORIGIN.encode() + b"\n" + key).digest()[:4]
    return f"{ORIGIN}+{key_hash.hex()}+{b64(key)}"


def note_of(rows: list[dict[str, Any]], signer: str) -> str:
    """Return a signed checkpoint over some rows."""
    root = root_of([leaf_of(row) for row in rows])
    text = f"{ORIGIN}\n{len(rows)}\n{b64(root)}\n"
    key_hash = bytes.fromhex(vkey_of(signer).split("+")[1])
    return f"{text}\n\u2014 {ORIGIN} {b64(key_hash + key_of(signer).sign(text.encode()))}\n"


@dataclass
class Log:
    """A journal in the making.

    Args:
        signer: name of the checkpoint key.
        rows: sequence, payload, signature, received_at_utc of each leaf.
        files: attachments by SHA-256.
    """

    signer: str = "checkpoint"
    rows: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    devices: list[dict[str, Any]] = field(default_factory=list)
    chain: dict[str, tuple[int, str]] = field(default_factory=dict)
    clock: int = 0

    def now(self) -> str:
        """Return a time, later each time."""
        self.clock += 1
        return f"2025-05-20T06:{self.clock // 60:02d}:{self.clock % 60:02d}Z"

    def write(self, device: str, kind: str, **other: Any) -> dict[str, Any]:
        """Return one signed entry of a device, next in its chain, not yet in the log."""
        number, before = self.chain.get(device, (0, "0" * 64))
        number = other.pop("device_seq", number + 1)
        before = other.pop("prev_device_hash", before)
        made = {
            "v": 1,
            "entry_id": f"01970000-0000-7000-8000-{self.clock + 1:012x}",
            "case_id": CASE,
            "kind": kind,
            "device_id": device,
            "device_seq": number,
            "prev_device_hash": before,
            "hlc": {"wall_ms": 1747720800000 + number, "counter": 0},
            "occurred_at_utc": self.now(),
            "time_source": "device",
            "actor": "A. Martin",
            "role": "search_team",
            "purpose": "search",
            "authority_id": None,
            "subject": {"type": "cell", "id": "B-204"},
            "causes": [],
            "status": "fact",
            "body": {},
            "attachments": [],
        } | other
        payload = json.dumps(made, ensure_ascii=False).encode()
        self.chain[device] = (number, hashlib.sha256(payload).hexdigest())
        return {"payload": payload, "signature": key_of(device).sign(payload)}

    def put(self, row: dict[str, Any], received_at_utc: str) -> None:
        """Append one entry to the log."""
        self.rows.append({"sequence": len(self.rows), **row, "received_at_utc": received_at_utc})

    def program(self, kind: str, body: dict[str, Any], subject: str = CASE) -> None:
        """Append an entry of the program."""
        row = self.write("portique", kind, body=body, subject={"type": "document", "id": subject})
        self.put(row, json.loads(row["payload"])["occurred_at_utc"])

    def enrol(self, device: str) -> None:
        """Enrol a device; the program's own comes first and is not enrolled by an entry."""
        if not self.devices:
            self.devices.append(listed("portique", "2025-05-20T06:00:01Z"))
        key = b64(public_of(device))
        self.program("device_enrolled", {"public_key": key, "label": device, "site": None}, device)
        since = self.rows[-1]["received_at_utc"]
        self.devices.append(listed(device, since))

    def revoke(self, device: str) -> None:
        """Revoke a device."""
        self.program("device_revoked", {}, device)
        for each in self.devices:
            if each["id"] == device:
                each["until"] = self.rows[-1]["received_at_utc"]

    def batch(self, rows: list[dict[str, Any]]) -> None:
        """Take in entries of devices, and the program's `received` over them."""
        first, at_utc = len(self.rows), self.now()
        for row in rows:
            self.put(row, at_utc)
        said = {
            "first_sequence": first,
            "last_sequence": len(self.rows) - 1,
            "received_at_utc": at_utc,
            "carrier": "tablet-1",
        }
        self.program("received", said)

    def attach(self, content: bytes) -> str:
        """Take in a file."""
        name = hashlib.sha256(content).hexdigest()
        self.files[name] = content
        self.program("attachment_received", {"sha256": name, "bytes": len(content)}, name)
        return name

    def note(self, size: int | None = None) -> str:
        """Return the signed checkpoint of the first entries."""
        return note_of(self.rows[:size], self.signer)

    def save(self, folder: Path) -> Path:
        """Write the pack and return its folder."""
        (folder / "attachments").mkdir(parents=True)
        for name, content in self.files.items():
            (folder / "attachments" / name).write_bytes(content)
        lines = [
            json.dumps(row | {"payload": b64(row["payload"]), "signature": b64(row["signature"])})
            for row in self.rows
        ]
        (folder / "entries.jsonl").write_text("".join(line + "\n" for line in lines))
        (folder / "checkpoint.txt").write_text(self.note())
        (folder / "journal.pub").write_text(vkey_of(self.signer) + "\n")
        (folder / "devices.json").write_text(json.dumps(self.devices))
        return folder


def listed(device: str, since: str) -> dict[str, Any]:
    """Return a row of devices.json."""
    return {"id": device, "public_key": b64(public_of(device)), "from": since, "until": None}


def invented(signer: str = "checkpoint") -> Log:
    """Return a small log: two tablets, two batches, a photograph, one tablet revoked."""
    log = Log(signer)
    for device in ("tablet-1", "tablet-2"):
        log.enrol(device)
    photograph = log.attach(b"a photograph of a telephone")
    named = [{"sha256": photograph, "bytes": 27, "media_type": "image/jpeg"}]
    log.batch(
        [
            log.write("tablet-1", "search_started"),
            log.write("tablet-2", "search_started"),
            log.write(
                "tablet-1", "found", attachments=named, body={"note": "derri\u00e8re la VMC"}
            ),
        ]
    )
    log.revoke("tablet-2")
    log.batch([log.write("tablet-1", "seized"), log.write("tablet-1", "sealed")])
    log.program("exported", {"recipient": "defence"})
    return log
