"""DNS, HTTP, TLS, SIP and packed bodies: read right, bounded, and never a crash."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.examine.traffic.content import dns, http, sip, tls
from portique.examine.traffic.content.reader import frames_of
from portique.examine.traffic.unpack import LARGEST_VIEW, Budget, views


@given(st.binary(max_size=300))
def test_hostile_bytes_never_crash_a_reader_of_content(data: bytes) -> None:
    """Each reader answers, whatever the bytes, alone and behind a good beginning."""
    dns.read(data)
    dns.read(struct.pack("!HHHHHH", 1, 0x8180, 1, 3, 0, 0) + data)
    tls.client_hello(data)
    tls.client_hello(b"\x16\x03\x01" + struct.pack("!H", len(data)) + data)
    sip.request(data)
    sip.request(b"REGISTER sip:x SIP/2.0\r\n" + data)
    for head in (
        b"",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200\r\n",
    ):
        list(http.messages(head + data, Budget()))
    for head in (b"", b"\x1f\x8b\x08", b"\x78\x9c", b'{"a":', b"--b\r\n", b"a="):
        list(views(head + data, Budget()))


def test_a_bomb_costs_its_limit_and_no_more() -> None:
    """A gigabyte of zeros in a megabyte: what fits is read, the rest is said to be lost."""
    bomb = gzip.compress(bytes(64 << 20))
    budget = Budget()

    sizes = [len(view.data) for view in views(bomb, budget)]

    assert max(sizes) == LARGEST_VIEW
    assert budget.spent


def test_bodies_packed_into_themselves_end() -> None:
    """Ten layers of gzip: five are undone."""
    data = b"deep"
    for _ in range(10):
        data = gzip.compress(data)

    assert max(len(view.chain) for view in views(data, Budget())) == 5


def test_json_that_is_deep_or_broken_is_searched_as_it_is() -> None:
    """No recursion, no crash."""
    deep = b"[" * 5000 + b"]" * 5000

    assert next(iter(views(deep, Budget()))).chain == ()
    assert [view.chain for view in views(b'{"a": broken', Budget())] == [()]


def test_dns_gives_names_and_addresses_through_aliases() -> None:
    """An address counts under the name that was asked."""
    question = b"\x03www\x07example\x03org\x00" + struct.pack("!HH", 1, 1)
    alias = b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, 6) + b"\x03cdn\xc0\x10"
    record = b"\xc0\x2d" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([203, 0, 113, 7])
    data = struct.pack("!HHHHHH", 7, 0x8180, 1, 2, 0, 0) + question + alias + record

    message = dns.read(data)

    assert message is not None
    assert message.is_answer
    assert message.questions == [("www.example.org", 1)]
    assert message.addresses == [("www.example.org", bytes([203, 0, 113, 7]))]


def test_a_name_that_turns_in_circles_is_refused() -> None:
    """A pointer to itself."""
    assert dns.read(struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\xc0\x0c" + bytes(4)) is None


def test_http_messages_follow_each_other() -> None:
    """Two requests in one stream, the second with a packed and chunked body."""
    packed = gzip.compress(b"secret")
    second = (
        b"POST /b HTTP/1.1\r\nHost: B.example:8080\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Encoding: gzip\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    )
    data = b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n" + second

    first, last = http.messages(data, Budget())

    assert (first.method, first.target, first.host) == ("GET", "/a", "a.example")
    assert (last.host, last.body, last.chain) == ("b.example", b"secret", ("chunked", "gzip"))
    assert last.is_whole
    assert (last.start, last.end) == (first.end, len(data))


def test_a_body_that_is_cut_is_said_to_be() -> None:
    """What came is read."""
    (message,) = http.messages(b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nabc", Budget())

    assert (message.body, message.is_whole) == (b"abc", False)


def test_deflate_without_its_frame_is_read() -> None:
    """Servers send both and call them the same."""
    engine = zlib.compressobj(wbits=-15)
    body = engine.compress(b"hello hello hello") + engine.flush()
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(body)

    (message,) = http.messages(head + body, Budget())

    assert message.body == b"hello hello hello"


def test_sip_names_its_host() -> None:
    """Of the request line."""
    message = sip.request(b"REGISTER sip:ims.example.org SIP/2.0\r\nFrom: <sip:a@b>\r\n\r\n")

    assert message is not None
    assert (message.method, message.host, message.ends) == (
        "REGISTER",
        "ims.example.org",
        ("<sip:a@b>",),
    )


def test_frames_of_a_match_are_those_that_its_bytes_came_in() -> None:
    """On the edges too."""
    marks = [(0, 4), (100, 5), (200, 9)]

    assert frames_of(marks, 0, 100) == [4]
    assert frames_of(marks, 99, 101) == [4, 5]
    assert frames_of(marks, -5, 1) == [4]
    assert frames_of(marks, 250, 260) == [9]


@pytest.mark.parametrize("told", [{"a": ["x" * 30]}, [1, None, True], "text"])
def test_values_of_json_are_a_view(told: Any) -> None:
    """Of any shape that is an object or a list."""
    chains = [view.chain for view in views(json.dumps(told).encode(), Budget())]

    assert (("json",) in chains) == isinstance(told, dict | list)
