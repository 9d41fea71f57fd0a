"""Programs without names: implants are found by what calls are given, look-alikes are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.examine.firmware import look_alikes, strangers, stripped
from tests.examine.firmware.strangers import Strange
from tests.examine.firmware.stripped import Stripped

from portique.examine.firmware.examine import examine

FULL = {"sale_report", "identity_sms"}
BY_SHAPE = ("sale_report", "identity_sms", "remote_command")
"""What calls show by themselves; interception and most paid messages need an act that is known."""


def answer(tmp_path: Path, image: bytes) -> dict[str, Any]:
    """Return the answer for the bytes of an image."""
    path = tmp_path / "image.bin"
    path.write_bytes(image)
    return examine(path)


@pytest.mark.parametrize("seed", [5001, 5003, 5004, 5007])
@pytest.mark.parametrize("kind", BY_SHAPE)
def test_an_implant_without_names_is_found(tmp_path: Path, kind: str, seed: int) -> None:
    """Full where the identity is given together with its destination; partial otherwise."""
    phone = Stripped(seed)
    stripped.IMPLANTS[kind](phone)
    told = answer(tmp_path, phone.image("rom"))

    found = {each["kind"]: each for each in told["behaviours"]}
    assert set(found) == {kind}
    assert found[kind]["strength"] == ("full" if kind in FULL else "partial")
    assert told["grade"] == (2 if kind in FULL else 3)


@pytest.mark.parametrize("seed", [7001, 7005])
@pytest.mark.parametrize("kind", BY_SHAPE)
def test_an_implant_that_calls_through_tables_is_found(
    tmp_path: Path, kind: str, seed: int
) -> None:
    """Registers, stubs of `bx`, handlers in tables, records filled field by field."""
    phone = Strange(seed)
    strangers.IMPLANTS[kind](phone)

    assert {each["kind"] for each in answer(tmp_path, phone.image("rom"))["behaviours"]} == {kind}


@pytest.mark.parametrize("seed", [5003, 5007])
def test_what_no_known_act_proves_is_listed_and_not_told(tmp_path: Path, seed: int) -> None:
    """A page that is opened from a list has the shape of an interception as well."""
    phone = Stripped(seed)
    stripped.IMPLANTS["sms_interception"](phone)
    told = answer(tmp_path, phone.image("rom"))

    assert told["behaviours"] == []
    assert {each["kind"] for each in told["items"]} & {"number", "short_code", "url", "host", "ip"}


@pytest.mark.parametrize("seed", [5000, 5003])
@pytest.mark.parametrize("kind", list(look_alikes.BENIGN))
def test_a_look_alike_without_names_shows_no_behaviour(
    tmp_path: Path, kind: str, seed: int
) -> None:
    """Menus, settings, toolkits and requests of the same shapes."""
    phone = Stripped(seed)
    look_alikes.BENIGN[kind](phone)

    assert answer(tmp_path, phone.image("rom"))["behaviours"] == []


@pytest.mark.parametrize("kind", ["menu", "operator", "locale", "test_mode"])
def test_pairs_of_codes_and_titles_are_no_messages(tmp_path: Path, kind: str) -> None:
    """One function is given several: it keeps them."""
    phone = Strange(7003)
    strangers.BENIGN[kind](phone)

    assert answer(tmp_path, phone.image("rom"))["behaviours"] == []


def test_the_answer_shows_how_an_argument_was_followed(tmp_path: Path) -> None:
    """Function, address of the call, register, and where each text was loaded."""
    phone = Stripped(5001)
    stripped.IMPLANTS["identity_sms"](phone)
    (found,) = answer(tmp_path, phone.image("rom"))["behaviours"]

    (call,) = found["calls"]
    parts = {each["part"]: each for each in call["arguments"]}
    assert {"number", "identity"} <= set(parts)
    assert parts["identity"]["how"] == "buffer"
    assert parts["number"]["argument"] in {"r0", "r1"}
    assert all(each["loaded_at"].startswith("0x") for each in parts.values())
    assert call["function"] in {each["address"] for each in found["functions"]}


@pytest.mark.slow
def test_most_of_both_sets_without_names_are_found(tmp_path: Path) -> None:
    """docs/firmware.md has the figures of twelve variants of each kind."""
    found = 0
    for seed in range(5000, 5006):
        for kind in BY_SHAPE:
            family = stripped.IMPLANTS[kind]
            phone = Stripped(seed)
            family(phone)
            told = answer(tmp_path, phone.image())["behaviours"]
            found += any(each["kind"] == kind for each in told)
    assert found >= 16  # of 18
