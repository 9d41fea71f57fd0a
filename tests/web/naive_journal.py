"""A journal in memory, as naive as can be, for the web side to be tried against."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portique.ledger.attachments import OtherHash, TooManyUnnamed
from portique.ledger.journal import Accepted, Busy, Device, Held, Judged, Posted

NOW = "2026-01-01T00:00:00Z"


class NaiveJournal:
    """Keeps entries in a list; its checkpoint is a text that nobody signed."""

    def __init__(self, case_id: str, devices: Sequence[Device]) -> None:
        self.case_id = case_id
        self.known = {device.id: device for device in devices}
        self.held: list[Held] = []
        self.files: dict[str, bytes] = {}
        self.room: dict[str, int] = {}
        self.is_locked = False
        self.fault: Exception | None = None
        self.wait = threading.Event()
        self.wait.set()
        self._lock = threading.Lock()

    def accept(self, posts: Sequence[Posted], _carrier: str) -> Accepted:
        """Judge by signature alone."""
        self.wait.wait(30)
        if self.fault is not None:
            raise self.fault
        if self.is_locked:
            raise Busy("locked", 7)
        with self._lock:
            return Accepted(tuple(self._judge(post) for post in posts), self.checkpoint())

    def _judge(self, post: Posted) -> Judged:
        try:
            payload = base64.b64decode(post.payload, validate=True)  # type: ignore[arg-type]
            signature = base64.b64decode(post.signature, validate=True)  # type: ignore[arg-type]
            fields: dict[str, Any] = json.loads(payload)
            device = self.known[fields["device_id"]]
            Ed25519PublicKey.from_public_bytes(device.public_key).verify(signature, payload)
        except (binascii.Error, TypeError, ValueError, LookupError, InvalidSignature) as fault:
            return Judged(None, "invalid", None, type(fault).__name__)
        for each in self.held:
            if each.payload == payload:
                return Judged(fields["entry_id"], "known", each.sequence, None)
        self.held.append(Held(len(self.held), payload, signature, NOW))
        return Judged(fields["entry_id"], "stored", len(self.held) - 1, None)

    def checkpoint(self) -> str:
        """Return a text of the right form."""
        root = hashlib.sha256(b"".join(each.payload for each in self.held)).digest()
        return f"portique/{self.case_id}\n{len(self.held)}\n{base64.b64encode(root).decode()}\n\n"

    def size(self) -> int:
        """Return how many entries there are."""
        return len(self.held)

    def inclusion(self, sequence: int, size: int) -> tuple[str, list[str]]:
        """Return something of the right form."""
        return hashlib.sha256(self.held[sequence].payload).hexdigest(), ["00" * 32] * (size > 1)

    def consistency(self, _first: int, _second: int) -> list[str]:
        """Return something of the right form."""
        return ["00" * 32]

    def entries(self, first: int, limit: int) -> list[Held]:
        """Return a slice."""
        return self.held[first : first + limit]

    def device(self, device_id: str) -> Device | None:
        """Return a device."""
        return self.known.get(device_id)

    def put_attachment(
        self, sha256: str, content: BinaryIO, _carrier: str, *, counted_as: str
    ) -> str:
        """Keep a file."""
        if self.is_locked:
            raise Busy("locked", 7)
        kept = content.read()
        if hashlib.sha256(kept).hexdigest() != sha256:
            raise OtherHash(sha256)
        if self.room.setdefault(counted_as, 1000) < len(kept):
            raise TooManyUnnamed(counted_as)
        self.room[counted_as] -= len(kept)
        was = sha256 in self.files
        self.files[sha256] = kept
        return "known" if was else "created"

    def close(self) -> None:
        """Nothing to close."""
