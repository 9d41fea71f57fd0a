"""Implants are found as what they are, look-alikes are not, and hostile images do no harm."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examine.firmware import images
from tests.examine.firmware.assembler import Near
from tests.examine.firmware.kit_names import NAMES, OTHER_NAMES
from tests.examine.firmware.phones import BENIGN, IMPLANTS, SPREADTRUM, Phone

from portique.core.errors import Refused
from portique.examine.firmware.examine import examine

FIELDS = {
    "exhibit",
    "image_sha256",
    "build",
    "grade",
    "verdict",
    "explained_share",
    "segments",
    "behaviours",
    "items",
    "not_examined",
}


def answer(tmp_path: Path, image: bytes, **asked: Any) -> dict[str, Any]:
    """Return the answer for the bytes of an image."""
    path = tmp_path / "image.bin"
    path.write_bytes(image)
    return examine(path, **asked)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", list(IMPLANTS))
def test_each_implant_is_found_as_what_it_is(tmp_path: Path, kind: str, seed: int) -> None:
    """Whatever its kit, its container, how its texts are written, or how its work is split."""
    phone = Phone(seed)
    IMPLANTS[kind](phone)
    told = answer(tmp_path, phone.image())

    found = [each for each in told["behaviours"] if each["kind"] == kind]
    assert found
    assert found[0]["strength"] in {"full", "partial"}
    assert any(function["code"] for function in found[0]["functions"])
    assert told["grade"] in {2, 3}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", list(BENIGN))
def test_a_look_alike_shows_no_behaviour(tmp_path: Path, kind: str, seed: int) -> None:
    """A menu, a time service, an update that was asked for: parts alone, or shown to the user."""
    phone = Phone(seed)
    BENIGN[kind](phone)
    told = answer(tmp_path, phone.image())

    assert told["behaviours"] == []
    assert told["grade"] > 2


@pytest.mark.parametrize("seed", [1006, 1010, 1012, 1020])
@pytest.mark.parametrize("kind", list(IMPLANTS))
def test_work_passed_along_a_chain_and_texts_under_xor_are_found(
    tmp_path: Path, kind: str, seed: int
) -> None:
    """A chain ends in a function that only its traces name; small letters under a key."""
    phone = Phone(seed, OTHER_NAMES)
    IMPLANTS[kind](phone)
    assert kind in {each["kind"] for each in answer(tmp_path, phone.image())["behaviours"]}


@pytest.mark.parametrize("container", SPREADTRUM)
@pytest.mark.parametrize("form", ["plain", "gsm-7"])
def test_spreadtrum_code_and_packed_texts_are_read_as_well(
    tmp_path: Path, container: str, form: str
) -> None:
    """The implant is found, the look-alike is not, in plain, scatter-loaded and DRPS code."""
    for seed in (2100, 2105):
        phone, alike = Phone(seed, forms=[form]), Phone(seed, forms=[form])
        IMPLANTS["identity_sms"](phone)
        BENIGN["update_asked_for"](alike)
        kinds = {b["kind"] for b in answer(tmp_path, phone.image(container))["behaviours"]}
        assert kinds == {"identity_sms"}
        assert answer(tmp_path, alike.image(container))["behaviours"] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [200, 201, 202])
def test_kits_with_other_names_are_read_as_well(tmp_path: Path, seed: int) -> None:
    """Most of them: docs/firmware.md has the figures of variants that were set aside."""
    found = 0
    for kind, family in IMPLANTS.items():
        phone = Phone(seed, OTHER_NAMES)
        family(phone)
        told = answer(tmp_path, phone.image())
        found += any(each["kind"] == kind for each in told["behaviours"])
    assert found >= 3


def test_the_answer_has_the_fields_of_its_contract(tmp_path: Path) -> None:
    """And never says that data was sent, or that a phone is clean."""
    phone = Phone(3)
    IMPLANTS["identity_sms"](phone)
    image = phone.image()
    told = answer(tmp_path, image)

    assert set(told) >= FIELDS
    assert told["exhibit"] is None
    assert told["authority"] == "no authority shown"
    assert told["image_sha256"] == hashlib.sha256(image).hexdigest()
    assert "ne dit pas que des données" in told["verdict"]["fr"]
    assert "clean" not in told["verdict"]["en"]
    for item in told["items"]:
        assert set(item) >= {"kind", "value", "segment", "offset", "address", "encoding"}
        assert {"bytes", "references"} <= set(item)


def test_a_known_indicator_is_named_with_its_source(tmp_path: Path) -> None:
    """Under XOR too; with code that refers to it, the grade is 2."""
    phone = Phone(0, NAMES)
    written = bytes(byte ^ 0xA5 for byte in b"http://asv.transsion.com:8080/x\0")
    phone.code.function("report", Near(written))
    told = answer(tmp_path, phone.image("rom"))

    assert {each["rule"] for each in told["indicators"]} == {"itel_it2160_sale_report"}
    assert told["indicators"][0]["source"].startswith("ValdikSS")
    assert told["grade"] == 2


def test_rules_of_others_are_added_and_broken_ones_refused(tmp_path: Path) -> None:
    """A file that is no set of rules ends the command, before anything is examined."""
    rules = tmp_path / "mine.yar"
    rules.write_text('rule mine { strings: $a = "assert fail" condition: $a }')
    told = answer(tmp_path, Phone(1).image("rom"), rules=[rules])
    assert {each["rule"] for each in told["indicators"]} == {"mine"}

    rules.write_text("rule {")
    with pytest.raises(Refused, match="rules cannot be used"):
        answer(tmp_path, Phone(1).image("rom"), rules=[rules])


def test_an_encrypted_image_is_not_examined(tmp_path: Path) -> None:
    """Grade 6, and it says why."""
    content = random.Random(5).randbytes(1 << 16)
    told = answer(tmp_path, images.file_info(0x100, 0x10020000, content))

    assert told["grade"] == 6
    assert any("encrypted" in each["why"] for each in told["not_examined"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_gives_an_answer(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes changed, cut or invented: an answer with a grade, never a crash."""
    image = bytearray(Phone(2).image("rom"))
    for _ in range(data.draw(st.integers(0, 6))):
        image[data.draw(st.integers(0, len(image) - 1))] = data.draw(st.integers(0, 255))
    start = data.draw(st.integers(0, 64))
    noise = data.draw(st.binary(max_size=300))
    told = answer(tmp_path, bytes(image[start:]) + noise)

    assert told["grade"] in range(2, 7)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=2000))
def test_any_bytes_give_an_answer(tmp_path: Path, image: bytes) -> None:
    """Nothing known in it: not examined, or nothing found."""
    assert answer(tmp_path, image)["grade"] in range(2, 7)


@pytest.mark.slow
def test_real_builds_show_no_behaviour_above_texts(real_images: Path) -> None:
    """They are benign modules, with and without the baseline."""
    paths = [path for path in sorted(real_images.rglob("VIVA")) if path.stat().st_size > 1 << 16]
    if not paths:
        pytest.skip("no VIVA file is here")
    for path in paths:
        told = examine(path, subtract=False)
        assert {each["strength"] for each in told["behaviours"]} <= {"strings"}
        assert told["texts_referred_to"]["share"] > 0.6
