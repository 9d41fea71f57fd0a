"""Spreadtrum images: packed parts, NV items, containers; all built here, none is real."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examine.firmware import spreadtrum_images as built
from tests.examine.firmware.conftest import Unpack
from tests.examine.firmware.images import thumb
from tests.examine.firmware.volumes import Fat

from portique.examine.firmware import byte_lz, drps, nv
from portique.examine.firmware.reading import Damaged

KERNEL, RESOURCE = thumb(120), [thumb(30), b"", b"resource " * 40]


def flash() -> bytes:
    """Return a flash: code, a DRPS block, NV items."""
    image = bytearray(b"\xff" * 0x10000)
    image[:0x800] = thumb(64)
    image[0x20:0x24] = b"2656"
    block = built.drps(
        [(b"KERN", built.stream(KERNEL), 8192), (b"RESO", built.capn(RESOURCE), 1024)]
    )
    image[0x1000 : 0x1000 + len(block)] = block
    kept = built.items(
        0x8000,
        (5, bytes.fromhex("3a55443322110011"), False),
        (900, bytes(232), True),
        (901, b"odd", False),
    )
    image[0x8000 : 0x8000 + len(kept)] = kept
    return bytes(image)


FLASH = flash()


def test_a_flash_gives_its_code_its_packed_parts_and_its_items(unpacked: Unpack) -> None:
    """Both forms of packed parts; items by number and place, deleted ones too."""
    account, out = unpacked(FLASH)

    assert (out / "stone.bin").read_bytes()[:16] == FLASH[:16]
    assert (out / "drps0_0.bin").read_bytes() == KERNEL
    assert (out / "drps0_1.bin").read_bytes() == b"".join(RESOURCE)
    assert (out / "nv/5_00008000.bin").read_bytes()[0] == 0x3A
    assert (out / "nv/deleted_900_00008010.bin").read_bytes() == bytes(232)
    kinds = {each["file"]: each["segment"] for each in account["segments"]}
    assert kinds["nv/5_00008000.bin"] == "nv_imei"
    assert kinds["nv/deleted_900_00008010.bin"] == "nv_sms"
    assert account["formats"] == ["spreadtrum drps", "spreadtrum flash", "spreadtrum nv"]


def test_a_part_that_is_longer_than_it_says_is_refused() -> None:
    """The plain size of a stream and its end must both be met."""
    whole = bytearray(built.drps([(b"KERN", built.stream(KERNEL), 8192)]))
    struct.pack_into("<Q", whole, 16 + 5, len(KERNEL) - 2)
    entries, _ = drps.read_entries(bytes(whole), 0)

    with pytest.raises(Damaged):
        drps.decode(bytes(whole), entries[0])


@given(
    st.lists(st.sampled_from([b"abc", b"\0" * 5, b"x", b"abcabcab", b"long " * 9]), max_size=40),
    st.sampled_from([2, 3]),
)
def test_byte_lz_comes_back(pieces: list[bytes], kind: int) -> None:
    """What was packed comes back, and ends on the byte where the packing ended."""
    plain = b"".join(pieces)
    packed = built.byte_lz(plain, kind)

    assert byte_lz.decode(b"?" + packed + b"after", 1, len(plain), kind) == (plain, len(packed))


@pytest.mark.parametrize("kind", [2, 3])
def test_byte_lz_that_ends_elsewhere_is_refused(kind: int) -> None:
    """A size inside a copy, a stream that is cut, a distance before the start."""
    packed = built.byte_lz(b"abc" * 30, kind)

    with pytest.raises(Damaged, match="the last step ends"):
        byte_lz.decode(packed, 0, 50, kind)
    with pytest.raises(Damaged, match="end before"):
        byte_lz.decode(packed[:-1], 0, 90, kind)
    with pytest.raises(Damaged, match="a distance of 9"):
        byte_lz.decode(built.step(b"a", 9, 5, kind), 0, 6, kind)


@pytest.mark.parametrize("kind", [2, 3])
def test_what_start_up_code_unpacks_is_unpacked(unpacked: Unpack, kind: int) -> None:
    """The table names source, size and address; where the flash is mapped follows from it."""
    plain = b"POST /sale HTTP/1.1" + bytes(40) + b"POST /sale"
    account, out = unpacked(built.start_up(plain, kind))

    assert (out / "memory_04000000.bin").read_bytes() == plain
    found = {each["file"]: each for each in account["segments"]}["memory_04000000.bin"]
    assert (found["address"], found["method"]) == ("0x04000000", f"byte LZ, type {kind}")


def test_an_item_at_another_place_does_not_fit_its_checksum() -> None:
    """The place is part of the sum: bytes that were moved are no items."""
    some = built.items(0x1000, (7, b"content", False))

    assert len(nv.items(bytes(0x1000) + some)) == 1
    assert nv.items(bytes(0x2000) + some) == []


def test_a_volume_that_lies_in_items_is_put_together(unpacked: Unpack) -> None:
    """Items of one number after the other; the last one that is not deleted counts."""
    volume = Fat(60)
    volume.add("PHONE.DAT", b"0612345678")
    data = volume.image()
    image = b""
    for number, start in enumerate(range(0, len(data), 512)):
        at = len(image)
        image += built.items(
            at,
            (5000 + number, bytes(512), True),
            (5000 + number, data[start : start + 512], False),
        ).ljust(4096, b"\xff")
    _, out = unpacked(image)

    assert (out / "fat/nv5000/files/PHONE.DAT").read_bytes() == b"0612345678"


def test_a_container_gives_its_files(unpacked: Unpack) -> None:
    """Names stay inside; each file is said not to have been unpacked itself."""
    account, out = unpacked(built.pac([("../ps.bin", b"code"), ("NV.bin", b"values")]))

    assert (out / "pac/_._ps.bin").read_bytes() == b"code"
    assert (out / "pac/NV.bin").read_bytes() == b"values"
    assert account["explained_share"] == 1.0
    assert [each["what"] for each in account["not_examined"]] == ["../ps.bin", "NV.bin"]


def test_a_container_of_another_length_is_refused(unpacked: Unpack) -> None:
    """A cut download is no container."""
    account, out = unpacked(built.pac([("ps.bin", b"code")])[:-1])

    assert not (out / "pac").exists()
    assert account["not_examined"][0]["why"].startswith("could not be read: a container of")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from([FLASH, built.pac([("a", thumb(20)), ("b", b"b")])]))
def test_no_damage_stops_the_walk(unpacked: Unpack, data: st.DataObject, whole: bytes) -> None:
    """Bytes changed and ends cut off anywhere: an account is always given."""
    image = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 12))):
        image[data.draw(st.integers(0, min(0x8200, len(whole) - 1)))] = data.draw(
            st.integers(0, 255)
        )
    account, _ = unpacked(bytes(image[: data.draw(st.integers(1, len(image)))]))

    assert 0 <= account["explained_share"] <= 1
