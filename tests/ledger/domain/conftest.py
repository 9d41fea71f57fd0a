"""Entries as devices write them, without a store: payloads in order, and rows of a log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

CASE = "made-by-hand"
DAY = "2025-05-20T"


@dataclass(frozen=True)
class Leaf:
    """One leaf of a log made by hand."""

    sequence: int
    payload: bytes
    received_at_utc: str = DAY + "12:00:00Z"
    signature: bytes = bytes(64)


@dataclass
class Phone:
    """A device that writes its own chain.

    Args:
        name: of the device; also of who carries it.
        wall_ms: its clock; each entry moves it on by a second.
    """

    name: str
    wall_ms: int = 1_747_720_800_000
    role: str = "search_team"
    seq: int = 0
    before: str = "0" * 64
    written: list[bytes] = field(default_factory=list)

    def writes(self, kind: str, subject: str, /, **said: Any) -> str:
        """Write an entry and return its id; `subject` is "type id", outer members are `_name`."""
        outer = {name[1:]: said.pop(name) for name in list(said) if name.startswith("_")}
        self.seq += 1
        self.wall_ms += 1000
        type_, _, id_ = subject.partition(" ")
        entry = {
            "v": 1,
            "entry_id": f"{self.name}-{self.seq}",
            "case_id": CASE,
            "kind": kind,
            "device_id": self.name,
            "device_seq": self.seq,
            "prev_device_hash": self.before,
            "hlc": {"wall_ms": self.wall_ms, "counter": 0},
            "occurred_at_utc": f"{DAY}{6 + self.seq // 60:02d}:{self.seq % 60:02d}:00Z",
            "time_source": "device",
            "actor": self.name,
            "role": self.role,
            "purpose": "test",
            "authority_id": None,
            "subject": {"type": type_, "id": id_},
            "causes": [],
            "status": "fact",
            "body": said,
            "attachments": [],
        }
        payload = json.dumps(entry | outer).encode()
        self.before = hashlib.sha256(payload).hexdigest()
        self.written.append(payload)
        return str(entry["entry_id"])


def rows_of(payloads: Iterable[bytes]) -> list[Leaf]:
    """Return a log that received payloads in an order."""
    return [Leaf(number, payload) for number, payload in enumerate(payloads)]


@pytest.fixture
def phone() -> Callable[..., Phone]:
    """Make a device by its name."""
    return Phone


@pytest.fixture
def log() -> Callable[[Iterable[bytes]], list[Leaf]]:
    """Make a log from payloads in the order of their arrival."""
    return rows_of
