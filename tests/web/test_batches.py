"""The body of a batch: what is refused as a whole, and what is judged by itself."""

from __future__ import annotations

import base64
import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.conftest import Served

from portique.web.body import Unreadable, read_pairs
from portique.web.nested import NotJson, elements_of
from tools.signing_device import SigningDevice, batch

DEEP = "[" * 200_000 + "]" * 200_000

json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"entries"',
        b"{}",
        b'{"entries": {}}',
        b'{"entries": null}',
        b'{"entries": []}',
        b'{"entries": [1]',
        b'{"entries": [1]} x',
        b'{"entries": [NaN]}',
        b'{"entries": [1], "x": Infinity}',
        b"{'entries': [1]}",
        b'{"entries": [01]}',
        b'{"entries": ["\x01"]}',
        b'{"entries": ["\xff"]}',
        b'{"entries": [1], "x": "\xff"}',
        b'\xef\xbb\xbf{"entries": [1]}',
        '{"entries": [1]}'.encode("utf-16"),
        json.dumps({"entries": [1] * 501}).encode(),
        b'{"entries": [' + DEEP.encode() + b"]",
        b'{"entries": {"x": ' + DEEP.encode() + b"}}",
        DEEP.encode(),
    ],
)
def test_what_is_no_batch_is_400(served: Served, body: bytes) -> None:
    """Not JSON in UTF-8, not an object, no array of 1 to 500."""
    assert served.post(body).status == 400


@pytest.mark.parametrize(
    "odd",
    [
        "1",
        "null",
        "true",
        '"text"',
        "[]",
        "{}",
        '{"payload": 1, "signature": 2}',
        '{"payload": "e30="}',
        '{"signature": "AA=="}',
        '{"payload": null, "signature": null}',
        '{"payload": "\\ud800", "signature": "\\udfff"}',
        '{"payload": "not base64", "signature": "AA=="}',
        "1e999999",
        "9" * 10_000,
        "-0.0",
        DEEP,
        '{"payload": ' + DEEP + ', "signature": "AA=="}',
    ],
)
def test_whatever_stands_in_the_array_is_judged_by_itself(served: Served, odd: str) -> None:
    """It is invalid, and its neighbours are stored."""
    before, after = (json.dumps(each) for each in served.hub.entries(2))
    answer = served.post(f'{{"entries": [{before}, {odd}, {after}]}}'.encode())
    assert answer.status == 200
    assert [each["status"] for each in answer.json["results"]] == ["stored", "invalid", "stored"]


def test_unknown_keys_beside_entries_are_ignored(served: Served) -> None:
    """Before and after, of any kind."""
    (entry,) = served.hub.entries(1)
    body = json.dumps({"a": [[1]], "entries": [entry | {"more": {}}], "z": {"entries": []}})
    assert served.post(body.encode()).json["results"][0]["status"] == "stored"


def test_five_hundred_are_taken(served: Served) -> None:
    """The limit is the last number that is let in, and results come in the order sent."""
    answer = served.post(batch(served.hub.entries(500)))
    sequences = [each["sequence"] for each in answer.json["results"]]
    assert sequences == list(range(sequences[0], sequences[0] + 500))


def test_an_odd_text_of_eight_mebibytes_takes_seconds_not_minutes() -> None:
    """The most patient reader is linear too."""
    started = time.monotonic()
    deep = "[" * 2_000_000 + "]" * 2_000_000
    assert read_pairs(f'{{"entries": [{deep}, 1]}}'.encode())[1] == (1.0, None)
    assert time.monotonic() - started < 60


@given(st.lists(json_values, min_size=1, max_size=8), st.dictionaries(st.text(), json_values))
def test_the_patient_reader_cuts_as_the_quick_one_reads(
    values: list[object], beside: dict[str, object]
) -> None:
    """Every element, whatever it holds, comes out as it went in."""
    text = json.dumps(beside | {"entries": values}, ensure_ascii=False)
    assert [json.loads(each) for each in elements_of(text, "entries", 8)] == values


@given(st.text(alphabet='[]{}",:0123456789eE.+-\\ntrufalsn "', max_size=30))
def test_the_patient_reader_takes_no_text_that_is_no_json(noise: str) -> None:
    """What it takes, the standard library reads too, and the other way round."""
    text = '{"entries": [' + noise + "]}"
    try:
        values = json.loads(text, parse_constant=_none)["entries"]
    except ValueError:
        values = None
    try:
        found: list[str] | None = elements_of(text, "entries", 100)
    except NotJson:
        found = None
    if not isinstance(values, list):
        assert found is None
    else:
        assert found is not None
        assert len(found) == len(values)


def _none(_: str) -> object:
    raise ValueError


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    """Nothing else ever comes out."""
    for body in (noise, b'{"entries": [' + noise + b"]}"):
        try:
            pairs = read_pairs(body)
        except Unreadable:
            continue
        assert 1 <= len(pairs) <= 500


def test_large_numbers_cost_nothing() -> None:
    """They are never used; a number of a million digits is a float that is infinite."""
    ((payload, _),) = read_pairs(b'{"entries": [{"payload": ' + b"9" * 1_000_000 + b"}]}")
    assert payload == math.inf


def test_a_proof_signs_the_body_as_it_came() -> None:
    """The signing device of these tests signs what the contract says: the SHA-256 of the body."""
    device = SigningDevice("d", "c")
    header = device.proof(b"body")
    assert header.startswith("Authorization: Device d ")
    assert len(base64.b64decode(header.rsplit(" ", 1)[1])) == 64
