"""LLC of GPRS: the link between phone and core network; carries SNDCP, signalling and SMS.

Source: 3GPP TS 44.064, section 6 (address, control and FCS fields) and annex A (frames).
"""

from __future__ import annotations

from dataclasses import dataclass

from portique.examine.traffic.undecoded import Undecoded

SIGNALLING, SMS = 1, 7
USER_DATA = {3, 5, 9, 11}


@dataclass(frozen=True, slots=True)
class LlcFrame:
    """What an LLC frame carries.

    Args:
        access_point: SAPI.
        body: its information, without FCS.
    """

    access_point: int
    body: bytes


def read(data: bytes) -> LlcFrame:
    """Read an LLC frame with its three bytes of FCS.

    Raises:
        Undecoded: cut, or encrypted.
    """
    if len(data) < 5:
        raise Undecoded("LLC frame cut")
    access_point, control = data[0] & 15, data[1]
    if data[0] & 0x80:
        raise Undecoded("LLC frame makes no sense")
    if not control & 0x80:  # I: numbered information
        start = _after_acknowledgement(data, 1, 3)
    elif not control & 0x40:  # S: supervisory, no information
        return LlcFrame(access_point, b"")
    elif not control & 0x20:  # UI
        if data[2] & 2:
            raise Undecoded("LLC encrypted")
        start = 3
    else:  # U: commands of the link itself
        return LlcFrame(access_point, b"")
    return LlcFrame(access_point, data[start:-3])


def _after_acknowledgement(data: bytes, at: int, octets: int) -> int:
    """Return where the information of an I frame starts: a bitmap may stand before it."""
    kind = data[at + octets - 1] & 3
    start = at + octets
    if kind == 3 and len(data) > start:  # SACK: K octets follow
        start += (data[start] & 31) + 1
    return min(start, len(data) - 3)
