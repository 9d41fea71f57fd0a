"""How far clocks are off, as far as a log shows it."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portique.core.clock import parse_utc, utc_text
from portique.ledger.clocks import clocks_of

NOON = parse_utc("2025-05-20T12:00:00Z")


def row(sequence: int, number: int, acted_s: int, delay_s: int, **other: Any) -> Any:
    """Return a leaf of a device, dated and received in seconds after noon."""
    said = {
        "device_id": "d1",
        "device_seq": number,
        "occurred_at_utc": utc_text(NOON + timedelta(seconds=acted_s)),
        "time_source": "device",
    } | other
    received = utc_text(NOON + timedelta(seconds=acted_s + delay_s))
    payload = json.dumps(said).encode()
    return SimpleNamespace(sequence=sequence, payload=payload, received_at_utc=received)


@given(
    st.integers(-100_000, 100_000),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 5000)), min_size=1, max_size=8),
)
def test_a_clock_is_never_said_to_be_further_ahead_than_it_is(
    offset_s: int, acts: list[tuple[int, int]]
) -> None:
    """Acts in true time, dated by a clock that is off, received after a true delay."""
    rows = [
        row(n, n + 1, true_s + offset_s, delay_s - offset_s)
        for n, (true_s, delay_s) in enumerate(sorted(acts))
    ]
    clock = clocks_of(rows)["d1"]
    least = min(delay_s for _, delay_s in acts)

    assert clock.ahead_s == max(0, offset_s - least)
    assert clock.least_delay_s == least - offset_s
    assert clock.ahead_s <= max(0, offset_s)
    assert clock.set_back() == []


def test_a_clock_that_was_set_back_is_seen_by_its_numbers() -> None:
    """Whatever order the entries came in: number 3 is dated before number 2."""
    rows = [row(0, 3, 100, 900), row(1, 1, 0, 1000), row(2, 2, 3700, 10)]

    assert clocks_of(rows)["d1"].set_back() == [0]
    assert clocks_of(rows)["d1"].as_dict() == {
        "entries": 3, "ahead_s": 0.0, "least_delay_s": 10.0, "set_back": 1, "set_back_at": [0],
    }  # fmt: skip


def test_what_no_clock_dated_is_left_out() -> None:
    """Typed instants, what is no instant, the program's own entries, payloads of any kind."""
    rows = [
        row(0, 1, 0, -500, time_source="typed"),
        row(1, 2, 0, -500, occurred_at_utc="this morning"),
        row(2, 1, 0, -500, device_id="portique"),
        SimpleNamespace(sequence=3, payload=b"\xff[]", received_at_utc=""),
    ]

    assert clocks_of(rows) == {}
