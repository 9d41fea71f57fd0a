"""One run of a case at a time, and nothing left behind by a run that died."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portique.core.errors import Refused
from portique.flow.folder import CaseFolder
from portique.flow.lock import held, refuse_if_held

HOLDER = """
import pathlib, sys, time
from portique.flow.folder import CaseFolder
from portique.flow.lock import held
with held(CaseFolder(pathlib.Path(sys.argv[1])), "portique run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(handmade_case: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another process that holds the case."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(handmade_case)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_refused_and_says_which_process_holds_the_case(
    handmade_case: Path, holder: subprocess.Popen[str]
) -> None:
    """The number of the process, what it does, and since when."""
    with (
        pytest.raises(Refused, match=rf"held by process {holder.pid} \(portique run, since 2"),
        held(CaseFolder(handmade_case), "portique run"),
    ):
        pytest.fail("two hold one case")


def test_nobody_reads_a_case_that_is_being_rewritten(
    handmade_case: Path, holder: subprocess.Popen[str]
) -> None:
    """Half old, half new tables explain nothing."""
    with pytest.raises(Refused, match=f"process {holder.pid}"):
        refuse_if_held(CaseFolder(handmade_case))


def test_a_killed_process_holds_nothing(handmade_case: Path, holder: subprocess.Popen[str]) -> None:
    """The file is still there with its number, and the lock is free."""
    holder.kill()
    holder.wait()
    folder = CaseFolder(handmade_case)
    assert str(holder.pid) in (folder.private / "lock").read_text()

    started = time.monotonic()
    with held(folder, "portique run"):
        assert time.monotonic() - started < 1


def test_a_lock_file_that_says_nonsense_is_no_hindrance(handmade_case: Path) -> None:
    """The operating system's lock counts, not what is written."""
    folder = CaseFolder(handmade_case)
    folder.make_private()
    (folder.private / "lock").write_text("no JSON", encoding="utf-8")

    with held(folder, "portique run"):
        said = json.loads((folder.private / "lock").read_text())
        assert said["command"] == "portique run"
    assert (folder.private / "lock").read_text() == ""


@pytest.mark.parametrize("text", ["", "null", '{"pid": 1}'])
def test_a_holder_that_cannot_be_read_is_another_process(
    handmade_case: Path, holder: subprocess.Popen[str], text: str
) -> None:
    """The case is held all the same."""
    (CaseFolder(handmade_case).private / "lock").write_text(text, encoding="utf-8")

    with pytest.raises(Refused, match="held by another process"):
        refuse_if_held(CaseFolder(handmade_case))
