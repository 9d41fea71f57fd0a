"""A PostgreSQL server of the tests' own: in a temporary folder, reached through a socket there."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

WAIT_S = 60


def binaries() -> Path | None:
    """Return where the server's programs lie; None: they, or setpriv, are not on this machine."""
    if shutil.which("setpriv") is None:
        return None
    if found := shutil.which("initdb"):
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


def _other_user() -> str | None:
    """Return a user without rights, for a server that refuses to run as root."""
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None


class Server:
    """A running server.

    Args:
        folder: its data and its socket.
        user: under whom it runs and who owns its databases.
    """

    def __init__(self, folder: Path, user: str) -> None:
        self.folder = folder
        self.user = user
        self._schemas = 0

    def url(self, schema: str | None = None) -> str:
        """Return the URL of the database, with a schema of its own when named."""
        place = f"postgresql://{self.user}@/postgres?host={quote(str(self.folder), safe='')}"
        return place if schema is None else f"{place}&options=-csearch_path%3D{schema}"

    def fresh_url(self) -> str:
        """Return the URL of an empty schema."""
        self._schemas += 1
        name = f"case_{self._schemas}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return self.url(name)


@contextmanager
def running(programs: Path, *, is_durable: bool = False) -> Iterator[Server]:
    """Run a server, as somebody without rights where the tests run as root.

    It ends with the process of the tests, also when that is killed.

    Args:
        programs: where the server's programs lie.
        is_durable: whether it waits for the disk, as a server that matters does.
    """
    folder = Path(tempfile.mkdtemp(prefix="pq-pg-", dir="/tmp"))
    user = pwd.getpwuid(os.getuid()).pw_name
    before = ["setpriv", "--pdeathsig=QUIT"]
    if os.getuid() == 0:
        user = _other_user() or user
        shutil.chown(folder, user)
        who = pwd.getpwnam(user)
        before += [f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
    data = folder / "data"
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", user, "-A", "trust", "-N"]
    settings = [f"unix_socket_directories={folder}", "listen_addresses="]
    settings += [] if is_durable else ["fsync=off"]
    options = [word for setting in settings for word in ("-c", setting)]
    command = [*before, str(programs / "postgres"), "-D", str(data), *options]
    try:
        subprocess.run([*before, *initdb], check=True, capture_output=True, cwd="/")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log)
        try:
            server = Server(folder, user)
            _wait_for(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WAIT_S
    while process.poll() is None:
        try:
            psycopg.connect(server.url()).close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
    raise RuntimeError((server.folder / "log").read_text(errors="replace"))
