"""A device of a search team, as load and faults are tried with: it signs, chains and keeps."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def uuid7(wall_ms: int) -> str:
    """Return a UUIDv7 (RFC 9562 section 5.7) of an instant in milliseconds.

    >>> uuid7(0)[:15]
    '00000000-0000-7'
    """
    number = int.from_bytes(os.urandom(10), "big")
    high = (wall_ms << 16) | 0x7000 | (number >> 68) & 0xFFF
    low = 0x8000000000000000 | number & 0x3FFFFFFFFFFFFFFF
    text = f"{high:016x}{low:016x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class SigningDevice:
    """A device with its key, its chain and its clock.

    Args:
        device_id: its name.
        case_id: the case in which it acts.
        clock_error_s: how far its clock is off.
        seed: 32 bytes of its key; None: drawn.
    """

    def __init__(
        self, device_id: str, case_id: str, clock_error_s: float = 0.0, seed: bytes | None = None
    ) -> None:
        self.device_id = device_id
        self.case_id = case_id
        self.clock_error_s = clock_error_s
        self.key = Ed25519PrivateKey.from_private_bytes(seed or os.urandom(32))
        self.seq = 0
        self.last_sha256 = "0" * 64

    @property
    def public_key(self) -> bytes:
        """The key as enrolled, 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    def fields(self, **changed: Any) -> dict[str, Any]:
        """Return the fields of the next entry, some of them changed; the chain goes on by one."""
        now = time.time() + self.clock_error_s
        self.seq += 1
        return {
            "v": 1,
            "entry_id": uuid7(int(now * 1000)),
            "case_id": self.case_id,
            "kind": "found",
            "device_id": self.device_id,
            "device_seq": self.seq,
            "prev_device_hash": self.last_sha256,
            "hlc": {"wall_ms": int(now * 1000), "counter": 0},
            "occurred_at_utc": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            "time_source": "device",
            "actor": f"team {self.device_id}",
            "role": "search_team",
            "purpose": "search",
            "authority_id": None,
            "subject": {"type": "cell", "id": f"MA-{self.seq % 50:03}"},
            "causes": [],
            "status": "fact",
            "body": {"note": "behind the grille", "seal": f"S{self.seq:08}"},
            "attachments": [],
        } | changed

    def write(self, fields: dict[str, Any]) -> dict[str, str]:
        """Return an element of a batch: these fields as a payload, signed; chained to the next."""
        payload = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        self.last_sha256 = hashlib.sha256(payload).hexdigest()
        return self.sign(payload)

    def sign(self, payload: bytes) -> dict[str, str]:
        """Return an element of a batch: any bytes, signed."""
        signature = self.key.sign(payload)
        return {
            "payload": base64.b64encode(payload).decode(),
            "signature": base64.b64encode(signature).decode(),
        }

    def entries(self, count: int) -> list[dict[str, str]]:
        """Return the next entries of its chain."""
        return [self.write(self.fields()) for _ in range(count)]

    def proof(self, body: bytes) -> str:
        """Return the header with which it proves that a body is its own."""
        signature = self.key.sign(hashlib.sha256(body).digest())
        return f"Authorization: Device {self.device_id} {base64.b64encode(signature).decode()}"


def batch(elements: list[dict[str, str]]) -> bytes:
    """Return the body of a request."""
    return json.dumps({"entries": elements}).encode()
