"""`portique examine content` and `fleet`: what they print, what they log, how they exit."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.cli.test_examine_commands import Portique, portique
from tests.examine.content import phones

__all__ = ["portique"]

CASE_TOML = """
[case]
id = "made-by-hand"
title = "Supplier X"
as_of_utc = 2025-05-19T20:00:00Z
[fleet]
tacs = ["00101706"]
[search]
max_cells = 5
[[authority]]
id = "ORD-7"
kind = "order"
basis = "CPP 156"
covers = ["image"]
from_utc = 2025-01-01T00:00:00Z
until_utc = 2026-07-01T00:00:00Z
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return an image of a phone with content."""
    path = tmp_path / "dumps" / "phone.bin"
    path.parent.mkdir()
    path.write_bytes(phones.mediatek(phones.FILES))
    return path


def test_content_is_printed_in_words_and_as_one_object(portique: Portique, image: Path) -> None:
    """With its place, whether it was deleted, and that no layout was verified."""
    code, out, err = portique("examine", "content", image, "--label", phones.IMEI)
    assert (code, err) == (0, "")
    assert "Le colis arrive mardi" in out
    assert ", deleted]" in out
    assert "as the label says, and others" in out
    assert "no lawyer's number is known" in out
    assert "none was checked on the real dump" in out

    told = json.loads(portique("examine", "content", image, "--json")[1])
    assert len(told["messages"]) == 5
    assert portique("examine", "content", image, "--label", "12")[0] == 2
    assert portique("examine", "content", image, "--role", "search_team")[0] == 2


def test_an_image_is_examined_as_a_whole(portique: Portique, image: Path, tmp_path: Path) -> None:
    """In words, and as one object with the three answers, each as of its command."""
    code, out, _ = portique("examine", "phone", image, "--out", tmp_path / "a", "--label", "12")
    assert code == 2
    code, out, _ = portique("examine", "phone", image, "--out", tmp_path / "a")
    assert code == 0
    assert out.index("== Unpacked ==") < out.index("== Firmware ==") < out.index("== Content ==")
    assert "Le colis arrive mardi" in out

    told = json.loads(portique("examine", "phone", image, "--json", "--out", tmp_path / "b")[1])
    assert told["examination"] == "phone"
    assert told["content"] == json.loads(portique("examine", "content", image, "--json")[1])
    assert told["firmware"] == json.loads(portique("examine", "firmware", image, "--json")[1])
    assert portique("examine", "phone", image, "--out", tmp_path / "b")[0] == 2
    assert "== Unpacked ==" not in portique("examine", "phone", image)[1]


def test_a_case_keeps_its_lawyers_numbers_out_and_logs_the_read(
    portique: Portique, image: Path, tmp_path: Path
) -> None:
    """Whatever relation's word, whatever the authority; the purpose is kept."""
    case = tmp_path / "case"
    declared = case / "sources" / "declared_contact"
    declared.mkdir(parents=True)
    (case / "case.toml").write_text(CASE_TOML)
    (declared / "list.csv").write_text(
        "inmate_id,msisdn,relation,from_utc,until_utc\nI1,06 12 34 56 78,lawyer,,\n"
    )
    words = ("examine", "content", image, "--case", case, "--purpose", "exhibit 7")
    code, _, err = portique(*words)
    assert (code, "EXC-003" in err) == (2, True)
    code, out, _ = portique(*words, "--exhibit", "SC-7", "--authority", "ORD-7")

    assert code == 0
    assert "SC-7  (ORD-7)" in out
    (stored,) = (case / "derived" / "examination").iterdir()
    assert stored.name.endswith("-content.json")
    assert "12345678" not in stored.read_text("utf-8")
    assert "12345678" not in out
    assert "not shown: 2 message, " in out
    assert "run it first" in out
    logged = json.loads((case / ".portique" / "access.jsonl").read_text())
    assert (logged["command"], logged["purpose"]) == ("examine content", "exhibit 7")


def test_a_fleet_is_grouped_printed_and_written(
    portique: Portique, image: Path, tmp_path: Path
) -> None:
    """Each build with its grade; a file that is no image is a row, not the end."""
    (image.parent / "empty.bin").write_bytes(b"")
    code, out, err = portique("examine", "fleet", image.parent, "--out", tmp_path / "out")

    assert (code, err) == (0, "")
    assert "MT6261_11C_V1" in out
    assert "grade" in out
    assert "empty.bin: the image is empty" in out
    assert (tmp_path / "out" / "clusters.svg").is_file()
    assert portique("examine", "fleet", image.parent, "--out", tmp_path / "out")[0] == 2


def test_what_cannot_be_read_is_said_and_never_looks_like_nothing(
    portique: Portique, tmp_path: Path
) -> None:
    """Encrypted, empty, missing: each by its name."""
    encrypted, empty = tmp_path / "encrypted.bin", tmp_path / "empty.bin"
    encrypted.write_bytes(random.Random(7).randbytes(70_000))
    empty.write_bytes(b"")

    assert "may be encrypted" in portique("examine", "content", encrypted)[1]
    out = portique("examine", "firmware", encrypted)[1]
    assert "no code was read" in out
    assert "encrypted or compressed" in out
    assert "EXA-044" in portique("examine", "firmware", empty)[2]
    assert "EXA-063" in portique("examine", "fleet", tmp_path / "missing")[2]
