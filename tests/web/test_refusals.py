"""What the endpoint refuses, in what order, and that nothing of it is a 5xx but 503."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest
from tests.web.conftest import Served
from tests.web.wire import Wire, read_answer

from portique.web.settings import SECURITY_HEADERS
from tools.signing_device import batch

ENTRIES = "/api/journal/entries"
JSON = "Content-Type: application/json"
HUB = "Authorization: Device hub"
MIB = 1 << 20

# From the first to be looked at to the last: each with what makes a request fail there.
FAULTS_IN_ORDER: list[tuple[int, dict[str, str]]] = [
    (404, {"path": "/api/journal/nothing"}),
    (405, {"method": "DELETE"}),
    (401, {"who": "Authorization: Device nobody"}),
    (413, {"length": str(9 * MIB)}),
    (415, {"type": "Content-Type: text/plain"}),
    (400, {"body": "[]"}),
]


def _send(wire: Wire, said: dict[str, str]) -> int:
    body = said.get("body", '{"entries": [1]}').encode()
    headers = [said.get("who", HUB), said.get("type", JSON)]
    headers.append(f"Content-Length: {said.get('length', len(body))}")
    # Only the head where the length is a lie: an answer has to come without the body.
    sent = b"" if "length" in said else body
    return wire.send(
        said.get("method", "POST"), said.get("path", ENTRIES), *headers, body=sent
    ).status


@pytest.mark.parametrize(("status", "said"), FAULTS_IN_ORDER)
def test_each_fault_alone_has_its_status(served: Served, status: int, said: dict[str, str]) -> None:
    """One fault in a request that is else in order."""
    assert _send(served.wire, said) == status


@pytest.mark.parametrize(("first", "second"), list(pairwise(FAULTS_IN_ORDER)))
def test_of_two_faults_the_earlier_is_answered(
    served: Served, first: tuple[int, dict[str, str]], second: tuple[int, dict[str, str]]
) -> None:
    """404, 405, 401, 413, 415, 400: a request with two faults shows only the first."""
    assert _send(served.wire, second[1] | first[1]) == first[0]


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (HUB, HUB),
        (HUB, "Authorization: Device lost"),
        ("Authorization: Device lost",),
        ("Authorization: Device",),
        ("Authorization: Device ",),
        ("Authorization: Bearer hub",),
        ("Authorization: Device hub  x y",),
        ("Authorization: ",),
        ("Authorization: Device hub, Device hub",),
    ],
)
def test_a_carrier_that_is_unknown_revoked_missing_or_named_twice_is_refused(
    served: Served, headers: tuple[str, ...]
) -> None:
    """401, with a challenge, for a batch and for a file."""
    for method, path in (("POST", ENTRIES), ("PUT", f"/api/journal/attachments/{'0' * 64}")):
        answer = served.wire.send(method, path, *headers, JSON, body=b"{}")
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Device")


def test_a_large_body_is_refused_from_its_length_before_it_is_sent(served: Served) -> None:
    """The answer is there though not one byte of the body was sent."""
    with served.wire.connect() as connection:
        head = f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\n{HUB}\r\n{JSON}\r\n"
        connection.sendall(f"{head}Content-Length: {8 * MIB + 1}\r\n\r\n".encode())
        assert read_answer(connection).status == 413


def test_a_large_body_that_is_sent_all_the_same_still_gets_its_answer(served: Served) -> None:
    """The rest is read and thrown away: a reset would take the answer with it."""
    answer = served.wire.send("POST", ENTRIES, HUB, JSON, body=b"x" * (20 * MIB))
    assert answer.status == 413


def test_a_large_chunked_body_is_refused_on_the_way(served: Served) -> None:
    """Whatever its content type; the answer reaches who goes on sending, each time."""
    for kind in (JSON, "Content-Type: text/plain") * 8:
        answer = served.wire.raw(_chunked(kind, (b"x" * MIB for _ in range(12))))
        assert answer.status == 413


def test_a_chunked_body_is_taken(served: Served) -> None:
    """In pieces of any size."""
    body = batch(served.hub.entries(3))
    pieces = (body[place : place + 100] for place in range(0, len(body), 100))
    answer = served.wire.raw(_chunked(JSON, pieces))
    assert [each["status"] for each in answer.json["results"]] == ["stored"] * 3


def _chunked(kind: str, pieces: Iterator[bytes]) -> bytes:
    head = (
        f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\n{HUB}\r\n{kind}\r\nTransfer-Encoding: chunked\r\n"
    )
    parts = [f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces]
    return head.encode() + b"\r\n" + b"".join(parts) + b"0\r\n\r\n"


def test_exactly_eight_mebibytes_are_taken(served: Served) -> None:
    """The limit is the last size that is let in."""
    body = b'{"entries": [1], "x": "' + b"y" * (8 * MIB - 25) + b'"}'
    assert len(body) == 8 * MIB
    assert served.post(body).status == 200
    assert served.post(body + b" ").status == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (("Content-Type: application/json; charset=utf-8",), 200),
        (("Content-Type: APPLICATION/JSON",), 200),
        ((), 415),
        (("Content-Type: application/json-seq",), 415),
        ((JSON, JSON), 415),
        ((JSON, "Content-Encoding: gzip"), 415),
        ((JSON, "Content-Encoding: identity"), 415),
    ],
)
def test_json_as_it_is_and_nothing_else(
    served: Served, headers: tuple[str, ...], status: int
) -> None:
    """The type is JSON, with or without parameters, and there is no encoding of any kind."""
    body = batch(served.hub.entries(1))
    if "Content-Encoding: gzip" in headers:
        body = gzip.compress(body)
    answer = served.wire.send("POST", ENTRIES, HUB, *headers, body=body)
    assert answer.status == status


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", ENTRIES, "GET, HEAD, POST"),
        ("GET", f"/api/journal/attachments/{'0' * 64}", "PUT"),
        ("POST", "/api/journal/checkpoint", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("OPTIONS", ENTRIES, "GET, HEAD, POST"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_named_with_those_it_does(
    served: Served, method: str, path: str, allow: str
) -> None:
    """405 with the header Allow."""
    answer = served.wire.send(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    "path",
    ["/api/journal/entries/", "/api/journal", "/api/journal/attachments", "/x", "//", "/%00"],
)
def test_a_path_that_is_nothing_is_404_for_everybody(served: Served, path: str) -> None:
    """Without a look at who asks."""
    assert served.wire.send("POST", path, body=b"{}").status == 404


def test_a_fault_of_ours_is_503_with_a_time_to_come_again(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """A device keeps what it has; the traceback is in the log, not in the answer."""
    served.journal.fault = ZeroDivisionError("a fault of ours")
    try:
        answer = served.post_entries(1)
    finally:
        served.journal.fault = None
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert b"ZeroDivision" not in answer.content
    assert "ZeroDivisionError: a fault of ours" in caplog.text


def test_a_locked_store_is_503_and_says_when_to_come_again(served: Served) -> None:
    """Nothing is acknowledged, and the same bytes are taken later."""
    body = batch(served.hub.entries(2))
    served.journal.is_locked = True
    try:
        answer = served.post(body)
    finally:
        served.journal.is_locked = False
    assert (answer.status, answer.headers["retry-after"]) == (503, "7")
    assert [each["status"] for each in served.post(body).json["results"]] == ["stored"] * 2


def test_every_answer_has_the_security_headers(served: Served) -> None:
    """Refusals too."""
    answers = [
        served.wire.send("GET", "/"),
        served.wire.send("GET", "/nothing"),
        served.wire.send("POST", ENTRIES, body=b"{}"),
        served.post_entries(1),
    ]
    assert [answer.status for answer in answers] == [200, 404, 401, 200]
    for answer in answers:
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name.lower()] == value


def test_a_connection_that_ends_in_the_middle_of_a_body_harms_nobody(served: Served) -> None:
    """Nothing is kept of it, and the next request is answered."""
    before = served.journal.size()
    body = batch(served.hub.entries(5))
    with served.wire.connect() as connection:
        head = f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\n{HUB}\r\n{JSON}\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:-9])
        connection.shutdown(socket.SHUT_RDWR)
    assert served.post_entries(1).status == 200
    assert served.journal.size() == before + 1
