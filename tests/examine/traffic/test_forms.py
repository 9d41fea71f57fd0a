"""Every planted identifier in every form, in every kind of body: found, in frame, at its peer."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from tests.examine.traffic import lab as planted
from tests.examine.traffic import written_forms
from tests.examine.traffic.conftest import Examine
from tests.examine.traffic.lab import Lab, Truth

from portique.examine.traffic.identity.planted import patterns
from portique.examine.traffic.identity.record import read_record
from portique.examine.traffic.identity.search import Search

HOST, ADDRESS = "collect.sink.example", "203.0.113.9"
DIGITS = {
    "imei": [planted.IMEI, planted.IMEI[:14]],
    "imsi": [planted.IMSI],
    "iccid": [planted.ICCID],
    "msisdn": ["33639981278", "0639981278"],
    "contact": ["33639985432", "0639985432"],
}
TEXTS = {"message": planted.MESSAGE, "contact": planted.CONTACT_NAME}


def missed(told: dict[str, Any], truth: list[Truth]) -> list[Truth]:
    """Return what of the truth no observation of grade 1 names with its form, peer and frames."""

    def named(each: Truth, seen: dict[str, Any]) -> bool:
        peers = {seen["peer"]["host"], seen["peer"]["ip"], seen["peer"]["number"]}
        return (
            seen["grade"] == 1
            and seen["identifier_kind"] == each.kind
            and seen["encoding"].split(">")[-1] == each.form
            and each.peer in peers
            and set(each.frames) <= set(seen["frames"])
        )

    return [each for each in truth if not any(named(each, o) for o in told["observations"])]


def written() -> list[tuple[str, str, bytes]]:
    """Return (kind, form, bytes) for everything planted in every form."""
    out = [
        (kind, form, data)
        for kind, values in DIGITS.items()
        for value in values
        for form, data in written_forms.of_digits(value)
    ]
    out += [
        (kind, form, data)
        for kind, text in TEXTS.items()
        for form, data in written_forms.of_text(text)
    ]
    return out


@pytest.mark.parametrize("transport", ["post", "tcp", "udp"])
def test_every_form_is_found_in_its_frame_at_its_peer(answer_of: Examine, transport: str) -> None:
    """Recall 1.0 over some hundreds of forms, as an HTTP body and over transports of its own."""
    lab = Lab()
    for place, (kind, form, data) in enumerate(written()):
        body = b"\x01\x02" + data + b"\x03\x04"
        address = f"198.51.{100 + place // 200}.{place % 200 + 1}"
        if transport == "post":
            frames, peer = (
                lab.post(f"h{place}.sink.example", address, body),
                f"h{place}.sink.example",
            )
        elif transport == "tcp":
            frames, peer = lab.exchange(address, 7001, body), address
        else:
            from tests.examine.traffic import frames as wire  # noqa: PLC0415

            packet = wire.udp(lab.phone, address, (50000, 7002), body)
            frames, peer = lab.packet(packet), address
        lab.planted(kind, form, peer, frames)

    told = answer_of(lab)

    assert len(lab.truth) > 300
    assert missed(told, lab.truth) == []
    assert told["grade"] == 1


def _bodies(text: str) -> dict[str, tuple[str, bytes, str]]:
    """Return name -> (head, body, chain that the observation must end with)."""
    raw = f"id={text}&v=2".encode()
    told = json.dumps({"device": {"id": text, "v": 2}}).encode()
    packed = zlib.compressobj(wbits=-15)
    parts = (
        b'--zz9\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
        b'--zz9\r\nContent-Disposition: form-data; name="b"\r\n\r\n'
    )
    digest = hashlib.md5(text.encode()).hexdigest()  # noqa: S324
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (raw[:9], raw[9:])) + b"0\r\n\r\n"
    coded = base64.b64encode(b"a" + gzip.compress(raw)).decode()
    return {
        "gzip": ("Content-Encoding: gzip\r\n", gzip.compress(raw), "gzip>ascii"),
        "gzip unsaid": ("", gzip.compress(told), "gzip>json>ascii"),
        "deflate": ("Content-Encoding: deflate\r\n", zlib.compress(raw), "deflate>ascii"),
        "raw deflate": (
            "Content-Encoding: deflate\r\n",
            packed.compress(raw) + packed.flush(),
            "deflate>ascii",
        ),
        "chunked": ("Transfer-Encoding: chunked\r\n", chunks, "chunked>ascii"),
        "json": ("Content-Type: application/json\r\n", told, "json>ascii"),
        "json of a hash, packed": (
            "Content-Encoding: gzip\r\n",
            gzip.compress(json.dumps({"h": digest}).encode()),
            "gzip>json>hex>md5",
        ),
        "form of base64 of json": (
            "",
            b"d=" + written_forms.quoted(base64.b64encode(told).decode()).encode(),
            "base64>json>ascii",
        ),
        "form of percent": (
            "",
            b"d=" + "".join(f"%{byte:02x}" for byte in text.encode()).encode(),
            "percent",
        ),
        "multipart": (
            "Content-Type: multipart/form-data; boundary=zz9\r\n",
            parts + gzip.compress(raw) + b"\r\n--zz9--\r\n",
            "multipart>gzip>ascii",
        ),
        "json of base64 of gzip": (
            "",
            json.dumps({"p": base64.b64encode(gzip.compress(raw)).decode(), "q": coded}).encode(),
            "base64>gzip>ascii",
        ),
        "xor in gzip": ("", gzip.compress(bytes(b ^ 0x33 for b in raw)), "gzip>xor 0x33>ascii"),
    }


@pytest.mark.parametrize("name", sorted(_bodies("x")))
def test_a_packed_body_is_unpacked_and_its_chain_is_named(answer_of: Examine, name: str) -> None:
    """gzip, deflate, chunks, JSON, forms, multipart and base64, also inside each other."""
    lab = Lab()
    head, body, chain = _bodies(planted.IMEI)[name]
    frames = lab.post(HOST, ADDRESS, body, head=head)

    told = answer_of(lab)

    found = [o for o in told["observations"] if o["identifier_kind"] == "imei"]
    assert any(o["encoding"].endswith(chain) for o in found), [o["encoding"] for o in found]
    assert all(o["peer"]["host"] == HOST and set(frames) & set(o["frames"]) for o in found)
    assert told["grade"] == 1


def test_an_identifier_across_two_segments_names_both_frames(answer_of: Examine) -> None:
    """The search is of the stream, not of packets."""
    lab = Lab()
    frames = lab.exchange(ADDRESS, 7001, b"x" * 20 + planted.IMSI.encode() + b"y", size=28)

    told = answer_of(lab)

    found = [o for o in told["observations"] if o["identifier_kind"] == "imsi"]
    assert [o["frames"] for o in found] == [frames[:2]]
    assert found[0]["offset"] == 20


def test_an_identifier_between_two_blocks_of_a_long_stream_is_found(answer_of: Examine) -> None:
    """Blocks overlap: what lies across their edge is no blind spot."""
    lab = Lab()
    size = 1 << 20
    lab.exchange(ADDRESS, 7001, b"-" * (size - 7) + planted.IMEI.encode() + b"-" * 50, size=1400)

    told = answer_of(lab)

    found = [o for o in told["observations"] if o["identifier_kind"] == "imei"]
    assert [o["encoding"] for o in found] == ["ascii"]


def test_a_name_asked_of_dns_gives_away_what_it_spells(answer_of: Examine) -> None:
    """Digits split over labels, and hex in a label."""
    lab = Lab()
    first = lab.look_up(f"{planted.IMEI[:8]}.{planted.IMEI[8:]}.t.example")
    second = lab.look_up(f"{planted.IMSI.encode().hex()}.t.example")

    told = answer_of(lab)

    found = {(o["identifier_kind"], *o["frames"]) for o in told["observations"] if o["encoding"]}
    assert ("imei", *first) in found
    assert ("imsi", *second) in found


def test_both_engines_find_the_same(tmp_path: Path) -> None:
    """Where hyperscan has no build, Python's own engine stands in."""
    record = read_record(Path(f"{Lab().save(tmp_path)}.toml"))
    fast, slow = Search(patterns(record)), Search(patterns(record), plain_engine=True)
    for _, _, data in written()[::7]:
        body = b"..." + data + b"..."
        assert fast.direct(body) == slow.direct(body)


def test_nothing_is_found_in_noise(tmp_path: Path) -> None:
    """Four megabytes of noise hold none of the patterns: they are long enough."""
    import random  # noqa: PLC0415

    record = read_record(Path(f"{Lab().save(tmp_path)}.toml"))
    assert Search(patterns(record)).direct(random.Random(7).randbytes(4 << 20)) == []
