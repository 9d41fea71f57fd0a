"""A journal on each store, through one fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ledger.made_journal import MadeDevice, make_case

from portique.ledger.journal import Journal

STORES = ["sqlite", "postgres"]


@pytest.fixture(params=STORES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a case without a journal, on each store."""
    url = ""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").fresh_url()
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
