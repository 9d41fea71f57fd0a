"""What the tests of images share: unpacking bytes, and the folder of real images."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from portique.examine.firmware.unpack import unpack

ROOT = Path(__file__).parents[3]
Unpack = Callable[[bytes], tuple[dict[str, Any], Path]]


@pytest.fixture
def unpacked(tmp_path: Path) -> Unpack:
    """Return a function that unpacks bytes; it gives the account and the folder."""
    numbers = count()

    def run(image: bytes) -> tuple[dict[str, Any], Path]:
        number = next(numbers)
        path, out = tmp_path / f"{number}.img", tmp_path / f"{number}"
        path.write_bytes(image)
        return unpack(path, out), out

    return run


@pytest.fixture(scope="session")
def real_images() -> Path:
    """Return the folder of real images; a test is skipped without it."""
    folder = Path(os.environ.get("PORTIQUE_REAL_DATA", ROOT / ".." / "shared" / "real")).resolve()
    if not (folder / "firmware").is_dir():
        pytest.skip("no real images here; $PORTIQUE_REAL_DATA names their folder")
    return folder / "firmware"
