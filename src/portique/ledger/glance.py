"""An entry of the log read for the second time: only what checks need, at a tenth of the cost.

Whether a payload is an entry was judged when it came; what is not read here at once is judged
again by `entry.read_payload`, whose verdict counts.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from portique.ledger.entry import Fields, read_payload


class Named(msgspec.Struct, frozen=True, gc=False):
    """A file that an entry names."""

    sha256: str
    bytes: int
    media_type: str


class Glance(msgspec.Struct, frozen=True, gc=False):
    """What the checks need of an entry; the types of the rest are looked at as well.

    >>> glance(b"{}") is None
    True
    """

    v: int
    entry_id: str
    case_id: str
    kind: str
    device_id: str
    device_seq: int
    prev_device_hash: str
    hlc: dict[str, Any]
    occurred_at_utc: str
    time_source: str
    actor: str
    role: str
    purpose: str
    authority_id: str | None
    subject: dict[str, Any]
    causes: list[str]
    status: str
    body: dict[str, Any]
    attachments: list[Named]

    @property
    def entry_key(self) -> bytes:
        """As `Fields.entry_key`."""
        return hashlib.sha256(self.entry_id.encode()).digest()

    @property
    def place_key(self) -> bytes:
        """As `Fields.place_key`."""
        return hashlib.sha256(f"{self.device_id}\n{self.device_seq}".encode()).digest()


_decode = msgspec.json.Decoder(Glance).decode


def glance(payload: bytes) -> Glance | None:
    """Return what can be read of a payload at once; None: it needs a closer look."""
    try:
        return _decode(payload)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def read_again(payload: bytes, case_id: str) -> Glance:
    """Return the fields of an entry of a case.

    Raises:
        Malformed: it is no entry of this case.
    """
    read = glance(payload)
    if read is not None and read.v == 1 and read.case_id == case_id:
        return read
    return _from(read_payload(payload, case_id))


def _from(fields: Fields) -> Glance:
    raw = {name: fields.raw[name] for name in Glance.__struct_fields__}
    raw["attachments"] = [
        Named(each["sha256"], each["bytes"], each["media_type"]) for each in raw["attachments"]
    ]
    return Glance(**raw)
