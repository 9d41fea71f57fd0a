"""Carriers: who is listened to, and that nobody silences another."""

from __future__ import annotations

import hashlib
import json

from tests.web.conftest import Served
from tests.web.wire import Answer

from portique.web.carrier import Claim, Silence, is_proven
from tools.signing_device import SigningDevice, batch

JSON = "Content-Type: application/json"


def _nonsense(served: Served, *, proven: bool, count: int = 500) -> Answer:
    body = json.dumps({"entries": [{"payload": "!", "signature": "!"}] * count}).encode()
    who = served.hub.proof(body) if proven else "Authorization: Device hub"
    return served.post(body, who, JSON)


def _good(served: Served, *, proven: bool) -> Answer:
    body = batch(served.hub.entries(1))
    return served.post(
        body, served.hub.proof(body) if proven else "Authorization: Device hub", JSON
    )


def test_a_thousand_invalid_in_ten_minutes_and_a_carrier_is_told_to_wait(
    served_apart: Served,
) -> None:
    """429 with whole seconds, once a thousand were answered; 999 are none too many."""
    assert _nonsense(served_apart, proven=False, count=500).status == 200
    assert _nonsense(served_apart, proven=False, count=499).status == 200
    assert _good(served_apart, proven=False).status == 200
    assert _nonsense(served_apart, proven=False, count=1).status == 200

    answer = _good(served_apart, proven=False)
    assert answer.status == 429
    assert 590 <= int(answer.headers["retry-after"]) <= 601


def test_nobody_silences_a_device_in_its_name(served_apart: Served) -> None:
    """Its proven requests are counted apart from those that anybody can send."""
    for _ in range(2):
        assert _nonsense(served_apart, proven=False).status == 200
    assert _good(served_apart, proven=False).status == 429
    assert _good(served_apart, proven=True).status == 200


def test_a_device_that_goes_wrong_is_silenced_where_it_proves_itself(served_apart: Served) -> None:
    """And only there."""
    for _ in range(2):
        assert _nonsense(served_apart, proven=True).status == 200
    assert _good(served_apart, proven=True).status == 429
    assert _good(served_apart, proven=False).status == 200


def test_a_proof_that_does_not_fit_counts_as_none(served_apart: Served) -> None:
    """Another body's, another key's, no base64: the request is one that anybody could send."""
    for _ in range(2):
        _nonsense(served_apart, proven=False)
    body = batch(served_apart.hub.entries(1))
    other = SigningDevice("hub", "web")
    for who in (
        served_apart.hub.proof(body + b" "),
        other.proof(body),
        "Authorization: Device hub AAAA",
        "Authorization: Device hub !!!!",
    ):
        assert served_apart.post(body, who, JSON).status == 429


def test_after_ten_minutes_a_carrier_is_listened_to_again() -> None:
    """The window moves: what is older counts no more."""
    now = [0.0]
    silence = Silence(clock=lambda: now[0])
    silence.count("hub", 600, proven=False)
    now[0] = 300.0
    silence.count("hub", 400, proven=False)
    assert silence.wait_s("hub", proven=False) == 301
    assert silence.wait_s("hub", proven=True) == 0
    assert silence.wait_s("other", proven=False) == 0
    now[0] = 599.9
    assert silence.wait_s("hub", proven=False) == 1
    now[0] = 600.0
    assert silence.wait_s("hub", proven=False) == 0


def test_a_proof_is_of_this_body_and_this_key() -> None:
    """One byte of either, and it is none."""
    device = SigningDevice("hub", "web")
    proof = device.proof(b"body").rsplit(" ", 1)[1]
    claim = Claim("hub", proof)
    assert is_proven(claim, device.public_key, hashlib.sha256(b"body").digest())
    assert not is_proven(claim, device.public_key, hashlib.sha256(b"bodY").digest())
    assert not is_proven(claim, bytes(32), hashlib.sha256(b"body").digest())
    assert not is_proven(Claim("hub"), device.public_key, hashlib.sha256(b"body").digest())
