"""Entries that the program makes itself, as the device `portique`."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portique.ledger.devices import PROGRAM
from portique.ledger.entry import FIRST_PREDECESSOR, Fields, write_fields


@dataclass(frozen=True)
class ProgramEntry:
    """What the program has to say; who asked for it stands in `actor`, `role` and `purpose`.

    Args:
        kind, subject_type, subject_id, body: what happened, to what.
        actor, role, purpose: on whose behalf, and why.
        authority_id: under which order; None: none.
        causes: ids of entries that led to it.
        status: fact or assessment.
        attachments: {sha256, bytes, media_type} of each file.
    """

    kind: str
    subject_type: str
    subject_id: str
    body: Mapping[str, Any]
    actor: str
    role: str
    purpose: str
    authority_id: str | None = None
    causes: Sequence[str] = ()
    status: str = "fact"
    attachments: Sequence[Mapping[str, Any]] = field(default=())


@dataclass(frozen=True)
class Chain:
    """Where the program's own sequence stands.

    Args:
        seq: number of its last entry; 0: none yet.
        sha256: hex hash of that entry's payload; 64 zeros before the first.
        wall_ms, counter: its logical clock, for ordering only.
    """

    seq: int = 0
    sha256: str = FIRST_PREDECESSOR
    wall_ms: int = 0
    counter: int = 0

    @classmethod
    def after(cls, last: Fields) -> Chain:
        """Return the chain as an entry of the program leaves it."""
        clock = last.raw["hlc"]
        sha256 = last.payload_sha256.hex()
        return cls(last.device_seq, sha256, clock["wall_ms"], clock["counter"])


def now() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def instant_text(moment: datetime) -> str:
    """Return an instant as entries of the program write it, to the millisecond.

    >>> instant_text(datetime(2025, 5, 19, 20, 0, 0, 250_000, tzinfo=UTC))
    '2025-05-19T20:00:00.250Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.microsecond // 1000:03d}Z"
    )


def new_entry_id(moment: datetime) -> str:
    """Return a new UUIDv7 for an instant, in lower case.

    Source: RFC 9562 section 5.7.
    """
    millis = int(moment.timestamp() * 1000)
    drawn = int.from_bytes(os.urandom(10), "big")
    number = (millis & (2**48 - 1)) << 80 | drawn
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def fields_of(
    new: ProgramEntry, case_id: str, chain: Chain, key: Ed25519PrivateKey, moment: datetime
) -> Fields:
    """Return the payload of the program's next entry.

    The first one also says the program's public key, so that the log holds it.

    Raises:
        Malformed: something in it that an entry must not hold.
    """
    millis = int(moment.timestamp() * 1000)
    wall_ms = max(millis, chain.wall_ms)
    counter = chain.counter + 1 if wall_ms == chain.wall_ms else 0
    own = {} if chain.seq else {"program_key": public_base64(key)}
    return write_fields(
        {
            "v": 1,
            "entry_id": new_entry_id(moment),
            "case_id": case_id,
            "kind": new.kind,
            "device_id": PROGRAM,
            "device_seq": chain.seq + 1,
            "prev_device_hash": chain.sha256,
            "hlc": {"wall_ms": wall_ms, "counter": counter},
            "occurred_at_utc": instant_text(moment),
            "time_source": "device",
            "actor": new.actor,
            "role": new.role,
            "purpose": new.purpose,
            "authority_id": new.authority_id,
            "subject": {"type": new.subject_type, "id": new.subject_id},
            "causes": list(new.causes),
            "status": new.status,
            "body": dict(new.body),
            "attachments": [dict(each) for each in new.attachments],
        }
        | own
    )


def received_entry(first: int, last: int, at_utc: str, carrier: str) -> ProgramEntry:
    """Return what binds the time of receipt of the leaves [first, last]."""
    body = {
        "first_sequence": first,
        "last_sequence": last,
        "received_at_utc": at_utc,
        "carrier": carrier,
    }
    return ProgramEntry(
        "received", "device", carrier, body, PROGRAM, "administrator", "time of receipt"
    )


def public_base64(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key as base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def hex_sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes in lower-case hex."""
    return hashlib.sha256(content).hexdigest()
