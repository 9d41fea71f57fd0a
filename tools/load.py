"""Load on the journal: devices that were cut off reconnect all at once (`make load`).

Each has its entries signed already and sends them in batches, one after the other, until they are
acknowledged. Server and devices share this machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from tools.journal_lab import CaseServer, Sender, Sending, make_case
from tools.machine import Busyness
from tools.signing_device import SigningDevice
from tools.stores import add_store, store_url


def main() -> int:
    """Run the load and print what was reached; 1 where an entry is missing."""
    asked, busyness = _asked(), Busyness()
    with store_url(asked.store) as url, tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "load"
        names = [f"phone-{number:03}" for number in range(asked.devices)]
        devices = make_case(folder, names, [0.0] * asked.devices, url)
        work = [(each, _batches(each, asked)) for each in devices]
        with CaseServer(folder) as server:
            sender = Sender(server.port)
            before_s = server.cpu_s()
            started = time.monotonic()
            done = _send_all(sender, work)
            seconds = time.monotonic() - started
            cpu_s = server.cpu_s() - before_s
            exit_code = server.stop()
    print(busyness.line())
    print(f"store         {asked.store}")
    return _report(asked, done, seconds, cpu_s, sender.statuses) or exit_code


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--entries", type=int, default=400, help="of each device")
    add_store(parser)
    parser.add_argument("--batch", type=int, default=100, help="entries of a batch")
    return parser.parse_args()


def _batches(device: SigningDevice, asked: argparse.Namespace) -> list[list[dict[str, str]]]:
    entries = device.entries(asked.entries)
    return [entries[place : place + asked.batch] for place in range(0, len(entries), asked.batch)]


def _send_all(
    sender: Sender, work: list[tuple[SigningDevice, list[list[dict[str, str]]]]]
) -> list[Sending]:
    done: list[Sending] = []

    def send(device: SigningDevice, batches: list[list[dict[str, str]]]) -> None:
        for elements in batches:
            sent = sender.send(device.device_id, elements)
            if sent is not None:
                done.append(sent)

    threads = [threading.Thread(target=send, args=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def _report(
    asked: argparse.Namespace,
    done: list[Sending],
    seconds: float,
    cpu_s: float,
    statuses: dict[str, int],
) -> int:
    wanted = asked.devices * asked.entries
    stored = sum(r["status"] in {"stored", "known"} for each in done for r in each.results)
    cuts = statistics.quantiles([each.seconds for each in done], n=100, method="inclusive")
    print(f"acknowledged  {stored:,} of {wanted:,} entries of {asked.devices} devices")
    print(f"seconds       {seconds:.1f}  ({stored / seconds:,.0f} entries a second)")
    print(f"a batch       p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, from its first attempt")
    each_us = 1e6 * cpu_s / max(stored, 1)
    print(f"server        {cpu_s:.1f} processor seconds, {each_us:.0f} us an entry")
    print(f"answers       {dict(sorted(statuses.items()))}")
    return 0 if stored == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
