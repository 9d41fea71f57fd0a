"""`portique serve` as a process: ready, one at a time, stopped whole, killed, started again."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.lab import Lab, make_lab, sent_payloads
from tests.web.wire import read_answer

from tools.journal_lab import COMMAND, CaseServer, portique
from tools.signing_device import SigningDevice, batch

STOPPED_WITHIN_S = 10.0


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Serve a case with one device."""
    made = make_lab(tmp_path)
    with made.server:
        yield made


def test_what_is_acknowledged_is_in_the_log_after_a_kill(lab: Lab) -> None:
    """And comes back as known, at the same place, when it is sent again."""
    body = batch(lab.device.entries(20))
    first = lab.post(body)
    lab.server.kill()
    lab.server.start()
    again = lab.post(body)

    assert [each["status"] for each in first.json["results"]] == ["stored"] * 20
    assert [each["status"] for each in again.json["results"]] == ["known"] * 20
    for one, other in zip(first.json["results"], again.json["results"], strict=True):
        assert one["sequence"] == other["sequence"]


def test_a_second_server_of_a_case_exits_with_1_and_names_the_first(lab: Lab) -> None:
    """By the number of its process; the first goes on."""
    assert lab.server.process is not None
    second = subprocess.run(
        [*COMMAND, "serve", str(lab.folder), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert f"process {lab.server.process.pid} (portique serve" in second.stderr
    assert lab.post_entries(1).status == 200


def test_a_port_that_is_taken_is_no_server(lab: Lab, tmp_path: Path) -> None:
    """Two cases never share a port: each would get some of the other's requests."""
    other = tmp_path / "other"
    portique("init", other)
    second = subprocess.run(
        [*COMMAND, "serve", str(other), "--port", str(lab.server.port)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode != 0
    assert str(lab.server.port) in second.stderr
    assert "Traceback" not in second.stderr


def test_port_0_takes_a_free_one_and_prints_it(tmp_path: Path) -> None:
    """One line on standard output, once it is ready."""
    case = tmp_path / "free"
    portique("init", case)
    with subprocess.Popen(
        [*COMMAND, "serve", str(case), "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
        assert process.wait(30) == 0
    assert "http://127.0.0.1:" in line
    assert ":0/" not in line


def test_told_to_stop_it_ends_with_0_though_connections_are_open(lab: Lab) -> None:
    """Idle connections, and one whose request is not whole, hold nothing up."""
    idle, half = lab.wire.connect(), lab.wire.connect()
    with idle, half:
        idle.sendall(b"GET /api/journal/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(idle).status == 200
        half.sendall(
            b"POST /api/journal/entries HTTP/1.1\r\nHost: x\r\nAuthorization: Device hub\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        time.sleep(0.3)
        started = time.monotonic()
        assert lab.server.stop() == 0
        assert time.monotonic() - started < STOPPED_WITHIN_S


def test_what_was_received_whole_is_finished(lab: Lab) -> None:
    """Requests that wait for a held store when SIGTERM comes are answered, and kept."""
    bodies = [batch(lab.device.entries(5)) for _ in range(20)]
    store = sqlite3.connect(lab.folder / "journal.db", isolation_level=None)
    store.execute("BEGIN IMMEDIATE")
    connections = [lab.wire.connect(30) for _ in bodies]
    for connection, body in zip(connections, bodies, strict=True):
        head = (
            "POST /api/journal/entries HTTP/1.1\r\nHost: x\r\nAuthorization: Device hub\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
    time.sleep(0.5)
    assert lab.server.process is not None
    started = time.monotonic()
    lab.server.process.send_signal(signal.SIGTERM)
    time.sleep(1.0)
    store.execute("ROLLBACK")
    store.close()
    answers = [read_answer(connection) for connection in connections]
    for connection in connections:
        connection.close()
    assert lab.server.process.wait(30) == 0
    assert time.monotonic() - started < STOPPED_WITHIN_S

    assert {answer.status for answer in answers} == {200}
    held = set(lab.payloads())
    assert all(payload in held for body in bodies for payload in sent_payloads(body))


def test_a_store_that_stays_held_keeps_nobody_from_stopping(lab: Lab) -> None:
    """Within ten seconds, exit code 0; the device is told to come again."""
    store = sqlite3.connect(lab.folder / "journal.db", isolation_level=None)
    store.execute("BEGIN IMMEDIATE")
    body = batch(lab.device.entries(1))
    with lab.wire.connect(30) as connection:
        head = (
            "POST /api/journal/entries HTTP/1.1\r\nHost: x\r\nAuthorization: Device hub\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        time.sleep(0.3)
        started = time.monotonic()
        assert lab.server.stop() == 0
        assert time.monotonic() - started < STOPPED_WITHIN_S + 1
        assert read_answer(connection).status == 503
    store.close()


def test_a_store_held_for_seconds_is_waited_for_or_answered_503(tmp_path: Path) -> None:
    """Reads go on meanwhile, and the same bytes are taken afterwards."""
    lab = make_lab(tmp_path)
    lab.server.wait_s = 0.5
    with lab.server:
        _hold_for_a_while(lab)


def _hold_for_a_while(lab: Lab) -> None:
    store = sqlite3.connect(lab.folder / "journal.db", isolation_level=None)
    store.execute("BEGIN IMMEDIATE")
    body = batch(lab.device.entries(3))
    answer = lab.post(body)
    assert lab.wire.send("GET", "/api/journal/checkpoint").status == 200
    store.execute("ROLLBACK")
    store.close()

    assert answer.status in {200, 503}
    if answer.status == 503:
        assert int(answer.headers["retry-after"]) > 0
    again = lab.post(body)
    assert [each["sequence"] for each in again.json["results"]] == [1, 2, 3]


def test_devices_come_and_go_while_the_case_is_served(lab: Lab) -> None:
    """Enrolled, it is let in at once; revoked, it is not, unless a person lets in what it sent."""
    late = SigningDevice("late", lab.folder.name)
    elements = late.entries(2)
    assert _status(lab, batch(elements[:1])) == ["invalid"]

    key = base64.b64encode(late.public_key).decode()
    portique(
        "device", "enrol", lab.folder, "--device-id", "late", "--public-key", key, "--label", "x"
    )
    assert _status(lab, batch(elements[:1])) == ["stored"]
    portique("device", "revoke", lab.folder, "late", "--actor", "anna")
    assert _status(lab, batch(elements)) == ["known", "invalid"]

    sha256 = hashlib.sha256(sent_payloads(batch(elements))[1]).hexdigest()
    portique("device", "admit", lab.folder, sha256, "--actor", "anna", "--ground", "found in a car")
    assert _status(lab, batch(elements)) == ["known", "known"]


def _status(lab: Lab, body: bytes) -> list[str]:
    return [each["status"] for each in lab.post(body).json["results"]]


def test_a_full_disk_is_503_and_loses_nothing(tmp_path: Path) -> None:
    """What was acknowledged is there; the rest is taken when there is room again."""
    lab = make_lab(tmp_path, most_file_bytes=600_000)
    bodies = [batch(lab.device.entries(50)) for _ in range(60)]
    with lab.server:
        answers = [lab.post(body) for body in bodies]
        assert lab.wire.send("GET", "/api/journal/checkpoint").status in {200, 503}
    statuses = {answer.status for answer in answers}
    assert statuses == {200, 503}
    for answer in answers:
        assert answer.status == 200 or int(answer.headers["retry-after"]) > 0

    held = set(lab.payloads())
    for body, answer in zip(bodies, answers, strict=True):
        if answer.status == 200:
            assert all(payload in held for payload in sent_payloads(body))
    with CaseServer(lab.folder) as roomy:
        lab.server = roomy
        for body in bodies:
            assert {each["status"] for each in lab.post(body).json["results"]} <= {
                "stored",
                "known",
            }
    payloads = lab.payloads()
    assert len(set(payloads)) == len(payloads)


def test_the_server_leaves_no_process_behind(lab: Lab) -> None:
    """It is one process: who kills it has killed all of it."""
    assert lab.server.process is not None
    children = Path(f"/proc/{lab.server.process.pid}/task/{lab.server.process.pid}/children")
    assert children.read_text(encoding="ascii").split() == []
    assert os.getpgid(lab.server.process.pid) == os.getpgid(0)
