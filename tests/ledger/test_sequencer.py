"""One writes and takes along who waits; what an end of the process leaves is made up for."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.ledger.made_journal import MadeDevice, make_case
from tests.ledger.postgres_server import Server

from portique.engine import journal_postgres
from portique.ledger.journal import Busy, Journal
from portique.ledger.tree import node_hash

ROOT = Path(__file__).parents[2]
DOOMED = """
import os, sys
from pathlib import Path
from portique.ledger.journal import Journal
from tests.ledger.made_journal import MadeDevice

doomed = Journal.open(Path(sys.argv[1]))
doomed._sequencer.publish_up_to = lambda _: os._exit(9)
doomed.enrol([MadeDevice("d2").new()], "A")
"""


def test_batches_that_wait_share_one_checkpoint(journal: Journal, device: MadeDevice) -> None:
    """Each has its own `received`; one transaction and one signature do for all."""
    batches = [[device.post(), device.post()] for _ in range(5)]
    notes = len(list(journal.checkpoints()))
    with ThreadPoolExecutor(5) as pool:
        with journal._sequencer._turn:
            waiting = [pool.submit(journal.accept, batch, "d1") for batch in batches]
            while len(journal._sequencer._waiting) < 5:
                time.sleep(0.01)
        replies = {done.result().checkpoint for done in waiting}

    assert len(replies) == 1
    assert len(list(journal.checkpoints())) == notes + 1
    assert journal.size() == 1 + 5 * 3
    assert journal.alarms(rules=False) == []


def test_every_node_of_the_store_is_the_hash_of_the_two_below(
    journal: Journal, device: MadeDevice
) -> None:
    """And there are as many as whole subtrees."""
    journal.accept([device.post() for _ in range(11)], "d1")
    with journal.store.reading() as reading:
        nodes = {(level, index): whole for level, index, whole in reading.nodes()}

    assert len(nodes) == sum(journal.size() >> level for level in range(10))
    for (level, index), whole in nodes.items():
        if level:
            below = (nodes[level - 1, 2 * index], nodes[level - 1, 2 * index + 1])
            assert node_hash(*below) == whole


def test_a_process_that_ends_before_the_file_of_checkpoints_is_made_up_for(case: Path) -> None:
    """The store has the checkpoint; the next start appends it."""
    with Journal.open(case, create=True) as journal:
        journal.enrol([MadeDevice("d1").new()], "A")
    ended = subprocess.run([sys.executable, "-c", DOOMED, str(case)], cwd=ROOT, check=False)
    assert ended.returncode == 9
    with Journal.open(case, create=True) as journal:
        assert journal.size() == 2
        assert list(journal.notes) == list(journal.checkpoints())
        assert len(list(journal.notes)) == 3


def test_a_held_postgresql_is_busy_then_goes_on(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another transaction that holds the log, and a server that cuts the connection."""
    monkeypatch.setattr(journal_postgres, "WAIT_S", 0.2)
    url = postgres.fresh_url()
    with Journal.open(make_case(tmp_path / "case", url=url), create=True) as journal:
        device = MadeDevice("d1")
        journal.enrol([device.new()], "A")
        post = device.post()
        with psycopg.connect(url) as holder:
            holder.execute(journal_postgres._LOCK.encode())
            with pytest.raises(Busy):
                journal.accept([post], "d1")
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        statuses = []
        for _ in range(10):
            with contextlib.suppress(Busy):
                statuses += [each.status for each in journal.accept([post], "d1").results]
        assert len(statuses) < 10
        assert statuses[:2] == ["stored", "known"]


def test_a_postgresql_that_is_not_there_is_busy(tmp_path: Path) -> None:
    """The URL's password is never told."""
    case = make_case(tmp_path, url="postgresql://u:hidden@127.0.0.1:9/x")
    with pytest.raises(Busy) as told:
        Journal.open(case, create=True)
    assert "hidden" not in str(told.value)
