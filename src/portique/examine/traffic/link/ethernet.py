"""Ethernet II and 802.3, with VLAN tags and PPPoE sessions.

Source: IEEE 802.3, 802.1Q; RFC 2516 (PPPoE), RFC 1042 (SNAP).
"""

from __future__ import annotations

from portique.examine.traffic.undecoded import Undecoded

IPV4, IPV6, NOTHING = 0x0800, 0x86DD, 0
"""Kinds of packet a link layer answers with; NOTHING: understood, and carries no user data."""

_TAGS = {0x8100, 0x88A8, 0x9100}
_SIGNALLING = {0x0806, 0x8035, 0x888E, 0x88CC, 0x8863, 0x88E1, 0x8899, 0x890D, 0x9000}
_PPP = {0x0021: IPV4, 0x0057: IPV6}


def packet(frame: bytes) -> tuple[int, int]:
    """Return the kind of packet in an Ethernet frame, and where it starts.

    Raises:
        Undecoded: the frame is cut, or carries something unknown.

    >>> packet(bytes(12) + bytes.fromhex("08004500"))
    (2048, 14)
    """
    if len(frame) < 14:
        raise Undecoded("Ethernet frame cut")
    return inside(frame, (frame[12] << 8) | frame[13], 14)


def inside(frame: bytes, kind: int, at: int) -> tuple[int, int]:
    """Return what an EtherType and what follows it mean.

    Raises:
        Undecoded: unknown, or cut.
    """
    while kind in _TAGS:
        if len(frame) < at + 4:
            raise Undecoded("VLAN tag cut")
        kind, at = (frame[at + 2] << 8) | frame[at + 3], at + 4
    if kind in {IPV4, IPV6}:
        return kind, at
    if kind in _SIGNALLING:
        return NOTHING, at
    if kind == 0x8864 and len(frame) >= at + 8:
        return _ppp(int.from_bytes(frame[at + 6 : at + 8], "big"), at + 8)
    if kind < 0x0600:
        return _llc(frame, at)
    raise Undecoded(f"EtherType 0x{kind:04x} unknown")


def _ppp(protocol: int, at: int) -> tuple[int, int]:
    return _PPP.get(protocol, NOTHING), at


def _llc(frame: bytes, at: int) -> tuple[int, int]:
    if frame[at : at + 6] == b"\xaa\xaa\x03\x00\x00\x00" and len(frame) >= at + 8:
        kind = (frame[at + 6] << 8) | frame[at + 7]
        if kind >= 0x0600:
            return inside(frame, kind, at + 8)
    return NOTHING, at  # spanning tree and other talk of the link itself
