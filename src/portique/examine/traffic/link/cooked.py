"""Linux cooked captures, versions 1 and 2: what `tcpdump -i any` writes.

Source: the tcpdump group's pages LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2.
"""

from __future__ import annotations

from portique.examine.traffic.link.ethernet import inside
from portique.examine.traffic.undecoded import Undecoded


def version_1(frame: bytes) -> tuple[int, int]:
    """Return the kind of packet after a 16-byte header, and where it starts.

    Raises:
        Undecoded: the frame is cut, or carries something unknown.
    """
    if len(frame) < 16:
        raise Undecoded("cooked frame cut")
    return inside(frame, (frame[14] << 8) | frame[15], 16)


def version_2(frame: bytes) -> tuple[int, int]:
    """Return the kind of packet after a 20-byte header, and where it starts.

    Raises:
        Undecoded: the frame is cut, or carries something unknown.
    """
    if len(frame) < 20:
        raise Undecoded("cooked frame cut")
    return inside(frame, (frame[0] << 8) | frame[1], 20)
