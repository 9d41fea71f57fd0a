"""What the tests of captures share: examining a lab, and the folder of real captures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.examine.traffic.lab import Lab

from portique.examine.traffic.examine import Asked, examine

ROOT = Path(__file__).parents[3]
Examine = Callable[..., dict[str, Any]]


@pytest.fixture
def answer_of(tmp_path: Path) -> Examine:
    """Return a function that saves a lab's capture and examines it."""

    def run(lab: Lab, **saved: str) -> dict[str, Any]:
        return examine(lab.save(tmp_path, **saved), Asked())

    return run


@pytest.fixture(scope="session")
def real_captures() -> Path:
    """Return the folder of real captures; a test is skipped without it."""
    folder = Path(os.environ.get("PORTIQUE_REAL_DATA", ROOT / ".." / "shared" / "real")).resolve()
    if not (folder / "captures").is_dir():
        pytest.skip("no real captures here; $PORTIQUE_REAL_DATA names their folder")
    return folder / "captures"


@pytest.fixture(scope="session")
def tshark() -> Path:
    """Return tshark, an independent decoder; a test is skipped where there is none."""
    found = shutil.which("tshark")
    if found is None:
        pytest.skip("no tshark here; `make system` installs it where this machine lets us")
    return Path(found)
