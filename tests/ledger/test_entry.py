"""Reading a payload as strictly as the contract asks, and never with an exception but a verdict."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.made_journal import CASE_ID, values, written

from portique.ledger.entry import (
    FORMS,
    Malformed,
    decode_base64,
    read_json,
    read_payload,
    write_payload,
)
from portique.ledger.judge import Posted, read_posted


def reason_of(payload: bytes) -> str | None:
    """Return why a payload is no entry; None: it is one."""
    try:
        read_payload(payload, CASE_ID)
    except Malformed as verdict:
        return verdict.reason
    return None


def with_body(text: str) -> bytes:
    """Return an entry whose body is written exactly so."""
    return written(values("d1", 1, body={"here": 0})).replace(b'{"here": 0}', text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "QQ==", "QUI=", "QUJD", "/+8="],
)
def test_base64_of_the_standard_alphabet_is_read(text: str) -> None:
    """Padded, without line breaks, with no stray bits."""
    assert decode_base64(text) == base64.b64decode(text)


@pytest.mark.parametrize(
    "text",
    [
        "QQ",  # no padding
        "QQ=",
        "QQ===",
        "QR==",  # stray bits
        "QUJDQ",
        "QUJD\n",
        "QU\nJD",
        " QUJD",
        "_-8=",  # the alphabet of URLs
        "Q=Q=",
        "QUJD=",
        "QQ==QQ==",
        "é",
        "\ud800",
        None,
        3,
        b"QUJD",
        ["QUJD"],
        {"a": 1},
        True,
    ],
)
def test_whatever_is_not_that_is_no_base64(text: object) -> None:
    """Nothing is guessed, and nothing is passed over."""
    with pytest.raises(Malformed, match="base64"):
        decode_base64(text)


def test_an_entry_is_read_with_all_its_fields_also_unknown_ones() -> None:
    """What the contract does not name is kept."""
    fields = read_payload(written(values("d1", 7, extra={"x": [None, 1.5]})), CASE_ID)

    assert (fields.device_id, fields.device_seq, fields.kind) == ("d1", 7, "found")
    assert fields.raw["extra"] == {"x": [None, 1.5]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": NaN}', "json: not a number"),
        ('{"a": Infinity}', "json: not a number"),
        ('{"a": [-Infinity]}', "json: not a number"),
        ('{"a": 1, "a": 1}', "json: key twice"),
        ('{"a": 1, "\\u0061": 2}', "json: key twice"),
        ('{"x": [{"y": {"a": 1, "b": 2, "a": 3}}]}', "json: key twice"),
        ('{"a": "\\ud800"}', "json: lone surrogate"),
        ('{"a": "\\uDFFF x"}', "json: lone surrogate"),
        ('{"a": ["\\ude00\\ud83d"]}', "json: lone surrogate"),
        ('{"\\ud83d": 1}', "json: lone surrogate"),
        ('{"a": "\\ud83d\\u0041"}', "json: lone surrogate"),
        ('{"a": ' + "1" * 401 + "}", "json: number too long"),
        ('{"a": 0.' + "1" * 399 + "}", "json: number too long"),
        ('{"a": -' + "1" * 400 + "}", "json: number too long"),
        ('{"a": 1e' + "0" * 399 + "}", "json: number too long"),
        ('{"a": 01}', "json"),
        ('{"a": +1}', "json"),
        ('{"a": .5}', "json"),
        ('{"a": 1.}', "json"),
        ('{"a": 1,}', "json"),
        ("{'a': 1}", "json"),
        ('{"a": "\t"}', "json"),
        ('{"a": "\\x41"}', "json"),
        ('{"a": 1} // no', "json"),
        ('{"a": 1}}', "json"),
        ('{"a": \u0661}', "json"),
        ('{"a":\u00a01}', "json"),
    ],
)
def test_what_i_json_does_not_hold_is_no_entry(text: str, reason: str) -> None:
    """At any depth, in keys as in values, written out or escaped."""
    assert reason_of(with_body(text)) == reason


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "\\ud83d\\ude00"}',
        '{"a": "\\uD83D\\uDE00", "\U0001f600": "\\\\ud800"}',
        '{"a": ' + "1" * 400 + "}",
        '{"a": 0.' + "1" * 398 + "}",
        '{"a": 1e999}',
        '{"a": -0, "b": 1E+2, "c": [], "d": {}, "e": null}',
        '{"a": "\\u0000\\uffff"}',
        '{"a": "[[[[", "b": "\\"{{{{"}',
    ],
)
def test_what_i_json_holds_is_read(text: str) -> None:
    """Pairs of surrogates, long numbers up to the bound, brackets in texts."""
    assert reason_of(with_body(text)) is None


@pytest.mark.parametrize(("levels", "reason"), [(62, None), (63, "json: nesting")])
@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
def test_the_payload_is_level_1_of_64(
    levels: int, reason: str | None, opens: str, closes: str
) -> None:
    """The body is level 2: it holds 62 levels more, and no 63."""
    inner = opens * levels + "0" + closes * levels
    assert reason_of(with_body('{"a": ' + inner + "}")) == reason


def test_brackets_beside_each_other_are_not_nested() -> None:
    """Many lists are no deep list, and brackets within texts are none."""
    assert reason_of(with_body('{"a": [' + ",".join(["[]"] * 5000) + '], "b": "[{"}')) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 8_000_000,
        b'{"a":' * 1_000_000,
        b'{"a": ' + b"9" * 8_000_000 + b"}",
        b'{"a": 1.' + b"9" * 4_000_000 + b"e9}",
        b'"' + b"\\" * 4_000_001,
        b'{"a": "' + b'\\"' * 2_000_000,
        b"[" + b"[],[]," * 800_000 + b"[]]",
    ],
    ids=["lists", "objects", "whole", "fraction", "backslashes", "quotes", "beside"],
)
def test_a_hostile_payload_costs_little(payload: bytes) -> None:
    """Neither the stack nor the time goes by what somebody sends."""
    began = time.process_time()
    assert (reason_of(payload) or "").startswith("json")
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xef\xbb\xbf{}", "json"),
        ("{}".encode("utf-16"), "json: not UTF-8"),
        (b'{"a": "\xff"}', "json: not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "json: not UTF-8"),
        (b'{"a": "\xc0\x80"}', "json: not UTF-8"),
        (b"", "json"),
        (b"[]", "json: no object"),
        (b"null", "json: no object"),
        (b'"text"', "json: no object"),
        (b"{}", "field: v"),
    ],
)
def test_a_payload_is_one_object_in_utf_8(payload: bytes, reason: str) -> None:
    """Without a byte order mark, and without bytes that only resemble UTF-8."""
    assert reason_of(payload) == reason


WRONG: list[object] = [None, True, 1.5, 1.0, "1", [], {}, [1], {"a": 1}, -3]
RIGHT: dict[str, tuple[type, ...]] = {
    "v": (int,),
    "device_seq": (int,),
    "hlc": (),
    "subject": (),
    "body": (dict,),
    "causes": (list,),
    "attachments": (list,),
    "authority_id": (str, type(None)),
}


@pytest.mark.parametrize("name", list(FORMS))
def test_each_field_has_to_be_there_and_of_its_type(name: str) -> None:
    """A boolean is no integer, and no list stands for an object."""
    left_out = values("d1", 1)
    del left_out[name]
    assert reason_of(written(left_out)) == f"field: {name}"

    for wrong in WRONG:
        is_right = type(wrong) in RIGHT.get(name, (str,)) and wrong != [1]
        if not is_right:
            assert reason_of(written(values("d1", 1) | {name: wrong})) == f"field: {name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hlc", {"wall_ms": 1}),
        ("hlc", {"wall_ms": "1", "counter": 0}),
        ("hlc", {"wall_ms": 1, "counter": True}),
        ("subject", {"type": "cell"}),
        ("subject", {"type": "cell", "id": None}),
        ("causes", [1]),
        ("causes", ["a", None]),
        ("attachments", ["a"]),
        ("attachments", [{"sha256": "a", "bytes": 1}]),
        ("attachments", [{"sha256": "a", "bytes": 1.5, "media_type": "b"}]),
        ("attachments", [{"sha256": 1, "bytes": 1, "media_type": "b"}]),
    ],
)
def test_members_that_the_contract_names_are_judged_too(name: str, value: Any) -> None:
    """The parts of a clock, a subject, a cause and a file have their types."""
    assert reason_of(written(values("d1", 1, **{name: value}))) == f"field: {name}"


@pytest.mark.parametrize(
    "other",
    [
        {"device_seq": -5},
        {"device_seq": 10**399},
        {"hlc": {"wall_ms": -1, "counter": 10**300, "more": 1}},
        {"kind": "", "role": "nobody", "status": "perhaps", "time_source": "stars"},
        {"occurred_at_utc": "yesterday", "prev_device_hash": "none", "entry_id": ""},
        {"subject": {"type": "ship", "id": ""}},
        {"attachments": [{"sha256": "no hash", "bytes": -1, "media_type": ""}]},
        {"authority_id": "A-1", "causes": ["not an id"]},
    ],
)
def test_values_and_sizes_are_not_judged(other: dict[str, Any]) -> None:
    """What breaks a rule of the domain is kept and flagged, never refused."""
    assert reason_of(written(values("d1", 1, **other))) is None


def test_another_version_and_another_case_have_their_own_reasons() -> None:
    """Both are read first, so that the answer can name the entry."""
    assert reason_of(written(values("d1", 1, v=2))) == "v"
    assert reason_of(written(values("d1", 1, case_id="case-2"))) == "case_id"


def test_what_is_written_is_what_is_read() -> None:
    """The program's own entries pass its own judgement, and no other is written."""
    fields = values("portique", 1)
    assert json.loads(write_payload(fields)) == fields
    for bad in (float("nan"), "\ud800", {"a": 10**500}):
        with pytest.raises(Malformed):
            write_payload(values("portique", 1, body={"x": bad}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(payload=json_values | st.binary(), signature=json_values | st.binary())
def test_whatever_stands_in_the_place_of_an_entry_gets_a_verdict(
    payload: object, signature: object
) -> None:
    """Any JSON in the two places is judged, never a fault."""
    assert read_posted(Posted(payload, signature), CASE_ID).reason is not None


@given(st.data())
def test_an_entry_with_any_bytes_changed_gets_a_verdict(data: st.DataObject) -> None:
    """Bytes cut, doubled, overwritten or put in between give a reason or an entry."""
    payload = bytearray(written(values("d1", 1, body={"a": ["é\U0001f600", {"b": -1.5e3}]})))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        until = data.draw(st.integers(place, min(len(payload), place + 5)))
        payload[place:until] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"]", b"\\ud8", b",", b"1e"])
        )
        if not payload:
            payload = bytearray(b"{}")
    content = bytes(payload)
    candidate = read_posted(Posted(base64.b64encode(content).decode(), ""), CASE_ID)
    assert candidate.material == content
    assert (candidate.reason is None) == (candidate.fields is not None)


@given(json_values)
def test_any_i_json_value_is_read_as_another_reader_reads_it(value: object) -> None:
    """What the standard library writes and reads strictly is read alike here."""
    try:
        text = json.dumps(value, allow_nan=False)
        text.encode("ascii")
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError:
        return
    assert read_json(text.encode()) == json.loads(text)
