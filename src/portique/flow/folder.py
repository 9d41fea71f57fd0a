"""Where things lie in one case folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DAMAGED = (ValueError, LookupError, TypeError, AttributeError)
"""What reading a small JSON file of ours raises when somebody or something altered it."""


@dataclass(frozen=True)
class CaseFolder:
    """One case folder: what was received, what follows from it, and what only this machine needs.

    Args:
        root: the folder that holds `case.toml`.

    >>> CaseFolder(Path("x")).derived.as_posix()
    'x/derived'
    """

    root: Path

    @property
    def sources(self) -> Path:
        """Files as received, never altered."""
        return self.root / "sources"

    @property
    def profiles(self) -> Path:
        """Column mappings of unknown tables."""
        return self.root / "profiles"

    @property
    def derived(self) -> Path:
        """Tables and figures; the same case gives the same bytes."""
        return self.root / "derived"

    @property
    def private(self) -> Path:
        """Lock, file-stat cache, scratch, access log: never compared, never evidence."""
        return self.root / ".portique"

    @property
    def scratch(self) -> Path:
        """Where the engine spills; emptied at the start of a run."""
        return self.private / "scratch"

    @property
    def staged(self) -> Path:
        """Where a stage writes; moved to `derived/` when all of it is there."""
        return self.private / "staged"

    def make_private(self) -> None:
        """Make the private folder, readable by its owner alone."""
        self.private.mkdir(parents=True, exist_ok=True, mode=0o700)

    def inputs(self) -> Iterator[Path]:
        """Yield every file of `sources/` and `profiles/`, in the order of their paths."""
        for folder in (self.profiles, self.sources):
            yield from sorted(_files(folder), key=lambda path: path.as_posix())

    def relative(self, path: Path) -> str:
        """Return a path below the case folder, with `/`."""
        return path.relative_to(self.root).as_posix()


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder, onerror=_unless_missing):
        yield from (path for path in (Path(place) / name for name in names) if path.is_file())


def _unless_missing(fault: OSError) -> None:
    """Raise what kept a folder from being listed: one that may not be read is not empty."""
    if not isinstance(fault, FileNotFoundError):
        raise fault


def swap_in(path: Path, text: str | bytes, *, mode: int = 0o644) -> None:
    """Write a small file whole or not at all: beside it, to the disk, then in its place.

    Args:
        path: the file; its folder is made when missing.
        text: written as UTF-8, or bytes.
        mode: permissions of the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as handle:
        handle.write(text.encode("utf-8") if isinstance(text, str) else text)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(path)
    settle(path.parent)


def settle(folder: Path) -> None:
    """Bring the names in a folder onto the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
