"""GSMTAP version 2: one radio frame behind a 16-byte header, in UDP on port 4729.

Written by osmo base stations, phones' diagnostic tools and SIM tracers.

Source: libosmocore, gsmtap.h (the layout and its numbers are facts of the format).
"""

from __future__ import annotations

from dataclasses import dataclass

from portique.examine.traffic.undecoded import Undecoded

PORT = (4729).to_bytes(2, "big")
UM, ABIS, BURST, SIM, LLC, SNDCP, UMTS_RRC, LTE_RRC, LTE_MAC = 1, 2, 3, 4, 8, 9, 12, 13, 14
LTE_MAC_FRAMED, LOG, LTE_NAS = 15, 16, 18
_UPLINK = 0x4000


@dataclass(frozen=True, slots=True)
class RadioFrame:
    """One radio frame.

    Args:
        kind: type of GSMTAP, e.g. `UM`.
        channel: its sub-type; meaning depends on the kind.
        place: what tells one channel from another: carrier, timeslot, sub-slot.
        uplink: sent by the phone.
        body: the frame without the header.
    """

    kind: int
    channel: int
    place: tuple[int, int, int]
    uplink: bool
    body: bytes


def read(data: bytes) -> RadioFrame:
    """Read the header.

    Raises:
        Undecoded: cut, or another version.
    """
    if len(data) < 16:
        raise Undecoded("GSMTAP header cut")
    if data[0] != 2:
        raise Undecoded(f"GSMTAP version {data[0]}")
    length = data[1] * 4
    if length < 16 or length > len(data):
        raise Undecoded("GSMTAP header makes no sense")
    carrier = (data[4] << 8) | data[5]
    place = (carrier & 0x3FFF, data[3], data[14])
    return RadioFrame(data[2], data[12], place, bool(carrier & _UPLINK), data[length:])
