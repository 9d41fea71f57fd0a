"""A case served by the real command on each store, and a client that knows the contract alone."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.web.contract.arithmetic import Note, leaf, read_note, root
from tests.web.wire import Answer, Wire

from portique.cli.main import command_line
from tools.journal_lab import CaseServer
from tools.signing_device import SigningDevice, batch

CASE_ID = "contract"
ENTRIES = "/api/journal/entries"
JSON = "Content-Type: application/json"
UNTIL = "2100-01-01T00:00:00Z"
READY_DEVICES = 40


def portique(*words: str | Path) -> str:
    """Give a command on the command line and return what it printed; the server is elsewhere.

    Raises:
        RuntimeError: it did not exit with 0.
    """
    ended = CliRunner().invoke(command_line, [str(word) for word in words])
    if ended.exit_code:
        raise RuntimeError(f"{words}: exit {ended.exit_code}\n{ended.output}")
    return ended.stdout


@dataclass
class Served:
    """A case that is served, as somebody sees it who has the contract and a socket.

    Args:
        folder: of the case.
        server: the process.
        hub: a device that brings what others wrote.
        ready: devices that are enrolled and have said nothing yet.
        tokens: bearer tokens by role, made when first wanted.
    """

    folder: Path
    server: CaseServer
    hub: SigningDevice
    ready: list[SigningDevice]
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def wire(self) -> Wire:
        """To the server."""
        return Wire(self.server.port)

    def device(self) -> SigningDevice:
        """Return an enrolled device that no other test has."""
        return self.ready.pop()

    def post(self, body: bytes, *headers: str, carrier: str = "hub") -> Answer:
        """Send a batch."""
        who = f"Authorization: Device {carrier}"
        return self.wire.send("POST", ENTRIES, *(headers or (who, JSON)), body=body)

    def judge(self, *elements: Any, carrier: str = "hub") -> list[dict[str, Any]]:
        """Send elements in one batch and return what was answered for each."""
        answer = self.post(batch(list(elements)), carrier=carrier)
        assert answer.status == 200
        assert set(answer.json) == {"results", "checkpoint"}
        results: list[dict[str, Any]] = answer.json["results"]
        assert len(results) == len(elements)
        for each in results:
            assert set(each) == {"entry_id", "status", "sequence", "reason"}
            assert (each["status"] == "invalid") == (each["sequence"] is None)
            assert (each["status"] == "invalid") == (each["reason"] is not None)
        return results

    def statuses(self, *elements: Any, carrier: str = "hub") -> list[str]:
        """Send elements in one batch and return the status of each."""
        return [each["status"] for each in self.judge(*elements, carrier=carrier)]

    def get(self, path: str, *headers: str) -> Answer:
        """Ask."""
        return self.wire.send("GET", f"/api/journal/{path}", *headers)

    def note(self, text: str | None = None) -> Note:
        """Return a checkpoint, its signature tried with `journal.pub`; None: the latest."""
        vkey = (self.folder / "journal.pub").read_text(encoding="utf-8")
        return read_note(text or self.get("checkpoint").content.decode(), vkey)

    def token(self, role: str) -> str:
        """Return the header with which a role reads."""
        if role not in self.tokens:
            site = ("--site", "MA-1") if role == "prison_liaison" else ()
            self.tokens[role] = portique(
                *("token", self.folder, "--role", role, "--actor", "anna", "--until", UNTIL),
                *("--purpose", "inventory", "--justification", "order 7", *site),
            ).strip()
        return f"Authorization: Bearer {self.tokens[role]}"

    def log(self) -> list[dict[str, Any]]:
        """Return every entry, read in pages; `payload` and `signature` as bytes, `said` as JSON."""
        found: list[dict[str, Any]] = []
        place: int | None = 0
        while place is not None:
            page = self.get(f"entries?from={place}", self.token("analyst")).json
            for each in page["entries"]:
                payload = base64.b64decode(each["payload"], validate=True)
                signature = base64.b64decode(each["signature"], validate=True)
                found.append(
                    each | {"payload": payload, "signature": signature, "said": json.loads(payload)}
                )
            place = page["next"]
        return found

    def leaves(self) -> list[bytes]:
        """Return the hash of every leaf, computed from what was read."""
        return [leaf(each["payload"], each["signature"]) for each in self.log()]

    def check(self) -> None:
        """Fail where the newest checkpoint does not say what the log holds."""
        note, leaves = self.note(), self.leaves()
        assert note == Note(f"portique/{CASE_ID}", len(leaves), root(leaves))


def case_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of the store that a fixture's parameter names; empty: a file of the case."""
    return request.getfixturevalue("postgres").fresh_url() if request.param == "postgres" else ""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Serve a case with many enrolled devices, on each store."""
    made = prepare(tmp_path_factory.mktemp("contract"), case_url(request))
    with made.server:
        yield made


def prepare(place: Path, url: str = "", devices: int = READY_DEVICES) -> Served:
    """Make a case with enrolled devices, not served yet."""
    folder = place / CASE_ID
    folder.mkdir()
    (folder / "case.toml").write_text(
        f'[case]\nid = "{CASE_ID}"\nas_of_utc = 2025-05-19T20:00:00Z\n[journal]\nurl = "{url}"\n',
        encoding="utf-8",
    )
    names = ["hub", *(f"phone-{number:02}" for number in range(devices))]
    made = [SigningDevice(name, CASE_ID) for name in names]
    with (place / "devices.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["device_id", "public_key", "label", "site"])
        for each in made:
            key = base64.b64encode(each.public_key).decode()
            rows.writerow([each.device_id, key, f"phone {each.device_id}", "MA-1"])
    portique("device", "enrol", folder, "--from", place / "devices.csv")
    return Served(folder, CaseServer(folder), made[0], made[1:])
