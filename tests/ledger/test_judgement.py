"""The judgement of entries, in the contract's order, on each store."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, posted, values, written

from portique.core.errors import Refused
from portique.ledger.checkpoint import parse
from portique.ledger.entry import read_json
from portique.ledger.journal import Journal, NewDevice, Posted
from portique.ledger.program import hex_sha256


def judged(journal: Journal, *posts: Posted) -> list[tuple[str, int | None, str | None]]:
    """Return status, sequence and reason of each element of one batch."""
    results = journal.accept(posts, "d1").results
    return [(each.status, each.sequence, each.reason) for each in results]


def kinds(journal: Journal) -> list[str]:
    """Return the kind of each entry of the log."""
    return [read_json(held.payload)["kind"] for held in journal.entries(0, 1000)]


def test_the_same_bytes_are_known_whatever_signature_comes_with_them(
    journal: Journal, device: MadeDevice
) -> None:
    """Sent again, sent twice in one batch, sent with another signature: one leaf."""
    payload = device.payload()
    good = device.sign(payload)

    assert judged(journal, good, good) == [("stored", 1, None), ("known", 1, None)]
    size = journal.size()
    for signature in (bytes(64), b"", b"short"):
        assert judged(journal, posted(payload, signature)) == [("known", 1, None)]
    assert judged(journal, Posted(good.payload, "no base64")) == [("invalid", None, "base64")]
    assert journal.size() == size
    assert parse(journal.checkpoint()).size == size


def test_one_bad_element_never_stops_the_others(journal: Journal, device: MadeDevice) -> None:
    """The answers come in the order sent."""
    other = device.sign(written(values("d1", 9, case_id="another")))
    batch = (Posted(None, 3), device.post(), other, posted(device.payload(), bytes(64)))
    results = journal.accept((*batch, device.post()), "d1").results

    statuses = [each.status for each in results]
    assert statuses == ["invalid", "stored", "invalid", "invalid", "stored"]
    assert [each.reason for each in results] == ["base64", None, "case_id", "signature", None]
    assert results[0].entry_id is None
    assert results[2].entry_id == values("d1", 9, case_id="another")["entry_id"]
    assert journal.quarantine() == {"base64": 1, "case_id": 1, "signature": 1}


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_signature_has_64_bytes(journal: Journal, device: MadeDevice, length: int) -> None:
    """Any other length is no signature."""
    assert judged(journal, posted(device.payload(), bytes(length))) == [
        ("invalid", None, "signature")
    ]


def test_an_entry_of_nobody_is_set_aside(journal: Journal, device: MadeDevice) -> None:
    """A device that is not enrolled, also one that calls itself portique."""
    stranger, program = MadeDevice("d2"), MadeDevice("portique")

    assert judged(journal, stranger.post(), program.post()) == [
        ("invalid", None, "unknown device"),
        ("invalid", None, "unknown device"),
    ]
    wrong_key = posted(device.payload(), stranger.key.sign(b"x"))
    assert judged(journal, wrong_key) == [("invalid", None, "signature")]


def test_a_batch_of_invalid_ones_makes_no_entry_and_no_checkpoint(
    journal: Journal, device: MadeDevice
) -> None:
    """Bad input never lengthens the log; how often it came is counted."""
    note = journal.checkpoint()
    for _ in range(3):
        accepted = journal.accept([Posted("x", "y"), Posted("x", "y")], "d1")
        assert accepted.checkpoint == note
    assert journal.quarantine() == {"base64": 6}


def test_conflicts_are_kept_both_and_stay_conflicts(journal: Journal, device: MadeDevice) -> None:
    """The same id, or the same number, with another payload; also within one batch."""
    first = written(values("d1", 1))
    same_id = written(values("d1", 2, entry_id=values("d1", 1)["entry_id"]))
    same_number = written(values("d1", 1, body={"other": 1}, entry_id="another"))
    third, fourth = (written(values("d1", 9, body={"n": n}, entry_id=f"e{n}")) for n in (1, 2))

    assert judged(journal, device.sign(first)) == [("stored", 1, None)]
    assert judged(journal, device.sign(same_id)) == [("conflict", 3, None)]
    assert judged(journal, device.sign(same_number)) == [("conflict", 5, None)]
    assert judged(journal, device.sign(third), device.sign(fourth)) == [
        ("stored", 7, None),
        ("conflict", 8, None),
    ]
    assert judged(journal, *map(device.sign, (first, same_id, same_number, fourth))) == [
        ("known", 1, None),
        ("conflict", 3, None),
        ("conflict", 5, None),
        ("conflict", 8, None),
    ]
    assert journal.size() == 10


def test_ids_and_numbers_of_any_size_are_told_apart(journal: Journal, device: MadeDevice) -> None:
    """Values are not judged: a number of 400 digits, an id with a zero or of a megabyte."""
    numbers = [10**399, 10**399 - 1, -1, 0, 2**63, 2**64]
    posts = [
        device.sign(written(values("d1", number, entry_id=f"n{number % 1000}-{number > 0}-{at}")))
        for at, number in enumerate(numbers)
    ]
    posts += [
        device.sign(written(values("d1", 100 + at, entry_id=name)))
        for at, name in enumerate(["", "\0", "\0\0", "x" * 2**20, "x" * 2**20 + "y", "\U0010ffff"])
    ]
    results = journal.accept(posts, "d1").results

    assert {each.status for each in results} == {"stored"}
    assert results[7].entry_id == "\0"


def test_what_a_revoked_device_sent_before_stays_known(
    journal: Journal, device: MadeDevice
) -> None:
    """Only what is new of it is set aside, also when its signature is wrong."""
    before, after = device.post(), device.post()
    journal.accept([before], "d1")
    journal.revoke("d1", "A. Person")

    assert judged(journal, before, after, posted(device.payload(), bytes(64))) == [
        ("known", 1, None),
        ("invalid", None, "revoked"),
        ("invalid", None, "revoked"),
    ]
    assert journal.device("d1") == journal.devices()[0]
    assert journal.devices()[0].revoked_at_utc is not None


def test_an_entry_of_a_revoked_device_can_be_let_in(journal: Journal, device: MadeDevice) -> None:
    """`admitted`, the entry, then `received`; it is known from then on."""
    payload = device.payload()
    journal.revoke("d1", "A. Person")
    journal.accept([device.sign(payload)], "d1")
    held = journal.admit(hex_sha256(payload), "L. Investigator", "the device was lost later")

    assert held.payload == payload
    assert kinds(journal) == ["device_enrolled", "device_revoked", "admitted", "found", "received"]
    admitted = read_json(journal.entries(2, 1)[0].payload)
    assert admitted["role"] == "lead_investigator"
    assert admitted["body"]["payload_sha256"] == hex_sha256(payload)
    bound = read_json(journal.entries(4, 1)[0].payload)["body"]
    assert (bound["first_sequence"], bound["last_sequence"]) == (3, 3)
    assert bound["received_at_utc"] == held.received_at_utc
    assert judged(journal, device.sign(payload)) == [("known", 3, None)]
    assert journal.quarantine() == {}
    with pytest.raises(Refused, match="in the log already"):
        journal.admit(hex_sha256(payload), "L. Investigator", "again")


def test_what_no_device_signed_is_never_let_in(journal: Journal, device: MadeDevice) -> None:
    """Neither a bad signature, nor another reason, nor a hash of nothing."""
    unsigned, foreign = device.payload(), MadeDevice("d2").payload()
    journal.revoke("d1", "A. Person")
    journal.accept([posted(unsigned, bytes(64)), posted(foreign, bytes(64))], "d1")

    for payload in (unsigned, foreign, b"nothing"):
        with pytest.raises(Refused, match="holds no such payload"):
            journal.admit(hex_sha256(payload), "L", "no ground")
    with pytest.raises(Refused, match="64 lower-case hex"):
        journal.admit("../x", "L", "no ground")


def test_a_wrong_signature_does_not_keep_the_right_one_out(
    journal: Journal, device: MadeDevice
) -> None:
    """Nobody can spoil the letting in by sending the payload first with a bad signature."""
    payload = device.payload()
    journal.revoke("d1", "A. Person")
    journal.accept([posted(payload, bytes(64))], "d1")
    journal.accept([device.sign(payload)], "d1")

    assert journal.admit(hex_sha256(payload), "L", "g").signature == device.key.sign(payload)


def test_enrolling_is_all_or_nothing(journal: Journal, device: MadeDevice) -> None:
    """A known id or key, twice the same, a bad id, a key under which anybody signs."""
    fresh = MadeDevice("d2").new()
    bad = [
        MadeDevice("d1").new(),
        NewDevice("d3", device.public_key, "key of d1"),
        fresh,
        NewDevice("d4", fresh.public_key, "key of d2"),
        NewDevice("portique", bytes(range(32)), "taken"),
        NewDevice("d 5", bytes(range(32)), "a space"),
        NewDevice("-d5", bytes(range(32)), "a dash first"),
        NewDevice("d" * 65, bytes(range(32)), "too long"),
        NewDevice("d6", bytes(31), "too short a key"),
        NewDevice("d7", bytes(32), "a point of small order"),
        NewDevice("d8", b"\1" + bytes(30) + b"\x80", "another, its sign set"),
        NewDevice("d9", journal.program_key(), "the program's own key"),
    ]
    size = journal.size()
    for each in bad:
        with pytest.raises(Refused, match="cannot be enrolled"):
            journal.enrol([fresh, each], "A. Person")
    assert journal.size() == size

    held = journal.enrol([fresh, MadeDevice("d3").new()], "A. Person")
    assert [each.sequence for each in held] == [size, size + 1]
    assert read_json(held[0].payload)["body"].keys() == {"public_key", "label", "site"}
    with pytest.raises(Refused, match="revoked already"):
        [journal.revoke("d2", "A") for _ in range(2)]
    with pytest.raises(Refused, match="not enrolled"):
        journal.revoke("d99", "A")
    with pytest.raises(Refused, match="known already"):
        journal.enrol([NewDevice("d2", bytes(range(32)), "comes back")], "A. Person")


def test_the_program_writes_a_chain_that_names_its_key(journal: Journal, case: Path) -> None:
    """Its entries are numbered and linked, also across a new start; the first one says the key."""
    journal.enrol([MadeDevice("d1").new()], "A")
    with Journal.open(case) as again:
        again.enrol([MadeDevice("d2").new(), MadeDevice("d3").new()], "A")
    journal.revoke("d3", "A")
    payloads = [held.payload for held in journal.entries(0, 10)]
    read = [read_json(payload) for payload in payloads]

    assert [each["device_seq"] for each in read] == [1, 2, 3, 4]
    assert [each["prev_device_hash"] for each in read] == [
        "0" * 64,
        *map(hex_sha256, payloads[:-1]),
    ]
    clocks = [(each["hlc"]["wall_ms"], each["hlc"]["counter"]) for each in read]
    assert clocks == sorted(set(clocks))
    assert read[0]["program_key"]
    assert all(
        held.received_at_utc == each["occurred_at_utc"]
        for held, each in zip(journal.entries(0, 10), read, strict=True)
    )


def test_a_revocation_by_another_process_counts_at_once(
    journal: Journal, case: Path, device: MadeDevice
) -> None:
    """What one process writes is judged by in all that have the case open."""
    journal.accept([device.post()], "d1")
    with Journal.open(case) as other:
        other.revoke("d1", "A. Person")
        assert judged(journal, device.post()) == [("invalid", None, "revoked")]
        fresh = MadeDevice("d2")
        other.enrol([fresh.new()], "A. Person")
        assert judged(journal, fresh.post())[0][0] == "stored"
        assert other.checkpoint() == journal.checkpoint()
