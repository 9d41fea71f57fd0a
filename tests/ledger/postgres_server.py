"""A PostgreSQL server of the tests' own: in a temporary folder, reached through a socket there."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg


def binaries() -> Path | None:
    """Return where the server's programs lie; None: they are not on this machine."""
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
def running(programs: Path) -> Iterator[Server]:
    """Run a server, as somebody without rights where the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="pq-pg-", dir="/tmp"))
    before: list[str] = []
    user = pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:
        user = _other_user() or user
        shutil.chown(folder, user)
        who = pwd.getpwnam(user)
        before = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
    data = folder / "data"
    settings = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=60"
    control = [*before, str(programs / "pg_ctl"), "-D", str(data), "-s", "-w", "-t", "60"]
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", user, "-A", "trust", "-N"]
    try:
        subprocess.run([*before, *initdb], check=True, capture_output=True, cwd="/")
        start = [*control, "-l", str(folder / "log"), "-o", settings, "start"]
        subprocess.run(start, check=True, cwd="/", stdout=subprocess.DEVNULL)
        yield Server(folder, user)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)
