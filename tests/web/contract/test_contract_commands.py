"""Section 4 of the contract while the case is served: verify, export, backup, keys, tokens."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.web.contract.arithmetic import leaf, read_note, root
from tests.web.contract.conftest import Served, case_url, portique, prepare

from tools.signing_device import SigningDevice, batch

ADMINISTRATOR = ("--role", "administrator")
EVERY_ROW = ("fact", "entry", "node", "checkpoint", "set_aside", "set_aside_bytes", "attachment")


@pytest.fixture(params=["sqlite", "postgres"])
def apart(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """Serve a case that one test has to itself, on each store."""
    made = prepare(tmp_path, case_url(request), devices=3)
    with made.server:
        yield made


@contextmanager
def writing(served: Served) -> Iterator[list[int]]:
    """Send batches all the time; yield how many were acknowledged, each in its place."""
    stop, done, device = threading.Event(), [0], served.device()

    def send() -> None:
        while not stop.is_set():
            results = served.judge(*device.entries(5), carrier=device.device_id)
            done[0] += [each["status"] for each in results] == ["stored"] * 5

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def _url(served: Served) -> str:
    text = (served.folder / "case.toml").read_text(encoding="utf-8")
    return text.rsplit('url = "', 1)[1].split('"')[0]


def _change(served: Served, statement: str) -> None:
    """Change the store behind the program's back, with the guards taken off."""
    if url := _url(served):
        with psycopg.connect(url) as connection:
            for name in EVERY_ROW:
                connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER".encode())
            connection.execute(statement.encode())
        return
    store = sqlite3.connect(served.folder / "journal.db", isolation_level=None)
    for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        store.execute(f"DROP TRIGGER {name}")
    store.execute(statement)
    store.close()


def _lose(served: Served) -> None:
    """Lose the store, wherever it lies."""
    if url := _url(served):
        with psycopg.connect(url) as connection:
            tables = ", ".join((*EVERY_ROW, "named_attachment"))
            connection.execute(f"DROP TABLE {tables}".encode())
    for path in served.folder.glob("journal.db*"):
        path.unlink()


def test_verify_and_export_work_while_devices_write(apart: Served, tmp_path: Path) -> None:
    """Each sees one instant; what they and other commands write is in the next checkpoint."""
    with writing(apart) as done:
        sizes = []
        for _ in range(3):
            said = json.loads(portique("verify", apart.folder, "--json"))
            # Acts out of the blue break rules of the domain, which are told; nothing else is amiss.
            assert said["ok"]
            assert {each["kind"] for each in said["alarms"]} <= {"rule"}
            sizes.append(said["size"])
            before = done[0]
            while done[0] == before:
                time.sleep(0.01)
        portique("export", apart.folder, "--defence", tmp_path / "pack.zip")
        key = base64.b64encode(SigningDevice("late", "contract").public_key).decode()
        words = ("device", "enrol", apart.folder, "--device-id", "late", "--public-key", key)
        portique(*words, "--label", "late")
    assert done[0] > 0
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    kinds = [each["said"]["kind"] for each in apart.log()]
    assert {"exported", "device_enrolled", "received"} <= set(kinds)
    apart.check()

    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        pack.extractall(tmp_path / "pack")
    lines = (tmp_path / "pack" / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    leaves = [
        leaf(base64.b64decode(each["payload"]), base64.b64decode(each["signature"]))
        for each in map(json.loads, lines)
    ]
    note = read_note(
        (tmp_path / "pack" / "checkpoint.txt").read_text(encoding="utf-8"),
        (apart.folder / "journal.pub").read_text(encoding="utf-8"),
    )
    assert (note.size, note.root) == (len(leaves), root(leaves))
    ended = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=tmp_path / "pack", capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


CHANGES = (
    "UPDATE entry SET received_at_utc = '2025-05-19T20:00:00.000Z' WHERE sequence = 9",
    "UPDATE entry SET signature = (SELECT signature FROM entry WHERE sequence = 4) "
    "WHERE sequence = 8",
    "UPDATE entry SET payload = signature WHERE sequence = 7",
    "UPDATE entry SET payload_sha256 = entry_key WHERE sequence = 6",
    "DELETE FROM entry WHERE sequence = 5",
)
"""Each further to the front than the one before, so that it becomes the first that is named."""


def test_what_is_changed_in_the_store_is_named(apart: Served) -> None:
    """The entry, while the case is served; the command exits with 1."""
    apart.judge(*apart.hub.entries(6))
    assert json.loads(portique("verify", apart.folder, "--json"))["ok"] is True
    for place, change in enumerate(CHANGES):
        _change(apart, change)
        with pytest.raises(RuntimeError, match="exit 1") as told:
            portique("verify", apart.folder, "--json")
        said = json.loads(str(told.value).split("\n", 1)[1])
        assert (said["ok"], said["first_bad"]["sequence"]) == (False, 9 - place)


def test_a_copy_made_while_devices_write_is_put_back_and_goes_on(
    apart: Served, tmp_path: Path
) -> None:
    """Backup, loss, restore, verify, by the administrator; what came since comes again."""
    body = batch(apart.hub.entries(3))
    first = apart.post(body).json["checkpoint"]
    (tmp_path / "first.txt").write_text(first, encoding="utf-8")
    with writing(apart):
        said = portique(
            *("journal", "backup", apart.folder, tmp_path / "early", "--json", *ADMINISTRATOR)
        )
    assert json.loads(said)["size"] >= 7
    with pytest.raises(RuntimeError, match="exit 1"):
        portique("journal", "restore", apart.folder, tmp_path / "early")
    last = json.loads(portique("journal", "backup", apart.folder, tmp_path / "last", "--json"))
    assert not [*(tmp_path / "last").rglob("*.key")]
    assert apart.server.stop() == 0
    _lose(apart)

    words = ("journal", "restore", apart.folder)
    if json.loads(said)["size"] < last["size"]:
        with pytest.raises(RuntimeError, match="exit 2"):
            portique(*words, tmp_path / "early", *ADMINISTRATOR)
    assert json.loads(portique(*words, tmp_path / "last", "--json", *ADMINISTRATOR)) == last
    checked = ("verify", apart.folder, "--checkpoint", tmp_path / "first.txt", "--json")
    assert json.loads(portique(*checked, *ADMINISTRATOR))["root"] == last["root"]
    apart.server.start()
    assert apart.note().root.hex() == last["root"]
    assert [each["status"] for each in apart.post(body).json["results"]] == ["known"] * 3
    assert apart.statuses(*apart.hub.entries(2)) == ["stored", "stored"]
    apart.check()


def test_a_lost_key_ends_writing_and_nothing_else(apart: Served, tmp_path: Path) -> None:
    """Devices hear 503 and keep what they have; put back, it goes on; reads go on meanwhile."""
    apart.judge(*apart.hub.entries(2))
    shutil.copytree(apart.folder / "keys", tmp_path / "safe")
    assert apart.server.stop() == 0
    shutil.rmtree(apart.folder / "keys")
    apart.server.start()
    body = batch(apart.hub.entries(1))
    answer = apart.post(body)
    assert (answer.status, answer.headers["retry-after"].isdigit()) == (503, True)
    assert json.loads(portique("verify", apart.folder, "--json"))["ok"] is True
    assert len(apart.log()) == apart.note().size
    with pytest.raises(RuntimeError, match="missing or damaged"):
        portique("device", "revoke", apart.folder, "hub")
    assert apart.server.stop() == 0
    shutil.rmtree(apart.folder / "keys", ignore_errors=True)
    shutil.copytree(tmp_path / "safe", apart.folder / "keys")
    apart.server.start()
    assert [each["status"] for each in apart.post(body).json["results"]] == ["stored"]


def test_a_token_that_is_taken_back_reads_no_more(apart: Served) -> None:
    """At once, while the case is served."""
    header = apart.token("analyst")
    assert apart.get("entries", header).status == 200
    portique("token", "revoke", apart.folder, header.rsplit(" ", 1)[1])
    assert apart.get("entries", header).status == 401
