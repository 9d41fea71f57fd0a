"""One small case on the real journal, served by the real command."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.web.wire import Answer, Wire

from portique.flow.commands import Init
from portique.flow.devices import DeviceLine, enrol
from portique.flow.handlers import init
from portique.flow.permissions import Person
from portique.ledger.journal import Journal
from tools.journal_lab import CaseServer
from tools.signing_device import SigningDevice, batch

JSON = "Content-Type: application/json"


@dataclass
class Lab:
    """A case with one device.

    Args:
        folder: of the case.
        device: enrolled.
        server: not started yet.
    """

    folder: Path
    device: SigningDevice
    server: CaseServer

    @property
    def wire(self) -> Wire:
        """To the server."""
        return Wire(self.server.port)

    def post(self, body: bytes, patience_s: float = 60.0) -> Answer:
        """Send a batch."""
        who = f"Authorization: Device {self.device.device_id}"
        return self.wire.send(
            "POST", "/api/journal/entries", who, JSON, body=body, patience_s=patience_s
        )

    def post_entries(self, count: int) -> Answer:
        """Send new entries."""
        return self.post(batch(self.device.entries(count)))

    def payloads(self) -> list[bytes]:
        """Return what the log holds, read from the folder."""
        with Journal.open(self.folder) as journal:
            return [each.payload for each in journal.entries(0, journal.size())]


def make_lab(root: Path, most_file_bytes: int | None = None) -> Lab:
    """Make a case with one device below a folder."""
    folder, person = root / "lab", Person("anna", "lead_investigator")
    init(Init(folder), person)
    device = SigningDevice("hub", "lab")
    key = base64.b64encode(device.public_key).decode()
    enrol(folder, [DeviceLine("hub", key, "hub of a site", "", "here")], person, None)
    return Lab(folder, device, CaseServer(folder, most_file_bytes))


def sent_payloads(body: bytes) -> list[bytes]:
    """Return the payloads of a batch."""
    entries: list[dict[str, Any]] = json.loads(body)["entries"]
    return [base64.b64decode(each["payload"]) for each in entries]
