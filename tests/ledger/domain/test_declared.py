"""Orders that only the case file knows: what a declaration covers, and what it never does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portique.core.clock import Span, parse_utc
from portique.ledger.authority import Authority, covers
from portique.ledger.declared import OF_DATA, Declaration, why_not_declared
from portique.ledger.deed import Deed
from portique.ledger.kinds import KINDS
from portique.ledger.projection import Projection

Make = Callable[..., Any]
NOON = parse_utc("2025-05-20T12:00:00Z")
HOUR = timedelta(hours=1)
DATA = Span(NOON - 100 * HOUR, NOON - 50 * HOUR)
BODY = {
    "document_kind": "requisition",
    "source_kinds": ["sale", "image"],
    "from_utc": "2025-01-01T00:00:00Z",
    "until_utc": "2025-06-01T00:00:00Z",
    "case_toml_sha256": "a" * 64,
}


def _value(rows: list[Any]) -> dict[str, Any]:
    projection = Projection()
    projection.add(rows)
    return projection.state().value


def _flagged(rows: list[Any]) -> list[str]:
    return [flag["what"] for flag in _value(rows)["flags"] if flag["rule"] == "authority"]


def _declared(program: Any, **changed: Any) -> None:
    program.writes("authority_declared", "document REQ-1", **(BODY | changed))


def _sale(program: Any, **changed: Any) -> None:
    said = {
        "source_kind": "sale",
        "sha256": "b" * 64,
        "from_utc": BODY["from_utc"],
        "until_utc": BODY["until_utc"],
    }
    program.writes(
        "source_received", "document sale/a.csv", **(said | changed), _authority_id="REQ-1"
    )


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.booleans(), st.booleans()), max_size=4),
    st.integers(-5, 5),
    st.sampled_from(["sale", "stay", ""]),
    st.one_of(st.none(), st.integers(-5, 5)),
    st.booleans(),
)
def test_a_declaration_covers_data_as_the_words_stood_at_the_act(
    told: list[tuple[int, bool, bool]], at: int, kind: str, revoked: int | None, within: bool
) -> None:
    """The last words before the act, the kind named, the data within, not revoked: then only."""
    told = sorted(told, key=lambda each: each[0])
    declared = [
        Declaration(
            moment=NOON + hour * HOUR,
            ref="",
            source_kinds=("sale",) if has_sale else ("find",),
            period=DATA,
            is_withdrawn=gone,
        )
        for hour, has_sale, gone in told
    ]
    period = DATA if within else Span(DATA.from_utc, NOON)
    deed = Deed("source_received", NOON + at * HOUR, source_kind=kind, data_period=period)
    before = [each for each in told if each[0] <= at]
    stands = bool(before) and before[-1][1] and not before[-1][2] and kind == "sale"
    expected = stands and within and (revoked is None or at < revoked)
    revoked_utc = None if revoked is None else NOON + revoked * HOUR

    assert (why_not_declared(declared, revoked_utc, deed) == []) is expected


@given(st.sampled_from(sorted(KINDS)))
def test_a_declaration_covers_nothing_for_which_two_people_sign(kind: str) -> None:
    """No search, no seizure, no seal, no disposal, whatever the case file says."""
    order = Authority("REQ-1", declared=(Declaration(NOON, "", source_kinds=("sale", kind)),))
    deed = Deed(kind, NOON + HOUR, source_kind="sale", data_period=DATA)

    assert (covers(order, deed) == []) is (kind in OF_DATA)


def test_what_the_case_file_declares_covers_sources_and_examinations(
    phone: Make, log: Make
) -> None:
    """No flag for either, and both are counted as its uses."""
    program = phone("portique", role="lead_investigator")
    _declared(program)
    _sale(program)
    program.writes(
        "examined",
        "exhibit E1",
        tool="t",
        tool_version="1",
        source_kind="image",
        _authority_id="REQ-1",
        _role="examiner",
    )
    value = _value(log(program.written))

    assert _flagged(log(program.written)) == []
    assert len(value["authorities"]["REQ-1"]["used_by"]) == 2
    assert value["authorities"]["REQ-1"]["in_force_utc"] is None


def test_an_opening_under_a_declaration_alone_is_flagged(phone: Make, log: Make) -> None:
    """It is entered, and says that two people have not signed what it rests on."""
    program = phone("portique", role="examiner")
    _declared(program)
    program.writes("seal_opened", "exhibit E1", seal_number="S1", _authority_id="REQ-1")

    assert _flagged(log(program.written)) == [
        "seal_opened outside authority REQ-1: it is only declared in the case file: two people "
        "have not signed it"
    ]


def test_a_device_declares_nothing(phone: Make, log: Make) -> None:
    """Only the program reads the case file: what another device says of it is flagged alone."""
    anna = phone("anna", role="lead_investigator")
    _declared(anna)
    _sale(anna)
    flags = _value(log(anna.written))["flags"]

    assert "authority_declared counts only when the program enters it" in [f["what"] for f in flags]
    assert any("source_received outside authority REQ-1" in f["what"] for f in flags)


def test_a_changed_declaration_holds_from_its_entry_on(phone: Make, log: Make) -> None:
    """What rested on the older words still does, and what comes after rests on the new ones."""
    program = phone("portique", role="lead_investigator")
    _declared(program)
    _sale(program)
    _declared(program, source_kinds=["find"])
    _sale(program, sha256="c" * 64)
    program.writes("authority_undeclared", "document REQ-1", case_toml_sha256="d" * 64)
    _sale(program, sha256="e" * 64)

    assert _flagged(log(program.written)) == [
        "source_received outside authority REQ-1: it is for another kind of source",
        "source_received outside authority REQ-1: it stood in the case file no more",
    ]
    declared = _value(log(program.written))["authorities"]["REQ-1"]["declared"]
    assert [each["is_withdrawn"] for each in declared] == [False, False, True]


def test_a_revoked_declaration_covers_nothing_more(phone: Make, log: Make) -> None:
    """Also when the case file still says it, in other words."""
    program = phone("portique", role="lead_investigator")
    _declared(program)
    program.writes("authority_revoked", "document REQ-1", reason="annulled")
    _declared(program, basis="CPP 99-3")
    _sale(program)

    assert _flagged(log(program.written)) == [
        "source_received outside authority REQ-1: it was revoked before"
    ]


def test_one_signature_or_two_make_no_order_of_a_declaration(phone: Make, log: Make) -> None:
    """Nobody put it in words that two people could sign: it is flagged, and grants nothing."""
    program = phone("portique", role="examiner")
    _declared(program)
    for name, role in (("mara", "magistrate"), ("lea", "lead_investigator")):
        program.writes("authority_signed", "document REQ-1", _actor=name, _role=role)
    program.writes("seal_opened", "exhibit E1", seal_number="S1", _authority_id="REQ-1")

    value = _value(log(program.written))
    assert value["authorities"]["REQ-1"]["in_force_utc"] is None
    assert any("only declared in the case file" in what for what in _flagged(log(program.written)))


def test_an_order_that_is_declared_and_issued_covers_what_either_does(
    phone: Make, log: Make
) -> None:
    """The case file names it for data; two people signed it for the opening of seals."""
    program = phone("portique", role="examiner")
    _declared(program)
    program.writes(
        "authority_issued",
        "document REQ-1",
        scope=["open"],
        second="lea",
        _actor="mara",
        _role="magistrate",
    )
    program.writes("seal_opened", "exhibit E1", seal_number="S1", _authority_id="REQ-1")
    _sale(program)

    assert _flagged(log(program.written)) == []


def test_without_declarations_the_state_is_what_it_was(phone: Make, log: Make) -> None:
    """Figures of older checkpoints are the same bytes: the member is not there at all."""
    program = phone("portique", role="lead_investigator")
    program.writes("authority_requested", "document A-1", scope=["search"])

    assert "declared" not in json.dumps(_value(log(program.written))["authorities"])
