"""A stage runs where its inputs changed, and nowhere else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portique.core.errors import Refused
from portique.flow import handlers
from portique.flow.commands import Run
from portique.flow.folder import CaseFolder
from portique.flow.incremental import Options
from portique.flow.permissions import Person
from portique.flow.stages import Call, Stage

ANNA = Person("anna", "analyst")
Rows = dict[str, list[dict[str, Any]]]
Stages = tuple[Stage, ...]


@pytest.fixture
def stages(handmade: Rows, writing_stages: Callable[[Rows], Stages]) -> Stages:
    """The pipeline, writing the handmade rows."""
    return writing_stages(handmade)


def _ran(case: Path, stages: Stages, options: Options | None = None) -> list[str]:
    request = Run(case, options or Options())
    return [s.name for s in handlers.run(request, ANNA, stages=stages).stages if s.reason]


def _bytes(case: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((case / "derived").iterdir())}


EVERY = ["collect", "identify", "locate", "link", "overview"]


def test_a_first_run_runs_every_stage_and_a_second_none(
    handmade_case: Path, stages: Stages
) -> None:
    """Nothing changed, so nothing is done, and not one byte differs."""
    assert _ran(handmade_case, stages) == EVERY
    before = _bytes(handmade_case)

    assert _ran(handmade_case, stages) == []
    assert _bytes(handmade_case) == before


def test_two_cases_with_the_same_sources_give_the_same_bytes(
    tmp_path: Path, handmade_case: Path, stages: Stages
) -> None:
    """Neither place nor time of the run is in the derived files."""
    _ran(handmade_case, stages)
    before = _bytes(handmade_case)
    elsewhere = tmp_path / "elsewhere"
    handmade_case.rename(elsewhere)
    for path in (elsewhere / "derived").iterdir():
        path.unlink()

    _ran(elsewhere, stages)

    assert _bytes(elsewhere) == before


def test_a_changed_source_runs_collect_and_stops_where_its_tables_are_the_same(
    handmade_case: Path, stages: Stages
) -> None:
    """The fake tables do not depend on the file, so only collect has to run."""
    _ran(handmade_case, stages)
    (handmade_case / "sources/sale/second.csv").write_text("sale_id\n", encoding="utf-8")

    assert _ran(handmade_case, stages) == ["collect"]


def test_a_changed_table_runs_what_reads_it(
    handmade_case: Path, handmade: Rows, writing_stages: Callable[[Rows], Stages]
) -> None:
    """A changed sale runs what reads the ledger, and neither places nor links to offences."""
    _ran(handmade_case, writing_stages(handmade))
    handmade["sale"][0]["model"] = "Mini 2"
    (handmade_case / "sources/sale/second.csv").write_text("sale_id\n", encoding="utf-8")

    ran = _ran(handmade_case, writing_stages(handmade))
    assert ran == ["collect", "identify", "overview"]


def test_a_setting_runs_the_stages_that_look_at_it(handmade_case: Path, stages: Stages) -> None:
    """How many cells can be searched matters to locate and to the page."""
    _ran(handmade_case, stages)
    toml = handmade_case / "case.toml"
    toml.write_text(toml.read_text().replace("max_cells = 5", "max_cells = 6"))

    assert _ran(handmade_case, stages) == ["locate", "overview"]


@pytest.mark.parametrize("name", ["target.parquet", "figures.json", "overview.html"])
def test_a_damaged_output_is_made_again(handmade_case: Path, stages: Stages, name: str) -> None:
    """One changed byte is found by its hash, and the file comes back as it was."""
    _ran(handmade_case, stages)
    before = _bytes(handmade_case)
    path = handmade_case / "derived" / name
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(bytes(damaged))

    assert len(_ran(handmade_case, stages)) == 1
    assert _bytes(handmade_case) == before


def test_a_missing_output_and_a_damaged_manifest_are_made_again(
    handmade_case: Path, stages: Stages
) -> None:
    """Derived files can be deleted at any time."""
    _ran(handmade_case, stages)
    before = _bytes(handmade_case)
    (handmade_case / "derived/handset.parquet").unlink()
    assert _ran(handmade_case, stages) == ["identify"]

    (handmade_case / "derived/manifest.json").write_text("{", encoding="utf-8")
    assert _ran(handmade_case, stages) == EVERY
    assert _bytes(handmade_case) == before


def test_leaving_out_refused_files_is_an_input_of_collect(
    handmade_case: Path, stages: Stages
) -> None:
    """A run that may leave files out is not the same as one that may not."""
    _ran(handmade_case, stages)

    assert _ran(handmade_case, stages, Options(leave_out_refused=True)) == ["collect"]
    assert _ran(handmade_case, stages) == ["collect"]


def test_a_file_put_back_with_its_old_times_is_seen(handmade_case: Path, stages: Stages) -> None:
    """Same size and same modification time do not hide a change: the change time tells."""
    import os  # noqa: PLC0415

    _ran(handmade_case, stages)
    path = handmade_case / "sources/sale/ledger.csv"
    stat = path.stat()
    path.write_text(path.read_text().replace("75011", "75012"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert _ran(handmade_case, stages) == ["collect"]


def test_rehash_reads_files_that_the_cache_takes_for_known(
    handmade_case: Path, stages: Stages
) -> None:
    """A cache that lies is believed until --rehash is given."""
    import json  # noqa: PLC0415

    _ran(handmade_case, stages)
    cache = CaseFolder(handmade_case).private / "seen.json"
    known = json.loads(cache.read_text())
    known["files"]["sources/sale/ledger.csv"][1] = "0" * 64
    cache.write_text(json.dumps(known))

    assert _ran(handmade_case, stages) == ["collect"]
    assert _ran(handmade_case, stages, Options(rehash=True)) == ["collect"]
    assert _ran(handmade_case, stages) == []


def test_a_source_that_changes_during_collect_is_refused(
    handmade_case: Path, stages: Stages
) -> None:
    """Nobody can say which of the two files the tables came from."""
    write = stages[0].run

    def meddle(call: Call) -> None:
        write(call)
        (handmade_case / "sources/sale/ledger.csv").write_text("sale_id\n")

    with pytest.raises(Refused, match="1 sources changed while they were read"):
        _ran(handmade_case, (replace(stages[0], run=meddle), *stages[1:]))
    assert not (handmade_case / "derived/manifest.json").exists()


def test_a_stage_that_reads_what_it_does_not_declare_is_a_fault_of_ours(
    handmade_case: Path, stages: Stages
) -> None:
    """Else a change of that table would leave old figures without a word."""

    def sly(call: Call) -> None:
        call.store.arrow("target")

    with pytest.raises(AssertionError, match="does not say that it reads target"):
        _ran(handmade_case, (stages[0], replace(stages[1], run=sly)))


def test_a_stage_that_forgets_a_table_is_a_fault_of_ours(
    handmade_case: Path, stages: Stages
) -> None:
    """A missing table never reads as an empty one."""
    lazy = replace(stages[0], run=lambda _call: None)

    with pytest.raises(AssertionError, match="did not write source"):
        _ran(handmade_case, (lazy,))


def test_the_reason_names_what_changed(handmade_case: Path, stages: Stages) -> None:
    """A person is told why a stage ran again."""
    handlers.run(Run(handmade_case), ANNA, stages=stages)
    (handmade_case / "sources/sale/second.csv").write_text("sale_id\n", encoding="utf-8")

    result = handlers.run(Run(handmade_case), ANNA, stages=stages)

    assert result.stages[0].reason == "files changed: sources/sale/second.csv"


def test_the_scratch_and_the_half_written_files_of_a_killed_run_are_cleared(
    handmade_case: Path, stages: Stages
) -> None:
    """What a killed run left never stands beside the tables."""
    folder = CaseFolder(handmade_case)
    folder.scratch.mkdir(parents=True)
    folder.derived.mkdir()
    (folder.derived / "sale.parquet.partial").write_bytes(b"half")

    _ran(handmade_case, stages)

    assert not (folder.derived / "sale.parquet.partial").exists()
    assert not folder.scratch.exists()


DAMAGED = (
    "",
    "null",
    "[]",
    '{"format": 1}',
    '{"format": 1, "stages": {"collect": 3}}',
    '{"format": 1, "stages": {"collect": {"fingerprint": "0", "inputs": {}}}}',
    '{"format": 1, "files": {"sources/sale/ledger.csv": 3}}',
    '{"format": 1, "files": {"sources/sale/ledger.csv": []}}',
)


@pytest.mark.parametrize("text", DAMAGED)
def test_a_manifest_that_was_altered_says_that_nothing_has_run(
    handmade_case: Path, stages: Stages, text: str
) -> None:
    """Every stage runs again, and the bytes are those of before."""
    _ran(handmade_case, stages)
    before = _bytes(handmade_case)
    (handmade_case / "derived/manifest.json").write_text(text, encoding="utf-8")

    assert _ran(handmade_case, stages) == EVERY
    assert _bytes(handmade_case) == before


@pytest.mark.parametrize("text", DAMAGED)
def test_a_cache_of_hashes_that_was_altered_is_as_good_as_none(
    handmade_case: Path, stages: Stages, text: str
) -> None:
    """The files are read again and are what they were."""
    _ran(handmade_case, stages)
    (CaseFolder(handmade_case).private / "seen.json").write_text(text, encoding="utf-8")

    assert _ran(handmade_case, stages) == []


def test_a_real_change_of_one_source_runs_what_depends_on_it(
    invented_run: Path, tmp_path: Path
) -> None:
    """A file of offences places no phone anew: those tables are the same, byte by byte."""
    case = tmp_path / "case"
    shutil.copytree(invented_run, case)
    offences = sorted((case / "sources/offence").iterdir())[0]
    lines = offences.read_bytes().splitlines(keepends=True)
    offences.write_bytes(b"".join(lines[:-1]))

    result = handlers.run(Run(case), ANNA)

    assert [s.name for s in result.stages if s.reason] == ["collect", "link", "overview"]
    assert result.stages[0].reason == f"files changed: sources/offence/{offences.name}"
    kept, now = _bytes(invented_run), _bytes(case)
    same = {name for name in kept if kept[name] == now[name]}
    assert {"record.parquet", "handset.parquet", "placement.parquet", "target.parquet"} <= same
