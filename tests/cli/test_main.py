"""What the program prints and how it exits: one form of faults, the documented codes."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from portique.cli.main import command_line
from portique.flow import handlers
from portique.flow.stages import Stage

Rows = dict[str, list[dict[str, Any]]]
Capture = pytest.CaptureFixture[str]
PATIENCE_S = 2.0
"""What a run with nothing to do may take."""

UNLOADED = """
import sys
from portique.cli.main import command_line
try:
    command_line.main(["run", sys.argv[1], "--json"])
finally:
    heavy = {"ibis", "duckdb", "pyarrow", "numpy", "rich"} & sys.modules.keys()
    print("loaded:", *sorted(heavy), file=sys.stderr)
"""
FAULTY = """
import sys
from portique.cli import main
from portique.flow import handlers
def broken(*args, **options):
    raise ZeroDivisionError("a fault of ours")
handlers.run = broken
sys.argv = ["portique", "run", *sys.argv[1:]]
main.main()
"""


@pytest.fixture
def portique(capsys: Capture) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in this process: exit code, standard output, standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            command_line.main([str(word) for word in words])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


Portique = Callable[..., tuple[int, str, str]]


def test_a_fault_of_the_request_says_what_where_how_to_mend_and_its_code(
    portique: Portique, tmp_path: Path
) -> None:
    """Four lines on standard error, nothing on standard output, exit code 2."""
    code, out, err = portique("run", tmp_path)

    assert (code, out) == (2, "")
    assert [line.split(":")[0].strip() for line in err.splitlines()] == [
        "error",
        "where",
        "mend",
        "code",
    ]
    assert err.endswith("code:  CASE-001\n")


def test_with_json_a_fault_is_one_object_on_standard_output(
    portique: Portique, tmp_path: Path
) -> None:
    """A program reads the same four parts."""
    code, out, err = portique("run", tmp_path, "--json")

    assert (code, err) == (2, "")
    assert set(json.loads(out)["error"]) == {"what", "where", "mend", "code"}


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["run"], ["run", "a", "b"], ["simulate", "x", "--scale", "huge"]],
)
def test_a_command_line_that_cannot_be_understood_is_refused(
    portique: Portique, words: list[str]
) -> None:
    """In the form of every other fault, with what would help."""
    code, _, err = portique(*words)

    assert code == 2
    assert err.startswith("error: ")
    assert "--help` lists what it takes" in err
    assert err.endswith("code:  CLI-001\n")


def test_help_and_version_are_no_faults(portique: Portique) -> None:
    """Exit code 0, on standard output."""
    assert portique("--help")[0] == 0
    assert portique("--version")[1].startswith("portique ")


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "CLI-002"), (errno.EACCES, "CLI-003"), (errno.ENOTDIR, "CLI-005")],
)
def test_a_fault_of_the_machine_that_a_person_can_mend_is_told_as_one(
    portique: Portique,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    number: int,
    code: str,
) -> None:
    """A full disk and a missing right are no faults of the program."""

    def full(*_args: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number), "derived/record.parquet")

    monkeypatch.setattr(handlers, "run", full)
    exit_code, _, err = portique("run", tmp_path)

    assert exit_code == 2
    assert "where: derived/record.parquet" in err
    assert f"code:  {code}" in err


def test_an_interruption_says_that_a_run_goes_on_where_it_stopped(
    portique: Portique, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Control and C: exit code 130."""

    def interrupted(*_args: object, **_options: object) -> None:
        raise click.Abort

    monkeypatch.setattr(handlers, "run", interrupted)
    code, _, err = portique("run", tmp_path)

    assert code == 130
    assert "goes on where it stopped" in err


def test_a_fault_of_ours_keeps_its_traceback_and_exits_with_1(tmp_path: Path) -> None:
    """It never looks like a fault of the material."""
    for words in ([], ["--json"]):
        ended = subprocess.run(
            [sys.executable, "-c", FAULTY, str(tmp_path), *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 1
        assert "ZeroDivisionError: a fault of ours" in ended.stderr
        assert "this is a fault of the program" in ended.stderr
        if words:
            assert json.loads(ended.stdout)["error"]["code"] == "PROGRAM"


def test_a_run_with_nothing_to_do_loads_no_engine_and_is_quick(
    handmade_case: Path, handmade: Rows, invented_run: Path
) -> None:
    """Neither the engine nor Arrow is loaded to find out that nothing changed."""
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", UNLOADED, str(invented_run)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert time.monotonic() - started < PATIENCE_S
    assert ended.stderr == "loaded:\n"
    assert not any(stage["ran"] for stage in json.loads(ended.stdout)["stages"])


def test_two_runs_at_once_end_with_2_and_the_number_of_the_first(
    handmade_case: Path,
    handmade: Rows,
    writing_stages: Callable[[Rows], tuple[Stage, ...]],
    portique: Portique,
) -> None:
    """The second is refused while the first is at work."""
    from portique.flow.folder import CaseFolder  # noqa: PLC0415
    from portique.flow.lock import held  # noqa: PLC0415

    with held(CaseFolder(handmade_case), "portique run"):
        code, _, err = portique("run", handmade_case)

    assert code == 2
    assert f"held by process {os.getpid()} (portique run, since " in err
    assert "code:  FLOW-001" in err
