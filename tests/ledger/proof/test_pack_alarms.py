"""What devices signed is an alarm and no fault; what the program vouches for is not a device's."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.proof.naive_pack import Log, invented
from tests.ledger.proof.test_pack_changes import checked, place


def kinds(log: Log) -> list[tuple[str, list[int]]]:
    """Return the alarms of a log that has no fault."""
    check = checked(log)
    assert check.exit_code == 0, check.faults
    return [(alarm["kind"], alarm["sequences"]) for alarm in check.alarms]


def test_two_payloads_of_one_number_or_one_id_are_a_conflict() -> None:
    """Both are in the log; the alarm names both."""
    log = invented()
    before = log.chain["tablet-1"]
    one = log.write("tablet-1", "handed_over")
    log.chain["tablet-1"] = before
    other = log.write("tablet-1", "returned", entry_id=json.loads(one["payload"])["entry_id"])
    log.batch([one, other])
    first = len(log.rows) - 3

    assert kinds(log) == [("conflict", [first, first + 1])]


def test_either_side_of_a_conflict_is_a_predecessor() -> None:
    """Where two payloads are at a number, the next entry may follow either."""
    log = invented()
    before = log.chain["tablet-1"]
    one = log.write("tablet-1", "handed_over")
    after_one = log.chain["tablet-1"]
    log.chain["tablet-1"] = before
    other = log.write("tablet-1", "returned")
    log.chain["tablet-1"] = after_one
    log.batch([one, other, log.write("tablet-1", "examined")])

    assert [kind for kind, _ in kinds(log)] == ["conflict"]


def test_a_gap_is_a_range_whatever_its_length() -> None:
    """Numbers that are not here cost nothing, up to the largest."""
    log = invented()
    log.batch([log.write("tablet-1", "handed_over", device_seq=2**53 - 1)])

    check = checked(log)

    assert check.chains.gaps() == {"tablet-1": [[5, 2**53 - 2]]}
    assert kinds(log) == [("gap", [len(log.rows) - 2])]


def test_entries_may_come_in_any_order() -> None:
    """A chain is whole when all have come, whatever came first."""
    log = invented()
    rows = [log.write("tablet-1", "handed_over") for _ in range(5)]
    log.batch(rows[3:])
    log.batch(rows[:3])

    assert kinds(log) == []


def test_a_predecessor_that_was_never_held_is_an_alarm() -> None:
    """The number before is here, but it is another payload."""
    log = invented()
    log.batch([log.write("tablet-1", "handed_over", prev_device_hash="f" * 64)])

    assert kinds(log) == [("predecessor", [len(log.rows) - 2])]


def test_an_entry_whose_file_has_not_come_is_incomplete() -> None:
    """The alarm names the entry."""
    log = invented()
    named = [{"sha256": "a" * 64, "bytes": 5, "media_type": "image/jpeg"}]
    log.batch([log.write("tablet-1", "handed_over", attachments=named)])

    assert kinds(log) == [("incomplete", [len(log.rows) - 2])]


def test_a_revoked_device_signs_nothing_more_unless_let_in() -> None:
    """`admitted` of the program names the payload; without it the entry does not fit."""
    log = invented()
    late = log.write("tablet-2", "found")
    log.batch([late])
    assert place(checked(log)) == len(log.rows) - 2

    log = invented()
    late = log.write("tablet-2", "found")
    log.program("admitted", {"payload_sha256": hashlib.sha256(late["payload"]).hexdigest()})
    log.batch([late])
    assert kinds(log) == []


def test_a_device_signs_nothing_before_it_is_enrolled() -> None:
    """The order of the log counts, not what the entries say of time."""
    log = invented()
    log.batch([log.write("tablet-3", "found")])
    at = len(log.rows) - 2
    log.enrol("tablet-3")

    assert place(checked(log)) == at


def test_a_device_cannot_vouch_for_a_time_of_receipt() -> None:
    """Only a `received` of the program counts."""
    log = invented()
    at_utc, sequence = log.now(), len(log.rows)
    said = {"first_sequence": sequence, "last_sequence": sequence, "received_at_utc": at_utc}
    log.put(log.write("tablet-1", "handed_over"), at_utc)
    log.put(log.write("tablet-1", "received", body=said), at_utc)

    assert place(checked(log)) == sequence


@pytest.mark.parametrize("shift", [-1, 1])
def test_an_entry_that_is_not_covered_or_covered_twice_does_not_fit(shift: int) -> None:
    """Each entry of a device is covered by exactly one `received`."""
    log = invented()
    at_utc, sequence = log.now(), len(log.rows)
    log.put(log.write("tablet-1", "handed_over"), at_utc)
    log.put(log.write("tablet-1", "returned"), at_utc)
    said = {"received_at_utc": at_utc, "first_sequence": sequence, "last_sequence": sequence}
    log.program("received", said)
    if shift < 0:
        log.program("received", said)

    assert place(checked(log)) == sequence + (1 if shift > 0 else 3)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"first_sequence": 0, "last_sequence": 2**70},
        {"first_sequence": -(2**70), "last_sequence": 3},
        {"first_sequence": "0", "last_sequence": None},
    ],
)
def test_a_received_over_nothing_does_not_fit(body: dict[str, Any]) -> None:
    """Whatever the program signed, a range that is none is said to be none."""
    log = invented()
    log.program("received", body)

    assert place(checked(log)) == len(log.rows) - 1


def test_files_that_the_last_entry_exports_are_bound_by_it() -> None:
    """sources.json and what was derived were hashed before `exported` was signed."""
    log = invented()
    content = b'[{"file": "sale/ledger.csv"}]'
    said = {"name": "sources.json", "bytes": len(content)}
    said["sha256"] = hashlib.sha256(content).hexdigest()
    log.program("exported", {"files": [said]})

    def put(changed: bytes) -> Any:
        return lambda folder: (folder / "sources.json").write_bytes(changed)

    assert checked(log, put(content)).exit_code == 0
    assert place(checked(log, put(content[:-1] + b" "))) == len(log.rows) - 1
    assert checked(log).exit_code == 1


def test_a_name_in_exported_never_leads_out_of_the_pack(tmp_path: Path) -> None:
    """Such a name is a fault, and the file is not opened."""
    log = invented()
    files = [{"name": "../x", "bytes": 1, "sha256": "0" * 64}]
    log.program("exported", {"files": files})

    check = checked(log)
    assert check.exit_code == 1
    assert "leads out" in check.faults[0].what
