"""Devices of a case: prepared, listed, taken out of use; and what a revoked one sent, let in."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portique.core.errors import Refused, Taken
from portique.flow.journal import opened
from portique.flow.permissions import Person, require, require_site
from portique.ledger.journal import Device, NewDevice

COLUMNS = ("device_id", "public_key", "label", "site")
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KNOWN_ALREADY = "LED-010"
_KEY_BYTES = 32


@dataclass(frozen=True)
class DeviceLine:
    """One device as it was written on the command line or in a file.

    Args:
        device_id: its name in entries.
        public_key: base64 of 32 bytes, Ed25519.
        label: for people.
        site: prison for which it is prepared; empty: any.
        where: line of the file, or the option.
    """

    device_id: str
    public_key: str
    label: str
    site: str
    where: str


def read_lines(path: Path) -> list[DeviceLine]:
    """Return the devices of a CSV file: UTF-8, comma, with a header.

    Raises:
        Refused: another form or other columns, or no line.
    """
    try:
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), strict=True)
        wrong = set(COLUMNS) ^ set(rows.fieldnames or ())
        lines = [] if wrong else [_line(row, f"{path.name}, line {rows.line_num}") for row in rows]
    except (UnicodeDecodeError, csv.Error) as fault:
        raise _file_refused(path, f"it is no CSV in UTF-8: {fault}") from fault
    if wrong:
        raise _file_refused(path, f"these columns are missing or too many: {sorted(wrong)}")
    if not lines:
        raise _file_refused(path, "it has no line")
    return lines


def enrol(case: Path, lines: list[DeviceLine], person: Person, actor: str | None) -> dict[str, Any]:
    """Enrol devices, all or none, under one checkpoint; makes the journal where none is.

    Args:
        case: the case folder.
        lines: the devices.
        person: who asks.
        actor: who is written into the log; None: the person.

    Raises:
        Taken: an id or a key that is known already, also of a revoked device, or stands twice.
        Refused: what is no device.
    """
    require(person, "device enrol")
    new = [_new_device(line) for line in lines]
    with opened(case, create=True) as journal:
        try:
            held = journal.enrol(new, actor or person.actor)
        except Refused as fault:
            if fault.code != _KNOWN_ALREADY:
                raise
            raise Taken(fault.what, where=fault.where, mend=fault.mend, code=fault.code) from fault
        return {
            "devices": [device.id for device in new],
            "sequences": [each.sequence for each in held],
            "checkpoint": journal.checkpoint(),
        }


def revoke(case: Path, device_id: str, person: Person, actor: str | None) -> dict[str, Any]:
    """Take a device out of use: what the log holds of it stays.

    Raises:
        Refused: no such device, or it is revoked.
    """
    require(person, "device revoke")
    with opened(case) as journal:
        held = journal.revoke(device_id, actor or person.actor)
        return {
            "device": device_id,
            "sequence": held.sequence,
            "checkpoint": journal.checkpoint(),
        }


def admit(
    case: Path, payload_sha256: str, person: Person, actor: str, ground: str
) -> dict[str, Any]:
    """Let in an entry that a revoked device signed: a decision, and it stands in the log.

    Raises:
        Refused: no such entry in quarantine, or nothing that a device of this case signed.
    """
    require(person, "device admit")
    if not _SHA256.fullmatch(payload_sha256):
        raise Refused(
            "a payload is named by its SHA-256: 64 lower-case hex digits",
            where=payload_sha256,
            mend="`portique verify --json` and the answer to the device name what is in quarantine",
            code="DEV-003",
        )
    with opened(case) as journal:
        held = journal.admit(payload_sha256, actor, ground)
        return {"sequence": held.sequence, "checkpoint": journal.checkpoint()}


def listed(case: Path, person: Person) -> list[dict[str, Any]]:
    """Return the devices of a case, or of the one site for which a person acts.

    Raises:
        Refused: no journal yet, or a role of one site and none stated.
    """
    require(person, "device list")
    site = require_site(person)
    with opened(case) as journal:
        return [_shown(each) for each in journal.devices() if site in {None, each.site}]


def _shown(device: Device) -> dict[str, Any]:
    return {
        "device_id": device.id,
        "public_key": base64.b64encode(device.public_key).decode("ascii"),
        "label": device.label,
        "site": device.site,
        "enrolled_at_utc": device.enrolled_at_utc,
        "revoked_at_utc": device.revoked_at_utc,
    }


def _line(row: dict[str | Any, str | Any], where: str) -> DeviceLine:
    # Too few fields give None, too many a list under None: neither is a text.
    device_id, key, label, site = (
        row[name].strip() if isinstance(row[name], str) else "" for name in COLUMNS
    )
    return DeviceLine("" if None in row else device_id, key, label, site, where)


def _new_device(line: DeviceLine) -> NewDevice:
    try:
        key = base64.b64decode(line.public_key, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    device = NewDevice(line.device_id, key, line.label, line.site or None)
    for what in _faults(device):
        raise Refused(
            f"this is no device that can be enrolled: {what}",
            where=line.where,
            mend="correct it; of a file no device was enrolled",
            code="DEV-001",
        )
    return device


def _faults(device: NewDevice) -> Iterator[str]:
    if len(device.public_key) != _KEY_BYTES:
        yield "a public key is the base64 of 32 bytes"
    fault = device.fault()
    if fault is not None:
        yield fault
    if not device.label:
        yield "it has no label"


def _file_refused(path: Path, what: str) -> Refused:
    return Refused(
        f"this file of devices cannot be read: {what}",
        where=str(path),
        mend="write it in UTF-8 with the header " + ",".join(COLUMNS),
        code="DEV-002",
    )
