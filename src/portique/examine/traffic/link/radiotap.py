"""Wi-Fi: 802.11 frames, alone or behind a radiotap header. Data in clear is read.

Encrypted frames are counted as such: the lab's access point is the place to capture them in clear.

Source: radiotap.org; IEEE 802.11-2020, section 9.2 (frame format), 9.3.2 (data frames).
"""

from __future__ import annotations

from portique.examine.traffic.link.ethernet import NOTHING, inside
from portique.examine.traffic.undecoded import Undecoded

_DATA = 2
_PROTECTED = 0x40
_SNAP = b"\xaa\xaa\x03\x00\x00"


def packet(frame: bytes) -> tuple[int, int]:
    """Return what a frame behind a radiotap header carries, and where it starts.

    Raises:
        Undecoded: cut, encrypted, or something unknown inside.
    """
    if len(frame) < 8:
        raise Undecoded("radiotap header cut")
    return _wifi(frame, frame[2] | (frame[3] << 8))


def bare(frame: bytes) -> tuple[int, int]:
    """Return what an 802.11 frame without a radiotap header carries, and where it starts.

    Raises:
        Undecoded: cut, encrypted, or something unknown inside.
    """
    return _wifi(frame, 0)


def _wifi(frame: bytes, at: int) -> tuple[int, int]:
    if len(frame) < at + 2:
        raise Undecoded("802.11 frame cut")
    kind, subkind = (frame[at] >> 2) & 3, frame[at] >> 4
    flags = frame[at + 1]
    if kind != _DATA or subkind & 0x4:
        return NOTHING, at  # management, control, and data frames without data
    if flags & _PROTECTED:
        raise Undecoded("802.11 data frame encrypted")
    header = 24 + (6 if flags & 3 == 3 else 0)
    if subkind & 0x8:
        header += 2 + (4 if flags & 0x80 else 0)
    body = at + header
    if frame[body : body + 5] != _SNAP or len(frame) < body + 8:
        raise Undecoded("802.11 data frame of unknown content")
    return inside(frame, (frame[body + 6] << 8) | frame[body + 7], body + 8)
