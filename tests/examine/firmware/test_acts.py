"""Acts that nothing names: shown by code, or by how the phone's own programs use a function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examine.firmware import ordinary_phones
from tests.examine.firmware.ordinary_phones import BENIGN, IMPLANTS, Ordinary

from portique.examine.firmware import acts
from portique.examine.firmware.evidence import gather
from portique.examine.firmware.examine import examine
from portique.examine.firmware.loaded import Segment
from portique.examine.firmware.program import Program

SEEDS = (9001, 9002, 9005, 9008)


def told(tmp_path: Path, phone: Ordinary) -> dict[str, Any]:
    """Return the answer for a phone."""
    path = tmp_path / "image.bin"
    path.write_bytes(phone.image("rom"))
    return examine(path)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("proof", ["code", "use"])
@pytest.mark.parametrize("kind", list(IMPLANTS))
def test_an_implant_that_calls_what_the_phone_itself_calls_is_found(
    tmp_path: Path, kind: str, proof: str, seed: int
) -> None:
    """The sender is known by its code or by its use, the handler by what the user is shown."""
    phone = Ordinary(seed, proof=proof)
    IMPLANTS[kind](phone)

    assert kind in {each["kind"] for each in told(tmp_path, phone)["behaviours"]}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("proof", ["code", "use"])
@pytest.mark.parametrize("kind", list(BENIGN))
def test_a_look_alike_that_calls_the_same_functions_shows_no_behaviour(
    tmp_path: Path, kind: str, proof: str, seed: int
) -> None:
    """It asks, or sends to whom the user has set, or gives nothing on."""
    phone = Ordinary(seed, proof=proof)
    BENIGN[kind](phone)

    assert told(tmp_path, phone)["behaviours"] == []


@pytest.mark.parametrize("kind", ["premium_sms", "sms_interception"])
def test_without_code_or_use_that_shows_an_act_nothing_is_told(tmp_path: Path, kind: str) -> None:
    """The same calls with the same arguments could open a page from a list."""
    phone = Ordinary(9001, proof="")
    IMPLANTS[kind](phone)

    assert told(tmp_path, phone)["behaviours"] == []


def test_the_answer_says_how_an_act_is_known(tmp_path: Path) -> None:
    """A handler whose result decides whether the user is told keeps messages back: full."""
    phone = Ordinary(9005)
    ordinary_phones.sms_interception(phone)
    found = told(tmp_path, phone)["behaviours"][0]

    assert found["strength"] == "full"
    known = [each["acts"] for each in found["functions"] if each["acts"]]
    assert known == [{"hook": "is given messages, and decides whether the user is told"}]


def test_the_encoder_is_the_sender_and_tells_its_arguments_apart() -> None:
    """The number is r0, the text r1, however registers are moved."""
    phone = Ordinary(9001)
    segment = Segment("code", 0, phone.code.address, phone.code.build(), True)
    evidence = gather(Program([segment]))
    acts.infer(evidence)

    said = {how for found in evidence.acts.values() for how in found.values()}
    assert "packs r1 as septets and writes r0 as half-bytes" in said
    assert "writes eight bytes as digits to where r0 points" in said


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2_000), st.integers(0, 1_500))
def test_any_bytes_are_gone_through(data: bytes, cut: int) -> None:
    """Bytes put into a phone's code lead to no fault."""
    code = Ordinary(9002).code.build()
    mixed = code[: 4 * cut] + data + code[4 * cut :]
    evidence = gather(Program([Segment("code", 0, 0x10020038, mixed, True)]))
    acts.infer(evidence)

    assert evidence.program.bounded.is_whole


@pytest.mark.parametrize(("proof", "strength"), [("code", "full"), ("use", "partial")])
def test_what_only_use_shows_is_told_as_partial(tmp_path: Path, proof: str, strength: str) -> None:
    """The same message to a short code: the encoder proves, the program of the phone infers."""
    phone = Ordinary(9005, proof=proof)
    ordinary_phones.premium_sms(phone)

    found = told(tmp_path, phone)["behaviours"]
    assert [(each["kind"], each["strength"]) for each in found] == [("premium_sms", strength)]
