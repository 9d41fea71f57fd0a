"""IP without a link layer, and behind the four-byte family of BSD loopback.

Source: the tcpdump group's pages LINKTYPE_RAW, LINKTYPE_NULL and LINKTYPE_LOOP.
"""

from __future__ import annotations

from portique.examine.traffic.link.ethernet import IPV4, IPV6
from portique.examine.traffic.undecoded import Undecoded


def packet(frame: bytes) -> tuple[int, int]:
    """Return which version of IP a frame is; it starts at once.

    Raises:
        Undecoded: empty, or no version of IP.

    >>> packet(b"E..."), packet(b"`...")
    ((2048, 0), (34525, 0))
    """
    return _version(frame, 0)


def loopback(frame: bytes) -> tuple[int, int]:
    """Return which version of IP follows the family; its number differs between systems.

    Raises:
        Undecoded: cut, or no version of IP.
    """
    return _version(frame, 4)


def _version(frame: bytes, at: int) -> tuple[int, int]:
    version = frame[at] >> 4 if len(frame) > at else 0
    if version == 4:
        return IPV4, at
    if version == 6:
        return IPV6, at
    raise Undecoded("raw packet that is not IP")
