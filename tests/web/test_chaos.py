"""Kills, lost answers, wrong clocks, any order, twice: nothing acknowledged is lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.chaos import Outcome, Plan, try_faults


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    """Ten kills; `make chaos` has a hundred, and a thousand lost answers."""
    outcome = try_faults(
        Plan(devices=12, kills=10, drops=40, lives_s=(0.1, 0.7)), tmp_path / "chaos"
    )

    assert outcome.kills == 10
    assert outcome.drops >= 40
    assert len(outcome.acknowledged) > 300
    assert outcome.twice > 10
    assert (outcome.lost, outcome.doubled, outcome.bad_checkpoints) == ([], [], [])


@pytest.mark.slow
def test_on_postgresql_nothing_acknowledged_is_lost_or_doubled(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The server of the case is killed, the database goes on; some kills fewer."""
    url = request.getfixturevalue("postgres").fresh_url()
    outcome = try_faults(
        Plan(devices=8, kills=4, drops=15, lives_s=(0.2, 0.7)), tmp_path / "chaos", url
    )

    assert (outcome.kills, outcome.drops >= 15) == (4, True)
    assert len(outcome.acknowledged) > 50
    assert (outcome.lost, outcome.doubled, outcome.bad_checkpoints) == ([], [], [])


def test_the_comparison_can_fail() -> None:
    """Any of the three is enough."""
    assert Outcome(Plan()).is_well
    assert not Outcome(Plan(), lost=["x"]).is_well
    assert not Outcome(Plan(), doubled=["x"]).is_well
    assert not Outcome(Plan(), bad_checkpoints=["x"]).is_well
