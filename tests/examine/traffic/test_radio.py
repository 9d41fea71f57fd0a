"""Mobile radio: GSMTAP, LAPDm, LLC, SNDCP, NAS, RRC, and short messages in all their codings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examine.traffic import frames as wire
from tests.examine.traffic import lab as planted
from tests.examine.traffic import short_messages as sms
from tests.examine.traffic.conftest import Examine
from tests.examine.traffic.lab import Lab

from portique.examine.traffic.origin import Origin
from portique.examine.traffic.radio import (
    apdu,
    gsm7,
    gtpu,
    lapdm,
    llc,
    lte_rrc,
    nas_eps,
    short_message,
    sndcp,
    tpdu,
    umts_rrc,
)
from portique.examine.traffic.radio.radio import Radio
from portique.examine.traffic.undecoded import Undecoded

TEXT = "IMEI " + planted.IMEI
NUMBER = "+79161234567"


def _texts(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (o["identifier_kind"], o["peer"]["number"]) for o in told["observations"] if o["grade"] == 1
    ]


def _lost(told: dict[str, Any]) -> set[str]:
    return {each["reason"] for each in told["coverage"]["lost"]}


@pytest.mark.parametrize("coding", [0, 4, 8])
def test_a_submit_is_read_in_every_coding(coding: int) -> None:
    """Seven bits, eight bits, sixteen bits."""
    read = tpdu.read(sms.submit(NUMBER, TEXT, coding=coding), uplink=True)

    assert (read.kind, read.number, read.text) == (tpdu.SUBMIT, NUMBER, TEXT)


def test_a_deliver_says_its_class_and_whether_it_is_silent() -> None:
    """Class 0 is a flash; type 0 is never shown."""
    flash = tpdu.read(sms.deliver(NUMBER, "x", coding=0x10), uplink=False)
    silent = tpdu.read(sms.deliver(NUMBER, "x", protocol=0x40), uplink=False)

    assert (flash.message_class, flash.is_silent) == (0, False)
    assert (silent.message_class, silent.is_silent) == (None, True)


def test_a_sender_may_be_a_name() -> None:
    """Seven-bit letters in the place of digits."""
    name = bytes([9, 0xD0]) + sms.septets("ABCDE")
    unit = b"\x04" + name + b"\x00\x00" + bytes(7) + b"\x02" + sms.septets("ok")

    read = tpdu.read(unit, uplink=False)

    assert (read.number, read.text) == ("ABCDE", "ok")


@given(st.text(alphabet="abcxyzABC 0123456789@£éèÇ?", max_size=160))
def test_packing_and_unpacking_seven_bits_are_opposites(text: str) -> None:
    """Whatever the length."""
    packed = gsm7.pack(text)

    assert packed is not None
    assert gsm7.unpack(packed, len(text)) == text


@given(st.binary(max_size=180), st.booleans())
def test_hostile_bytes_never_crash_a_reader_of_radio(data: bytes, uplink: bool) -> None:
    """Each reader answers or says that it could not."""
    readers: list[Any] = [
        lambda: tpdu.read(data, uplink=uplink),
        lambda: short_message.read(data, uplink=uplink),
        lambda: short_message.read(b"\x09\x01" + data, uplink=uplink),
        lambda: nas_eps.container(data),
        lambda: lte_rrc.nas(data, uplink=uplink),
        lambda: umts_rrc.nas(data, uplink=uplink),
        lambda: llc.read(data),
        lambda: sndcp.Sndcp().add((), data, 1),
        lambda: lapdm.Lapdm().add((), data, 1),
        lambda: gtpu.inside(data, 0, len(data)),
        lambda: apdu.proactive_message(data),
    ]
    for read in readers:
        try:
            read()
        except Undecoded as lost:
            assert lost.reason  # noqa: PT017 - not raising is as good an end


@given(st.integers(0, 20), st.integers(0, 15), st.booleans(), st.binary(max_size=120))
def test_hostile_radio_frames_never_crash(
    kind: int, channel: int, uplink: bool, body: bytes
) -> None:
    """Behind a good GSMTAP header, anything."""
    radio = Radio(lambda *_: None, lambda *_: None)
    frame = wire.gsmtap(body, kind, channel, uplink=uplink)[42:]
    try:
        radio.frame(frame, Origin(1, 0, "gsm"))
    except Undecoded as lost:
        assert lost.reason  # noqa: PT017 - as above
    radio.close()


def _on(lab: Lab, way: str) -> list[int]:
    """Send the text by one way; return the frames."""
    message = sms.control(sms.submit(NUMBER, TEXT))
    nas = sms.nas(message)
    if way == "lapdm":
        parts = [wire.gsmtap(part, 1, 8) for part in wire.lapdm(message)]
    elif way == "lapdm of the slow channel":
        parts = [wire.gsmtap(b"\x05\x00" + part, 1, 0x88) for part in wire.lapdm(message)]
    elif way == "llc":
        parts = [wire.gsmtap(wire.llc(message, sapi=7), 8)]
    elif way == "layer 3 alone":
        parts = [wire.gsmtap(message, 2)]
    elif way == "nas":
        parts = [wire.gsmtap(nas, 18, uplink=False)]
    elif way == "nas without a cipher":
        parts = [wire.gsmtap(b"\x27" + bytes(4) + b"\x01" + nas, 18)]
    elif way == "rrc of lte":
        bits = "0" + f"{9:04b}" + "000" + "0" + "00" + f"{len(nas):08b}"
        bits += "".join(f"{byte:08b}" for byte in nas)
        bits += "0" * (-len(bits) % 8)
        body = int(bits, 2).to_bytes(len(bits) // 8, "big")
        parts = [wire.gsmtap(body, 13, 3)]
    else:
        bits = "1" + "0" * 36 + f"{27:05b}" + "00" + "0" + f"{len(message) - 1:012b}"
        bits += "".join(f"{byte:08b}" for byte in message)
        bits += "0" * (-len(bits) % 8)
        body = int(bits, 2).to_bytes(len(bits) // 8, "big")
        parts = [wire.gsmtap(body, 12, 1)]
    return [lab.frame(part) for part in parts]


@pytest.mark.parametrize(
    "way",
    [
        "lapdm", "lapdm of the slow channel", "llc", "layer 3 alone", "nas",
        "nas without a cipher", "rrc of lte", "rrc of umts",
    ],
)  # fmt: skip
def test_a_short_message_is_read_by_every_way_that_carries_one(
    answer_of: Examine, way: str
) -> None:
    """The identity in it is found, with all its frames."""
    lab = Lab()
    frames = _on(lab, way)

    told = answer_of(lab)

    assert _texts(told) == [("imei", NUMBER)]
    assert told["observations"][0]["frames"] == frames


def test_a_message_that_the_sim_has_the_phone_send_is_read(answer_of: Examine) -> None:
    """SEND SHORT MESSAGE, fetched by the phone."""
    unit = sms.submit(NUMBER, TEXT)
    inside = b"\x81\x03\x01\x13\x00\x82\x02\x81\x83\x8b" + bytes([len(unit)]) + unit
    told = b"\xd0" + bytes([len(inside)]) + inside
    exchange = bytes([0xA0, 0x12, 0, 0, len(told)]) + told + b"\x90\x00"
    lab = Lab()
    lab.frame(wire.gsmtap(exchange, 4))

    found = answer_of(lab)["observations"][0]

    assert (found["bearer"], found["peer"]["number"]) == ("sim", NUMBER)


def test_what_radio_hides_is_coverage_lost(answer_of: Examine) -> None:
    """RLC/MAC, encrypted LLC and NAS, compressed SNDCP, unfinished packets."""
    lab = Lab("gprs")
    lab.frame(wire.gsmtap(bytes(23), 1, 13))
    lab.frame(wire.gsmtap(wire.llc(bytes(40), encrypted=True), 8))
    lab.frame(wire.gsmtap(b"\x27" + bytes(4) + b"\x01" + b"\x99" * 30, 18))
    packet = wire.udp(lab.phone, "203.0.113.5", (1, 2), b"x" * 100)
    unit = bytearray(wire.sndcp(packet, 1)[0])
    unit[1] = 0x10
    lab.frame(wire.gsmtap(wire.llc(bytes(unit)), 8))
    lab.frame(wire.gsmtap(wire.llc(wire.sndcp(packet, 2, size=50)[0]), 8))
    lab.frame(wire.gsmtap(bytes(8), 14))

    assert _lost(answer_of(lab)) - {"no country data"} == {
        "RLC/MAC not decoded",
        "LLC encrypted",
        "NAS encrypted",
        "SNDCP compressed",
        "SNDCP segments that never became whole packets",
        "GSMTAP type 14 not decoded",
    }


def test_segments_of_two_packets_may_interleave(answer_of: Examine) -> None:
    """Reassembly is by number of the packet."""
    lab = Lab("gprs")
    packets = [
        wire.udp(lab.phone, "203.0.113.5", (40000 + n, 7002), b"-" * 60 + identity.encode())
        for n, identity in enumerate((planted.IMEI, planted.IMSI))
    ]
    units = [wire.sndcp(packet, n, size=40) for n, packet in enumerate(packets)]
    for pair in zip(*units, strict=True):
        for unit in pair:
            lab.frame(wire.gsmtap(wire.llc(unit), 8))

    kinds = {o["identifier_kind"] for o in answer_of(lab)["observations"] if o["grade"] == 1}

    assert kinds == {"imei", "imsi"}


def test_identity_in_signalling_is_no_leak(answer_of: Examine) -> None:
    """The phone answers the network's question for its IMEI: that is the standard."""
    lab = Lab()
    identity = bytes(int(planted.IMEI[at + 1] + planted.IMEI[at], 16) for at in range(1, 15, 2))
    answer = b"\x05\x59\x08" + bytes([0x3A]) + identity
    lab.frame(wire.gsmtap(wire.lapdm(answer, sapi=0)[0], 1, 8))

    assert answer_of(lab)["observations"] == []
