"""Triage: the same peers and bytes as the full examination, and no verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.examine.traffic.lab import Lab
from tests.examine.traffic.phones import premium_sms, sale_report

from portique.examine.traffic.examine import Asked, examine
from portique.examine.traffic.triage import triage


def _by_country(told: dict[str, Any]) -> list[tuple[int, int]]:
    return [(row["bytes_up"], row["bytes_down"]) for row in told["bytes_by_country"]]


@pytest.mark.parametrize("bearer", ["ethernet", "ipv6", "wifi", "cooked", "vlan"])
@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_bytes_up_and_down_are_those_of_the_full_examination(
    tmp_path: Path, bearer: str, form: str
) -> None:
    """On every link that shows IP packets; of one end the bytes are counted once."""
    lab = sale_report(Lab(bearer))
    lab.exchange("203.0.113.5", 7001, b"u" * 5000, b"d" * 9000)
    path = lab.save(tmp_path, form=form)

    quick, full = triage(path), examine(path, Asked())

    assert _by_country(quick) == _by_country(full)
    assert quick["coverage"]["frames"] == full["coverage"]["frames"]
    assert quick["coverage"]["hours"] == full["coverage"]["hours"]
    assert {each["port"] for each in quick["peers"]} == {53, 80, 7001}


def test_triage_says_that_nothing_was_looked_for(tmp_path: Path) -> None:
    """A leak in plain sight is not told, so the grade is inconclusive and nothing is decoded."""
    told = triage(premium_sms(Lab()).save(tmp_path))

    assert (told["grade"], told["observations"]) == (6, [])
    assert told["coverage"]["decoded_share"] == 0
    assert "triage" in told["verdict"]["en"]


def test_a_damaged_capture_is_counted_up_to_its_damage(tmp_path: Path) -> None:
    """And the damage is told."""
    path = sale_report(Lab()).save(tmp_path)
    path.write_bytes(path.read_bytes()[:-3])

    told = triage(path)

    assert any("damaged file" in each["reason"] for each in told["coverage"]["lost"])
    assert told["peers"]
