"""The scripts that `make` calls before there is any Python of ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
OLD = '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n'
NEW = "#!/bin/sh\nexit 0\n"
WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *) exit 0;; esac\n'
NAMES = ("python3", "python3.11", "python3.12", "python3.13", "python3.14")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder of programs that comes first in the path: an old Python under every name."""
    for name in NAMES:
        put(tmp_path / name, OLD)
    put(tmp_path / "dpkg", "#!/bin/sh\nexit 1\n")
    put(tmp_path / "id", "#!/bin/sh\necho 1000\n")
    return tmp_path


def put(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def run(script: str, programs: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one script with these programs before those of the system."""
    return subprocess.run(
        ["bash", str(TOOLS / script), *words],
        env={"PATH": f"{programs}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_newer_python_is_taken_where_python3_is_too_old(programs: Path) -> None:
    """The first of python3.11, 3.12, ... that runs is named."""
    put(programs / "python3.12", NEW)

    found = run("find_python.sh", programs)

    assert found.returncode == 0
    assert found.stdout == "python3.12\n"


def test_no_python_of_3_11_or_newer_is_said_with_what_to_do(programs: Path) -> None:
    """The message names the version that is there, and how to name another."""
    found = run("find_python.sh", programs)

    assert found.returncode == 1
    assert found.stdout == ""
    assert "no Python 3.11 or newer was found (python3 is Python 3.9.2)" in found.stderr
    assert "make setup PYTHON=" in found.stderr


def test_a_python_without_its_venv_module_is_told_from_an_old_one(programs: Path) -> None:
    """Debian ships Python without it; the message names the package."""
    put(programs / "python3", WITHOUT_VENV)

    found = run("find_python.sh", programs)

    assert found.returncode == 1
    assert "python3 cannot make virtual environments" in found.stderr
    assert "python3-venv" in found.stderr


def test_a_missing_system_package_is_only_named_where_we_may_not_install(programs: Path) -> None:
    """Without root nothing is tried, and that is no failure."""
    done = run("system_packages.sh", programs, "chromium")

    assert done.returncode == 0
    assert "missing, and not ours to install: chromium" in done.stdout
