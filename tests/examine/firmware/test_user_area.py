"""Volumes of the user area: files, deleted files, hostile folders, flash blocks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examine.firmware.conftest import Unpack
from tests.examine.firmware.volumes import Fat, flash_blocks, line, lines

CONTENT = bytes(range(256)) * 5


def files(account: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the files of volumes by their path in the folder."""
    return {each["file"]: each for each in account["segments"] if each["segment"] == "file"}


@pytest.mark.parametrize("clusters", [200, 5000])
def test_files_come_out_with_their_names(unpacked: Unpack, clusters: int) -> None:
    """FAT12 and FAT16, short and long names, folders, and an empty file."""
    volume = Fat(clusters)
    volume.add("A.BIN", CONTENT)
    volume.add("a name that is long.txt", b"text")
    volume.add("EMPTY.TXT", b"")
    inner = volume.store(b"inner")
    volume.add_folder("NVRAM", lines("MPA3_001", 0x20, inner, 5))
    account, out = unpacked(volume.image())

    assert (out / "fat/0/files/A.BIN").read_bytes() == CONTENT
    assert (out / "fat/0/files/a name that is long.txt").read_bytes() == b"text"
    assert (out / "fat/0/files/EMPTY.TXT").read_bytes() == b""
    assert (out / "fat/0/files/NVRAM/MPA3_001").read_bytes() == b"inner"
    assert account["formats"] == ["fat12" if clusters == 200 else "fat16"]
    assert account["explained_share"] == 1.0


def test_a_deleted_file_is_read_where_its_clusters_are_free(unpacked: Unpack) -> None:
    """Its first letter is lost, its content is not."""
    volume = Fat()
    volume.add("KEPT.TXT", b"kept")
    volume.add("SECRET.TXT", CONTENT, deleted=True)
    account, out = unpacked(volume.image())

    assert (out / "fat/0/deleted/_ECRET.TXT").read_bytes() == CONTENT
    facts = files(account)["fat/0/deleted/_ECRET.TXT"]["facts"]
    assert facts == {"path": "_ECRET.TXT", "size": 1280, "deleted": True, "whole": True}


def test_a_deleted_file_whose_clusters_were_used_again_is_said_not_to_be_whole(
    unpacked: Unpack,
) -> None:
    """Only what is still free is given."""
    volume = Fat()
    volume.add("SECRET.TXT", CONTENT, deleted=True)
    volume.table[3] = 0xFFFF
    account, out = unpacked(volume.image())

    assert (out / "fat/0/deleted/_ECRET.TXT").read_bytes() == CONTENT[:512]
    assert files(account)["fat/0/deleted/_ECRET.TXT"]["facts"]["whole"] is False


def test_hostile_names_stay_inside(unpacked: Unpack) -> None:
    """Names with separators and dots, and the same name twice, are two files inside."""
    volume = Fat()
    for name in ("../../../etc/passwd", "..\\up.txt", "twice the same.txt", "twice the same.txt"):
        volume.add(name, name.encode())
    account, out = unpacked(volume.image())

    assert sorted(path.name for path in (out / "fat/0/files").iterdir()) == [
        "_._.._.._etc_passwd",
        "_._up.txt",
        "twice the same.txt",
        "twice the same.txt~2",
    ]
    assert "../../../etc/passwd" in [each["facts"]["path"] for each in files(account).values()]
    assert len(list(out.parent.iterdir())) == 2


def test_loops_and_wrong_sizes_come_to_an_end(unpacked: Unpack) -> None:
    """A chain that bites its tail, a folder in itself, a size of four gigabytes."""
    volume = Fat()
    volume.add("LOOP.BIN", bytes(1024))
    volume.table[3] = 2
    volume.root += [line(b"HUGE    BIN", 0x20, 2, 0xFFFFFFFF), line(b"OUT     BIN", 0x20, 999, 5)]
    volume.add_folder("SELF", [line(b"SELF       ", 0x10, volume.free, 0)])
    account, _ = unpacked(volume.image())

    assert files(account)["fat/0/files/HUGE.BIN"]["facts"]["whole"] is False
    whys = [each["why"] for each in account["not_examined"]]
    assert "a folder that was walked before" in whys
    assert "a file outside the volume" in whys


@pytest.mark.parametrize("pairs_at", [0, 4])
def test_sectors_behind_the_translation_layer_are_put_in_order(
    unpacked: Unpack, pairs_at: int
) -> None:
    """Both places of the header's pairs; the volume comes out as if it lay there plainly."""
    volume = Fat(100)
    volume.add("A.BIN", CONTENT)
    account, out = unpacked(flash_blocks(volume.image(), pairs_at))

    assert (out / "fat/0/files/A.BIN").read_bytes() == CONTENT
    assert (out / "user_area_00000000.bin").read_bytes() == volume.image()
    assert account["formats"] == ["mediatek user area", "fat12"]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damaged_volume_stops_the_walk(unpacked: Unpack, data: st.DataObject) -> None:
    """Bytes changed in boot sector, table and folders: an account is always given."""
    volume = Fat(60)
    volume.add("A.BIN", CONTENT)
    volume.add("a name that is long.txt", b"text", deleted=True)
    volume.add_folder("SUB", lines("B.TXT", 0x20, volume.store(b"b"), 1))
    image = bytearray(volume.image())
    for _ in range(data.draw(st.integers(1, 20))):
        image[data.draw(st.integers(11, 5000)) % len(image)] = data.draw(st.integers(0, 255))
    account, _ = unpacked(bytes(image[: data.draw(st.integers(1, len(image)))]))

    assert 0 <= account["explained_share"] <= 1
