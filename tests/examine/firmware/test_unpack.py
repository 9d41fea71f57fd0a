"""Whole images: parts as files, an account that leaves nothing out, and nothing hostile done."""

from __future__ import annotations

import hashlib
import json
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examine.firmware import images
from tests.examine.firmware.conftest import Unpack
from tests.examine.firmware.volumes import Fat

from portique.core.errors import Refused
from portique.examine.firmware import folder as folder_module
from portique.examine.firmware import zimage
from portique.examine.firmware.folder import Folder
from portique.examine.firmware.reading import Damaged
from portique.examine.firmware.unpack import unpack

ALICE = images.thumb(200)
ZIMAGE = images.thumb(300, seed=3)


def viva() -> bytes:
    """Return a VIVA file as a build writes it: calls absolute, ZIMAGE behind mended ALICE."""
    return images.viva(
        images.absolute(ALICE, 1, skip_straddling=True),
        images.absolute(ZIMAGE, 2, skip_straddling=False),
        zimage.window_of(ALICE),
    )


def flash() -> bytes:
    """Return a whole flash: loaders, ROM, VIVA, erased blocks, a user area."""
    volume = Fat()
    volume.add("NUMBERS.TXT", b"+33600000000")
    parts = [
        (0, b"SF_BOOT\0" + bytes(504)),
        (0x800, images.file_info(1, 0x70006000, b"boot" * 64)),
        (0x4000, images.file_info(0x100, 0x10020000, images.thumb(400), "MAUI.W14.36")),
        (0x8000, viva()),
        (0x12000, volume.image()),
    ]
    image = bytearray(b"\xff" * 0x40000)
    for offset, content in parts:
        image[offset : offset + len(content)] = content
    return bytes(image)


def segments(account: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the segments by the name of their file."""
    return {each["file"]: each for each in account["segments"]}


def test_a_viva_file_gives_its_code_before_and_after_the_calls_are_mended(unpacked: Unpack) -> None:
    """Four files, all bytes explained, and calls that land on functions."""
    account, out = unpacked(viva())

    assert (out / "alice_branches.bin").read_bytes() == ALICE
    assert (out / "alice.bin").read_bytes() == images.absolute(ALICE, 1, skip_straddling=True)
    assert (out / "zimage_branches.bin").read_bytes() == ZIMAGE
    assert account["explained_share"] > 0.99
    assert account["not_examined"] == [
        each for each in account["not_examined"] if each["length"] < 4
    ]
    facts = segments(account)["alice_branches.bin"]["facts"]
    assert facts["calls_inside"] == facts["calls_on_functions"] > 0


def test_a_whole_flash_is_taken_apart(unpacked: Unpack) -> None:
    """Loader, ROM with its build, code, and files; the erased rest is told apart."""
    account, out = unpacked(flash())

    found = segments(account)
    assert {"boot.bin", "rom.bin", "alice.bin", "zimage.bin"} <= set(found)
    assert found["rom.bin"]["facts"]["build"] == "MAUI.W14.36"
    assert found["rom.bin"]["offset"] == 0x4000
    assert found["rom.bin"]["address"] == "0x10020000"
    assert (out / "fat/0/files/NUMBERS.TXT").read_bytes() == b"+33600000000"
    assert account["erased_share"] > 0.3
    total = account["explained_share"] + account["erased_share"] + account["unexplained_share"]
    assert total == pytest.approx(1, abs=0.001)


def test_the_account_says_where_each_file_came_from(unpacked: Unpack) -> None:
    """manifest.json is the account; each file is there with its hash and its length."""
    account, out = unpacked(flash())

    assert json.loads((out / "manifest.json").read_text("utf-8")) == account
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == set(segments(account)) | {"manifest.json"}
    for name, segment in segments(account).items():
        content = (out / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == segment["sha256"]
        assert len(content) == segment["length_out"]


def test_the_same_image_gives_the_same_bytes(unpacked: Unpack) -> None:
    """Nothing of the day, the machine or the folder is in the account."""
    first, second = unpacked(flash())[1], unpacked(flash())[1]

    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()


def test_encrypted_code_is_said_to_be_encrypted(unpacked: Unpack) -> None:
    """It is not written as code, and its bytes do not count as explained."""
    content = random.Random(4).randbytes(100_000)
    account, _ = unpacked(images.file_info(0x100, 0x10020000, content))

    assert account["segments"] == []
    assert account["explained_share"] < 0.01
    assert "encrypted, not examined" in [each["why"] for each in account["not_examined"]]


def test_an_unknown_image_is_all_unexplained(unpacked: Unpack) -> None:
    """Bytes of no known format are no result, and the account says how many they are."""
    account, _ = unpacked(b"hello world " * 1000)

    assert account["unexplained_share"] == 1.0
    assert account["not_examined"][0]["why"] == "no known format"


def test_a_broken_part_does_not_hide_the_others(unpacked: Unpack) -> None:
    """ALICE is damaged: it is noted with the reason, and the loader is there all the same."""
    image = bytearray(flash())
    at = image.find(b"ALICE_2\0")
    struct.pack_into("<I", image, at + 16, 0)
    account, _ = unpacked(bytes(image))

    assert "boot.bin" in segments(account)
    assert "alice.bin" not in segments(account)
    whys = {each["what"]: each["why"] for each in account["not_examined"]}
    assert whys["alice"].startswith("could not be read: ")
    assert whys["zimage"].startswith("could not be read: ")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_stops_the_walk(unpacked: Unpack, data: st.DataObject) -> None:
    """Bytes changed and ends cut off anywhere: an account is always given."""
    image = bytearray(FLASH)
    for _ in range(data.draw(st.integers(0, 12))):
        image[data.draw(st.integers(0, 0x1A000))] = data.draw(st.integers(0, 255))
    account, out = unpacked(bytes(image[: data.draw(st.integers(1, len(image)))]))

    assert 0 <= account["explained_share"] <= 1
    assert (out / "manifest.json").is_file()


FLASH = flash()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Nothing is ever overwritten, not even by a second run."""
    image = tmp_path / "a.img"
    image.write_bytes(FLASH)
    unpack(image, tmp_path / "out")

    with pytest.raises(Refused, match="not empty"):
        unpack(image, tmp_path / "out")


@pytest.mark.parametrize("content", [None, b""])
def test_an_image_that_is_missing_or_empty_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    """The message says which, and no folder is made."""
    path = tmp_path / "a.img"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Refused):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=5), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_name_leads_out_of_the_folder(
    tmp_path_factory: pytest.TempPathFactory, names: list[list[str]]
) -> None:
    """Whatever a name holds, its file lies inside, and no file takes the place of another."""
    root = tmp_path_factory.mktemp("names")
    folder = Folder(root / "in")
    written = [folder.write(parts, str(n).encode()) for n, parts in enumerate(names)]

    for number, name in enumerate(written):
        path = (root / "in" / name).resolve()
        assert (root / "in").resolve() in path.parents
        assert path.read_bytes() == str(number).encode()
    assert [path.name for path in root.iterdir()] == ["in"]


def test_a_file_where_a_folder_has_to_be_is_gone_around(tmp_path: Path) -> None:
    """A volume may hold a file and a folder of one name."""
    folder = Folder(tmp_path / "in")

    assert folder.write(["A"], b"1") == "A"
    assert folder.write(["a", "b"], b"2") == "~2/a/b"
    assert folder.write(["c", "d"], b"3") == "c/d"
    assert folder.write(["C"], b"4") == "C~2"
    assert folder.write(["manifest.json"], b"5") == "manifest.json~2"


def test_files_and_bytes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What exceeds the bounds is refused before it is written."""
    monkeypatch.setattr(folder_module, "MOST_BYTES", 10)
    folder = Folder(tmp_path / "in")
    folder.write(["a"], bytes(10))

    with pytest.raises(Damaged, match="not written"):
        folder.write(["b"], b"1")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A file where a folder has to be: told to the person, not a fault of the program."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(Refused, match="cannot be written"):
        Folder(tmp_path / "file" / "out")


def test_many_files_of_one_name_are_many_files(tmp_path: Path) -> None:
    """Each gets a number; finding it takes no longer for the last than for the first."""
    folder = Folder(tmp_path / "in")
    names = [folder.write(["same"], b"") for _ in range(300)]

    assert names[:3] == ["same", "same~2", "same~3"]
    assert len(set(names)) == 300


@pytest.mark.parametrize(
    "unit",
    [b"DRPS\0\0\0\0", b"\x55\xaa", b"MMM\x01\x38\0\0\0FILE_INFO\0\0\0", bytes.fromhex("01c08fe2")],
)
def test_an_image_full_of_magic_words_comes_to_an_end(unpacked: Unpack, unit: bytes) -> None:
    """A megabyte of beginnings without a middle: noted, bounded, over in a moment."""
    account, _ = unpacked(unit * ((1 << 20) // len(unit)))

    assert account["segments"] == []
    assert len(account["not_examined"]) < 100
