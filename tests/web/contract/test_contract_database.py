"""What only a database server can do to a case that is served: go away, and be held."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.ledger.postgres_server import Server
from tests.web.contract.conftest import Served, prepare

from tools.signing_device import batch


@pytest.fixture
def apart(postgres: Server, tmp_path: Path) -> Iterator[tuple[Served, str]]:
    """Serve a case in a database of its own, and say its URL."""
    url = postgres.fresh_url()
    made = prepare(tmp_path, url, devices=1)
    with made.server:
        yield made, url


def test_a_database_that_drops_its_connections_is_found_again(apart: tuple[Served, str]) -> None:
    """503 at worst, each with a time to come again; then the same bytes are taken, once."""
    served, url = apart
    assert served.statuses(*served.hub.entries(2)) == ["stored", "stored"]
    before = served.note().size
    body = batch(served.hub.entries(2))
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    answers = [served.post(body)]
    while answers[-1].status == 503 and len(answers) < 12:
        assert answers[-1].headers["retry-after"].isdigit()
        answers.append(served.post(body))
    results = answers[-1].json["results"]
    assert [each["sequence"] for each in results] == [before, before + 1]
    served.check()


def test_a_database_that_is_held_is_waited_for_or_answered_503(apart: tuple[Served, str]) -> None:
    """By a lock on a table; within the time that a device waits, and nothing is acknowledged."""
    served, url = apart
    body = batch(served.hub.entries(1))
    size = served.note().size
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        answer = served.post(body)
        assert time.monotonic() - started < 10
        assert (answer.status, answer.headers["retry-after"].isdigit()) == (503, True)
    assert [each["sequence"] for each in served.post(body).json["results"]] == [size]
