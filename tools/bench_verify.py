"""Time of `portique verify` against a bare loop over the same signatures (`make bench-verify`).

    python -m tools.bench_verify [--entries 200000] [--folder build/bench-verify]

Both are timed in one run of this file and on every core: the bare loop holds payloads, signatures
and keys in memory and does nothing but Ed25519. The journal is kept for the next time.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import multiprocessing
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portique.ledger.journal import Journal, NewDevice, Posted
from portique.ledger.projection import rule_alarms
from portique.ledger.verify import verify
from tools.machine import Busyness

CASE_ID = "bench"
DEVICES = 40
BATCH = 500
Signed = tuple[bytes, bytes, bytes]

_signed: list[Signed] = []


def main() -> int:
    """Make the journal where it is missing, time both, print one line each and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=Path("build/bench-verify"))
    asked = parser.parse_args()
    case = asked.folder / str(asked.entries)
    if not (case / "journal.pub").is_file():
        make_journal(case, asked.entries)
    signed, busyness = signatures_of(case), Busyness()
    before = processor_s()
    bare_s = bare_loop(signed)
    between = processor_s()
    started = time.monotonic()
    report = verify(case, rules=rule_alarms)
    verify_s = time.monotonic() - started
    ratio = (processor_s() - between) / (between - before)
    if not report.ok:
        raise SystemExit(f"the journal of the bench does not fit: {report.faults[0]}")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    workers_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(busyness.line())
    print(f"entries      {report.size:>10,}")
    print(f"bare loop    {bare_s:>10.1f} s   {bare_s / len(signed) * 1e6:.0f} us an entry")
    print(f"verify       {verify_s:>10.1f} s   {verify_s / report.size * 1e6:.0f} us an entry")
    print(f"ratio        {verify_s / bare_s:>10.2f}     of time; of processor time {ratio:.2f}")
    print(f"memory       {peak_mib:>10.0f} MiB (with the bench's own), {workers_mib:.0f} a worker")
    return 0


def processor_s() -> float:
    """Return the processor time of this process and of those that it started and that ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def make_journal(case: Path, entries: int) -> None:
    """Write a journal of invented entries of some devices."""
    case.mkdir(parents=True, exist_ok=True)
    (case / "case.toml").write_text(
        f'[case]\nid = "{CASE_ID}"\nas_of_utc = 2025-05-19T20:00:00Z\n', encoding="utf-8"
    )
    keys = [
        Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"%d" % number).digest())
        for number in range(DEVICES)
    ]
    before = ["0" * 64] * DEVICES
    with Journal.open(case, create=True) as journal:
        journal.enrol(
            [
                NewDevice(f"tablet-{n}", key.public_key().public_bytes_raw(), f"tablet {n}")
                for n, key in enumerate(keys)
            ],
            "bench",
        )
        for first in range(0, entries, BATCH):
            batch = []
            for number in range(first, min(first + BATCH, entries)):
                device = number % DEVICES
                payload = payload_of(number, before[device])
                before[device] = hashlib.sha256(payload).hexdigest()
                signature = keys[device].sign(payload)
                batch.append(
                    Posted(base64.b64encode(payload).decode(), base64.b64encode(signature).decode())
                )
            journal.accept(batch, "tablet-0")


def payload_of(number: int, before: str) -> bytes:
    """Return the payload of one invented entry."""
    entry = {
        "v": 1,
        "entry_id": f"01970000-0000-7000-8000-{number:012x}",
        "case_id": CASE_ID,
        "kind": "found",
        "device_id": f"tablet-{number % DEVICES}",
        "device_seq": number // DEVICES + 1,
        "prev_device_hash": before,
        "hlc": {"wall_ms": 1_747_684_800_000 + number, "counter": 0},
        "occurred_at_utc": "2025-05-20T06:00:00.000Z",
        "time_source": "device",
        "actor": "an invented person",
        "role": "search_team",
        "purpose": "search of the morning",
        "authority_id": "REQ-2025-0117",
        "subject": {"type": "cell", "id": f"P1-B-{number % 500}"},
        "causes": [],
        "status": "fact",
        "body": {"model": "invented", "note": "behind the ventilation"},
        "attachments": [],
    }
    return json.dumps(entry, separators=(",", ":")).encode()


def signatures_of(case: Path) -> list[Signed]:
    """Return key, signature and payload of every entry."""
    with Journal.open(case) as journal:
        public = {device.id: device.public_key for device in journal.devices()}
        public["portique"] = journal.program_key()
        signed: list[Signed] = []
        while held := journal.entries(len(signed), 1000):
            for each in held:
                device = json.loads(each.payload)["device_id"]
                signed.append((public[device], each.signature, each.payload))
    return signed


def bare_loop(signed: list[Signed]) -> float:
    """Return the seconds of nothing but signatures, on every core."""
    workers = os.cpu_count() or 1
    _signed[:] = signed
    context = multiprocessing.get_context("fork")  # the entries are there without being sent
    with ProcessPoolExecutor(workers, context) as pool:
        list(pool.map(len, [b""] * workers))
        started = time.monotonic()
        list(pool.map(check_part, [(number, workers) for number in range(workers)]))
        return time.monotonic() - started


def check_part(part: tuple[int, int]) -> int:
    """Check every n-th signature and return how many there were."""
    keys: dict[bytes, Ed25519PublicKey] = {}
    mine = _signed[part[0] :: part[1]]
    for public, signature, payload in mine:
        if public not in keys:
            keys[public] = Ed25519PublicKey.from_public_bytes(public)
        keys[public].verify(signature, payload)
    return len(mine)


if __name__ == "__main__":
    sys.exit(main())
