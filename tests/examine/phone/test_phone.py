"""The whole examination gives what the three by themselves give."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.examine.content import phones
from tests.examine.firmware.phones import IMPLANTS, Phone

from portique.examine.content import examine as content
from portique.examine.content.examine import Asked
from portique.examine.firmware import examine as firmware
from portique.examine.firmware import loaded
from portique.examine.firmware.unpack import unpack
from portique.examine.phone.examine import examine


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return an image with an implant and a user area."""
    phone = Phone(3)
    IMPLANTS["identity_sms"](phone)
    path = tmp_path / "phone.bin"
    code = phone.image("rom")
    path.write_bytes(
        code.ljust(-(-len(code) // 4096) * 4096, b"\xff") + phones.mediatek(phones.FILES)
    )
    return path


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("most_kept", [loaded.MOST_KEPT, 1_000])
def test_each_answer_and_each_file_is_that_of_the_command_by_itself(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_kept: int
) -> None:
    """Also where memory takes less than the folder does: the image is then unpacked twice."""
    monkeypatch.setattr(loaded, "MOST_KEPT", most_kept)
    told = examine(image, Asked(), tmp_path / "together")

    assert told["unpack"] == unpack(image, tmp_path / "alone")
    assert told["firmware"] == firmware.examine(image)
    assert told["content"] == content.examine(image, Asked())
    assert told["content"]["messages"]
    assert _files(tmp_path / "together") == _files(tmp_path / "alone")


def test_without_a_folder_nothing_is_written(image: Path, tmp_path: Path) -> None:
    """There is no answer of unpacking then."""
    told = examine(image, Asked())

    assert list(told) == ["firmware", "content"]
    assert told["firmware"]["grade"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["phone.bin"]
