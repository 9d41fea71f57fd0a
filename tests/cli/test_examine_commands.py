"""`portique examine traffic` and `unpack`: what they print, and how they exit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.examine.firmware.images import file_info, thumb
from tests.examine.firmware.phones import Phone, identity_sms
from tests.examine.traffic.lab import IMEI, Lab
from tests.examine.traffic.phones import premium_sms

from portique.cli.main import command_line

Portique = Callable[..., tuple[int, str, str]]


@pytest.fixture
def portique(capsys: pytest.CaptureFixture[str]) -> Portique:
    """Run a command line in this process: exit code, standard output, standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            command_line.main([str(word) for word in words])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_the_answer_is_printed_in_words_and_as_one_object(
    portique: Portique, tmp_path: Path
) -> None:
    """Both say the same grade, and that no authority was shown."""
    path = premium_sms(Lab("gprs")).save(tmp_path)

    code, out, err = portique("examine", "traffic", path)
    assert (code, err) == (0, "")
    assert "Grade:    1 (" in out
    assert "cc.sink.example" in out
    assert "no authority shown" in out

    code, out, _ = portique("examine", "traffic", path, "--json")
    told = json.loads(out)
    assert (code, told["grade"], told["exhibit"]) == (0, 1, "SC-7")


def test_without_a_record_it_exits_with_2_and_says_how_to_mend(
    portique: Portique, tmp_path: Path
) -> None:
    """Unless one is named, or the answer may be inconclusive."""
    path = Lab().save(tmp_path)
    beside = Path(f"{path}.toml")
    named = beside.rename(tmp_path / "elsewhere.toml")

    code, _, err = portique("examine", "traffic", path)
    assert code == 2
    assert "code:  EXA-010" in err

    assert portique("examine", "traffic", path, "--record", named)[0] == 0
    code, out, _ = portique("examine", "traffic", path, "--without-record", "--json")
    assert (code, json.loads(out)["grade"]) == (0, 6)


def test_the_cross_check_needs_no_record(portique: Portique, tmp_path: Path) -> None:
    """With or without tshark it says what it did."""
    lab = Lab()
    lab.look_up("a.example")
    path = lab.save(tmp_path)
    Path(f"{path}.toml").unlink()

    code, out, _ = portique("examine", "traffic", path, "--cross-check")

    assert code == 0
    assert "Cross-check:" in out


def test_firmware_is_judged_in_words_and_as_one_object(portique: Portique, tmp_path: Path) -> None:
    """One image gives an object, several give a list; each line of code can be read."""
    phone = Phone(3)
    identity_sms(phone)
    path = tmp_path / "flash.bin"
    path.write_bytes(phone.image())

    code, out, _ = portique("examine", "firmware", path)
    assert code == 0
    assert "identity_sms (full)" in out
    assert "push {r4, lr}" in out
    assert "no authority shown" in out

    code, out, _ = portique("examine", "firmware", path, path, "--json")
    assert [each["grade"] for each in json.loads(out)] == [2, 2]


def test_who_may_not_examine_is_refused(portique: Portique, tmp_path: Path) -> None:
    """A search team has no business with what a phone said."""
    path = Lab().save(tmp_path)

    assert portique("examine", "traffic", path, "--role", "examiner")[0] == 0
    code, _, err = portique("examine", "traffic", path, "--role", "search_team")
    assert code == 2
    assert "ACC-001" in err


def test_an_identifier_is_printed_by_its_kind_alone(portique: Portique, tmp_path: Path) -> None:
    """A screen is looked over: the number itself stays in the record."""
    path = premium_sms(Lab()).save(tmp_path)

    _, out, _ = portique("examine", "traffic", path)

    assert "planted imei" in out
    assert IMEI not in out


def test_an_image_is_unpacked_in_words_and_as_one_object(
    portique: Portique, tmp_path: Path
) -> None:
    """Both say which part was found, and that no authority was shown."""
    image = tmp_path / "rom.img"
    image.write_bytes(file_info(0x100, 0x10020000, thumb(300), "MAUI.W14.36"))

    code, out, err = portique("examine", "unpack", image, tmp_path / "words")
    assert (code, err) == (0, "")
    assert "rom.bin" in out
    assert "0x10020000" in out
    assert "no authority shown" in out

    code, out, err = portique("examine", "unpack", image, tmp_path / "object", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["segments"][0]["facts"]["build"] == "MAUI.W14.36"
    assert json.loads(out) == json.loads((tmp_path / "object/manifest.json").read_text("utf-8"))


def test_unpacking_into_a_folder_in_use_is_refused(portique: Portique, tmp_path: Path) -> None:
    """Exit code 2, and what was there is there still."""
    image = tmp_path / "rom.img"
    image.write_bytes(file_info(0x100, 0x10020000, thumb(300)))

    code, _, err = portique("examine", "unpack", image, tmp_path)
    assert code == 2
    assert "EXA-042" in err


def test_unpacking_wants_a_role_that_examines(portique: Portique, tmp_path: Path) -> None:
    """A search team does not take images apart."""
    code, _, err = portique(
        "examine", "unpack", tmp_path / "a", tmp_path / "b", "--role", "search_team"
    )
    assert code == 2
    assert "ACC-001" in err


def test_a_case_an_exhibit_and_an_authority_belong_together(
    portique: Portique, tmp_path: Path
) -> None:
    """One of the three alone is refused; all three mark and keep the answer."""
    path = premium_sms(Lab("gprs")).save(tmp_path)
    case = tmp_path / "case"
    case.mkdir()
    (case / "case.toml").write_text(
        '[case]\nid = "c"\nas_of_utc = 2026-06-30T00:00:00Z\n'
        '[[authority]]\nid = "ORD-7"\nkind = "order"\ncovers = ["image"]\n'
        "from_utc = 2026-01-01T00:00:00Z\nuntil_utc = 2026-07-01T00:00:00Z\n",
        encoding="utf-8",
    )

    code, _, err = portique("examine", "traffic", path, "--case", case)
    assert (code, "EXC-003" in err) == (2, True)

    under = ("--case", case, "--exhibit", "SC-7", "--authority", "ORD-7", "--role", "examiner")
    code, out, _ = portique("examine", "traffic", path, *under)
    assert code == 0
    assert "SC-7  (ORD-7)" in out
    assert "Flag:     ORD-7 covers image; this is material of the kind traffic" in out
    assert len(list((case / "derived" / "examination").iterdir())) == 1

    code, _, err = portique("examine", "traffic", path, *under[:4], "--authority", "ORD-9")
    assert (code, "EXC-001" in err) == (2, True)
