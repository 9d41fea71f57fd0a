"""Capture files: both forms, damage, and hostile bytes. What came before the damage counts."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examine.traffic import frames as wire
from tests.examine.traffic.lab import Lab
from tests.examine.traffic.phones import sale_report

from portique.core.errors import Refused
from portique.examine.traffic.examine import Asked, examine
from portique.examine.traffic.files import pcap, pcapng
from portique.examine.traffic.files.capture import Capture
from portique.examine.traffic.files.frame import FileFault, Frame

FRAMES = [(1_700_000_000.25, b"a" * 61), (1_700_000_001.5, b"b" * 3), (1_700_000_002.0, b"")]


def _read(data: bytes) -> tuple[list[Frame], str]:
    """Return the frames of a file in memory, and the fault that ended it."""
    read: list[Frame] = []
    try:
        for frame in (pcap if pcap.recognises(data) else pcapng).frames(data):
            read.append(frame)
    except FileFault as fault:
        return read, str(fault)
    return read, ""


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("write", [wire.pcap, wire.pcapng])
def test_both_forms_and_both_byte_orders_give_the_same_frames(write: object, order: str) -> None:
    """Numbers from 1, microseconds, link type, bytes."""
    assert callable(write)
    read, fault = _read(write(FRAMES, 113, order=order))

    assert fault == ""
    assert read == [
        (1, 1_700_000_000_250_000, 113, b"a" * 61, 61),
        (2, 1_700_000_001_500_000, 113, b"b" * 3, 3),
        (3, 1_700_000_002_000_000, 113, b"", 0),
    ]


def test_time_stamps_in_nanoseconds_are_read() -> None:
    """The magic number says the unit."""
    data = bytearray(wire.pcap([(5.0, b"x")]))
    data[:4] = b"\x4d\x3c\xb2\xa1"
    data[28:32] = struct.pack("<I", 999_999_999)

    assert _read(bytes(data))[0][0][1] == 5_999_999


@pytest.mark.parametrize("write", [wire.pcap, wire.pcapng])
def test_a_file_cut_anywhere_gives_the_frames_before_the_cut(write: object) -> None:
    """Never a frame more, never one that is not whole, and the fault is told."""
    assert callable(write)
    whole = write(FRAMES)
    good, _ = _read(whole)
    for cut in range(28, len(whole)):
        read, fault = _read(whole[:cut])
        assert read == good[: len(read)]
        assert fault or len(read) < len(good) or cut == len(whole)


@pytest.mark.parametrize("write", [wire.pcap, wire.pcapng])
def test_a_length_that_lies_ends_the_file_with_words(write: object) -> None:
    """A record of four gigabytes is damage."""
    assert callable(write)
    whole = bytearray(write(FRAMES))
    place = whole.index(b"a" * 61)
    at = place - 8 if write is wire.pcap else place - 24
    whole[at : at + 4] = b"\xf0\xff\xff\xff"

    read, fault = _read(bytes(whole))

    assert read == []
    assert "claims" in fault


@given(st.binary(max_size=400), st.booleans())
def test_hostile_bytes_end_in_a_fault_and_never_in_a_crash(noise: bytes, is_old: bool) -> None:
    """Both readers, on noise behind a good beginning."""
    start = wire.pcap([(1.0, b"ok")]) if is_old else wire.pcapng([(1.0, b"ok")])

    read, _ = _read(start + noise)

    assert read[0][3] == b"ok"


@settings(max_examples=30)
@given(st.data())
def test_changed_bytes_never_crash_an_examination(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Any bytes of a whole capture, changed: an answer comes, with as many frames as were read."""
    folder = tmp_path_factory.mktemp("changed")
    bearer = data.draw(st.sampled_from(["ethernet", "gprs", "wifi", "gtp"]))
    lab = Lab(bearer)
    lab.post("sales.sink.example", "203.0.113.21", b"imei=1", head="Content-Encoding: gzip\r\n")
    path = lab.save(folder, form=data.draw(st.sampled_from(["pcap", "pcapng"])))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 30))):
        at = data.draw(st.integers(4, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)

    told = examine(path, Asked())

    assert told["coverage"]["frames"] <= len(lab.frames) + 2
    assert 1 <= told["grade"] <= 6


def test_what_was_read_before_the_damage_counts(tmp_path: Path) -> None:
    """The leak is found, and the damage is a line of coverage lost."""
    lab = sale_report(Lab())
    path = lab.save(tmp_path)
    path.write_bytes(path.read_bytes()[:-5] + b"")

    told = examine(path, Asked())

    assert told["grade"] == 1
    assert any("damaged file" in each["reason"] for each in told["coverage"]["lost"])


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "EXA-003"), (b"PK\x03\x04....", "EXA-002"), (None, "EXA-001")]
)
def test_what_is_no_capture_is_refused(tmp_path: Path, content: bytes | None, code: str) -> None:
    """With words for what to do."""
    path = tmp_path / "x.pcap"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Refused) as refused:
        Capture(path)

    assert refused.value.code == code


@pytest.mark.slow
def test_a_large_capture_needs_little_memory(tmp_path: Path) -> None:
    """256 MiB of a capture in less than 200 MiB more than the program itself needs."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    packets = [
        wire.ethernet(wire.tcp("10.45.0.2", "203.0.113.7", (40000, 9000), at * 1400, b"z" * 1400))
        for at in range(1000)
    ]
    path = tmp_path / "large.pcap"
    with path.open("wb") as file:
        file.write(wire.pcap([]))
        for round_ in range(180):
            block = bytearray(wire.pcap([(round_ * 10.0, p) for p in packets])[24:])
            for number in range(1000):
                at = number * (len(block) // 1000) + 16 + 14 + 20 + 4
                sequence = (round_ * 1000 + number) * 1400
                block[at : at + 4] = (sequence & 0xFFFFFFFF).to_bytes(4, "big")
            file.write(block)
    assert path.stat().st_size > 250 << 20
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from portique.examine.traffic.examine import Asked, examine\n"
        "base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "examine(Path(sys.argv[1]), Asked(without_record=True))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert int(ended.stdout) < 200 << 10


def test_tunnels_inside_tunnels_are_followed_so_far_and_no_further(tmp_path: Path) -> None:
    """Some hundred layers of GSMTAP in each other are counted as lost, not walked."""
    packet = wire.udp("10.45.0.2", "203.0.113.7", (1, 2), b"x")
    for number in range(300):
        unit = wire.sndcp(packet, number, size=60_000)[0]
        packet = wire.gsmtap(wire.llc(unit), 8)[14:]
    path = tmp_path / "deep.pcap"
    path.write_bytes(wire.pcap([(1.0, wire.ethernet(packet))]))

    told = examine(path, Asked(without_record=True))

    assert told["coverage"]["lost"][0]["reason"].startswith("tunnels inside")


def test_many_small_requests_with_noise_between_take_no_time() -> None:
    """A block is read once, not once for each message in it."""
    from portique.examine.traffic.content import http  # noqa: PLC0415
    from portique.examine.traffic.unpack import Budget  # noqa: PLC0415

    data = b"?GET / HTTP/1.1\r\n\r\n" * 50_000

    assert sum(1 for _ in http.messages(data, Budget())) == 50_000


def test_segments_of_one_byte_in_many_streams_stay_bounded(tmp_path: Path) -> None:
    """Half a million segments that wait for a gap to be filled are given up in time."""
    from portique.examine.traffic.network import conversations  # noqa: PLC0415

    frames = []
    for port in range(200):
        for at in range(100):
            packet = wire.tcp("10.45.0.2", "203.0.113.7", (20000 + port, 9), 5 + 2 * at, b"x")
            frames.append((1.0 + at, wire.ethernet(packet)))
    path = tmp_path / "holes.pcap"
    path.write_bytes(wire.pcap(frames))
    held = conversations._MOST_BUFFERED
    try:
        conversations._MOST_BUFFERED = 100_000
        told = examine(path, Asked(without_record=True))
    finally:
        conversations._MOST_BUFFERED = held

    assert told["coverage"]["frames"] == len(frames)
    assert told["observations"][0]["count"] >= 200 - 1
