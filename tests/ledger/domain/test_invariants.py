"""The invariants of the journal that belong to the domain, each as a property.

test_shown_by.py names for each of the twelve the tests that show it, here and in other rooms.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portique.core.clock import Span, parse_utc
from portique.ledger.authority import Authority, covers
from portique.ledger.deed import Deed
from portique.ledger.figures import figures_at, figures_bytes
from portique.ledger.projection import Projection

Make = Callable[..., Any]
NOON = parse_utc("2025-05-20T12:00:00Z")


def _value(rows: list[Any]) -> dict[str, Any]:
    projection = Projection()
    projection.add(rows)
    return projection.state().value


def _rules(rows: list[Any], rule: str) -> list[str]:
    return [flag["what"] for flag in _value(rows)["flags"] if flag["rule"] == rule]


def test_2_a_contradiction_is_left_out_until_a_correction_prefers_a_side(
    phone: Make, log: Make
) -> None:
    """Two payloads with one number: neither counts, then the one that two people prefer."""
    anna, desk = phone("anna"), phone("desk", role="lead_investigator")
    anna.writes("seized", "exhibit E1", cell_id="C1", what="first")
    other = json.loads(anna.written[0])
    other["body"]["what"] = "second"
    sides = [anna.written[0], json.dumps(other).encode()]
    before = log(sides)
    [contest] = _value(before)["contested"]
    wanted = _preferring(desk, contest["entries"][0])

    assert _value(before)["exhibits"] == {}
    assert contest["preferred"] is None
    assert figures_at(before, 2)["left_out"] == {"contradictions": 1, "entries": 2}

    after = _value(log([*sides, *wanted]))
    assert list(after["exhibits"]) == ["E1"]
    assert after["contested"][0]["preferred"] == contest["entries"][0]


def test_2_one_person_alone_settles_no_contradiction(phone: Make, log: Make) -> None:
    """A correction that its own author approves is kept, flagged, and has no effect."""
    anna, desk = phone("anna"), phone("desk", role="lead_investigator")
    anna.writes("seized", "exhibit E1")
    sides = [anna.written[0], anna.written[0].replace(b'"test"', b'"other"')]
    [contest] = _value(log(sides))["contested"]
    rows = log([*sides, *_preferring(desk, contest["entries"][0], approved_by="Desk ")])

    assert _value(rows)["exhibits"] == {}
    assert _rules(rows, "correction") == ["a correction that no second person approved"]


def _preferring(desk: Any, side: str, approved_by: str = "marie") -> list[bytes]:
    desk.writes(
        "correction",
        "exhibit E1",
        target="anna-1",
        field="payload_sha256",
        old=None,
        new=side,
        reason="the photograph shows it",
        approved_by=approved_by,
    )
    return list(desk.written)


@given(st.integers(1, 8), st.sets(st.integers(1, 8)))
def test_3_a_close_out_with_a_gap_is_flagged(last: int, missing: set[int]) -> None:
    """A chain is whole at its close-out or its close-out is flagged, whatever is missing."""
    payloads = {
        n: json.dumps({"kind": "damaged", "device_id": "d", "device_seq": n}).encode()
        for n in range(1, last + 1)
        if n not in missing
    }
    sha = hashlib.sha256(payloads.get(last, b"")).hexdigest()
    body = {"last_device_seq": last, "last_payload_sha256": sha}
    out = {"kind": "close_out", "device_id": "d", "device_seq": last + 1, "body": body}
    rows = [
        SimpleNamespace(sequence=n, payload=p, received_at_utc="")
        for n, p in enumerate([*payloads.values(), json.dumps(out).encode()])
    ]
    expected = ["device d: entries missing"] if len(payloads) < last else []

    assert _rules(rows, "close_out") == expected


SEALINGS = st.lists(
    st.tuples(
        st.sampled_from(["sealed", "provisional_seal", "resealed"]),
        st.sampled_from(["E1", "E2", "E3"]),
        st.sampled_from(["S1", "S2", "S3", "S4"]),
    ),
    max_size=8,
)


@given(SEALINGS)
def test_6_a_seal_number_is_used_once(sealings: list[tuple[str, str, str]]) -> None:
    """A number put on twice is flagged, on one exhibit or on several; one put on once never."""
    rows = []
    for number, (kind, exhibit, seal) in enumerate(sealings):
        entry = {
            "kind": kind,
            "device_id": f"of {exhibit}",
            "device_seq": number + 1,
            "subject": {"type": "exhibit", "id": exhibit},
            "body": {"seal_number": seal},
        }
        payload = json.dumps(entry).encode()
        rows.append(SimpleNamespace(sequence=number, payload=payload, received_at_utc=""))
    wanted = set()
    for seal in {seal for _, _, seal in sealings}:
        on = [exhibit for _, exhibit, put in sealings if put == seal]
        if len(set(on)) > 1:
            wanted.add(f"seal {seal} on {', '.join(sorted(set(on)))}")
        wanted |= {f"exhibit {e}: seal {seal} put on it twice" for e in on if on.count(e) > 1}
    said = {what for what in _rules(rows, "seal") if " on " in what}

    assert said == wanted


@given(st.permutations(["second", "witnesses", "reason", "photo", "authority"]), st.integers(0, 5))
def test_6_an_opening_says_who_why_before_whom_and_shows_it(names: list[str], given_: int) -> None:
    """Each thing that an opening has to say and does not is a flag of its own."""
    told = set(names[:given_])
    body: dict[str, Any] = {"seal_number": "S1"}
    if "second" in told:
        body["second"] = "bruno"
    if "witnesses" in told:
        body["witnesses"] = ["clara"]
    if "reason" in told:
        body["reason"] = "examination"
    entry = {
        "kind": "seal_opened",
        "device_id": "a",
        "device_seq": 1,
        "actor": "anna",
        "role": "examiner",
        "subject": {"type": "exhibit", "id": "E1"},
        "occurred_at_utc": "2025-05-20T12:00:00Z",
        "authority_id": "O-1" if "authority" in told else None,
        "attachments": [{"sha256": "0" * 64}] if "photo" in told else [],
        "body": body,
    }
    rows = [SimpleNamespace(sequence=0, payload=json.dumps(entry).encode(), received_at_utc="")]
    said = " ".join(flag["what"] for flag in _value(rows)["flags"])

    assert ("lacks second" in said) == ("second" not in told)
    assert ("without a witness" in said) == ("witnesses" not in told)
    assert ("lacks reason" in said) == ("reason" not in told)
    assert ("without a photograph" in said) == ("photo" not in told)
    assert ("names no authority" in said) == ("authority" not in told)


instants = st.integers(-48, 48).map(lambda hours: NOON + timedelta(hours=hours))
some_of = st.lists(st.sampled_from(["A", "B", "C"]), unique=True).map(tuple)


@given(
    st.tuples(instants, instants),
    st.none() | instants,
    st.none() | instants,
    st.tuples(some_of, some_of, st.lists(st.sampled_from(["search", "seize"])).map(tuple)),
    st.tuples(st.sampled_from(["found", "seized", "examined"]), instants, st.sampled_from("ABCD")),
)
def test_7_what_an_order_covers_is_what_its_four_limits_say(
    period: Any, signed: Any, revoked: Any, limits: Any, act: Any
) -> None:
    """Signed before, not revoked, within [from, until), in scope and in place: all, or a reason."""
    (start, end), (sites, cells, scope), (kind, moment, place) = period, limits, act
    order = Authority(
        "O-1",
        scope,
        sites=sites,
        cells=cells,
        period=Span(start, end),
        in_force_utc=signed,
        revoked_utc=revoked,
    )
    word = {"found": "search", "seized": "seize", "examined": "examine"}[kind]
    is_in_place = kind == "examined" or (
        (not sites or place in sites) and (not cells or place in cells)
    )
    expected = (
        signed is not None
        and moment >= signed
        and (revoked is None or moment < revoked)
        and start <= moment < end
        and word in scope
        and is_in_place
    )

    assert (covers(order, Deed(kind, moment, site=place, cell_id=place)) == []) is expected


def test_7_an_act_outside_its_authority_is_recorded_and_flagged(phone: Make, log: Make) -> None:
    """An hour after its end the search counts as it was, and a flag says what the order lacked."""
    anna, judge = phone("anna"), phone("judge", role="magistrate")
    judge.writes(
        "authority_issued",
        "document O-1",
        scope=["search"],
        cells=["C1"],
        second="clerk",
        until_utc="2025-05-20T05:00:00Z",
    )
    anna.writes("search_started", "cell C1", _authority_id="O-1")
    anna.writes("not_found", "cell C1")
    value = _value(log(judge.written + anna.written))

    assert value["cells"]["C1"]["outcome"] == "not_found"
    assert [flag["what"] for flag in value["flags"] if flag["rule"] == "authority"] == [
        "search_started outside authority O-1: the act lies outside its period"
    ]


STEPS = st.sampled_from(["targeted", "search_started", "found", "not_found", "search_aborted"])


@given(st.lists(st.tuples(STEPS, st.sampled_from("ABC"), st.sampled_from("XY")), max_size=20))
def test_8_targeted_is_the_sum_of_its_outcomes(acts: list[tuple[str, str, str]]) -> None:
    """Per site, nationally, of cells and of handsets, whatever was entered in whatever order."""
    rows = []
    for number, (kind, cell, site) in enumerate(acts):
        body = {"site": site, "handset_ids": [f"H{cell}"], "reason": "none"}
        entry = {
            "kind": kind,
            "device_id": "d",
            "device_seq": number + 1,
            "subject": {"type": "cell", "id": site + cell},
            "body": body,
        }
        payload = json.dumps(entry).encode()
        rows.append(SimpleNamespace(sequence=number, payload=payload, received_at_utc=""))
    value = _value(rows)
    totals = [*value["sites"].values(), *value["national"].values()]

    for total in totals:
        parts = (total[name] for name in ("seized", "not_found", "not_searched", "aborted"))
        assert total["targeted"] == sum(parts)
    summed = sum(site["targeted"] for site in value["sites"].values())
    assert value["national"]["cells"]["targeted"] == summed
    assert summed == len({(c, s) for kind, c, s in acts if kind == "targeted"})


def test_8_what_is_found_beside_the_targets_is_counted_apart(phone: Make, log: Make) -> None:
    """An opportunistic find, and a find in a cell that nobody targeted, are no target's outcome."""
    anna = phone("anna")
    anna.writes("targeted", "cell C1", site="P1")
    anna.writes("found", "cell C9", site="P1")
    anna.writes("opportunistic_find", "site P1")
    value = _value(log(anna.written))

    assert value["sites"]["P1"]["targeted"] == value["sites"]["P1"]["not_searched"] == 1
    assert value["sites"]["P1"]["opportunistic"] == 2
    assert value["sites"]["P1"]["seized"] == 0


@given(instants, instants, instants, instants, st.sampled_from(["sale", "stay"]))
def test_9_data_rest_on_a_requisition_of_their_kind_and_period(
    start: Any, end: Any, first: Any, last: Any, kind: str
) -> None:
    """A delivery within the period of an order for its kind is covered, and no other."""
    order = Authority(
        "R-1",
        ("data",),
        source_kinds=("sale",),
        period=Span(start, end),
        in_force_utc=NOON - timedelta(days=9),
    )
    deed = Deed("source_received", NOON, source_kind=kind, data_period=Span(first, last))
    is_covered = kind == "sale" and start <= first and last <= end

    assert (covers(order, deed) == []) is is_covered


@given(st.integers(0, 6), st.integers(0, 6))
def test_11_a_figure_is_the_same_bytes_from_its_checkpoint(size: int, later: int) -> None:
    """What came after the checkpoint changes no byte of the figures that quote it."""

    def row(n: int) -> Any:
        entry = {
            "kind": "targeted",
            "device_id": "d",
            "device_seq": n + 1,
            "subject": {"type": "cell", "id": str(n)},
        }
        payload = json.dumps(entry).encode()
        moment = f"2025-05-20T12:00:{n:02d}Z"
        return SimpleNamespace(
            sequence=n, payload=payload, signature=bytes(64), received_at_utc=moment
        )

    then = figures_bytes(figures_at([row(n) for n in range(size)], size))
    now = figures_bytes(figures_at((row(n) for n in range(size + later)), size))

    assert now == then
    assert json.loads(now)["checkpoint"]["size"] == size


@given(st.sampled_from(["", "portique", "anna"]), st.sampled_from(["fact", "assessment"]))
def test_12_a_fact_made_from_a_judgement_has_an_author(actor: str, status: str) -> None:
    """A fact that rests on an assessment is flagged unless somebody answers for it."""
    judged = {"kind": "located", "device_id": "a", "device_seq": 1, "entry_id": "x"}
    made = {"kind": "found", "device_id": "b", "device_seq": 1, "causes": ["x"], "actor": actor}
    payloads = [
        json.dumps(judged | {"status": "assessment"}).encode(),
        json.dumps(made | {"status": status}).encode(),
    ]
    rows = [
        SimpleNamespace(sequence=n, payload=p, received_at_utc="") for n, p in enumerate(payloads)
    ]
    is_flagged = status == "fact" and actor != "anna"

    assert bool(_rules(rows, "assessment")) is is_flagged
