"""The machine says no, or the run is ended from outside: what a person is told, what is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portique.flow import handlers
from portique.flow.commands import Run
from portique.flow.permissions import Person
from portique.flow.stages import STAGES

ANNA = Person("anna", "analyst")
START = "import sys; from portique.cli.main import main; sys.argv[0] = 'portique'; main()"
SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n" + START
WITHOUT_PRIVILEGE = """
import ctypes, os, sys
for capability in (1, 2):  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: rights count for root too
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
"""
OPENED = "import sys; open(sys.argv[1], 'rb')"


def _hashes(case: Path) -> dict[str, str]:
    paths = sorted((case / "derived").iterdir())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _portique(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _unprivileged(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return _portique(WITHOUT_PRIVILEGE, code, *words)


@pytest.fixture
def copy(invented_run: Path, tmp_path: Path) -> Path:
    """A copy of the invented case that has been run."""
    case = tmp_path / "case"
    shutil.copytree(invented_run, case)
    return case


@pytest.fixture
def rights_count(tmp_path: Path) -> None:
    """Skip where a process cannot be started that the rights of files bind."""
    closed = tmp_path / "closed"
    closed.touch(mode=0o000)
    if _unprivileged(OPENED, str(closed)).returncode == 0:
        pytest.skip("here root keeps its right to open every file")


def _forget(case: Path, stage: str) -> None:
    """Make a run do a stage again."""
    manifest = case / "derived/manifest.json"
    document = json.loads(manifest.read_text())
    del document["stages"][stage]
    manifest.write_text(json.dumps(document))


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_told_and_keeps_the_tables_of_before(
    invented_run: Path, copy: Path
) -> None:
    """No traceback, exit code 2; without the limit the next run ends with the same bytes."""
    _forget(copy, "collect")
    before = _hashes(copy)

    ended = _portique(SMALL_FILES, "run", str(copy))

    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stderr.endswith("code:  CLI-002\n")
    assert _hashes(copy) == before
    result = handlers.run(Run(copy), ANNA)
    assert [s.name for s in result.stages if s.reason] == ["collect"]
    assert _hashes(copy) == _hashes(invented_run)


@pytest.mark.usefixtures("rights_count")
def test_a_derived_folder_that_may_not_be_written_is_named_before_the_work(copy: Path) -> None:
    """Exit code 2, and not one byte is other than it was."""
    _forget(copy, "collect")
    before = _hashes(copy)
    (copy / "derived").chmod(0o555)

    ended = _unprivileged(START, "run", str(copy))

    (copy / "derived").chmod(0o755)
    assert ended.returncode == 2, ended.stderr
    assert f"where: {copy / 'derived'}\n" in ended.stderr
    assert ended.stderr.endswith("code:  CLI-003\n")
    assert _hashes(copy) == before


@pytest.mark.usefixtures("rights_count")
@pytest.mark.parametrize(
    ("closed", "words"),
    [
        (".portique", ["run"]),
        ("case.toml", ["run"]),
        ("sources/declared_contact", ["run"]),
        ("sources/declared_contact", ["check"]),
        ("sources/declared_contact", ["why", "target", "1"]),
    ],
)
def test_what_may_not_be_read_is_named_and_never_reads_as_empty(
    copy: Path, closed: str, words: list[str]
) -> None:
    """Above all not the folder with the lawyers' numbers, whose calls would then be shown."""
    path = copy / closed
    before = path.stat().st_mode
    path.chmod(0o000)

    ended = _unprivileged(START, words[0], str(copy), *words[1:])

    path.chmod(before)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert f"where: {path}" in ended.stderr
    assert ended.stderr.endswith("code:  CLI-003\n")


@pytest.mark.slow
def test_a_second_run_is_refused_and_a_killed_first_one_holds_nothing(
    invented: Path, invented_run: Path, tmp_path: Path
) -> None:
    """Two processes, one case; then the first is killed at work, and the next ends as if alone."""
    case = tmp_path / "case"
    shutil.copytree(invented, case)
    command = [sys.executable, "-c", START, "run", str(case)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as first:
        _wait_for(case / ".portique/staged", first)
        os.kill(first.pid, signal.SIGSTOP)
        second = _portique(START, "run", str(case))
        first.kill()
    result = handlers.run(Run(case), ANNA)

    assert second.returncode == 2, second.stderr
    assert f"held by process {first.pid} (portique run, since 2" in second.stderr
    assert second.stderr.endswith("code:  FLOW-001\n")
    assert [s.name for s in result.stages if s.reason] == [stage.name for stage in STAGES]
    assert _hashes(case) == _hashes(invented_run)


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    patience_s, started = 60.0, time.monotonic()
    while not path.exists():
        assert process.poll() is None, "the run ended before it began its work"
        assert time.monotonic() - started < patience_s
        time.sleep(0.01)
