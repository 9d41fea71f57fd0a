"""Images examined within a case: whose exhibit each is, what is kept, what the journal says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.examine.content import phones
from tests.examine.firmware.phones import IMPLANTS, Phone
from tests.flow.test_examined import ERIKA, case

from portique.core.errors import Refused
from portique.flow import handlers
from portique.flow.commands import ExamineFirmware, UnpackFirmware
from portique.flow.examined import UnderCase, stored_in
from portique.flow.exhibits_of_fleet import exhibits_of
from portique.flow.folder import CaseFolder
from portique.flow.images import (
    ExamineContent,
    ExamineFleet,
    ExaminePhone,
    examine_content,
    examine_fleet,
    examine_phone,
)
from portique.ledger.journal import Journal

__all__ = ["case"]  # fixture


def _stored(case: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in stored_in(CaseFolder(case)).iterdir()]


def _entries(case: Path) -> list[dict[str, Any]]:
    journal = Journal.open(case)
    try:
        return [json.loads(row.payload) for row in journal.entries(0, 1000)]
    finally:
        journal.close()


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    """Return a folder with two phones of one build, another with an implant, and an empty file."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    plain, implanted = Phone(21).image("rom"), Phone(3)
    IMPLANTS["identity_sms"](implanted)
    area = phones.mediatek(phones.FILES)
    (folder / "SC-1.bin").write_bytes(plain)
    (folder / "SC-2.bin").write_bytes(plain + bytes(64))
    (folder / "SC-3.bin").write_bytes(implanted.image("rom"))
    (folder / "SC-4.bin").write_bytes(area)
    (folder / "SC-5.bin").write_bytes(b"")
    return folder


def test_firmware_and_content_of_an_exhibit_are_kept_beside_each_other(
    case: Path, tmp_path: Path
) -> None:
    """Under the hash of the image, with exhibit and authority, and in the journal."""
    Journal.open(case, create=True).close()
    image = tmp_path / "phone.bin"
    image.write_bytes(phones.mediatek(phones.FILES))
    under = UnderCase(case, "SC-7", "ORD-7", "to know what it is able to do")
    firmware = handlers.examine_firmware(ExamineFirmware(image, under=under), ERIKA)
    content = examine_content(ExamineContent(image, under=under), ERIKA)

    for told in (firmware, content):
        assert (told["exhibit"], told["authority"], told["authority_flags"]) == (
            "SC-7",
            "ORD-7",
            [],
        )
    assert {each["examination"] for each in _stored(case)} == {"firmware", "content"}
    assert content["set_aside"]["privileged"] == {"message": 0, "contact": 0, "call": 0}
    tools = [each["body"]["tool"] for each in _entries(case) if each["kind"] == "examined"]
    assert tools == ["portique examine firmware", "portique examine content"]


def test_the_whole_examination_keeps_what_each_command_keeps(case: Path, tmp_path: Path) -> None:
    """The same files, and an entry in the journal for each, as of the commands by themselves."""
    Journal.open(case, create=True).close()
    image = tmp_path / "phone.bin"
    image.write_bytes(phones.mediatek(phones.FILES))
    under = UnderCase(case, "SC-7", "ORD-7", "to know what it is able to do")
    told = examine_phone(ExaminePhone(image, tmp_path / "out", under=under), ERIKA)
    together = {path.name: path.read_bytes() for path in stored_in(CaseFolder(case)).iterdir()}
    entries = [each["body"] for each in _entries(case) if each["kind"] == "examined"]
    handlers.unpack_firmware(UnpackFirmware(image, tmp_path / "alone", under), ERIKA)
    handlers.examine_firmware(ExamineFirmware(image, under=under), ERIKA)
    examine_content(ExamineContent(image, under=under), ERIKA)

    assert {told[name]["authority"] for name in ("unpack", "firmware", "content")} == {"ORD-7"}
    assert together == {
        path.name: path.read_bytes() for path in stored_in(CaseFolder(case)).iterdir()
    }
    assert len(together) == 3
    again = [each["body"] for each in _entries(case) if each["kind"] == "examined"][3:]
    assert entries == again


def test_each_phone_of_a_fleet_is_kept_as_its_exhibit(case: Path, dumps: Path) -> None:
    """By the name of its file; what could not be read is a row, and not stored."""
    Journal.open(case, create=True).close()
    told = examine_fleet(ExamineFleet(dumps, case=case, authority="ORD-7"), ERIKA)

    assert told["authority"] == "ORD-7"
    rows = {each["exhibit"]: each["is_stored"] for each in told["phones"]}
    assert rows == {"SC-1": True, "SC-2": True, "SC-3": True, "SC-4": True, "SC-5": False}
    stored = _stored(case)
    grades = {e["exhibit"]: e["grade"] for e in stored if e["examination"] == "firmware"}
    assert grades["SC-3"] == 2
    assert grades["SC-1"] == grades["SC-2"] > 2
    (third,) = (e for e in stored if (e["exhibit"], e["examination"]) == ("SC-3", "firmware"))
    assert any(item["kind"] == "number" for item in third["items"])
    (fourth,) = (e for e in stored if (e["exhibit"], e["examination"]) == ("SC-4", "content"))
    assert fourth["messages"]
    assert {each["subject"]["id"] for each in _entries(case) if each["kind"] == "examined"} == {
        "SC-1",
        "SC-2",
        "SC-3",
        "SC-4",
    }


def test_a_file_may_say_which_exhibit_each_image_is(case: Path, dumps: Path) -> None:
    """Its hash is in every answer; a case needs an authority, and a file of exhibits a case."""
    listed = dumps.parent / "exhibits.csv"
    listed.write_text(
        "file,exhibit\n" + "".join(f"SC-{n}.bin,P{n}\n" for n in range(1, 6)), "utf-8"
    )
    asked = ExamineFleet(dumps, case=case, authority="ORD-7", exhibits=listed)
    told = examine_fleet(asked, ERIKA)

    assert [each["exhibit"] for each in told["phones"]] == ["P1", "P2", "P3", "P4", "P5"]
    assert {tuple(each["material"]) for each in _stored(case)} == {("exhibits",)}
    for wrong in (ExamineFleet(dumps, case=case), ExamineFleet(dumps, exhibits=listed)):
        with pytest.raises(Refused) as refused:
            examine_fleet(wrong, ERIKA)
        assert refused.value.code == "EXC-008"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,exhibit\na.bin,A\n", "no exhibit is named for b.bin"),
        ("file,exhibit\na.bin,A\nb.bin,B\nc.bin,C\n", "no such image in the folder: c.bin"),
        ("file,exhibit\na.bin,A\na.bin,B\n", "each file once"),
        ("file,exhibit\na.bin,\n", "no id of an exhibit"),
        ("name;exhibit\n", "its first line"),
        ("file,exhibit\na.bin\n", "one file and its exhibit"),
        ('file,exhibit\n"a.bin,A\n', "no comma-separated text"),
    ],
)
def test_a_file_of_exhibits_that_does_not_fit_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    """Before any image is read: a phone is never taken for another."""
    listed = tmp_path / "exhibits.csv"
    listed.write_text(text, "utf-8")
    with pytest.raises(Refused, match=says):
        exhibits_of(["a.bin", "b.bin"], listed)


def test_two_images_of_one_name_need_a_file_of_exhibits(tmp_path: Path) -> None:
    """Names in different folders; a file that is not there is refused as well."""
    assert exhibits_of(["a/SC-1.bin", "b/SC-2.v2.bin"], None)["b/SC-2.v2.bin"] == "SC-2.v2"
    with pytest.raises(Refused, match="several images have the name SC-1"):
        exhibits_of(["a/SC-1.bin", "b/SC-1.bin"], None)
    with pytest.raises(Refused, match="cannot be read"):
        exhibits_of(["a"], tmp_path / "missing.csv")
