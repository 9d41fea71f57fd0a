"""SHA-256 of files, remembered as long as the file system says that a file is the same."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from portique.core.progress import Progress, silent
from portique.flow.folder import DAMAGED, CaseFolder, swap_in

_SETTLED_S = 0.05
"""Clocks of file systems tick every 1 to 10 ms: a younger file could change unseen."""

_FORMAT = 1
_BLOCK_BYTES = 1 << 20


class Seen:
    """Hashes of the files of one case, by path, size, times and inode.

    The change time (ctime) cannot be set by a program, so a file that was put back with its old
    modification time is still read again. Whoever does not trust the file system asks for
    `trust=False`.

    Args:
        folder: the case.
        trust: False: read every file again (`--rehash`).
    """

    def __init__(self, folder: CaseFolder, *, trust: bool = True) -> None:
        self._folder = folder
        self._cache = folder.private / "seen.json"
        self._known = _read(self._cache) if trust else {}
        self._changed = not trust

    def sha256(self, path: Path) -> str:
        """Return the lower-case hex SHA-256 of a file, from memory where it did not change."""
        name = self._folder.relative(path)
        known = self._known.get(name)
        if known is not None and known[0] == _identity(path):
            return known[1]
        return self._read_again(path, name)

    def sha256_of(self, paths: Iterable[Path], progress: Progress = silent) -> dict[str, str]:
        """Return the hashes of files by path below the case folder.

        Args:
            paths: the files.
            progress: told the bytes done, since a delivery can take minutes to read.
        """
        wanted = list(paths)
        sizes = [path.stat().st_size for path in wanted]
        done, total = 0, sum(sizes)
        hashes = {}
        for path, size in zip(wanted, sizes, strict=True):
            hashes[self._folder.relative(path)] = self.sha256(path)
            done += size
            progress("reading the files' hashes", done, total)
        return hashes

    def is_as_read(self, path: Path) -> bool:
        """Return whether a file is still the one whose hash was given out."""
        known = self._known.get(self._folder.relative(path))
        return known is not None and path.is_file() and known[0] == _identity(path)

    def save(self) -> None:
        """Write what is known, without files that are gone."""
        if not self._changed:
            return
        kept = {n: k for n, k in self._known.items() if (self._folder.root / n).is_file()}
        text = json.dumps({"format": _FORMAT, "files": kept}, sort_keys=True)
        swap_in(self._cache, text, mode=0o600)
        self._changed = False

    def _read_again(self, path: Path, name: str) -> str:
        while True:
            before = _identity(path)
            _wait_until_settled(path)
            digest = hashlib.sha256()
            with path.open("rb") as handle:
                while block := handle.read(_BLOCK_BYTES):
                    digest.update(block)
            if _identity(path) == before:
                break
        self._known[name] = (before, digest.hexdigest())
        self._changed = True
        return digest.hexdigest()


def _identity(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _wait_until_settled(path: Path) -> None:
    age_s = time.time() - path.stat().st_ctime
    if 0 <= age_s < _SETTLED_S:
        time.sleep(_SETTLED_S - age_s)


def _read(cache: Path) -> dict[str, tuple[list[int], str]]:
    """Return what an earlier run knew; a cache that cannot be read is as good as none."""
    try:
        document = json.loads(cache.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            return {}
        return {name: (list(entry[0]), str(entry[1])) for name, entry in document["files"].items()}
    except (FileNotFoundError, *DAMAGED):
        return {}
