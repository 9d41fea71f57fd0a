"""The devices of a case, as the log's own entries say: enrolled, revoked."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

PROGRAM = "portique"
ENROLLED = "device_enrolled"
REVOKED = "device_revoked"
DEVICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")

_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
"""Points of order 1, 2, 4 and 8, sign bit off: under such a key anybody can sign something.

Source: RFC 8032 section 5.1.3 gives the encoding; the points are the roots of unity of the curve.
"""


@dataclass(frozen=True)
class NewDevice:
    """A device to be enrolled.

    Args:
        id: its name in entries.
        public_key: 32 bytes.
        label: for people.
        site: prison for which it is prepared; None: any.
    """

    id: str
    public_key: bytes
    label: str
    site: str | None = None

    def fault(self) -> str | None:
        """Return what is wrong with it by itself; None: nothing."""
        if not DEVICE_ID.fullmatch(self.id):
            return "a device id has 1 to 64 letters, digits and . _ : -"
        if len(self.public_key) != 32:
            return "a public key has 32 bytes"
        if self.public_key[:31] + bytes([self.public_key[31] & 0x7F]) in _SMALL_ORDER:
            return "this public key is one of a few under which anybody can sign"
        return None


@dataclass(frozen=True)
class Device:
    """A device that was enrolled, and whether it still counts.

    Args:
        id, public_key, label, site: as enrolled.
        enrolled_at_utc: when; revoked_at_utc: None while it counts.
    """

    id: str
    public_key: bytes
    label: str
    site: str | None
    enrolled_at_utc: str
    revoked_at_utc: str | None = None


def devices_of(entries: Iterable[dict[str, Any]]) -> dict[str, Device]:
    """Return the devices that entries of the program enrol, in that order.

    Args:
        entries: payloads of `device_enrolled` and `device_revoked`, read, in the log's order.
    """
    known: dict[str, Device] = {}
    for entry in entries:
        apply(entry, known)
    return known


def apply(entry: dict[str, Any], known: dict[str, Device]) -> None:
    """Let one entry of the program change what devices are known; most change nothing."""
    if entry["kind"] not in {ENROLLED, REVOKED}:
        return
    name, at_utc, body = entry["subject"]["id"], entry["occurred_at_utc"], entry["body"]
    if entry["kind"] == ENROLLED:
        key = base64.b64decode(body["public_key"])
        known[name] = Device(name, key, body["label"], body["site"], at_utc)
    elif name in known:
        known[name] = replace(known[name], revoked_at_utc=at_utc)
