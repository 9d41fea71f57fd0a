"""The state of any entries: the same in any order of arrival, grown or rebuilt, for any JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import cycle
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portique.ledger.kinds import KINDS
from portique.ledger.projection import Projection
from portique.ledger.state import State

Make = Callable[..., Any]

NAMES = st.sampled_from(["a", "b", "c"])
IDS = st.sampled_from(["1", "2", "3"])
KIND = st.sampled_from([*sorted(KINDS), "unheard of"])
NAMES_OF_BODY = (
    *("seal_number", "cell_id", "exhibit_id", "handset_id", "to", "from", "reason", "second"),
    *("approved_by", "what", "site", "tool", "method", "last_payload_sha256"),
)
MEMBERS = st.sampled_from(["body", "subject", "hlc", "causes", "actor", "role"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "site", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def _act(draw: st.DrawFn, device: str, number: int) -> dict[str, Any]:
    """Return one entry that is mostly in order, with names that often meet."""
    references = [f"{d}-{n}" for d in "abc" for n in range(1, 6)]
    body: dict[str, Any] = {name: draw(IDS) for name in NAMES_OF_BODY if draw(st.booleans())}
    if draw(st.booleans()):
        body |= {
            "target": draw(st.sampled_from(references)),
            "field": draw(
                st.sampled_from(["seal_number", "cell_id", "subject.id", "to", "occurred_at_utc"])
            ),
        }
        body |= {"old": draw(IDS), "new": draw(IDS), "scope": ["search", "seize", "open"]}
    return {
        "entry_id": f"{device}-{draw(st.sampled_from([number, number, number, 1]))}",
        "kind": draw(KIND),
        "device_id": device,
        "device_seq": draw(st.sampled_from([number, number, number, number + 1])),
        "hlc": {"wall_ms": draw(st.integers(0, 9)), "counter": 0},
        "occurred_at_utc": f"2025-05-20T0{draw(st.integers(0, 9))}:00:00Z",
        "actor": draw(NAMES),
        "role": draw(st.sampled_from(["magistrate", "search_team", "examiner"])),
        "authority_id": draw(st.none() | IDS),
        "subject": {
            "type": draw(st.sampled_from(["exhibit", "cell", "handset", "document", "seal"])),
            "id": draw(IDS),
        },
        "causes": draw(st.lists(st.sampled_from(references), max_size=2)),
        "status": draw(st.sampled_from(["fact", "assessment"])),
        "body": body,
        "attachments": [],
    }


@st.composite
def operations(draw: st.DrawFn) -> list[bytes]:
    """Payloads of three devices, with rings of causes, contradictions and corrections."""
    made = []
    for device in ("a", "b", "portique"):
        for number in range(1, draw(st.integers(1, 6))):
            made.append(json.dumps(_act(draw, device, number)).encode())
    return made


def _state(rows: list[Any]) -> State:
    projection = Projection()
    projection.add(rows)
    return projection.state()


@settings(max_examples=150)
@given(operations(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_state(payloads: list[bytes], chance: Any) -> None:
    """Late, shuffled, whole or in pieces: the canonical bytes of the state are the same."""
    rows = _rows(payloads)
    shuffled = list(payloads)
    chance.shuffle(shuffled)

    assert _state(_rows(shuffled)).canonical == _state(rows).canonical


@settings(max_examples=100)
@given(operations(), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_growing_equals_a_rebuild_from_zero(payloads: list[bytes], sizes: list[int]) -> None:
    """After each batch, whatever its size, the grown state is that of a fresh projection."""
    rows = _rows(payloads)
    grown = Projection()
    done = 0
    for size in cycle(sizes):
        grown.add(rows[done : done + size])
        done = min(done + size, len(rows))
        assert grown.state().canonical == _state(rows[:done]).canonical
        if done == len(rows):
            break


@settings(max_examples=150)
@given(st.lists(JSON, max_size=4), st.lists(st.binary(max_size=20), max_size=3))
def test_any_json_and_any_bytes_are_survived(values: list[Any], raw: list[bytes]) -> None:
    """What is no entry at all is kept and flagged, and the state still has its one form."""
    payloads = [json.dumps(value).encode() for value in values]
    state = _state(_rows([*payloads, *raw]))

    assert json.loads(state.canonical) == state.value
    assert len(state.alarms()) >= bool(payloads or raw)


@settings(max_examples=150)
@given(
    KIND,
    st.dictionaries(MEMBERS, JSON),
)
def test_any_members_of_any_kind_are_survived(kind: str, members: dict[str, Any]) -> None:
    """Each kind with members of any type: a flag at most, never an exception."""
    payload = json.dumps({"kind": kind, "device_id": "a", "device_seq": 1, **members}).encode()
    deep = b'{"body":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    assert _state(_rows([payload, deep])).alarms()


def test_an_entry_held_already_changes_nothing(phone: Make, log: Make) -> None:
    """The same row twice is one entry."""
    anna = phone("anna")
    anna.writes("seized", "exhibit E1")
    rows = log(anna.written)
    projection = Projection()
    projection.add([*rows, *rows])

    assert projection.size == 1
    assert projection.state().canonical == _state(rows).canonical


def test_a_slow_clock_never_puts_an_effect_before_its_cause(phone: Make, log: Make) -> None:
    """Bruno's clock is a day slow; what he takes over was handed over before all the same."""
    anna = phone("anna")
    bruno = phone("bruno", wall_ms=anna.wall_ms - 86_400_000)
    anna.writes("seized", "exhibit E1")
    anna.writes("sealed", "exhibit E1", seal_number="S1")
    out = anna.writes("handed_over", "exhibit E1", to="bruno")
    bruno.writes("taken_over", "exhibit E1", _causes=[out], **{"from": "anna"})
    bruno.writes("handed_over", "exhibit E1", to="clara")
    exhibit = _state(log([*bruno.written, *anna.written])).value["exhibits"]["E1"]

    assert [tenure["holder"] for tenure in exhibit["line"]] == ["anna", "bruno"]
    assert exhibit["state"] == "handed_over"


def _rows(payloads: list[bytes]) -> list[Any]:
    return [
        SimpleNamespace(sequence=n, payload=payload, received_at_utc="2025-05-20T12:00:00Z")
        for n, payload in enumerate(payloads)
    ]
