"""Files without an authority: a run stops before it uses anything, or goes on and says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from portique.core.errors import Refused
from portique.flow import handlers
from portique.flow.commands import Check, Run
from portique.flow.incremental import Options
from portique.flow.permissions import Person

ANNA = Person("anna", "analyst")


@pytest.fixture
def uncovered(invented: Path, tmp_path: Path) -> Path:
    """An invented case whose authorities do not cover offences."""
    case = tmp_path / "case"
    shutil.copytree(invented, case)
    toml = case / "case.toml"
    assert '"offence"' in toml.read_text()
    toml.write_text(toml.read_text().replace(', "offence"', "").replace('"offence", ', ""))
    assert '"offence"' not in toml.read_text()
    return case


def test_a_run_stops_before_it_uses_anything(uncovered: Path) -> None:
    """The file and what is missing are named; no table was written."""
    with pytest.raises(Refused) as found:
        handlers.run(Run(uncovered), ANNA)

    assert "sources/offence/" in found.value.where
    assert "covers offence" in found.value.mend
    assert not (uncovered / "derived").exists()


def test_a_refusal_leaves_the_tables_of_the_run_before(invented: Path, uncovered: Path) -> None:
    """What was derived while the authority stood is still there, byte by byte."""
    narrow = (uncovered / "case.toml").read_text()
    shutil.copy(invented / "case.toml", uncovered / "case.toml")
    handlers.run(Run(uncovered), ANNA)
    before = {p.name: p.read_bytes() for p in (uncovered / "derived").iterdir()}
    (uncovered / "case.toml").write_text(narrow)

    with pytest.raises(Refused):
        handlers.run(Run(uncovered), ANNA)

    assert {p.name: p.read_bytes() for p in (uncovered / "derived").iterdir()} == before


def test_a_run_without_them_says_so_in_every_figure(uncovered: Path) -> None:
    """Beside every figure, above the page, and in the table of what was set aside."""
    result = handlers.run(Run(uncovered, Options(leave_out_refused=True)), ANNA)

    refused = [p.name for p in (uncovered / "sources/offence").iterdir()]
    assert [path.split("/")[1] for path in result.figures["left_out"]] == sorted(refused)
    assert {f["left_out"] for f in result.figures["figures"].values()} == {len(refused)}
    page = (uncovered / "derived/overview.html").read_text()
    assert page.count("sans 1 fichier refusé") > 12
    assert page.count("without 1 refused file") > 12
    aside = pq.read_table(uncovered / "derived/set_aside.parquet").to_pylist()
    assert [r["source"].split("/")[0] for r in aside if r["reason"] == "refused_source"] == [
        "offence"
    ]


def test_a_check_says_what_a_run_would_do_and_writes_nothing(uncovered: Path) -> None:
    """Used, refused, set aside, lacking; the folder is as it was."""
    before = sorted(p for p in uncovered.rglob("*"))

    plan = handlers.check(Check(uncovered), ANNA)

    status = {source["path"].split("/")[0]: source["status"] for source in plan["sources"]}
    assert status["offence"] == "refused"
    assert status["retained_record"] == "used"
    assert len(plan["refused"]) == 1
    assert "no authority covers the kind offence" in plan["lacks"]
    assert {"privileged", "after_horizon"} <= {row["reason"] for row in plan["set_aside"]}
    assert sorted(p for p in uncovered.rglob("*")) == before
    json.dumps(plan)


def test_a_check_and_a_run_count_the_same_but_for_repeated_records(
    invented: Path, invented_run: Path
) -> None:
    """What a check announces is what a run does."""
    plan = handlers.check(Check(invented), ANNA)

    def counted(rows: list[dict[str, object]]) -> dict[tuple[object, object], object]:
        return {
            (r["source"], r["reason"]): r["rows"]
            for r in rows
            if r["reason"] not in {"duplicate", "sector_unknown", "number_undecided"}
        }

    run = pq.read_table(invented_run / "derived/set_aside.parquet").to_pylist()
    assert counted(plan["set_aside"]) == counted(run)
