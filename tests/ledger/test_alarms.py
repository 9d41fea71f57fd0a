"""What needs a person's eye, and what takes an alarm away."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.made_journal import CASE_ID, ZEROS, MadeDevice, values, written

from portique.ledger.alarms import Watch
from portique.ledger.entry import read_payload


def watching(*payloads: bytes) -> Watch:
    """Return a watch that has seen these entries of devices."""
    watch = Watch()
    for payload in payloads:
        watch.feed(read_payload(payload, CASE_ID), is_program=False)
    return watch


def told(watch: Watch) -> list[tuple[str, tuple[int, ...]]]:
    """Return kind and entries of each alarm."""
    return [(alarm.kind, alarm.sequences) for alarm in watch.alarms()]


def chain(length: int) -> list[bytes]:
    """Return the payloads of one device, in order."""
    device = MadeDevice("d1")
    return [device.payload() for _ in range(length)]


def test_a_whole_chain_in_any_order_gives_no_alarm() -> None:
    """A hub sends batches as they come."""
    payloads = chain(6)
    assert told(watching(*payloads)) == []
    assert told(watching(*payloads[::-1])) == []


def test_a_gap_is_a_range_until_it_is_filled() -> None:
    """The number before the first one counts too."""
    payloads = chain(9)
    watch = watching(payloads[2], payloads[3], payloads[8])

    assert watch.gaps() == {"d1": [(1, 2), (5, 8)]}
    assert told(watch) == [("gap", (0,)), ("gap", (2,))]
    for payload in (payloads[1], payloads[0], *payloads[4:8]):
        watch.feed(read_payload(payload, CASE_ID), is_program=False)
    assert watch.gaps() == {}
    assert watch.alarms() == []


def test_a_gap_costs_nothing_whatever_its_length() -> None:
    """Numbers are never walked through."""
    began = time.process_time()
    watch = watching(written(values("d1", 2**53 - 1)), written(values("d2", 10**300)))

    assert watch.gaps() == {"d1": [(1, 2**53 - 2)]}
    assert told(watch) == [("gap", (0,)), ("rule", (1,))]
    assert time.process_time() - began < 1


def test_a_predecessor_has_to_fit_one_of_the_payloads_before() -> None:
    """Where two are held, either is good; the first entry has none."""
    first, second = chain(2)
    assert told(watching(written(values("d1", 1, "f" * 64)))) == [("predecessor", (0,))]

    watch = watching(first, written(values("d1", 2, "f" * 64)))
    assert told(watch) == [("predecessor", (1,))]

    rival = written(values("d1", 1, ZEROS, entry_id="rival"))
    watch = watching(rival, second)
    assert told(watch) == [("predecessor", (1,))]
    watch.feed(read_payload(first, CASE_ID), is_program=False)
    assert told(watch) == [("conflict", (0, 2))]


def test_a_conflict_stays_until_a_correction_names_a_side() -> None:
    """One that came before the last side settles nothing."""
    first = written(values("d1", 1))
    rival = written(values("d1", 1, body={"x": 1}))
    fields = read_payload(rival, CASE_ID)
    chosen = {"target": fields.entry_id, "field": "conflict", "new": fields.payload_sha256.hex()}
    correction = values("d2", 1, kind="correction", body=chosen | {"old": None, "reason": "r"})

    assert told(watching(first, rival)) == [("conflict", (0, 1))]
    assert told(watching(first, written(correction), rival)) == [("conflict", (0, 2))]
    watch = watching(first, rival, written(correction))
    assert told(watch) == []
    watch.feed(read_payload(written(values("d1", 1, body={"y": 1})), CASE_ID), is_program=False)
    assert told(watch) == [("conflict", (0, 1, 3))]


def test_conflicts_that_meet_are_one() -> None:
    """One entry that has the id of one and the number of another joins them."""
    watch = watching(
        written(values("d1", 1, entry_id="a")),
        written(values("d2", 1, entry_id="b")),
        written(values("d2", 1, entry_id="a")),
    )
    assert told(watch) == [("conflict", (0, 1, 2))]


def test_an_entry_is_incomplete_until_its_files_are_there() -> None:
    """Only the program's own word counts for a receipt."""
    name = "ab" * 32
    file = {"sha256": name, "bytes": 1, "media_type": "image/jpeg"}
    receipt = written(values("portique", 1, kind="attachment_received", body={"sha256": name}))
    watch = watching(written(values("d1", 1, attachments=[file, file])), receipt)
    assert told(watch) == [("incomplete", (0,))]

    watch.feed(read_payload(receipt, CASE_ID), is_program=True)
    assert "incomplete" not in [kind for kind, _ in told(watch)]


def test_a_close_out_states_the_last_number() -> None:
    """It is the number after it, with its hash, and nothing follows."""
    device = MadeDevice("d1")
    first, second = device.payload(), device.payload()
    hashed = device.previous

    def close(**other: object) -> bytes:
        body = {"last_device_seq": 2, "last_payload_sha256": hashed} | other
        return written(values("d1", 3, hashed, kind="close_out", body=body))

    assert told(watching(first, second, close())) == []
    assert told(watching(second, close())) == [("gap", (0,))]
    assert told(watching(first, second, close(last_payload_sha256="f" * 64))) == [
        ("predecessor", (2,))
    ]
    watch = watching(first, second, close(last_device_seq=7))
    assert told(watch) == [("gap", ()), ("rule", (2,))]
    assert watch.gaps() == {"d1": [(4, 7)]}
    for nonsense in (None, "2", True, -1, 10**300, [2]):
        kinds = [kind for kind, _ in told(watching(first, second, close(last_device_seq=nonsense)))]
        assert kinds == ["rule"]
    later = written(values("d1", 4, read_payload(close(), CASE_ID).payload_sha256.hex()))
    assert told(watching(first, second, close(), later)) == [("rule", (3,))]


@given(st.lists(st.integers(1, 12), max_size=12))
def test_gaps_are_what_a_list_of_numbers_lacks(numbers: list[int]) -> None:
    """Against the naive list, in any order."""
    watch = watching(*(written(values("d1", number, entry_id=str(number))) for number in numbers))
    missing = set(range(1, max(numbers, default=0))) - set(numbers)
    ranges = watch.gaps().get("d1", [])

    assert [n for first, last in ranges for n in range(first, last + 1)] == sorted(missing)
