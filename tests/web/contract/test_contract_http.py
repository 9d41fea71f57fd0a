"""Section 3 of the contract: requests of every odd kind, and what is refused first."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import json
import socket
from typing import Any

import pytest
from tests.web.contract.conftest import ENTRIES, JSON, Served
from tests.web.wire import Answer, Wire, read_answer

from tools.signing_device import batch

MIB = 1 << 20
HUB = "Authorization: Device hub"
NAME = "ab" * 32
FILE = f"/api/journal/attachments/{NAME}"

FAULTS: list[tuple[int, dict[str, Any]]] = [
    (404, {"path": f"{ENTRIES}/"}),
    (405, {"method": "PATCH"}),
    (401, {"who": []}),
    (401, {"who": [HUB, HUB]}),
    (413, {"length": 8 * MIB + 1}),
    (415, {"more": ["Content-Encoding: identity"]}),
    (415, {"type": "Content-Type: text/json"}),
    (400, {"body": b'{"entries": []}'}),
]
"""From the first to be looked at to the last; two of one status never meet."""


def _send(wire: Wire, said: dict[str, Any]) -> Answer:
    body: bytes = said.get("body", b'{"entries": [1]}')
    length = said.get("length", len(body))
    return wire.send(
        said.get("method", "POST"),
        said.get("path", ENTRIES),
        *said.get("who", [HUB]),
        said.get("type", JSON),
        *said.get("more", []),
        f"Content-Length: {length}",
        body=b"" if "length" in said else body,
    )


def test_of_any_faults_together_the_first_in_the_order_is_answered(served: Served) -> None:
    """404, 405, 401, 413, 415, 400: each alone, each pair, each three."""
    for many in (1, 2, 3):
        for some in itertools.combinations(FAULTS, many):
            if len({status for status, _ in some}) < many:
                continue
            said: dict[str, Any] = {}
            for _, fault in reversed(some):
                said |= fault
            answer = _send(served.wire, said)
            assert answer.status == some[0][0], some
            assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_file_is_refused_in_the_same_order(served: Served) -> None:
    """404, 405, 401, 413; then 400 for a name or a hash that does not fit."""
    said: dict[str, Any] = {"method": "PUT", "path": FILE, "length": 64 * MIB + 1, "who": []}
    assert _send(served.wire, said | {"method": "POST"}).status == 405
    assert _send(served.wire, said).status == 401
    assert _send(served.wire, said | {"who": [HUB]}).status == 413
    assert _send(served.wire, {"method": "PUT", "path": FILE}).status == 400


def _chunked(wire: Wire, *headers: str, pieces: int, size: int = MIB) -> Answer:
    head = f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    with wire.connect() as connection:
        connection.sendall((head + "\r\n".join(headers) + "\r\n\r\n").encode())
        for _ in range(pieces):
            connection.sendall(f"{size:x}\r\n".encode() + b" " * size + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        return read_answer(connection)


def test_a_chunked_body_is_counted_on_the_way(served: Served) -> None:
    """Over 8 MiB is 413, before its type is looked at and after the carrier is; 8 MiB is read."""
    assert _chunked(served.wire, HUB, JSON, pieces=9).status == 413
    assert _chunked(served.wire, HUB, "Content-Type: text/plain", pieces=9).status == 413
    assert _chunked(served.wire, JSON, pieces=9).status == 401
    assert _chunked(served.wire, HUB, JSON, pieces=8).status == 400
    assert _chunked(served.wire, HUB, "Content-Type: text/plain", pieces=8).status == 415


def test_a_chunked_body_without_end_is_refused_before_it_ends(served: Served) -> None:
    """The answer is there while the last chunk was never sent."""
    head = f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\n{HUB}\r\n{JSON}\r\n"
    with served.wire.connect() as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(9):
            connection.sendall(f"{MIB:x}\r\n".encode() + b" " * MIB + b"\r\n")
        assert read_answer(connection).status == 413


@pytest.mark.parametrize(
    "length", ["-1", "+5", "1e3", "0x10", "5, 6", "abc", "", "9" * 30, "9" * 5000]
)
def test_a_length_that_is_no_length_is_a_refusal(served: Served, length: str) -> None:
    """400 or 413, and the server goes on."""
    answer = served.wire.raw(
        f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\n{HUB}\r\n{JSON}\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
    )
    assert 400 <= answer.status < 500


def test_two_lengths_that_differ_are_a_refusal(served: Served) -> None:
    """Whoever stands in between might read the other one."""
    answer = served.wire.raw(
        f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\n{HUB}\r\n{JSON}\r\n"
        "Content-Length: 16\r\nContent-Length: 17\r\n\r\n".encode()
        + b'{"entries": [1]}'
    )
    assert answer.status == 400


def test_a_body_shorter_than_its_length_is_never_taken(served: Served) -> None:
    """The other side hangs up in the middle: nothing of it is in the log."""
    device = served.device()
    body = batch(device.entries(2))
    head = f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\n{HUB}\r\n{JSON}\r\n"
    with served.wire.connect() as connection:
        connection.sendall(f"{head}Content-Length: {len(body) + 10}\r\n\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        assert read_answer(connection).status == 400
    assert served.statuses(*json.loads(body)["entries"]) == ["stored", "stored"]


def test_a_body_longer_than_its_length_ends_where_it_says(served: Served) -> None:
    """What follows is another request, and none that does harm."""
    (element,) = served.device().entries(1)
    answer = served.wire.send(
        "POST",
        ENTRIES,
        HUB,
        JSON,
        f"Content-Length: {len(batch([element]))}",
        body=batch([element]) + b"trailing nonsense",
    )
    assert [each["status"] for each in answer.json["results"]] == ["stored"]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [""],
        ["Device"],
        ["Device "],
        ["Device nobody"],
        ["Device HUB"],
        ["Device portique"],
        ["Bearer hub"],
        ["hub"],
        ["Device hub", "Device hub"],
        ["Device hub", ""],
        ["Device hub", "Bearer x"],
        ["Device hub,Device hub"],
        ["Device hub a b"],
        ["Device h\u00fcb"],
    ],
)
def test_no_carrier_or_two_is_401(served: Served, headers: list[str]) -> None:
    """For a batch and for a file, whatever else is wrong further on."""
    given = [f"Authorization: {each}" for each in headers]
    assert served.wire.send("POST", ENTRIES, *given, body=b"").status == 401
    assert served.wire.send("PUT", FILE, *given, body=b"").status == 401


def test_header_bytes_that_are_no_text_are_a_refusal(served: Served) -> None:
    """A byte of no encoding in the header, the path or the query is no fault of ours."""
    for line in (b"Authorization: Device h\xfcb", b"X-Other: \xff\xfe"):
        request = f"POST {ENTRIES} HTTP/1.1\r\nHost: x\r\n{JSON}\r\nContent-Length: 2\r\n"
        assert served.wire.raw(request.encode() + line + b"\r\n\r\n{}").status in {400, 401}
    for target in (b"/api/journal/\xff", b"/api/journal/proof?sequence=\xff&size=1"):
        answer = served.wire.raw(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.status in {400, 404}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"entries": [1]}', 200),
        (b' \n{"entries"\t:\r\n[1]}\n', 200),
        (b'{"v": 9, "entries": [1], "more": {"entries": []}}', 200),
        (b'{"entries": [' + b"1," * 499 + b"1]}", 200),
        (b'{"entries": [' + b"1," * 500 + b"1]}", 400),
        (b'{"entries": []}', 400),
        (b'{"Entries": [1]}', 400),
        (b'{"entries": "x"}', 400),
        (b'{"entries": {"0": 1}}', 400),
        (b"[1]", 400),
        (b"null", 400),
        (b"", 400),
        (b'{"entries": [1],}', 400),
        (b'{"entries": [1]}{}', 400),
        (b'{"entries": [Infinity]}', 400),
        (b"\xef\xbb\xbf" + b'{"entries": [1]}', 400),
        (b'{"entries": ["\xed\xa0\x80"]}', 400),
        (b'{"entries": ["\xc3"]}', 400),
        ('{"entries": [1]}'.encode("utf-16-le"), 400),
    ],
)
def test_400_is_for_the_body_as_a_whole(served: Served, body: bytes, status: int) -> None:
    """JSON in UTF-8, an object, an array of 1 to 500; what stands in it is judged by itself."""
    assert served.post(body, carrier=served.hub.device_id).status == status


def test_a_body_that_is_refused_adds_nothing(served: Served) -> None:
    """501 good entries are refused as a whole, and 500 of them are stored as a whole."""
    elements = served.device().entries(501)
    before = served.note().size
    assert served.post(batch(elements)).status == 400
    assert served.note().size == before
    results = served.judge(*elements[:500])
    assert {each["status"] for each in results} == {"stored"}
    assert [each["sequence"] for each in results] == list(range(before, before + 500))
    assert served.note().size == before + 501


def test_a_coded_body_is_415(served: Served) -> None:
    """Whatever the coding is, also none and an empty one."""
    body = batch(served.device().entries(1))
    for coding in ("gzip", "identity", "br, gzip", ""):
        sent = gzip.compress(body) if coding == "gzip" else body
        headers = (HUB, JSON, f"Content-Encoding: {coding}")
        assert served.wire.send("POST", ENTRIES, *headers, body=sent).status == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/api/journal/checkpoint", 200),
        ("HEAD", ENTRIES, 401),
        ("HEAD", FILE, 405),
        ("OPTIONS", ENTRIES, 405),
        ("OPTIONS", "*", 404),
        ("TRACE", ENTRIES, 405),
        ("BREW", ENTRIES, 405),
        ("post", ENTRIES, 405),
        ("DELETE", FILE, 405),
        ("GET", FILE, 405),
        ("PUT", ENTRIES, 405),
        ("POST", "/api/journal/checkpoint", 405),
        ("POST", "/api/journal/proof", 405),
        ("PUT", "/api/journal/consistency", 405),
        ("GET", "/api/journal/checkpoint/", 404),
        ("GET", "/api/journal/proof/?sequence=0&size=1", 404),
        ("GET", "/api/journal//checkpoint", 404),
        ("GET", "//api/journal/checkpoint", 404),
        ("GET", "/API/journal/checkpoint", 404),
        ("GET", "/api/journal/check%70oint", 200),
        ("GET", "/api/journal/checkpoint%20", 404),
        ("GET", "/api/journal/checkpoint%0a", 404),
        ("GET", "/api/journal/%2e%2e/journal/checkpoint", 404),
        ("GET", "/api/journal/%ff", 404),
        ("GET", "/api/journal/%", 404),
        ("GET", "/api/journal/checkpoint?x=1&x=2", 200),
        ("GET", "http://elsewhere/api/journal/checkpoint", 200),
        ("PUT", "/api/journal/attachments/", 401),
        ("PUT", "/api/journal/attachments", 404),
    ],
)
def test_paths_and_methods(served: Served, method: str, path: str, status: int) -> None:
    """A path is what it is, decoded once; HEAD is GET without a body, every other is named."""
    assert served.wire.send(method, path).status == status


@pytest.mark.parametrize(
    "name",
    [
        *("", "x", NAME.upper(), NAME[:-1], f"{NAME}0", "%C3%A9" * 32, f"{NAME}/x"),
        *(f"{NAME[:-1]}%0A", "%00" * 64, f"{NAME}%0A", "g" * 64, "%ff" * 64, "..%2fcase.toml"),
    ],
)
def test_a_file_under_a_name_that_is_no_hash_is_400(served: Served, name: str) -> None:
    """64 lower-case hex digits and nothing else."""
    answer = served.wire.send("PUT", f"/api/journal/attachments/{name}", HUB, body=b"x")
    assert answer.status == 400


def test_a_file_is_created_once_and_known_ever_after(served: Served) -> None:
    """201, 200; 400 for another file under its name; of any size from nothing on."""
    for content in (b"", b"photo", b"x" * (3 * MIB)):
        path = f"/api/journal/attachments/{hashlib.sha256(content).hexdigest()}"
        before = served.note().size
        assert served.wire.send("PUT", path, HUB, body=content).status == 201
        assert served.note().size == before + 1
        assert served.wire.send("PUT", path, HUB, body=content).status == 200
        assert served.wire.send("PUT", path, HUB, body=content + b"!").status == 400
        assert served.note().size == before + 1
        kept = served.folder / "attachments" / hashlib.sha256(content).hexdigest()
        assert kept.read_bytes() == content


def test_1000_invalid_entries_silence_who_is_not_proven(served: Served) -> None:
    """429 with a time to come again; the device itself, proven, is heard; so is everybody else."""
    device = served.device()
    name, nonsense = device.device_id, batch([{"payload": "!", "signature": "!"}] * 500)
    assert [served.post(nonsense, carrier=name).status for _ in range(3)] == [200, 200, 429]
    good = batch(device.entries(1))
    answer = served.post(good, carrier=name)
    assert (answer.status, answer.headers["retry-after"].isdigit()) == (429, True)
    assert int(answer.headers["retry-after"]) <= 600
    assert served.post(b"[]", carrier=name).status == 400

    forged = f"Authorization: Device {name} {base64.b64encode(bytes(64)).decode()}"
    assert served.post(good, forged, JSON).status == 429
    assert served.post(good, served.hub.proof(good).replace("hub", name), JSON).status == 429
    assert served.post(good, device.proof(good), JSON).json["results"][0]["status"] == "stored"
    assert served.statuses(*device.entries(1)) == ["stored"]


def test_what_a_silenced_device_has_to_say_comes_by_another(served: Served) -> None:
    """Invalid entries that name a device do not count against it, but against who brings them."""
    device, other = served.device(), served.device()
    forged = [other.sign(base64.b64decode(each["payload"])) for each in device.entries(500)]
    for _ in range(2):
        reasons = {each["reason"] for each in served.judge(*forged, carrier=other.device_id)}
        assert reasons == {"signature"}
    assert served.post(batch(forged), carrier=other.device_id).status == 429
    device.seq, device.last_sha256 = 0, "0" * 64
    answer = served.post(batch(device.entries(1)), carrier=device.device_id)
    assert answer.json["results"][0]["status"] == "stored"
