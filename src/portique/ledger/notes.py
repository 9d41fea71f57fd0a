"""Every signed checkpoint, appended to one file apart from the database.

Each note is followed by an empty line. What a process could not append before it ended is
appended by the next one: the store has it.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from portique.core.errors import Problem
from portique.engine.files import alone, settle
from portique.ledger.checkpoint import NoCheckpoint, parse

FILE = "checkpoints.txt"
_NOTE_END = re.compile("\N{EM DASH} [^\n]+\n\n".encode())
_TAIL_BYTES = 16_384
_AT_ONCE = 1000

After = Callable[[int, int], list[tuple[int, str]]]
"""`after(size, limit)` returns the store's checkpoints of a larger size, smallest first."""


class NotesFile:
    """The file of checkpoints of one case.

    Args:
        folder: `CASE/checkpoints`.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._published = -1
        self._turn = threading.Lock()

    def newest(self) -> str | None:
        """Return the last whole note of the file; None: no file or an empty one."""
        if not self.path.is_file():
            return None
        handle = os.open(self.path, os.O_RDONLY)
        try:
            return _last(handle)[1]
        finally:
            os.close(handle)

    def publish(self, size: int, after: After) -> None:
        """Bring the checkpoints up to a size into the file and onto the disk.

        Raises:
            OSError: it cannot be written; nothing is lost, the next call writes it.
        """
        with self._turn:
            if self._published >= size or self._is_there(size):
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self.path.exists()
            with alone(self.path) as handle:
                self._append(handle, after)
            if is_new:
                settle(self.path.parent)
                settle(self.path.parent.parent)
            self._published = size

    def _is_there(self, size: int) -> bool:
        """Return whether the file has it already, by another process; then bring it to the disk."""
        if not self.path.is_file():
            return False
        handle = os.open(self.path, os.O_RDONLY)
        try:
            if _size_of(_last(handle)[1]) < size:
                return False
            os.fsync(handle)
        finally:
            os.close(handle)
        self._published = size
        return True

    def _append(self, handle: int, after: After) -> None:
        end, newest = _last(handle)
        if end < os.fstat(handle).st_size:
            os.ftruncate(handle, end)  # a note cut short by an end of the process, never told
        last = _size_of(newest)
        while notes := after(last, _AT_ONCE):
            content = "".join(f"{note}\n" for _, note in notes).encode()
            _write_whole(handle, content, end)
            end, last = end + len(content), notes[-1][0]
        os.fsync(handle)

    def __iter__(self) -> Iterator[str]:
        """Yield the whole notes of the file, in its order."""
        yield from self.read()[0]

    def read(self) -> tuple[list[str], bytes]:
        """Return the whole notes of the file, and what stands after the last of them."""
        if not self.path.is_file():
            return [], b""
        content, notes, start = self.path.read_bytes(), [], 0
        for found in _NOTE_END.finditer(content):
            notes.append(content[start : found.end() - 1].decode("utf-8", "replace"))
            start = found.end()
        return notes, content[start:]


def is_cut_short(end: bytes, held: Sequence[str]) -> bool:
    """Return whether the end of the file is the beginning of what was to be written there.

    A process that ends while it writes leaves such a beginning, and the next one writes it anew.
    Anything else was put there.

    Args:
        end: what stands after the last whole note.
        held: the store's checkpoints that the file lacks, smallest first.

    >>> is_cut_short(b"portique/c", ["portique/case\\n4\\n"]), is_cut_short(b"x", [])
    (True, False)
    """
    wanted, length = [], 0
    for note in held:
        if length >= len(end):
            break
        wanted.append(f"{note}\n".encode())
        length += len(wanted[-1])
    return b"".join(wanted).startswith(end)


def check_not_ahead(newest: str | None, after: After, where: Path) -> None:
    """Refuse to lengthen a journal that lacks a checkpoint that it once signed.

    Raises:
        Problem: the store does not hold the newest checkpoint of the file.
    """
    size = _size_of(newest)
    if newest is None or size < 0:
        return
    if after(size - 1, 1) != [(size, newest)]:
        raise Problem(
            f"this journal once signed a checkpoint of {size} entries which its store does not "
            "hold: an older or another store lies here",
            where=str(where),
            mend="put the right store back; `portique verify` says how far this one reaches",
            code="LED-004",
        )


def _size_of(note: str | None) -> int:
    if note is None:
        return -1
    try:
        return parse(note).size
    except NoCheckpoint:
        return -1


def _last(handle: int) -> tuple[int, str | None]:
    """Return where the last whole note ends, its empty line included, and the note."""
    size = os.fstat(handle).st_size
    start = max(0, size - _TAIL_BYTES)
    tail = os.pread(handle, size - start, start)
    ends = [found.end() for found in _NOTE_END.finditer(tail)]
    if not ends:
        return 0, None
    begin = ends[-2] if len(ends) > 1 else 0
    return start + ends[-1], tail[begin : ends[-1] - 1].decode("utf-8", "replace")


def _write_whole(handle: int, content: bytes, end: int) -> None:
    try:
        done = 0
        while done < len(content):
            done += os.pwrite(handle, content[done:], end + done)
    except OSError:
        os.ftruncate(handle, end)
        raise
