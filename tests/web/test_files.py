"""Attachments: kept under their hash, refused under another, with room for each carrier."""

from __future__ import annotations

import hashlib

import pytest
from tests.web.conftest import Served
from tests.web.wire import Answer

MIB = 1 << 20
HUB = "Authorization: Device hub"


def _put(served: Served, content: bytes, name: str | None = None, who: str = HUB) -> Answer:
    name = hashlib.sha256(content).hexdigest() if name is None else name
    return served.wire.send("PUT", f"/api/journal/attachments/{name}", who, body=content)


def test_a_file_is_created_then_known(served_apart: Served) -> None:
    """201, then 200, and it is there as it came."""
    assert _put(served_apart, b"a photograph").status == 201
    assert _put(served_apart, b"a photograph").status == 200
    assert list(served_apart.journal.files.values()) == [b"a photograph"]


@pytest.mark.parametrize(
    "name",
    ["0" * 64, "A" * 64, "0" * 63, "0" * 65, "", "x", "..%2F..%2Fcase.toml", "a/b", "0" * 63 + "g"],
)
def test_another_hash_or_no_hash_is_400(served: Served, name: str) -> None:
    """The name has to be this content's SHA-256 in 64 lower-case hex digits."""
    assert _put(served, b"a photograph", name).status == 400


def test_a_hash_in_capitals_is_no_name(served: Served) -> None:
    """One spelling, so that one file has one name."""
    content = b"a photograph"
    assert _put(served, content, hashlib.sha256(content).hexdigest().upper()).status == 400


def test_a_file_over_64_mebibytes_is_refused_from_its_length(served: Served) -> None:
    """Without a byte of it."""
    path = f"/api/journal/attachments/{'0' * 64}"
    answer = served.wire.send("PUT", path, HUB, f"Content-Length: {64 * MIB + 1}")
    assert answer.status == 413


def test_a_file_over_64_mebibytes_is_refused_on_the_way(served: Served) -> None:
    """Where no length is said."""
    head = f"PUT /api/journal/attachments/{'0' * 64} HTTP/1.1\r\nHost: x\r\n{HUB}\r\n"
    piece = b"%x\r\n" % MIB + bytes(MIB) + b"\r\n"
    answer = served.wire.raw(
        f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + piece * 65 + b"0\r\n\r\n"
    )
    assert answer.status == 413


def test_what_a_carrier_leaves_unnamed_is_bounded_and_a_proof_has_its_own_room(
    served_apart: Served,
) -> None:
    """429 with a time to come again; nobody uses up a device's room in its name."""
    assert _put(served_apart, bytes(900)).status == 201
    full = _put(served_apart, bytes(901))
    assert full.status == 429
    assert int(full.headers["retry-after"]) > 0

    content = bytes(902)
    assert _put(served_apart, content, who=served_apart.hub.proof(content)).status == 201


def test_a_locked_store_keeps_no_file(served_apart: Served) -> None:
    """503, and the same file is taken later."""
    served_apart.journal.is_locked = True
    assert _put(served_apart, b"x").status == 503
    served_apart.journal.is_locked = False
    assert _put(served_apart, b"x").status == 201


def test_nothing_stays_of_files_on_their_way(served_apart: Served) -> None:
    """What was spooled has no name."""
    _put(served_apart, bytes(800))
    _put(served_apart, bytes(3 * MIB), "0" * 64)
    assert [path.name for path in served_apart.folder.private.iterdir()] == []
