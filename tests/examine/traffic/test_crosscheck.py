"""The cross-check: says when it cannot, and names each difference."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.examine.traffic.lab import Lab
from tests.examine.traffic.phones import premium_sms

from portique.examine.traffic import crosscheck
from portique.examine.traffic.crosscheck import Seen, cross_check, disagreements, read_fields
from portique.examine.traffic.examine import Asked, examine


def test_without_tshark_the_answer_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no failure: the rest of the answer stands."""
    monkeypatch.setattr("shutil.which", lambda _: None)

    told = examine(premium_sms(Lab()).save(tmp_path), Asked(cross_check=cross_check))

    assert told["cross_check"]["state"] == "tshark is not installed"
    assert {each["decoders_agree"] for each in told["observations"]} == {None}


def test_a_decoder_that_takes_too_long_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is told."""

    def slow(*_args: object) -> Seen:
        raise subprocess.TimeoutExpired("tshark", 1)

    monkeypatch.setattr(crosscheck, "run", slow)
    monkeypatch.setattr(crosscheck, "_version", lambda _: "TShark")
    monkeypatch.setattr("shutil.which", lambda _: "tshark")

    told = examine(premium_sms(Lab()).save(tmp_path), Asked(cross_check=cross_check))

    assert told["cross_check"]["state"].startswith("stopped after")


def test_differences_are_named() -> None:
    """Frames, hosts and texts, each with what both saw."""
    ours = read_fields(["1\ta.example\t\t\t\t\t\t\n", "2\t\tB.example:80\t\tbye\t1\t\t337\n"])
    theirs = read_fields(["1\ta.example\t\t\thello\t1\t\t3179\n", ""])
    theirs.texts["bye"], theirs.numbers["bye"] = [1], {"339"}

    found = {each["what"]: (each["ours"], each["theirs"]) for each in disagreements(ours, theirs)}

    assert found == {
        "frames": (2, 1),
        "host b.example": (True, False),
        "text 'hello'": (False, True),
        "number of text 'bye'": (["337"], ["339"]),
    }


@pytest.mark.parametrize("bearer", ["ethernet", "gprs"])
def test_tshark_sees_the_lab_as_we_do(tmp_path: Path, bearer: str, tshark: Path) -> None:
    """Frames, hosts and texts of a covert phone agree, over GSMTAP too."""
    assert tshark.name
    path = premium_sms(Lab(bearer)).save(tmp_path)

    told = examine(path, Asked(cross_check=cross_check))

    assert told["cross_check"]["state"] == "done"
    assert told["cross_check"]["disagreements"] == []
    assert {each["decoders_agree"] for each in told["observations"]} == {True}


def test_the_display_filter_shows_the_frames_of_an_observation(
    tmp_path: Path, tshark: Path
) -> None:
    """A third party sees what we saw."""
    path = premium_sms(Lab("gprs")).save(tmp_path)
    told = examine(path, Asked())

    for each in told["observations"][:4]:
        command = [str(tshark), "-n", "-r", str(path), "-Y", each["tshark_filter"]]
        shown = subprocess.run(
            [*command, "-T", "fields", "-e", "frame.number"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert [int(number) for number in shown.split()] == each["frames"]
