"""A served case to try load and faults on: a server to kill, a wire that drops answers, devices."""

from __future__ import annotations

import base64
import contextlib
import csv
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.signing_device import SigningDevice

COMMAND = [sys.executable, "-c", "from portique.cli.main import main; main()"]
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes})); "
HASTY = "import portique.engine.journal_sqlite as store; store.WAIT_S = {seconds}; "
READY_WITHIN_S = 60.0
ENTRIES = "/api/journal/entries"
PAUSE_S = (0.05, 1.0)
"""First and longest pause before a device sends again; a `Retry-After` counts where it is less."""


def portique(*words: str | Path) -> str:
    """Run a command to its end and return what it printed."""
    ended = subprocess.run(
        [*COMMAND, *map(str, words)], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise RuntimeError(f"{words}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def make_case(
    folder: Path, device_ids: Sequence[str], clock_errors: Sequence[float], url: str = ""
) -> list[SigningDevice]:
    """Make a case with its journal and enrolled devices.

    Args:
        folder: where.
        device_ids: their names.
        clock_errors: seconds by which their clocks are off.
        url: of a PostgreSQL database for the journal; empty: in the case folder.
    """
    if url:
        folder.mkdir(parents=True)
        said = f'[case]\nid = "{folder.name}"\nas_of_utc = 2025-05-19T20:00:00Z\n'
        (folder / "case.toml").write_text(f'{said}[journal]\nurl = "{url}"\n', encoding="utf-8")
    else:
        portique("init", folder)
    devices = [
        SigningDevice(name, folder.name, error)
        for name, error in zip(device_ids, clock_errors, strict=True)
    ]
    listed = folder.parent / f"{folder.name}-devices.csv"
    with listed.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["device_id", "public_key", "label", "site"])
        for each in devices:
            key = base64.b64encode(each.public_key).decode()
            rows.writerow([each.device_id, key, f"phone {each.device_id}", ""])
    portique("device", "enrol", folder, "--from", listed)
    return devices


class CaseServer:
    """`portique serve` as a process that can be killed and started again on the same port.

    Args:
        folder: the case.
        most_file_bytes: no file may grow beyond; the disk is full for whatever wants more.
        wait_s: how long it waits for a store that is held; None: as long as it does.
    """

    def __init__(
        self, folder: Path, most_file_bytes: int | None = None, wait_s: float | None = None
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.most_file_bytes = most_file_bytes
        self.wait_s = wait_s
        self.log = folder.parent / f"{folder.name}-serve.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when the checkpoint is answered."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._command(), "serve", str(self.folder), "--port", str(self.port)],
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until:
            try:
                if get(self.port, "/api/journal/checkpoint")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError(f"not ready:\n{self.log.read_text(encoding='utf-8')[-4000:]}")

    def _command(self) -> list[str]:
        before = ""
        if self.most_file_bytes is not None:
            before += LIMITED.format(bytes=self.most_file_bytes)
        if self.wait_s is not None:
            before += HASTY.format(seconds=self.wait_s)
        return [*COMMAND[:2], before + COMMAND[2]]

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise RuntimeError("the server was never started")
        return self.process

    def kill(self) -> None:
        """End it as a loss of power would (SIGKILL)."""
        self._running.send_signal(signal.SIGKILL)
        self._running.wait()

    def stop(self) -> int:
        """Tell it to stop (SIGTERM) and return its exit code."""
        self._running.send_signal(signal.SIGTERM)
        return self._running.wait(30)

    def cpu_s(self) -> float:
        """Return the processor seconds it has used, all threads."""
        stat = Path(f"/proc/{self._running.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> CaseServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Return status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@dataclass
class Sending:
    """What became of a batch.

    Args:
        elements: as sent.
        attempts: how often it was sent.
        seconds: from the first attempt to its acknowledgement.
        results, checkpoint: as answered.
    """

    elements: list[dict[str, str]]
    attempts: int
    seconds: float
    results: list[dict[str, Any]]
    checkpoint: str


@dataclass
class Sender:
    """How devices send: the same bytes again until they are acknowledged.

    Args:
        port: of the server, or of what stands before it.
        is_over: tells a device to give up; it never does by itself.
        statuses: how often each status came; "lost" for an answer that did not.
    """

    port: int
    is_over: Callable[[], bool] = lambda: False
    statuses: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, device_id: str, elements: list[dict[str, str]]) -> Sending | None:
        """Send a batch until it is acknowledged; None: told to give up."""
        body = json.dumps({"entries": elements}).encode()
        started, attempts, pause_s = time.monotonic(), 0, PAUSE_S[0]
        while not self.is_over():
            attempts += 1
            status, headers, content = self._once(device_id, body)
            if status == "200":
                said = json.loads(content)
                seconds = time.monotonic() - started
                return Sending(elements, attempts, seconds, said["results"], said["checkpoint"])
            if status not in {"429", "503", "lost"}:
                raise RuntimeError(f"{status}: {content!r}")
            time.sleep(min(pause_s, float(headers.get("Retry-After", PAUSE_S[1]))))
            pause_s = min(2 * pause_s, PAUSE_S[1])
        return None

    def _once(self, device_id: str, body: bytes) -> tuple[str, dict[str, str], bytes]:
        headers = {
            "Authorization": f"Device {device_id}",
            "Content-Type": "application/json",
            "Connection": "close",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", ENTRIES, body, headers)
            answer = connection.getresponse()
            found = str(answer.status), dict(answer.getheaders()), answer.read()
        except (OSError, http.client.HTTPException):
            found = "lost", {}, b""
        finally:
            connection.close()
        with self._lock:
            self.statuses[found[0]] = self.statuses.get(found[0], 0) + 1
        return found


class DroppingWire:
    """Stands before the server and keeps some answers: the work is done, the device never hears.

    Args:
        server_port: what stands behind.
        drops: asked for each answer that came, whether it is dropped.
    """

    def __init__(self, server_port: int, drops: Callable[[], bool]) -> None:
        self.server_port = server_port
        self.dropped = 0
        self._drops = drops
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(connection,), daemon=True).start()

    def _carry(self, device: socket.socket) -> None:
        """Carry one request and its answer; both sides close after one."""
        try:
            with socket.create_connection(("127.0.0.1", self.server_port), 60) as server:
                device.settimeout(60)
                threading.Thread(target=_pump, args=(device, server), daemon=True).start()
                answer = _all_of(server)
                if answer.startswith(b"HTTP/1.1 200") and self._drops():
                    with self._lock:
                        self.dropped += 1
                else:
                    device.sendall(answer)
        except OSError:
            return
        finally:
            # Closing alone is not seen by the other side while the pump still reads.
            with contextlib.suppress(OSError):
                device.shutdown(socket.SHUT_RDWR)
            device.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(1 << 16):
            sink.sendall(piece)
    except OSError:
        return


def _all_of(source: socket.socket) -> bytes:
    pieces = []
    while piece := source.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)
