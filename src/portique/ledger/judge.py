"""The verdict on one entry, in the contract's order; what it needs of the log is asked for later.

Steps 1 to 3, and the costly part of 6, need nothing but the entry and a key: they are done by the
thread that received it. Steps 4, 5 and 7 are done by the one that writes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portique.ledger.devices import Device
from portique.ledger.entry import Fields, Malformed, decode_base64, read_payload

STORED, KNOWN, CONFLICT, INVALID = "stored", "known", "conflict", "invalid"
NOT_ENROLLED = "unknown device"
REVOKED_DEVICE = "revoked"
BAD_SIGNATURE = "signature"


@dataclass(frozen=True)
class Posted:
    """One element of `entries`, as it came.

    Args:
        payload, signature: base64 texts, or anything else that JSON can hold.
    """

    payload: object
    signature: object


@dataclass(frozen=True)
class Judged:
    """What is answered for one element.

    Args:
        entry_id: as far as it could be read.
        status: stored, known, conflict or invalid.
        sequence: where it is in the log; None: it is not.
        reason: why it is invalid; else None.
    """

    entry_id: str | None
    status: str
    sequence: int | None
    reason: str | None


@dataclass
class Candidate:
    """An element whose form was judged.

    Args:
        material: the payload, or what came in its place, for the quarantine.
        signature: its bytes; empty where it was no base64.
        fields: what it says; None: `reason` says why it cannot be read.
        entry_id, reason: for the answer.
        checked: the public key against which the signature was tried, and whether it fitted.
    """

    material: bytes
    signature: bytes
    fields: Fields | None = None
    entry_id: str | None = None
    reason: str | None = None
    checked: tuple[bytes, bool] | None = None

    def is_signed_by(self, public_key: bytes) -> bool:
        """Return whether the signature is this key's over the payload; tried once."""
        if self.checked is None or self.checked[0] != public_key:
            self.checked = (public_key, is_signed(public_key, self.signature, self.material))
        return self.checked[1]

    def refusal(self, device: Device | None) -> str | None:
        """Return why steps 5 and 6 refuse it; None: they do not."""
        if device is None:
            return NOT_ENROLLED
        if device.revoked_at_utc is not None:
            return REVOKED_DEVICE
        return None if self.is_signed_by(device.public_key) else BAD_SIGNATURE


def read_posted(posted: Posted, case_id: str) -> Candidate:
    """Return an element with its form judged: steps 1 to 3. Whatever came, it is a verdict."""
    try:
        payload = decode_base64(posted.payload)
        signature = decode_base64(posted.signature)
    except Malformed as verdict:
        return Candidate(_as_it_came(posted.payload), b"", reason=verdict.reason)
    try:
        fields = read_payload(payload, case_id)
    except Malformed as verdict:
        return Candidate(payload, signature, entry_id=verdict.entry_id, reason=verdict.reason)
    return Candidate(payload, signature, fields=fields, entry_id=fields.entry_id)


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether a signature is this Ed25519 key's over the message."""
    if len(signature) != 64:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def sha256_of(candidate: Candidate) -> bytes:
    """Return the hash under which an element is found, in the log or in quarantine."""
    if candidate.fields is not None:
        return candidate.fields.payload_sha256
    return hashlib.sha256(candidate.material).digest()


def _as_it_came(value: object) -> bytes:
    """Return bytes for what is no base64: the text itself, or the JSON that stood in its place."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    try:
        return json.dumps(value, sort_keys=True).encode()
    except (TypeError, ValueError, RecursionError):
        return type(value).__name__.encode()
