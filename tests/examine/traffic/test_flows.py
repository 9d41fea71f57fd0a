"""Counting many frames at once: the same as reading them one by one, whatever the file holds."""

from __future__ import annotations

import struct
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examine.traffic.lab import Lab
from tests.examine.traffic.phones import sale_report

from portique.examine.traffic import flows as flows_module
from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.files import pcap, pcapng
from portique.examine.traffic.files.frame import FileFault, Frame
from portique.examine.traffic.flows import Flows

_BEFORE_THE_PACKET = {
    0: bytes(4), 1: bytes(12), 12: b"", 101: b"", 113: bytes(14), 276: b"", 105: b"\x08\x00",
    147: b"", 127: bytes(8),
}  # fmt: skip
_KINDS = [b"\x08\x00", b"\x86\xdd", b"\x81\x00\x00\x07\x08\x00", b"\x08\x06", b"\x00\x2a"]
_SETTINGS = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

addresses = st.sampled_from([bytes([10, 0, 0, n]) for n in range(3)] + [bytes([8, 8, 8, 8])])
ports = st.sampled_from([b"\x00\x35\x10\x00", b"\x10\x00\x00\x35", bytes(4)])
protocols = st.sampled_from([6, 17, 1, 44, 58, 0])


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """Draw an IP packet: plain, in pieces, with options, with lengths that lie, cut anywhere."""
    body = draw(ports) + draw(st.binary(max_size=12))
    protocol = draw(protocols)
    if draw(st.booleans()):
        first = draw(st.sampled_from([0x45, 0x45, 0x45, 0x46, 0x44, 0x55]))
        total = draw(st.sampled_from([20 + len(body), 0, 20, 23, 24, 65535]))
        place = draw(st.sampled_from([0, 0, 0, 0x4000, 0x2000, 0x0001]))
        head = struct.pack("!BBHHHBBH", first, 0, total, 7, place, 64, protocol, 0)
        packet = head + draw(addresses) + draw(addresses) + body
    else:
        length = draw(st.sampled_from([len(body), 0, 3, 4, 65535]))
        head = struct.pack("!IHBB", 0x60000000, length, protocol, 64)
        packet = head + bytes(12) + draw(addresses) + bytes(12) + draw(addresses) + body
    return packet[: draw(st.sampled_from([len(packet)] * 4 + [0, 19, 20, 23, 24, 43, 44]))]


@st.composite
def frames(draw: st.DrawFn) -> tuple[int, bytes]:
    """Draw a link type and a frame of it."""
    link = draw(st.sampled_from(sorted(_BEFORE_THE_PACKET)))
    before = _BEFORE_THE_PACKET[link]
    if link in {1, 113}:
        before += draw(st.sampled_from(_KINDS))
    elif link == 276:
        before = draw(st.sampled_from(_KINDS)) + bytes(18)
    return link, before + draw(packets())


def _old_file(link: int, held: list[tuple[int, bytes]]) -> bytes:
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for number, (_, frame) in enumerate(held):
        seconds = (number * 7919) % 60  # clocks may go back
        out += struct.pack("<IIII", seconds, number, len(frame), len(frame)) + frame
    return out


def _new_file(held: list[tuple[int, bytes]]) -> bytes:
    links = sorted(_BEFORE_THE_PACKET)
    out = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += b"".join(_block(1, struct.pack("<HHI", link, 0, 0)) for link in links)
    for number, (link, frame) in enumerate(held):
        head = struct.pack(
            "<IIIII", links.index(link), 0, (number * 7919) % 60, len(frame), len(frame)
        )
        out += _block(6, head + frame + bytes(-len(frame) % 4))
    return out


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _read(data: bytes, *, at_once: int, many: bool) -> tuple[object, Coverage, str]:
    form = pcapng if pcapng.recognises(data) else pcap
    coverage, fault = Coverage(), ""
    found = Flows(coverage)
    with patch.object(form, "FRAMES_AT_ONCE", at_once):
        try:
            for batch in form.batches(data):
                found.add(data, batch, many_at_once=many)
        except FileFault as told:
            fault = str(told)
    return list(found.table.items()), coverage, fault


def _listed(data: bytes) -> tuple[list[Frame], str]:
    form = pcapng if pcapng.recognises(data) else pcap
    seen: list[Frame] = []
    try:
        seen.extend(form.frames(data))
    except FileFault as told:
        return seen, str(told)
    return seen, ""


def _places(data: bytes, at_once: int) -> tuple[list[tuple[int, int, bytes]], str]:
    form = pcapng if pcapng.recognises(data) else pcap
    seen: list[tuple[int, int, bytes]] = []
    with patch.object(form, "FRAMES_AT_ONCE", at_once):
        try:
            for batch in form.batches(data):
                for at_us, link, start, kept in zip(
                    batch.at_us, batch.links, batch.starts, batch.kept, strict=True
                ):
                    seen.append((int(at_us), int(link), data[start : start + kept]))
        except FileFault as told:
            return seen, str(told)
    return seen, ""


@_SETTINGS
@given(st.lists(frames(), max_size=30), st.booleans(), st.sampled_from([1, 3, 64]))
def test_many_at_once_counts_what_one_by_one_counts(
    held: list[tuple[int, bytes]], is_new: bool, at_once: int
) -> None:
    """Flows in their order, coverage and all, of every link type, plain packets and odd ones."""
    link = held[0][0] if held else 1
    data = _new_file(held) if is_new else _old_file(link, held)

    quick = _read(data, at_once=at_once, many=True)

    assert quick == _read(data, at_once=64, many=False)
    assert quick[2] == ""


@_SETTINGS
@given(st.lists(frames(), max_size=12), st.booleans(), st.data())
def test_damage_ends_both_ways_of_reading_at_the_same_frame(
    held: list[tuple[int, bytes]], is_new: bool, data: st.DataObject
) -> None:
    """Any byte changed or cut: the same frames before the damage, and the damage named alike."""
    whole = bytearray(_new_file(held) if is_new else _old_file(1, held))
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(4, len(whole) - 1))
        whole[place] = data.draw(st.sampled_from([0, 1, 0x10, 0x7F, 0xFF]))
    damaged = bytes(whole[: data.draw(st.integers(4, len(whole)))])

    seen, fault = _listed(damaged)

    places = _places(damaged, data.draw(st.sampled_from([1, 2, 64])))
    assert places == ([(at_us, link, bytes(frame)) for _, at_us, link, frame, _ in seen], fault)
    assert _read(damaged, at_once=3, many=True) == _read(damaged, at_once=64, many=False)


def test_no_more_flows_are_kept_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A capture of a million ends fills no memory; the first ones are kept, and it is told."""
    monkeypatch.setattr(flows_module, "MOST_FLOWS", 5)
    packet = struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, 0, 64, 17, 0)
    held = [
        (101, packet + bytes([10, 0, 0, 1, 8, 8, 8, number]) + bytes(8)) for number in range(20)
    ]

    for many in (True, False):
        table, coverage, _ = _read(_old_file(101, held), at_once=3, many=many)
        assert [key[7] for key, _ in table] == [0, 1, 2, 3, 4]  # type: ignore[attr-defined]
        assert coverage.notes == ["more flows than are kept apart"]


def test_a_capture_of_a_phone_is_counted_column_by_column(tmp_path: Path) -> None:
    """Of an ordinary capture only the end of the file may be read frame by frame."""
    data = sale_report(Lab()).save(tmp_path).read_bytes()

    with patch.object(flows_module, "flow_of", wraps=flows_module.flow_of) as one_by_one:
        table, coverage, _ = _read(data, at_once=64, many=True)

    assert table
    assert not coverage.lost
    assert one_by_one.call_count <= 1
