"""Sections 1 and 2 of the contract: the verdict on one entry, step by step and in that order."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from tests.web.contract.conftest import Served, portique

from tools.signing_device import SigningDevice, batch

GONE = object()


def _payload(element: dict[str, str]) -> bytes:
    return base64.b64decode(element["payload"])


def _nested(depth: int) -> str:
    """Return a list nested so deep; in `body` it begins at level 3 of 64."""
    return "[" * depth + "]" * depth


def _written(device: SigningDevice, body: str) -> dict[str, str]:
    """Return an element whose `body` is written in one way and no other."""
    marked = json.dumps(device.fields(body={"here": 0}), ensure_ascii=False)
    return device.sign(marked.replace('"here": 0', f'"here": {body}').encode())


def _raw(device: SigningDevice, text: bytes) -> dict[str, str]:
    return device.sign(text)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.rstrip("="),
        lambda text: text + "=",
        lambda text: text + "====",
        lambda text: text[:76] + "\n" + text[76:],
        lambda text: text[:76] + "\r\n" + text[76:],
        lambda text: " " + text,
        lambda text: text + "\n",
        lambda text: text[:8] + "-_" + text[10:],
        lambda text: text[:-2] + "\u00e9=",
        lambda text: text[:-3] + chr(ord(text[-3]) + 1) + text[-2:],
        lambda _: "\ud800",
        lambda _: None,
        lambda _: 7,
        lambda text: [text],
        lambda text: {"base64": text},
        lambda _: True,
    ],
)
@pytest.mark.parametrize("where", ["payload", "signature"])
def test_step_1_is_base64_in_its_one_writing(served: Served, spoil: Any, where: str) -> None:
    """Padded, the first alphabet, no breaks, no stray bits; else invalid, also what is known."""
    device = served.hub
    fields = device.fields()
    while len(json.dumps(fields, ensure_ascii=False, separators=(",", ":"))) % 3 != 1:
        fields["actor"] += "x"
    element = device.write(fields)
    if where == "signature":
        assert served.statuses(element) == ["stored"]
    (result,) = served.judge(element | {where: spoil(element[where])})
    assert (result["status"], result["entry_id"]) == ("invalid", None)


@pytest.mark.parametrize(
    "element", [1, None, "x", [], {}, True, 1.5, [["deep"]], {"payload": "e30="}]
)
def test_what_is_no_entry_at_all_is_judged_by_itself(served: Served, element: Any) -> None:
    """Its neighbours are stored."""
    one, other = served.hub.entries(2)
    assert served.statuses(one, element, other) == ["stored", "invalid", "stored"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("1", "stored"),
        ("1" * 400, "stored"),
        ("1" * 401, "invalid"),
        ("-" + "1" * 399, "stored"),
        ("-" + "1" * 400, "invalid"),
        ("0." + "1" * 398, "stored"),
        ("0." + "1" * 399, "invalid"),
        ("1e" + "0" * 398, "stored"),
        ("1e" + "0" * 399, "invalid"),
        ("1e999999", "stored"),
        ("-0", "stored"),
        ("01", "invalid"),
        ("+1", "invalid"),
        (".5", "invalid"),
        ("1.", "invalid"),
        ("0x1", "invalid"),
        ("NaN", "invalid"),
        ("Infinity", "invalid"),
        ("-Infinity", "invalid"),
        ("\u0661", "invalid"),
        (_nested(62), "stored"),
        (_nested(63), "invalid"),
        ('{"a":' * 62 + "1" + "}" * 62, "stored"),
        ('{"a":' * 63 + "1" + "}" * 63, "invalid"),
        ('[{"a":' * 31 + "1" + "}]" * 31, "stored"),
        ('"' + "[" * 500 + '"', "stored"),
        ('"\\"' + "[" * 500 + '"', "stored"),
        ("[" + ",".join(["[]"] * 500) + "]", "stored"),
        (_nested(100_000), "invalid"),
        ("[" * 100_000, "invalid"),
        ('{"a": 1, "a": 1}', "invalid"),
        ('{"a": 1, "\\u0061": 2}', "invalid"),
        ('[[{"x": [{"a": 1, "b": 2, "a": 3}]}]]', "invalid"),
        ('{"a": {"a": {"a": 1}}}', "stored"),
        ('{"": 1, "": 2}', "invalid"),
        ('"\\ud800"', "invalid"),
        ('"\\udc00\\ud800"', "invalid"),
        ('"\\ud83d\\ude00"', "stored"),
        ('{"\\udfff": 1}', "invalid"),
        ('"\\uFFFF"', "stored"),
        ('"\\u0000"', "stored"),
        ('"\\\\ud800"', "stored"),
        ('"\u0001"', "invalid"),
        ('"\\x"', "invalid"),
        ("'x'", "invalid"),
        ("nul", "invalid"),
        ("1, }", "invalid"),
    ],
)
def test_step_2_is_i_json(served: Served, text: str, status: str) -> None:
    """Numbers of at most 400 characters, 64 levels, no key twice, no lone surrogate."""
    assert served.statuses(_written(served.hub, text)) == [status]


def test_step_2_is_one_object_in_utf_8(served: Served) -> None:
    """Bytes that are no UTF-8, a mark at the beginning, another value, something after it."""
    device = served.device()
    good = json.dumps(device.fields()).encode()
    spoiled = [
        b"",
        b"null",
        b"[" + good + b"]",
        b"\xef\xbb\xbf" + good,
        good + b"{}",
        good[:-1],
        good[:-1] + b",}",
        good[:-1] + b', "x": "\xff"}',
        good[:-1] + b', "x": "\xed\xa0\x80"}',
        good.decode().encode("utf-16"),
        good[:-1] + b', "v": 1}',
    ]
    elements = [_raw(device, each) for each in spoiled]
    assert served.statuses(*elements, _raw(device, good)) == ["invalid"] * len(spoiled) + ["stored"]
    assert served.statuses(_raw(device, b" \n" + good + b"\t")) == ["conflict"]


WRONG_FIELDS: list[tuple[str, Any]] = [
    *((name, GONE) for name in SigningDevice("x", "y").fields()),
    *((name, None) for name in SigningDevice("x", "y").fields() if name != "authority_id"),
    ("v", 2),
    ("v", "1"),
    ("v", True),
    ("case_id", "other"),
    ("case_id", "Contract"),
    ("device_seq", "1"),
    ("device_seq", True),
    ("device_seq", []),
    ("hlc", {"wall_ms": 1}),
    ("hlc", {"wall_ms": "1", "counter": 0}),
    ("hlc", []),
    ("subject", {"type": "cell"}),
    ("subject", {"type": "cell", "id": 5}),
    ("causes", [1]),
    ("causes", {}),
    ("authority_id", 5),
    ("body", []),
    ("body", "x"),
    ("attachments", {}),
    ("attachments", ["x"]),
    ("attachments", [{"sha256": "a", "bytes": 1}]),
    ("attachments", [{"sha256": "a", "bytes": "1", "media_type": "x"}]),
    ("attachments", [{"sha256": 1, "bytes": 1, "media_type": "x"}]),
]


def test_step_3_is_every_field_and_its_type(served: Served) -> None:
    """One that is missing or of another type; another `v`, another case."""
    device = served.device()
    elements = []
    for name, value in WRONG_FIELDS:
        fields = device.fields()
        fields |= {} if value is GONE else {name: value}
        if value is GONE:
            del fields[name]
        elements.append(device.write(fields))
    for result, wrong in zip(served.judge(*elements), WRONG_FIELDS, strict=True):
        assert result["status"] == "invalid", wrong
        assert (result["entry_id"] is None) == (wrong[0] == "entry_id"), wrong


ODD_FIELDS: list[tuple[str, Any]] = [
    ("kind", "never_heard_of"),
    ("kind", ""),
    ("entry_id", "not a uuid"),
    ("entry_id", "x" * 10_000),
    ("entry_id", "\u0000"),
    ("device_seq", 0),
    ("device_seq", -5),
    ("device_seq", 2**53),
    ("device_seq", 10**399),
    ("prev_device_hash", "?"),
    ("hlc", {"wall_ms": -(10**300), "counter": 10**300, "more": []}),
    ("occurred_at_utc", "yesterday"),
    ("time_source", "sundial"),
    ("role", "king"),
    ("status", "rumour"),
    ("subject", {"type": "ghost", "id": "", "more": 1}),
    ("authority_id", ""),
    ("causes", ["nothing"] * 100),
    ("body", {}),
    ("attachments", [{"sha256": "no hash", "bytes": -1, "media_type": "", "more": 1}]),
    ("unknown", {"field": ["is", "kept"]}),
]


def test_nothing_else_of_a_payload_is_judged(served: Served) -> None:
    """Values of any kind are stored, each byte as it came."""
    device = served.device()
    elements = [device.write(device.fields(**{name: value})) for name, value in ODD_FIELDS]
    for result, odd in zip(served.judge(*elements), ODD_FIELDS, strict=True):
        assert result["status"] == "stored", odd
    held = {each["payload"]: each["signature"] for each in served.log()}
    for each in elements:
        assert held[_payload(each)] == base64.b64decode(each["signature"])
    served.check()


def test_step_4_comes_before_key_and_signature(served: Served) -> None:
    """Known whatever signature comes with it, also of a revoked device; no new leaf."""
    device, other = served.device(), served.device()
    elements = device.entries(2)
    stored = served.judge(*elements)
    portique("device", "revoke", served.folder, device.device_id, "--actor", "anna")
    size = served.note().size
    payload = _payload(elements[0])
    for signature in (b"", b"x", bytes(64), bytes(65), other.key.sign(payload)):
        again = elements[0] | {"signature": base64.b64encode(signature).decode()}
        assert served.judge(again) == [
            stored[0] | {"status": "known"},
        ]
    assert served.note().size == size
    new, forged = device.entries(1)[0], other.sign(_payload(device.entries(1)[0]))
    assert [each["reason"] for each in served.judge(new, forged)] == ["revoked", "revoked"]
    assert served.post(batch(elements), carrier=device.device_id).status == 401


def test_step_5_comes_before_step_6(served: Served) -> None:
    """Of a device that nobody knows the signature is not looked at; the program is no device."""
    stranger, device = SigningDevice("stranger", "contract"), served.device()
    (unknown,) = stranger.entries(1)
    (program,) = SigningDevice("portique", "contract").entries(1)
    forged = stranger.sign(_payload(device.entries(1)[0]))
    short = device.entries(1)[0] | {"signature": base64.b64encode(b"short").decode()}
    results = served.judge(unknown, program, forged, short)
    reasons = [each["reason"] for each in results]
    assert [each["status"] for each in results] == ["invalid"] * 4
    assert reasons[0] == reasons[1]
    assert reasons[2] == reasons[3] != reasons[0]
    (own,) = [each for each in served.log() if each["said"]["device_seq"] == 1][:1]
    again = {
        "payload": base64.b64encode(own["payload"]).decode(),
        "signature": base64.b64encode(bytes(64)).decode(),
    }
    assert served.judge(again)[0]["status"] == "known"


def test_step_7_keeps_both_sides_of_a_conflict(served: Served) -> None:
    """Same id or same number with another payload: a leaf of its own, again and again the same."""
    device, other = served.device(), served.device()
    first = device.fields()
    one = device.sign(json.dumps(first).encode())
    same_number = device.sign(json.dumps(first | {"entry_id": "another"}).encode())
    same_id = device.sign(json.dumps(first | {"device_seq": 9}).encode())
    third = device.sign(json.dumps(first | {"purpose": "another"}).encode())
    by_another = other.write(other.fields(entry_id=first["entry_id"]))
    statuses = ["stored", "conflict", "conflict", "conflict", "conflict"]
    results = served.judge(one, same_number, same_id, third, by_another)
    assert [each["status"] for each in results] == statuses
    sequences = [each["sequence"] for each in results]
    assert sequences == list(range(sequences[0], sequences[0] + 5))

    again = served.judge(third, one, by_another, same_number, same_id)
    assert [each["status"] for each in again] == ["conflict", "known"] + ["conflict"] * 3
    assert [again[1]["sequence"], again[0]["sequence"]] == [sequences[0], sequences[3]]
    assert served.statuses(third | {"signature": one["signature"]}) == ["conflict"]
    said = json.loads(portique("verify", served.folder, "--json"))
    alarms = [each for each in said["alarms"] if each["kind"] == "conflict"]
    assert set(sequences) <= {number for each in alarms for number in each["sequences"]}
    assert said["ok"] is True


def test_one_that_comes_twice_in_a_batch_is_one_leaf(served: Served) -> None:
    """Stored, then known; with a wrong signature first: invalid, then stored."""
    device = served.device()
    one, two = device.entries(2)
    results = served.judge(one, one, two | {"signature": one["signature"]}, two, two)
    assert [e["status"] for e in results] == ["stored", "known", "invalid", "stored", "known"]
    assert results[0]["sequence"] == results[1]["sequence"] == results[3]["sequence"] - 1


def test_any_order_any_carrier_any_gap(served: Served) -> None:
    """A hub brings what others wrote; a number may be missing, a predecessor wrong: alarms."""
    devices = [served.device() for _ in range(3)]
    mixed = [each for device in devices for each in device.entries(3)]
    assert served.statuses(*reversed(mixed), carrier=devices[0].device_id) == ["stored"] * 9
    device = devices[0]
    device.entries(2)
    (late,) = device.entries(1)
    wrong = device.write(device.fields(prev_device_hash="ab" * 32))
    assert served.statuses(late, wrong) == ["stored", "stored"]
    said = json.loads(portique("verify", served.folder, "--json"))
    assert said["gaps"][device.device_id] == [[4, 5]]
    kinds = {each["kind"] for each in said["alarms"]}
    assert (
        {"gap", "predecessor"} <= kinds <= {"conflict", "gap", "predecessor", "incomplete", "rule"}
    )


def test_what_a_revoked_device_signed_is_let_in_by_a_person(served: Served) -> None:
    """`admitted`, the entry, `received`; what is in the log is not let in again."""
    device = served.device()
    one, two = device.entries(2)
    assert served.statuses(one) == ["stored"]
    portique("device", "revoke", served.folder, device.device_id)
    forged = served.hub.sign(_payload(two))
    assert [each["reason"] for each in served.judge(forged, two)] == ["revoked", "revoked"]
    size = served.note().size

    sha256 = hashlib.sha256(_payload(two)).hexdigest()
    words = ("device", "admit", served.folder, sha256, "--actor", "anna", "--ground", "in a car")
    portique(*words)
    admitted, entry, received = served.log()[size:]
    assert (admitted["said"]["kind"], admitted["said"]["role"]) == ("admitted", "lead_investigator")
    assert (admitted["said"]["actor"], admitted["said"]["device_id"]) == ("anna", "portique")
    assert entry["payload"] == _payload(two)
    assert entry["signature"] == base64.b64decode(two["signature"])
    body = received["said"]["body"]
    assert (body["first_sequence"], body["last_sequence"]) == (size + 1, size + 1)
    assert body["received_at_utc"] == entry["received_at_utc"]
    assert [each["status"] for each in served.judge(two, forged)] == ["known", "known"]
    with pytest.raises(RuntimeError, match="exit"):
        portique(*words)
    served.check()
