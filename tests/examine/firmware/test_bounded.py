"""A fault or the end of the time in one part: said as what it is, and never "nothing found"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.examine.firmware.phones import IMPLANTS, Phone

from portique.examine.firmware import behaviours, evidence, link_address
from portique.examine.firmware.bounded import MOST_SECONDS, Bounded
from portique.examine.firmware.examine import examine
from portique.examine.firmware.reading import Damaged
from portique.examine.firmware.strings import texts


def told_of(tmp_path: Path, image: bytes, **asked: Any) -> dict[str, Any]:
    """Return the answer for the bytes of an image."""
    path = tmp_path / "image.bin"
    path.write_bytes(image)
    return examine(path, **asked)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Damaged("ends early"), "could not be read, while looking for texts: ends early"),
        (
            IndexError("beyond"),
            "fault of the program, while looking for texts: IndexError in test_",
        ),
        (TypeError("none"), "fault of the program, while looking for texts: TypeError in test_"),
    ],
)
def test_a_fault_in_one_segment_is_a_finding_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, says: str
) -> None:
    """The implant in the other segment is found all the same."""
    phone = Phone(3)
    IMPLANTS["identity_sms"](phone)
    unknown = b"\x13\x37" + b"some stretch of no known format\0" * 400

    def failing(segment: int, data: bytes) -> Any:
        if data[:2] == unknown[:2]:
            raise fault
        return texts(segment, data)

    monkeypatch.setattr(evidence, "texts", failing)
    told = told_of(tmp_path, phone.image("rom") + unknown)

    assert told["grade"] == 2
    assert "not_examined" in told["verdict"]["en"]
    assert any(says in each["why"] for each in told["not_examined"])


def test_where_a_part_failed_nothing_found_is_not_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not examined, whatever was not found in the rest."""
    image = Phone(21).image("rom")
    before = told_of(tmp_path, image)["grade"]

    def failing(*_: object) -> None:
        raise AttributeError("ours")

    monkeypatch.setattr(link_address, "infer", failing)
    told = told_of(tmp_path, image)

    assert before in {4, 5}
    assert told["grade"] == 6
    assert any("AttributeError" in each["why"] for each in told["not_examined"])


def test_a_fault_while_judging_one_function_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The behaviour is found in the other functions, and the fault is told."""
    phone = Phone(3)
    IMPLANTS["identity_sms"](phone)
    judge, count = behaviours._judge, [0]

    def failing(one: Any, root: int) -> Any:
        count[0] += 1
        if count[0] == 1:
            raise KeyError(root)
        return judge(one, root)

    monkeypatch.setattr(behaviours, "_judge", failing)
    told = told_of(tmp_path, phone.image("rom"))

    assert any("KeyError" in each["why"] for each in told["not_examined"])


def test_what_no_time_is_left_for_is_not_examined(tmp_path: Path) -> None:
    """The answer says how many seconds there were."""
    told = told_of(tmp_path, Phone(21).image("rom"), most_seconds=0)

    assert told["grade"] == 6
    assert told["limits"] == {"seconds": 0}
    assert any("0 seconds are over" in each["why"] for each in told["not_examined"])
    assert told_of(tmp_path, Phone(21).image("rom"))["limits"] == {"seconds": MOST_SECONDS}


def test_the_notes_of_many_faults_are_bounded() -> None:
    """An image made to fail everywhere does not fill the answer."""
    bounded = Bounded()
    for number in range(1000):
        with bounded.part(str(number), "counting"):
            raise Damaged("no")

    assert len(bounded.notes) == 200
    assert not bounded.is_whole
