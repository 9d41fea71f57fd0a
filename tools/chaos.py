"""Faults on the journal while devices send (`make chaos`): what was acknowledged is never lost.

The server is killed again and again, a wire in between keeps answers, clocks are wrong, batches
come in any order and twice. At the end the log is read and compared with what devices were told.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.journal_lab import CaseServer, DroppingWire, Sender, Sending, get, make_case, portique
from tools.machine import Busyness
from tools.signing_device import SigningDevice
from tools.stores import add_store, store_url

CLOCK_ERRORS_S = (-3600.0, 24 * 3600.0)
AT_ONCE = 6
"""Entries of a batch; batches of one device are shuffled over this many."""


@dataclass
class Plan:
    """What is tried.

    Args:
        devices: how many send at once.
        kills: how often the server is killed.
        drops: how many answers are lost at least.
        lives_s: shortest and longest life of the server between two kills, in seconds.
        seed: of all that is drawn.
    """

    devices: int = 200
    kills: int = 100
    drops: int = 1000
    lives_s: tuple[float, float] = (0.2, 1.5)
    seed: int = 1


@dataclass
class Outcome:
    """What came out.

    Args:
        plan: what was tried.
        kills, drops: how many there were.
        acknowledged: payload hashes that devices were told of, with the sequence they were told.
        twice: batches that were sent again after their acknowledgement, and came back as known.
        lost: hashes that are not in the log, or elsewhere than told.
        doubled: hashes that are in the log more than once.
        bad_checkpoints: acknowledged checkpoints that the log does not begin with.
        size: of the log.
        statuses: how often each answer came.
    """

    plan: Plan
    kills: int = 0
    drops: int = 0
    acknowledged: dict[str, int] = field(default_factory=dict)
    twice: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    bad_checkpoints: list[str] = field(default_factory=list)
    size: int = 0
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, nothing doubled, and every checkpoint still holds."""
        return not (self.lost or self.doubled or self.bad_checkpoints)


def try_faults(plan: Plan, folder: Path, url: str = "") -> Outcome:
    """Run the faults on a new case and compare the log with what devices were told.

    Args:
        plan: what is tried.
        folder: of the case; made.
        url: of a PostgreSQL database for the journal; empty: in the case folder.
    """
    draw = random.Random(plan.seed)
    names = [f"phone-{number:03}" for number in range(plan.devices)]
    devices = make_case(folder, names, [draw.uniform(*CLOCK_ERRORS_S) for _ in names], url)
    outcome, enough = Outcome(plan), threading.Event()
    done: list[Sending] = []
    with CaseServer(folder) as server:
        dropping = random.Random(plan.seed + 1)
        wire = DroppingWire(server.port, lambda: not enough.is_set() and dropping.random() < 0.3)
        sender = Sender(wire.port)
        threads = [
            threading.Thread(target=_send, args=(device, sender, enough, done, plan.seed + number))
            for number, device in enumerate(devices)
        ]
        for thread in threads:
            thread.start()
        while outcome.kills < plan.kills or wire.dropped < plan.drops:
            time.sleep(draw.uniform(*plan.lives_s))
            if outcome.kills < plan.kills:
                server.kill()
                outcome.kills += 1
                server.start()
        enough.set()
        for thread in threads:
            thread.join()
        wire.close()
        outcome.drops, outcome.statuses = wire.dropped, sender.statuses
        _compare(outcome, done, _log_of(folder, server.port))
        server.stop()
    return outcome


def _send(
    device: SigningDevice,
    sender: Sender,
    enough: threading.Event,
    done: list[Sending],
    seed: int,
) -> None:
    """Send batches in any order, some of them twice, until it is enough."""
    draw = random.Random(seed)
    while not enough.is_set():
        entries = device.entries(AT_ONCE * AT_ONCE)
        draw.shuffle(entries)
        for place in range(0, len(entries), AT_ONCE):
            batch = entries[place : place + AT_ONCE]
            for _ in range(2 if draw.random() < 0.2 else 1):
                sent = sender.send(device.device_id, batch)
                if sent is not None:
                    done.append(sent)
            if enough.wait(draw.uniform(0, 0.5)):
                return


def _log_of(folder: Path, port: int) -> list[tuple[bytes, bytes]]:
    """Return payload and signature of every entry, as a program with a token reads them."""
    token = portique(
        *("token", folder, "--role", "analyst", "--actor", "chaos", "--purpose", "comparison"),
        *("--until", "2100-01-01T00:00:00Z"),
    ).strip()
    found: list[tuple[bytes, bytes]] = []
    place = 0
    while True:
        path = f"/api/journal/entries?from={place}"
        status, content = get(port, path, {"Authorization": f"Bearer {token}"})
        if status != 200:
            raise RuntimeError(f"{path}: {status} {content!r}")
        page = json.loads(content)
        for each in page["entries"]:
            found.append((base64.b64decode(each["payload"]), base64.b64decode(each["signature"])))
        if page["next"] is None:
            return found
        place = page["next"]


def _compare(outcome: Outcome, done: list[Sending], log: list[tuple[bytes, bytes]]) -> None:
    hashes = [hashlib.sha256(payload).hexdigest() for payload, _ in log]
    told: dict[int, set[str]] = {}
    for sending in done:
        for element, result in zip(sending.elements, sending.results, strict=True):
            sha256 = hashlib.sha256(base64.b64decode(element["payload"])).hexdigest()
            sequence = result["sequence"]
            if result["status"] not in {"stored", "known"} or hashes[sequence] != sha256:
                outcome.lost.append(sha256)
            outcome.acknowledged[sha256] = sequence
        outcome.twice += all(each["status"] == "known" for each in sending.results)
        note = sending.checkpoint.splitlines()
        told.setdefault(int(note[1]), set()).add(note[2])
    outcome.size = len(log)
    outcome.doubled = [sha256 for sha256, count in Counter(hashes).items() if count > 1]
    for size, root in _roots(log):
        for claimed in told.pop(size, {root}) - {root}:
            outcome.bad_checkpoints.append(f"{size}: {claimed}, the log has {root}")
    outcome.bad_checkpoints += [f"{size}: larger than the log" for size in told]


def _roots(log: list[tuple[bytes, bytes]]) -> Iterator[tuple[int, str]]:
    """Yield size and root of every tree that the log went through (RFC 6962 section 2.1)."""
    peaks: list[tuple[int, bytes]] = []
    for size, (payload, signature) in enumerate(log, 1):
        node = (0, hashlib.sha256(b"\0" + payload + signature).digest())
        while peaks and peaks[-1][0] == node[0]:
            height, left = peaks.pop()
            node = (height + 1, hashlib.sha256(b"\1" + left + node[1]).digest())
        peaks.append(node)
        root = peaks[-1][1]
        for _, left in reversed(peaks[:-1]):
            root = hashlib.sha256(b"\1" + left + root).digest()
        yield size, base64.b64encode(root).decode()


def main() -> int:
    """Run the faults and print what came out; 1 where something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=Plan.devices)
    parser.add_argument("--kills", type=int, default=Plan.kills)
    parser.add_argument("--drops", type=int, default=Plan.drops)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    add_store(parser)
    asked = parser.parse_args()
    plan = Plan(asked.devices, asked.kills, asked.drops, seed=asked.seed)
    started, busyness = time.monotonic(), Busyness()
    with store_url(asked.store) as url, tempfile.TemporaryDirectory() as made:
        outcome = try_faults(plan, Path(made) / "chaos", url)
    print(busyness.line())
    print(f"store         {asked.store}")
    print(f"kills         {outcome.kills}, answers dropped {outcome.drops:,}")
    print(f"acknowledged  {len(outcome.acknowledged):,} entries of {plan.devices} devices")
    print(f"sent twice    {outcome.twice:,} batches came back as known")
    print(
        f"log           {outcome.size:,} entries; answers {dict(sorted(outcome.statuses.items()))}"
    )
    print(f"lost          {len(outcome.lost)}")
    print(f"doubled       {len(outcome.doubled)}")
    print(f"checkpoints   {len(outcome.bad_checkpoints)} that the log does not begin with")
    print(f"seconds       {time.monotonic() - started:.0f}")
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
