"""What every test may ask for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

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
