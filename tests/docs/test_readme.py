"""What the README tells a person to type does what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECONDS = 240


def _commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        shlex.split(command),
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.slow
def test_the_commands_of_the_readme_run_as_written(tmp_path: Path) -> None:
    """In an empty folder, after what `make demo` runs, each command ends well and speaks."""
    demo = _run("portique demo demo", tmp_path)
    assert demo.returncode == 0, demo.stderr

    commands = _commands()
    assert commands
    for command in commands:
        assert command.startswith("portique ")
        done = _run(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip(), command

    assert (tmp_path / "demo" / "case" / "derived" / "overview.html").is_file()


def test_the_readme_names_goals_that_the_makefile_has() -> None:
    """Every `make <goal>` of the README and of CONTRIBUTING is a goal."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for goal in re.findall(r"(?:^|`)make ([a-z]+)", README + contributing, re.MULTILINE):
        assert re.search(rf"^{goal}:", makefile, re.MULTILINE), goal
