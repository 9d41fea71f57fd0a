"""A journal on each store, through one fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, make_case
from tests.ledger.postgres_server import Server, binaries, running

from portique.ledger.journal import Journal

STORES = ["sqlite", "postgres"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run one server for the session; a test that wants it is skipped where it is missing."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL here; `make system` installs it where this machine lets us")
    with running(programs) as server:
        yield server


@pytest.fixture(params=STORES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a case without a journal, on each store."""
    url = ""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        url = server.fresh_url()
    return make_case(tmp_path / "case", url=url)


@pytest.fixture
def journal(case: Path) -> Iterator[Journal]:
    """Return a fresh journal, on each store."""
    with Journal.open(case, create=True) as made:
        yield made


@pytest.fixture
def device(journal: Journal) -> MadeDevice:
    """Return a device that the journal has enrolled: sequence 0."""
    made = MadeDevice("d1")
    journal.enrol([made.new()], "A. Person")
    return made
