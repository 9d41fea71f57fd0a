"""Logs in which devices do all that is an alarm, drawn from a seed; and one that has it all."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

from tests.ledger.proof.naive_pack import Log, invented

from portique.ledger.alarms import Watch
from portique.ledger.entry import read_payload

Alarms = list[tuple[str, list[int]]]


def by_the_program(log: Log) -> Alarms:
    """Return what the program's own watch says of a log, without the rules of the domain."""
    watch = Watch()
    for row in log.rows:
        fields = read_payload(row["payload"], "invented-case")
        watch.feed(fields, is_program=fields.device_id == "portique")
    return sorted((each.kind, sorted(each.sequences)) for each in watch.alarms())


def drawn(seed: int, steps: int = 14) -> Log:
    """Return a log of two devices that number, chain, close and correct as the seed has it."""
    draw, log = random.Random(seed), invented()
    log.enrol("tablet-3")
    written: list[dict[str, Any]] = []
    for _ in range(steps):
        row = _step(draw, log, written)
        written.append(row)
        log.batch([row])
    return log


def _step(draw: random.Random, log: Log, written: list[dict[str, Any]]) -> dict[str, Any]:
    device = draw.choice(["tablet-1", "tablet-3"])
    number, before = log.chain.get(device, (0, "0" * 64))
    what = draw.choice(["next", "next", "id", "number", "hash", "jump", "close", "correct", "file"])
    said: dict[str, Any] = {}
    kind = "damaged"
    if what == "id" and written:
        said["entry_id"] = json.loads(draw.choice(written)["payload"])["entry_id"]
    elif what == "number" and number:
        said["device_seq"] = draw.randint(max(1, number - 2), number)
    elif what == "hash":
        said["prev_device_hash"] = draw.choice(["f" * 64, "0" * 64, "x"])
    elif what == "jump":
        said["device_seq"] = draw.choice([number + 2, number + 5, 0, -3, 2**53, 2**53 - 1])
    elif what == "close":
        kind = "close_out"
        last = draw.choice([number, number, number + 3, number - 1, -1, "2", True, 2**53 - 1])
        sha256 = draw.choice([before, "e" * 64, None])
        said["body"] = {"last_device_seq": last, "last_payload_sha256": sha256}
    elif what == "correct" and written:
        kind = "correction"
        side = hashlib.sha256(draw.choice(written)["payload"]).hexdigest()
        said["body"] = {draw.choice(["target", "old", "new", "reason"]): side}
    elif what == "file":
        name = draw.choice("ab") * 64
        said["attachments"] = [{"sha256": name, "bytes": 1, "media_type": "image/png"}] * 2
    kept = log.chain.get(device)
    row = log.write(device, kind, **said)
    if what == "number" and kept is not None and draw.random() < 0.5:
        log.chain[device] = kept
    if log.chain[device][0] >= 2**53 - 1 or log.chain[device][0] < 0:
        log.chain[device] = (number + 1, log.chain[device][1])
    return row


def with_every_alarm() -> Log:
    """Return the log of docs/verifier.md that has every kind of alarm."""
    log = invented()
    log.enrol("tablet-3")
    log.enrol("tablet-4")
    start = log.chain["tablet-1"]
    one = log.write("tablet-1", "handed_over")
    log.chain["tablet-1"] = start
    other = log.write("tablet-1", "returned")
    log.batch([one, other])
    named = [{"sha256": "a" * 64, "bytes": 5, "media_type": "image/jpeg"}]
    log.batch([log.write("tablet-3", "found", attachments=named)])
    log.batch([log.write("tablet-3", "sealed", prev_device_hash="f" * 64)])
    number, before = log.chain["tablet-3"]
    said = {"last_device_seq": number + 3, "last_payload_sha256": before}
    log.batch([log.write("tablet-3", "close_out", body=said)])
    log.batch([log.write("tablet-3", "found")])
    number, _ = log.chain["tablet-3"]
    said = {"last_device_seq": number, "last_payload_sha256": "e" * 64}
    log.batch([log.write("tablet-3", "close_out", body=said)])
    log.batch([log.write("tablet-4", "found", device_seq=3)])
    log.batch([log.write("tablet-4", "found", device_seq=0)])
    return log


def table() -> str:
    """Return the entries of devices in that log, and its alarms, as the page has them."""
    log = with_every_alarm()
    alarms = [
        f"{kind:<11}  {', '.join(map(str, places)) or '(none)'}"
        for kind, places in by_the_program(log)
    ]
    return "\n".join([*_entries(log), "", *alarms])


def _entries(log: Log) -> list[str]:
    place_of = {hashlib.sha256(row["payload"]).hexdigest(): row["sequence"] for row in log.rows}
    lines = []
    for row in log.rows:
        said = json.loads(row["payload"])
        if said["device_id"] != "portique":
            before = said["prev_device_hash"]
            after = "zeros" if before == "0" * 64 else place_of.get(before, "nothing held")
            stated = said["body"].get("last_device_seq")
            lines.append(
                f"{row['sequence']:>2}  {said['device_id']} number {said['device_seq']}, follows "
                f"{after}: {said['kind']}"
                + (f", states {stated} and {_named(said, place_of)}" if stated is not None else "")
            )
    return lines


def _named(said: dict[str, Any], place_of: dict[str, int]) -> str:
    place = place_of.get(said["body"]["last_payload_sha256"])
    return "the hash of nothing" if place is None else f"the hash of entry {place}"
