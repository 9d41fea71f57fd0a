"""What has to fit in a pack: signatures, devices, times of receipt, attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from portique.ledger.standalone.chains import alarm_of
from portique.ledger.standalone.reading import (
    Checkpoint,
    Entry,
    Fault,
    Key,
    Pack,
    Unfit,
    from_base64,
)

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # then every check of a signature is left out, and the exit code says so
    Ed25519PublicKey = None  # type: ignore[assignment,misc]

PROGRAM = "portique"
HEX64 = re.compile(r"[0-9a-f]{64}")


class Signatures:
    """Ed25519, by the package `cryptography`; without it every answer is None."""

    def __init__(self) -> None:
        self.keys: dict[bytes, Any] = {}
        self.unchecked = 0

    def fits(self, public: bytes, signature: bytes, message: bytes) -> bool | None:
        """Return whether a signature is this key's; None: it cannot be checked here."""
        if Ed25519PublicKey is None:
            self.unchecked += 1
            return None
        try:
            if public not in self.keys:
                self.keys[public] = Ed25519PublicKey.from_public_bytes(public)
            self.keys[public].verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def check_note(self, note: Checkpoint, key: Key) -> str | None:
        """Return what is wrong with a checkpoint under a key; None: nothing."""
        if note.origin != key.name:
            return f"is of {note.origin!r}, the key is of {key.name!r}"
        ours = [s for name, s in note.signatures if name == key.name and s[:4] == key.key_hash]
        if not ours:
            return "carries no signature by the journal's key"
        if any(self.fits(key.public, each[4:], note.text) is False for each in ours):
            return "has a signature that does not fit"
        return None


class Devices:
    """Who may sign: devices.json, held against what the log says of each device."""

    def __init__(self, listed: Any) -> None:
        self.listed: dict[str, dict[str, Any]] = {}
        self.public: dict[str, bytes] = {}
        self.since: dict[str, str] = {}
        self.until: dict[str, str] = {}
        self.admitted: set[str] = set()
        for each in listed if isinstance(listed, list) else [None]:
            if not isinstance(each, dict) or not isinstance(each.get("id"), str):
                raise Unfit("no list of devices")
            if each["id"] in self.listed:
                raise Unfit(f"device {each['id'][:64]!r} stands twice")
            self.listed[each["id"]] = each
            self.public[each["id"]] = from_base64(each.get("public_key"))

    def signer(self, entry: Entry) -> tuple[bytes | None, str | None]:
        """Return the key under which an entry has to fit, and what speaks against its device."""
        name = entry.device
        if name not in self.public:
            return None, f"its device {name!r} is not in devices.json"
        if name != PROGRAM and name not in self.since:
            return self.public[name], f"its device {name!r} was not enrolled before it"
        if name in self.until and entry.payload_hash not in self.admitted:
            return self.public[name], f"its device {name!r} was revoked before it"
        return self.public[name], None

    def take(self, entry: Entry) -> Iterator[Fault]:
        """Take in what the program says of devices."""
        kind, body = entry.said["kind"], entry.said["body"]
        name = str(entry.said["subject"].get("id"))
        self.since.setdefault(PROGRAM, entry.said["occurred_at_utc"])
        if kind == "admitted":
            self.admitted.add(str(body.get("payload_sha256")))
        if kind == "device_enrolled":
            self.since.setdefault(name, entry.said["occurred_at_utc"])
            listed = self.listed.get(name, {})
            if body.get("public_key") != listed.get("public_key"):
                yield entry.fault(f"devices.json has another key for {name!r}, or none")
        if kind == "device_revoked":
            self.until.setdefault(name, entry.said["occurred_at_utc"])

    def finish(self) -> Iterator[Fault]:
        """Yield what devices.json says and the log does not."""
        for name, each in self.listed.items():
            since = self.since.get(name)
            if since is None:
                yield Fault(None, None, f"devices.json: no entry enrols {name!r}")
            elif "until" not in each or (each.get("from"), each["until"]) != (
                since,
                self.until.get(name),
            ):
                yield Fault(None, None, f"devices.json: from or until of {name!r} is not the log's")


class Receipts:
    """When entries came: each entry of a device is covered by one `received` of the program."""

    def __init__(self) -> None:
        self.waiting: dict[int, Entry] = {}

    def take(self, entry: Entry, *, is_program: bool) -> Iterator[Fault]:
        """Take in one entry."""
        body = entry.said["body"]
        if not is_program:
            self.waiting[entry.sequence] = entry._replace(payload=b"", signature=b"")
            return
        if entry.received_at_utc != entry.said["occurred_at_utc"]:
            yield entry.fault("received_at_utc is not the program's own time of the entry")
        if entry.said["kind"] == "received":
            first, last = body.get("first_sequence"), body.get("last_sequence")
            if type(first) is not int or type(last) is not int or last >= entry.sequence:
                yield entry.fault("`received` names no entries before it")
            else:
                yield from self._cover(entry, range(first, last + 1))

    def _cover(self, receipt: Entry, sequences: range) -> Iterator[Fault]:
        for sequence in sequences:
            entry = self.waiting.pop(sequence, None)
            if entry is None:
                yield receipt.fault(
                    f"`received` covers {sequence}: no device's entry, or one "
                    "that is covered already"
                )
                return
            if entry.received_at_utc != receipt.said["body"].get("received_at_utc"):
                yield entry.fault("received_at_utc is not what its `received` says")

    def finish(self) -> Iterator[Fault]:
        """Yield the entries that no `received` covers."""
        for entry in self.waiting.values():
            yield entry.fault("no `received` of the program covers it")


class Attachments:
    """The files that entries name, those that came, those that were destroyed."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.received: dict[str, Entry] = {}
        self.destroyed: set[str] = set()
        self.named: dict[str, list[int]] = {}

    def take(self, entry: Entry, *, is_program: bool) -> None:
        """Take in one entry."""
        for name in dict.fromkeys(str(each["sha256"]) for each in entry.said["attachments"]):
            self.named.setdefault(name, []).append(entry.sequence)
        if is_program and entry.said["kind"] == "attachment_received":
            self.received.setdefault(str(entry.said["body"].get("sha256")), entry)
        if is_program and entry.said["kind"] == "attachment_destroyed":
            self.destroyed.add(str(entry.said["body"].get("sha256")))

    def finish(self) -> Iterator[Fault]:
        """Yield files that are missing, altered, or not named by anything."""
        present = set(self.pack.attachments())
        for name, entry in self.received.items():
            if not HEX64.fullmatch(name):
                yield entry.fault("`attachment_received` names no SHA-256")
            elif name in present:
                if not self.pack.holds(
                    "attachments/" + name, name, entry.said["body"].get("bytes", -1)
                ):
                    yield entry.fault(f"attachments/{name} is not the file that was received")
            elif name not in self.destroyed:
                yield entry.fault(f"attachments/{name} is missing")
        for name in sorted(present - set(self.received)):
            yield Fault(None, None, f"attachments/{name[:80]!r}: no entry says that it came")

    def alarms(self) -> Iterator[dict[str, Any]]:
        """Yield entries whose files never came."""
        for name, sequences in sorted(self.named.items()):
            if name not in self.received and name not in self.destroyed:
                yield alarm_of("incomplete", sequences, f"file {name[:80]} has not come")
