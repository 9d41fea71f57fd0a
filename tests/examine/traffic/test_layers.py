"""Link layers, IP, fragments, TCP in order: what is understood, and what is counted as lost."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examine.traffic import frames as wire
from tests.examine.traffic import lab as planted
from tests.examine.traffic.conftest import Examine
from tests.examine.traffic.lab import Lab

from portique.examine.traffic.examine import Asked, examine
from portique.examine.traffic.link.table import LINKS
from portique.examine.traffic.network.ip import version_4, version_6
from portique.examine.traffic.network.stream import Stream
from portique.examine.traffic.undecoded import Undecoded


def _lost(told: dict[str, Any]) -> dict[str, int]:
    return {each["reason"]: each["count"] for each in told["coverage"]["lost"]}


@given(st.sampled_from(sorted(LINKS)), st.binary(max_size=120))
def test_a_link_layer_answers_or_says_why_not(link: int, frame: bytes) -> None:
    """Never anything else, whatever the bytes."""
    try:
        kind, at = LINKS[link][0](frame)
    except Undecoded:
        return
    assert kind in {0, 0x0800, 0x86DD}
    assert at >= 0


@given(st.binary(max_size=200), st.sampled_from([version_4, version_6]))
def test_an_ip_header_is_read_inside_its_bytes_or_refused(data: bytes, read: Any) -> None:
    """Start and end lie inside what was captured."""
    try:
        packet = read(data, 0, len(data))
    except Undecoded:
        return
    assert 0 <= packet.start <= packet.end <= len(data)


@given(st.permutations(list(range(8))), st.binary(min_size=40, max_size=300))
def test_fragments_in_any_order_make_the_packet(order: list[int], body: bytes) -> None:
    """The identity inside is found whatever the order, and nothing is left open."""
    from portique.examine.traffic.network.ip import Fragments  # noqa: PLC0415

    whole = wire.ip("10.45.0.2", "203.0.113.5", 17, body)
    pieces = wire.fragments(whole, 40)[:8]
    given_up: list[int] = []
    fragments = Fragments(given_up.append)
    made = None
    for number in [n for n in order if n < len(pieces)]:
        packet = version_4(pieces[number], 0, len(pieces[number]))
        if packet.fragment is None:
            return
        made = fragments.add(packet, number + 1) or made
    fragments.close()

    assert made is not None
    assert made[0].data == body
    assert sorted(made[1]) == list(range(1, len(pieces) + 1))
    assert given_up == []


@given(st.integers(0, 2**32 - 1), st.binary(min_size=1, max_size=400), st.randoms())
def test_segments_in_any_order_and_twice_make_the_stream(
    start: int, data: bytes, chance: random.Random
) -> None:
    """Repeated, overlapping and shuffled segments, across the wrap of the sequence number."""
    stream = Stream()
    stream.started((start - 1) % 2**32)
    cuts = sorted(chance.sample(range(len(data) + 1), min(5, len(data))))
    edges = [0, *cuts, len(data)]
    parts = [(a, data[a : min(b + 3, len(data))]) for a, b in pairwise(edges)]
    parts += chance.sample(parts, 2) if len(parts) > 1 else []
    chance.shuffle(parts)
    for place, (at, part) in enumerate(parts):
        if part:
            stream.add((start + at) % 2**32, part, place)

    block, marks = stream.taken()

    assert block == data
    assert stream.gaps == 0
    assert [offset for offset, _ in marks] == sorted(offset for offset, _ in marks)


def test_a_gap_is_counted_and_the_stream_goes_on_behind_it(answer_of: Examine) -> None:
    """A segment that the capture lacks hides what it held, and nothing else."""
    lab = Lab()
    lab.exchange("203.0.113.5", 7001, b"a" * 1200 + b"b" * 1200 + planted.IMEI.encode())
    del lab.frames[3]

    told = answer_of(lab)

    assert "bytes of TCP that the capture lacks" in _lost(told)
    assert told["grade"] == 1


@pytest.mark.parametrize("version", [4, 6])
def test_a_fragmented_datagram_is_searched_whole(answer_of: Examine, version: int) -> None:
    """An identity across two fragments; of IPv6 by its own header."""
    lab = Lab()
    body = b"x" * 36 + planted.IMSI.encode() + b"y" * 20
    if version == 4:
        for piece in wire.fragments(wire.udp(lab.phone, "203.0.113.5", (40000, 7002), body), 48):
            lab.packet(piece)
    else:
        whole = wire.udp("fd00:45::2", "2001:db8::5", (40000, 7002), body)[40:]
        for at, more in ((0, 1), (48, 0)):
            head = bytes([17, 0]) + (at | more).to_bytes(2, "big") + b"\0\0\0\7"
            part = whole[at : at + 48] if more else whole[at:]
            lab.packet(wire.ip("fd00:45::2", "2001:db8::5", 44, head + part))

    told = answer_of(lab)

    assert [o["identifier_kind"] for o in told["observations"] if o["grade"] == 1] == ["imsi"]


def test_what_is_not_understood_is_coverage_lost(tmp_path: Path) -> None:
    """Link types, EtherTypes, encrypted frames, versions: each with its reason and its count."""
    lab = Lab("wifi")
    lab.frame(wire.wifi(wire.udp(lab.phone, "203.0.113.5", (1, 2), b"x"), protected=True))
    told = examine(lab.save(tmp_path), Asked())
    assert _lost(told)["802.11 data frame encrypted"] == 1

    path = tmp_path / "other.pcap"
    path.write_bytes(wire.pcap([(1.0, b"?" * 40)], 147))
    told = examine(path, Asked(without_record=True))
    assert _lost(told)["link type 147 unknown"] == 1
    assert told["coverage"]["decoded_share"] == 0

    path.write_bytes(wire.pcap([(1.0, bytes(12) + b"\x12\x34" + bytes(30))]))
    told = examine(path, Asked(without_record=True))
    assert _lost(told)["EtherType 0x1234 unknown"] == 1


def test_raw_ip_and_loopback_are_read(tmp_path: Path) -> None:
    """Link types 101, 0 and 229 lead to the same observation."""
    packet = wire.udp("10.45.0.2", "203.0.113.5", (40000, 7002), planted.IMEI.encode())
    six = wire.udp("fd00:45::2", "2001:db8::5", (40000, 7002), planted.IMEI.encode())
    lab = Lab()
    for link, frame in ((101, packet), (0, b"\x02\0\0\0" + packet), (229, six)):
        path = lab.save(tmp_path)
        path.write_bytes(wire.pcap([(planted.STARTED, frame)], link))
        assert examine(path, Asked())["grade"] == 1


def test_direction_follows_the_addresses_when_the_first_packet_comes_from_outside(
    answer_of: Examine,
) -> None:
    """The phone is the end with the private address, whoever began."""
    lab = Lab()
    told = wire.udp("203.0.113.5", lab.phone, (7002, 40000), b"who are you")
    lab.packet(told, uplink=False)
    lab.packet(wire.udp(lab.phone, "203.0.113.5", (40000, 7002), planted.IMEI.encode()))

    found = next(o for o in answer_of(lab)["observations"] if o["identifier_kind"])

    assert (found["direction"], found["initiator"]) == ("up", "network")


def test_what_the_network_tells_the_phone_is_no_leak(answer_of: Examine) -> None:
    """An identity that comes down is grade 4."""
    lab = Lab()
    lab.exchange("203.0.113.5", 7001, b"hello", b"you are " + planted.IMEI.encode())

    found = next(o for o in answer_of(lab)["observations"] if o["identifier_kind"])

    assert (found["rule"], found["grade"], found["direction"]) == ("identifier_received", 4, "down")
