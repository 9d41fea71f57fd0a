"""Files that have to be on the disk before anything is said about them."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def settle(folder: Path) -> None:
    """Bring the names in a folder onto the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a small file whole or not at all, its bytes and its name on the disk at return.

    Args:
        path: the file; one that lies there is replaced.
        content: all of it.
        mode: permissions, whatever the umask.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    settle(path.parent)


@contextmanager
def alone(path: Path) -> Iterator[int]:
    """Hold a file or folder against other processes that hold it this way; yields its handle.

    The lock is the operating system's and goes with the process.
    """
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
