"""A capture file on the disk: its hash, and its frames one after the other in bounded memory."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from pathlib import Path

from portique.core.errors import Refused
from portique.examine.traffic.files import pcap, pcapng
from portique.examine.traffic.files.batch import Batch
from portique.examine.traffic.files.frame import Frame

_HASHED_BYTES = 8 << 20


class Capture:
    """A capture, opened for one pass.

    Args:
        path: the file; pcap or pcapng.

    Raises:
        Refused: the file is missing, empty, or of another form.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = _size(path)
        with path.open("rb") as file:
            head = file.read(4)
            if not (pcap.recognises(head) or pcapng.recognises(head)):
                raise Refused(
                    "this is neither a pcap nor a pcapng capture",
                    where=str(path),
                    mend="unpack it if it is packed; have other forms converted by who made them",
                    code="EXA-002",
                )
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._is_old = pcap.recognises(head)

    def sha256(self) -> str:
        """Return the hash of the whole file, in hex."""
        digest = hashlib.sha256()
        with memoryview(self._map) as whole:
            for start in range(0, len(whole), _HASHED_BYTES):
                digest.update(whole[start : start + _HASHED_BYTES])
                self.forget()
        return digest.hexdigest()

    def frames(self) -> Iterator[Frame]:
        """Return the frames, one after the other.

        Raises:
            FileFault: the file is damaged here; what was yielded before counts.
        """
        return pcap.frames(self._map) if self._is_old else pcapng.frames(self._map)

    def batches(self) -> Iterator[Batch]:
        """Return where the frames lie, many at once.

        Raises:
            FileFault: as of `frames`, after the batch of what came before.
        """
        return pcap.batches(self._map) if self._is_old else pcapng.batches(self._map)

    @property
    def data(self) -> mmap.mmap:
        """The whole file; views of it must be gone before `close`."""
        return self._map

    def forget(self) -> None:
        """Give back the memory of what was read; called now and then, it stays the same."""
        self._map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


def _size(path: Path) -> int:
    if not path.is_file():
        raise Refused(
            "there is no such capture",
            where=str(path),
            mend="name a file that exists",
            code="EXA-001",
        )
    size = path.stat().st_size
    if size < 4:
        raise Refused(
            "the capture is empty",
            where=str(path),
            mend="copy it again from where it was taken, and compare the hashes",
            code="EXA-003",
        )
    return size
