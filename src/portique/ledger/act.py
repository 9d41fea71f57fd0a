"""One entry as the projections read it: any JSON gives an act, and none stops them.

The judgement of an entry (`judge`) asks for fields and their types. Here nothing is asked: what is
missing or of another type is empty, and the rules flag it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import datetime
from sys import intern
from typing import Any, Protocol

import msgspec

from portique.core.clock import parse_utc, utc_text
from portique.ledger.devices import PROGRAM
from portique.ledger.glance import Glance, glance

Number = int | float
Hlc = tuple[Number, Number]


class Row(Protocol):
    """One leaf of the log, as far as a projection looks at it."""

    @property
    def sequence(self) -> int:
        """Leaf index, from 0."""

    @property
    def payload(self) -> bytes:
        """The bytes that the device signed."""

    @property
    def received_at_utc(self) -> str:
        """When the log received it."""


class Act(msgspec.Struct, frozen=True, gc=False):
    """What one entry says was done.

    Args:
        ref: SHA-256 of the payload, hex: the one name that two entries never share.
        sequence: leaf index. Where an entry lies says nothing about what was done, so no state
            depends on it; alarms quote it.
        is_read: the payload is a JSON object.
        moment: when it was done: `body.acted_at_utc` of what the program entered for somebody,
            else `occurred_at_utc`; None: not stated, or no instant.
        hlc: (wall_ms, counter); what is no finite number is 0.
        attachments: how many files it names.
    """

    ref: str
    sequence: int
    is_read: bool
    entry_id: str
    device_id: str
    device_seq: int
    kind: str
    subject_type: str
    subject_id: str
    actor: str
    role: str
    authority_id: str
    status: str
    causes: tuple[str, ...]
    moment: datetime | None
    hlc: Hlc
    attachments: int
    body: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a member of the body that is a text; empty: missing or something else."""
        return text(self.body.get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a member of the body that is a list."""
        return texts(self.body.get(name))

    def instant(self, name: str) -> datetime | None:
        """Return a member of the body that is an instant."""
        return instant(self.body.get(name))

    @property
    def is_program(self) -> bool:
        """Whether the program's own device signed it."""
        return self.device_id == PROGRAM

    @property
    def moment_text(self) -> str | None:
        """The moment as text; None: not known."""
        return utc_text(self.moment) if self.moment else None

    @property
    def exhibit_id(self) -> str:
        """The exhibit that it is about; empty: none."""
        return self.subject_id if self.subject_type == "exhibit" else self.text("exhibit_id")

    @property
    def cell_id(self) -> str:
        """The prison cell that it is about or happened in; empty: none."""
        return self.subject_id if self.subject_type == "cell" else self.text("cell_id")

    @property
    def handset_ids(self) -> tuple[str, ...]:
        """The handsets that it is about, each once, in order of their names."""
        own = self.subject_id if self.subject_type == "handset" else self.text("handset_id")
        if "handset_ids" not in self.body:
            return (own,) if own else ()
        return tuple(sorted({own, *self.texts("handset_ids")} - {""}))

    @property
    def site(self) -> str:
        """The prison or other site, as far as the entry itself says; empty: it does not."""
        if self.subject_type == "site":
            return self.subject_id
        return self.text("site") or self.text("prison_id")

    def with_body(self, name: str, value: Any) -> Act:
        """Return the same act with another value of one member of the body."""
        return msgspec.structs.replace(self, body={**self.body, name: value})


def read_act(row: Row) -> Act:
    """Return what an entry says, whatever its payload holds.

    >>> from types import SimpleNamespace
    >>> row = SimpleNamespace(sequence=3, payload=b'{"kind": "seized"}', received_at_utc="")
    >>> act = read_act(row)
    >>> act.kind, act.subject_id, act.moment
    ('seized', '', None)
    """
    seen = glance(row.payload)
    if seen is not None:
        return _from_glance(row, seen)
    raw = _object(row.payload)
    said: Mapping[str, Any] = raw if raw is not None else {}
    subject, body, hlc = _members(said, "subject"), _members(said, "body"), _members(said, "hlc")
    attachments = said.get("attachments")
    program = said.get("device_id") == PROGRAM
    typed = instant(body.get("acted_at_utc")) if program else None
    return Act(
        ref=hashlib.sha256(row.payload).hexdigest(),
        sequence=row.sequence,
        is_read=raw is not None,
        entry_id=text(said.get("entry_id")),
        device_id=text(said.get("device_id")),
        device_seq=whole(said.get("device_seq")),
        kind=text(said.get("kind")),
        subject_type=text(subject.get("type")),
        subject_id=text(subject.get("id")),
        actor=text(said.get("actor")),
        role=text(said.get("role")),
        authority_id=text(said.get("authority_id")),
        status=text(said.get("status")),
        causes=texts(said.get("causes")),
        moment=typed or instant(said.get("occurred_at_utc")),
        hlc=(_number(hlc.get("wall_ms")), _number(hlc.get("counter"))),
        attachments=len(attachments) if isinstance(attachments, list) else 0,
        body=body,
    )


def _from_glance(row: Row, seen: Glance) -> Act:
    """Return what an entry says whose members are all there: the same, in a quarter of the time."""
    subject, body, hlc, device = seen.subject, seen.body, seen.hlc, intern(seen.device_id)
    typed = instant(body.get("acted_at_utc")) if device == PROGRAM else None
    return Act(
        hashlib.sha256(row.payload).hexdigest(),
        row.sequence,
        True,
        seen.entry_id,
        device,
        seen.device_seq,
        intern(seen.kind),
        text(subject.get("type")),
        text(subject.get("id")),
        intern(seen.actor),
        intern(seen.role),
        intern(seen.authority_id) if seen.authority_id else "",
        intern(seen.status),
        tuple(seen.causes) if seen.causes else (),
        typed or instant(seen.occurred_at_utc),
        (_number(hlc.get("wall_ms")), _number(hlc.get("counter"))),
        len(seen.attachments),
        body,
    )


def text(value: object) -> str:
    """Return a text; anything else is empty."""
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list, in order; anything else is empty."""
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def whole(value: object) -> int:
    """Return a whole number; anything else is -1.

    >>> whole(3), whole(3.0), whole(True), whole("3")
    (3, 3, -1, -1)
    """
    if isinstance(value, bool):
        return -1
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else -1


def instant(value: object) -> datetime | None:
    """Return the instant that a text names; None: it names none."""
    if not isinstance(value, str):
        return None
    try:
        return parse_utc(value)
    except (ValueError, OverflowError):
        return None


def same_person(first: str, second: str) -> bool:
    """Return whether two names are one, whatever their capitals and spaces.

    >>> same_person("Anna  Weber", "anna weber "), same_person("Anna", "Hanna")
    (True, False)
    """
    return person(first) == person(second)


def person(name: str) -> str:
    """Return what all spellings of one name have in common."""
    return " ".join(name.split()).casefold()


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        raw = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None


def _members(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name)
    return value if isinstance(value, dict) else {}


def _number(value: object) -> Number:
    if type(value) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return value if not isinstance(value, float) or math.isfinite(value) else 0
