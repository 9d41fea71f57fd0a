"""What every test may ask for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.ledger.postgres_server import Server, binaries, running

# Two cores are shared and may be busy: a slow example is no fault. The same examples each time.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Return a Chromium, for tests of pages; such a test is skipped where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    pytest.skip("no Chromium here; `make system` installs it where this machine lets us")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run one server for the session; a test that wants it is skipped where it is missing."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL here; `make system` installs it where this machine lets us")
    with running(programs) as server:
        yield server
