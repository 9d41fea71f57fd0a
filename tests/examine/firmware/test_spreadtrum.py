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

from portique.examine.firmware import drps, nv
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
