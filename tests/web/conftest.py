"""A server in this process on the naive journal, and devices that sign."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from tests.web.naive_journal import NOW, NaiveJournal
from tests.web.wire import Answer, Wire

from portique.flow.folder import CaseFolder
from portique.flow.serving import Desk
from portique.ledger.journal import Device, Journal
from portique.web.server import free_port, serve
from tools.signing_device import SigningDevice, batch

VKEY = "portique/web+00000000+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh"


@dataclass
class Served:
    """A case that is served, and two devices of it: a hub, and one that was revoked.

    Args:
        wire: to the server.
        journal: behind it.
        folder: of the case.
        hub, lost: the devices.
    """

    wire: Wire
    journal: NaiveJournal
    folder: CaseFolder
    hub: SigningDevice
    lost: SigningDevice

    def post(self, body: bytes, *headers: str) -> Answer:
        """Send a batch as the hub."""
        given = headers or ("Authorization: Device hub", "Content-Type: application/json")
        return self.wire.send("POST", "/api/journal/entries", *given, body=body)

    def post_entries(self, count: int) -> Answer:
        """Send new entries of the hub."""
        return self.post(batch(self.hub.entries(count)))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a case on the naive journal in a thread."""
    root = tmp_path_factory.mktemp("case")
    (root / "journal.pub").write_text(VKEY + "\n", encoding="utf-8")
    yield from _served(root)


@pytest.fixture
def served_apart(tmp_path: Path) -> Iterator[Served]:
    """Serve a case that one test has to itself."""
    (tmp_path / "journal.pub").write_text(VKEY + "\n", encoding="utf-8")
    yield from _served(tmp_path)


def _served(root: Path) -> Iterator[Served]:
    hub, lost = SigningDevice("hub", "web"), SigningDevice("lost", "web")
    journal = NaiveJournal(
        "web",
        [
            Device("hub", hub.public_key, "hub of a site", None, NOW, None),
            Device("lost", lost.public_key, "lost in a yard", None, NOW, NOW),
        ],
    )
    desk = Desk(cast("Journal", journal), CaseFolder(root))
    port = free_port("127.0.0.1", 0)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete,
        args=(serve(desk, "127.0.0.1", port, stop, ready.set),),
    )
    thread.start()
    assert ready.wait(20)
    try:
        yield Served(Wire(port), journal, CaseFolder(root), hub, lost)
    finally:
        journal.wait.set()
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()
    assert not thread.is_alive()
