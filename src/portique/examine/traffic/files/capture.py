"""A capture file on the disk: its hash, and its frames one after the other in bounded memory."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from pathlib import Path

from portique.core.errors import Refused
from portique.examine.traffic.files import pcap, pcapng
from portique.examine.traffic.files.frame import Frame

_FORGET_BYTES = 32 << 20
"""Pages of the file that were read are given back each time so many bytes went by."""


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
        self._frames = (pcap if pcap.recognises(head) else pcapng).frames

    def sha256(self) -> str:
        """Return the hash of the whole file, in hex."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames; memory stays the same however long the file.

        Raises:
            FileFault: the file is damaged here; what was yielded before counts.
        """
        read = 0
        for frame in self._frames(self._map):
            read += len(frame[3]) + 16
            if read >= _FORGET_BYTES:
                read = 0
                self._map.madvise(mmap.MADV_DONTNEED)
            yield frame

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
