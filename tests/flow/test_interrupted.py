"""A run that is killed or finds the disk full: what it leaves, and how the next one goes on."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portique.flow import handlers
from portique.flow.commands import Run
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person
from portique.flow.stages import STAGES, Call, Stage

ANNA = Person("anna", "analyst")
Rows = dict[str, list[dict[str, Any]]]
Stages = tuple[Stage, ...]

KILLED = """
import os, pathlib, signal, sys
from dataclasses import replace
from portique.flow import handlers, incremental
from portique.flow.commands import Run
from portique.flow.permissions import Person
from portique.flow.stages import STAGES

case, place, name = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def told(what, done, total):
    if place == "before" and what == name:
        die()

def cut(stage):
    def run(call):
        stage.run(call)
        die()
    return replace(stage, run=run)

if place == "moving":
    move = pathlib.Path.replace
    def moved(path, target):
        done = move(path, target)
        if path.name == f"{name}.parquet" and path.parent.name == "staged":
            die()
        return done
    pathlib.Path.replace = moved
stages = tuple(cut(s) if place == "within" and s.name == name else s for s in STAGES)
handlers.run(Run(case), Person("anna", "analyst"), told, stages=stages)
"""


def _hashes(case: Path) -> dict[str, str]:
    paths = sorted((case / "derived").rglob("*"))
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.is_file()}


def _killed(case: Path, place: str, name: str) -> int:
    command = [sys.executable, "-c", KILLED, str(case), place, name]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode


@pytest.mark.slow
def test_a_run_killed_at_every_stage_ends_with_the_same_bytes(
    invented: Path, invented_run: Path, tmp_path: Path
) -> None:
    """Killed before and within every stage in turn, each run goes on where the last one stopped."""
    case = tmp_path / "case"
    shutil.copytree(invented, case)
    for stage in STAGES:
        assert _killed(case, "within", stage.name) == -signal.SIGKILL, stage.name
        after = [s.name for s in STAGES[STAGES.index(stage) + 1 :]][:1]
        for name in after:
            assert _killed(case, "before", name) == -signal.SIGKILL, name

    result = handlers.run(Run(case), ANNA)

    assert [s.name for s in result.stages if s.reason] == ["overview"]
    assert _hashes(case) == _hashes(invented_run)


@pytest.mark.slow
def test_a_run_killed_between_two_files_of_one_stage_does_that_stage_again(
    invented: Path, invented_run: Path, tmp_path: Path
) -> None:
    """New tables beside missing ones are not taken for the stage's result."""
    case = tmp_path / "case"
    shutil.copytree(invented, case)
    assert _killed(case, "moving", "sale") == -signal.SIGKILL
    assert (case / "derived/sale.parquet").is_file()
    assert not (case / "derived/record.parquet").exists()

    result = handlers.run(Run(case), ANNA)

    assert [s.name for s in result.stages if s.reason] == [s.name for s in STAGES]
    assert _hashes(case) == _hashes(invented_run)


def _forget(case: Path, stage: str) -> None:
    """Make a run do a stage again."""
    manifest = case / "derived/manifest.json"
    document = json.loads(manifest.read_text())
    del document["stages"][stage]
    manifest.write_text(json.dumps(document))


@pytest.mark.parametrize("failing", [stage.name for stage in STAGES])
def test_a_full_disk_leaves_the_derived_files_of_the_last_run(
    handmade_case: Path,
    handmade: Rows,
    writing_stages: Callable[[Rows], Stages],
    failing: str,
) -> None:
    """The stage that finds no space has written half of its tables; none of them is seen."""
    stages = writing_stages(handmade)
    handlers.run(Run(handmade_case), ANNA, stages=stages)
    before = _hashes(handmade_case)
    before.pop("manifest.json")

    def fail(stage: Stage) -> Stage:
        def run(call: Call) -> None:
            stage.run(call)
            for name in stage.writes[:1]:
                call.store.path(name).write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return replace(stage, run=run)

    cut = tuple(fail(s) if s.name == failing else s for s in stages)
    _forget(handmade_case, failing)

    with pytest.raises(OSError, match="No space left"):
        handlers.run(Run(handmade_case), ANNA, stages=cut)

    kept = _hashes(handmade_case)
    kept.pop("manifest.json")
    assert kept == before
    assert not CaseFolder(handmade_case).staged.exists()
    assert not CaseFolder(handmade_case).scratch.exists()


def test_a_table_that_does_not_fit_on_the_disk_is_told_as_a_full_disk(
    handmade_case: Path, handmade: Rows, writing_stages: Callable[[Rows], Stages]
) -> None:
    """The writer of Parquet meets the kernel's own full device, and says what it is."""
    stages = writing_stages(handmade)
    write = stages[0].run

    def onto_a_full_device(call: Call) -> None:
        partial = call.store.path("source").with_suffix(".parquet.partial")
        partial.symlink_to("/dev/full")
        write(call)

    with pytest.raises(OSError, match="No space left") as found:
        handlers.run(
            Run(handmade_case),
            ANNA,
            stages=(replace(stages[0], run=onto_a_full_device), *stages[1:]),
        )

    assert found.value.errno == errno.ENOSPC
    assert _hashes(handmade_case) == {}
