"""Time of `portique verify` against a bare loop over the same signatures (`make bench-verify`).

    python -m tools.bench_verify [--entries 1000000] [--without-order] [--folder build/bench-verify]

Both are timed in one run of this file and on every core: the bare loop holds payloads, signatures
and keys in memory and does nothing but Ed25519. The journal is that of a lawful operation, ten
acts a cell from its target to the lab; with `--without-order` nobody signed the order, and most
entries break a rule. It is kept for the next time.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portique.ledger.journal import Journal, NewDevice, Posted
from portique.ledger.projection import rule_alarms
from portique.ledger.verify import verify
from tools.machine import Busyness

CASE_ID = "bench"
DEVICES = 40
DESK = "desk"
BATCH = 500
ORDER = "REQ-2025-0117"
Signed = tuple[bytes, bytes, bytes]
Act = dict[str, Any]

_ON_ORDER: Act = {"subject": {"type": "document", "id": ORDER}}
_WORDS = {"scope": ["search", "seize"], "from_utc": "2025-05-20T00:00:00Z"}
AUTHORITY: tuple[tuple[str, Act], ...] = (
    (DESK, {**_ON_ORDER, "kind": "authority_requested", "role": "analyst", "body": _WORDS}),
    (DESK, {**_ON_ORDER, "kind": "authority_signed", "role": "lead_investigator"}),
    (DESK, {**_ON_ORDER, "kind": "authority_signed", "role": "magistrate", "actor": "a judge"}),
)
"""Without it every second act is outside authority."""

_signed: list[Signed] = []


def main() -> int:
    """Make the journal where it is missing, time both, print one line each and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--without-order", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("build/bench-verify"))
    asked = parser.parse_args()
    case = asked.folder / f"{asked.entries}{'-without-order' if asked.without_order else ''}"
    if not (case / "made").is_file():
        make_journal(case, asked.entries, is_lawful=not asked.without_order)
        (case / "made").touch()
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
    alarmed = {sequence for alarm in report.alarms for sequence in alarm.sequences}
    print(f"entries      {report.size:>10,}   {len(alarmed):,} of them with an alarm")
    print(f"bare loop    {bare_s:>10.1f} s   {bare_s / len(signed) * 1e6:.0f} us an entry")
    print(f"verify       {verify_s:>10.1f} s   {verify_s / report.size * 1e6:.0f} us an entry")
    print(f"ratio        {verify_s / bare_s:>10.2f}     of time; of processor time {ratio:.2f}")
    print(f"memory       {peak_mib:>10.0f} MiB (with the bench's own), {workers_mib:.0f} a worker")
    return 0


def processor_s() -> float:
    """Return the processor time of this process and of those that it started and that ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def make_journal(case: Path, entries: int, *, is_lawful: bool) -> None:
    """Write a journal of invented entries of some devices."""
    case.mkdir(parents=True, exist_ok=True)
    (case / "case.toml").write_text(
        f'[case]\nid = "{CASE_ID}"\nas_of_utc = 2025-05-19T20:00:00Z\n', encoding="utf-8"
    )
    keys = {
        name: Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        for name in [DESK, *(f"tablet-{number}" for number in range(DEVICES))]
    }
    before, held = dict.fromkeys(keys, "0" * 64), dict.fromkeys(keys, 0)
    order = AUTHORITY if is_lawful else ()
    acts = itertools.chain(order, islice(acts_of_a_morning(), entries - len(order)))
    with Journal.open(case, create=True) as journal:
        public = {name: key.public_key().public_bytes_raw() for name, key in keys.items()}
        journal.enrol([NewDevice(name, key, name) for name, key in public.items()], "bench")
        number = 0
        while batch := list(islice(acts, BATCH)):
            posts = []
            for name, act in batch:
                held[name], number = held[name] + 1, number + 1
                payload = payload_of(number, name, held[name], before[name], act)
                before[name] = hashlib.sha256(payload).hexdigest()
                signed = (payload, keys[name].sign(payload))
                posts.append(Posted(*(base64.b64encode(each).decode() for each in signed)))
            journal.accept(posts, DESK)


def acts_of_a_morning() -> Iterator[tuple[str, Act]]:
    """Yield ten acts of each cell without end: who enters each, and what differs from another."""
    for unit in itertools.count():
        tablet = f"tablet-{unit % DEVICES}"
        cell, exhibit, seal = f"P{unit % 66}-B-{unit}", f"SC-{unit}", f"S{unit:07}"
        find: Act = {"subject": {"type": "cell", "id": cell}, "role": "search_team"}
        held: Act = {"subject": {"type": "exhibit", "id": exhibit}, "role": "search_team"}
        keeper: Act = {**held, "role": "exhibit_custodian"}
        yield tablet, {**find, "kind": "targeted", "role": "analyst", "status": "assessment"}
        yield tablet, {**find, "kind": "authorised", "role": "magistrate", "actor": "a judge"}
        yield tablet, {**find, "kind": "search_started", "body": {"team": tablet}}
        yield tablet, {**find, "kind": "found", "body": {"exhibit_id": exhibit}}
        yield tablet, {**held, "kind": "seized", "body": {"cell_id": cell, "what": "invented"}}
        yield tablet, {**held, "kind": "sealed", "body": {"seal_number": seal}}
        for giver, taker in (("a searcher", "a keeper"), ("a keeper", "an examiner")):
            yield tablet, {**keeper, "kind": "handed_over", "actor": giver, "body": {"to": taker}}
            yield tablet, {**keeper, "kind": "taken_over", "actor": taker, "body": {"from": giver}}


def payload_of(number: int, device_id: str, device_seq: int, before: str, act: Act) -> bytes:
    """Return the payload of one invented entry."""
    entry = {
        "v": 1,
        "entry_id": f"01970000-0000-7000-8000-{number:012x}",
        "case_id": CASE_ID,
        "kind": act["kind"],
        "device_id": device_id,
        "device_seq": device_seq,
        "prev_device_hash": before,
        "hlc": {"wall_ms": 1_747_684_800_000 + number, "counter": 0},
        "occurred_at_utc": "2025-05-20T06:00:00.000Z",
        "time_source": "device",
        "actor": act.get("actor", "a searcher"),
        "role": act["role"],
        "purpose": "search of the morning",
        "authority_id": None if device_id == DESK else ORDER,
        "subject": act["subject"],
        "causes": [],
        "status": act.get("status", "fact"),
        "body": act.get("body", {}),
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
