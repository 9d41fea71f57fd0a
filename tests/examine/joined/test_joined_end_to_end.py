"""From the bytes of an image and of a capture to one verdict, by the commands' own answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.examine.content import phones as contents
from tests.examine.firmware import images, phones
from tests.examine.firmware.phones import ROM, Phone
from tests.examine.traffic import lab as planted
from tests.examine.traffic import phones as captures
from tests.examine.traffic.lab import Lab
from tests.flow.test_examined import ERIKA, case

from portique.core.progress import silent
from portique.flow import handlers
from portique.flow.commands import ExamineFirmware, ExamineReport, ExamineTraffic
from portique.flow.examined import UnderCase
from portique.flow.images import ExamineContent, ExamineFleet, examine_content, examine_fleet

__all__ = ["case"]  # fixture

HOST = "stat.phonecount.example"
NUMBER = "+8613800138000"
TEMPLATE = "IMEI:%s,IMSI:%s,M:%s"


def implanted(seed: int = 3) -> Phone:
    """Return a phone whose code reports to a host, and sends its identity to a number abroad."""
    phone = Phone(seed)
    phone.work(
        [*phone.text(TEMPLATE), *phone.does("identity")],
        [*phone.text(f"http://{HOST}/api/open"), *phone.does("net")],
    )
    phone.work([*phone.text(TEMPLATE)], [*phone.text(NUMBER), *phone.does("send_sms")])
    return phone


def benign() -> Phone:
    """Return a phone that asks for the time, and for an update when its user does."""
    phone = Phone(4)
    phones.time_service(phone)
    phones.update_asked_for(phone)
    return phone


def covert(lab: Lab) -> Lab:
    """Speak to the host in a way that nobody can read, and send the template filled in."""
    lab.wait(900).exchange(lab.address(HOST, "203.0.113.21"), 9443, bytes(range(256)) * 8, b"ok")
    text = TEMPLATE.replace("%s", "{}").format("A1B2", "C3D4", "X")
    lab.wait(60).sms(NUMBER, text)
    return lab.wait(3600)


def report(case: Path, folder: Path, image: bytes, capture: Path) -> dict[str, Any]:
    """Examine image and capture of an exhibit within a case, and return what they say together."""
    under = UnderCase(case, "SC-7", "ORD-7")
    path = folder / "phone.bin"
    path.write_bytes(image)
    handlers.examine_firmware(ExamineFirmware(path, under=under), ERIKA)
    examine_content(ExamineContent(path, under=under), ERIKA)
    handlers.examine_traffic(ExamineTraffic(capture, under=under), ERIKA, silent)
    return handlers.examine_report(ExamineReport(case, "SC-7"), ERIKA)


@pytest.mark.parametrize("seed", [3, 5, 8])
def test_an_implant_whose_host_and_template_are_used_is_demonstrated(
    case: Path, tmp_path: Path, seed: int
) -> None:
    """Neither part says it alone: the places in the image and in the capture are both named."""
    capture = covert(Lab()).save(tmp_path)
    told = report(case, tmp_path, implanted(seed).image(), capture)

    grades = {each["part"]: each["grade"] for each in told["parts"]}
    assert grades["firmware"] == 2
    assert grades["traffic"] in {2, 3}
    assert told["grade"] == 1
    kinds = {each["kind"]: each for each in told["links"]}
    assert {"host_contacted", "number_messaged", "template_sent"} <= set(kinds)
    for link in kinds.values():
        assert link["left"]["segment"]
        assert link["left"]["offset"] >= 0
        assert link["right"]["frames"]
    assert ("sale_report", "full") in {
        (e["kind"], e["strength"]) for e in kinds["host_contacted"]["behaviours"]
    }
    left = next(e["left"] for e in told["links"] if e["value"] in told["verdict"]["en"])
    assert f"{left['segment']}+" in told["verdict"]["en"]
    assert "frames" in told["verdict"]["en"]
    assert "trames" in told["verdict"]["fr"]


def test_a_template_that_is_sent_filled_in_is_demonstrated_by_the_traffic(
    case: Path, tmp_path: Path
) -> None:
    """With the planted identity in it: the link says from which bytes of the image it was made."""
    lab = Lab()
    text = f"IMEI:{planted.IMEI},IMSI:{planted.IMSI},M:X"
    lab.wait(600).sms(NUMBER, text)
    lab.wait(3600).look_up("time.example")
    told = report(case, tmp_path, implanted().image(), lab.save(tmp_path))

    assert told["grade"] == 1
    assert "template_sent" in {each["kind"] for each in told["links"]}


def test_a_benign_pair_is_explained_at_worst(case: Path, tmp_path: Path) -> None:
    """Time service and an update that was asked for, in the code and in the capture."""
    capture = captures.clock_and_position(Lab()).save(tmp_path)
    told = report(case, tmp_path, benign().image(), capture)

    assert told["grade"] >= 4
    assert not [each for each in told["links"] if each["unexplained"]]


def _build(phone: Phone, name: str) -> bytes:
    phone.code.address = ROM + 0x38 + 48
    file = images.file_info(0x100, ROM, phone.image("code"), name)
    return file + b"\xff" * (-len(file) % 4096)


@pytest.mark.parametrize("by", ["firmware", "fleet"])
def test_the_phones_of_the_build_with_an_implant_stand_apart(
    case: Path, tmp_path: Path, by: str
) -> None:
    """Three builds, two phones each; whichever command examined them."""
    builds = {"CLEAN_V1": benign(), "OTHER_V1": Phone(21), "BAD_V1": implanted()}
    folder = tmp_path / "dumps"
    folder.mkdir()
    area = contents.mediatek(contents.FILES)
    for name, phone in builds.items():
        code = _build(phone, name)
        for number in (1, 2):
            (folder / f"{name}-{number}.bin").write_bytes(code + area[:4096] * number)
    if by == "fleet":
        examine_fleet(ExamineFleet(folder, case=case, authority="ORD-7"), ERIKA)
    else:
        for path in folder.iterdir():
            under = UnderCase(case, path.stem, "ORD-7")
            handlers.examine_firmware(ExamineFirmware(path, under=under), ERIKA)
    told = handlers.examine_report(ExamineReport(case), ERIKA)

    rows = {each["build"]: each for each in told["builds"]}
    assert {name: len(row["phones"]) for name, row in rows.items()} == {
        "CLEAN_V1": 2,
        "OTHER_V1": 2,
        "BAD_V1": 2,
    }
    assert rows["BAD_V1"]["grade"] == 2
    assert {each["kind"] for each in rows["BAD_V1"]["firmware"]["behaviours"]} == {
        "sale_report",
        "identity_sms",
    }
    for name in ("CLEAN_V1", "OTHER_V1"):
        assert rows[name]["firmware"]["behaviours"] == []
        assert rows[name]["grade"] > 3


def test_a_changed_phone_of_a_build_does_not_stain_the_others(case: Path, tmp_path: Path) -> None:
    """Same name, other code: another row."""
    for exhibit, phone in {"A": Phone(21), "B": Phone(21), "C": implanted()}.items():
        path = tmp_path / f"{exhibit}.bin"
        path.write_bytes(_build(phone, "SAME_V1") + exhibit.encode() * 64)
        under = UnderCase(case, exhibit, "ORD-7")
        handlers.examine_firmware(ExamineFirmware(path, under=under), ERIKA)
    told = handlers.examine_report(ExamineReport(case), ERIKA)

    phones_of = [[each["exhibit"] for each in row["phones"]] for row in told["builds"]]
    assert sorted(phones_of) == [["A", "B"], ["C"]]
    assert {each["grade"] for row in told["builds"][1:] for each in row["phones"]} <= {4, 5, 6}
