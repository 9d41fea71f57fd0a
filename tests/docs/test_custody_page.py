"""The worked example of docs/custody.md is what the commands print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "custody.md"
ROOT = re.compile(r"root [0-9a-f]{64}")


def _ran(command: str, folder: Path) -> str:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        shlex.split(command),
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return ROOT.sub("root ...", done.stdout)


@pytest.mark.slow
def test_the_worked_example_prints_what_the_page_says(tmp_path: Path) -> None:
    """In an empty case, command by command; only roots differ, since keys are new each time."""
    _ran("portique init case", tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    [block] = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    steps = re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)

    assert len(steps) == 6
    for command, said in steps:
        assert _ran(command, tmp_path) == said, command
