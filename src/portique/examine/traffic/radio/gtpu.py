"""GTP-U: user packets inside the operator's network, or between base station and core in a lab.

Source: 3GPP TS 29.281, section 5 (header and extension headers).
"""

from __future__ import annotations

from portique.examine.traffic.link.ethernet import IPV4, IPV6

PORT = (2152).to_bytes(2, "big")
_USER_PACKET = 255


def inside(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Return the kind of the user packet inside and where it starts; None: there is none.

    Args:
        data: bytes that hold the message.
        at, end: where it starts and ends.
    """
    if end - at < 9:
        return None
    flags, kind = data[at], data[at + 1]
    if flags >> 5 != 1 or not flags & 0x10 or kind != _USER_PACKET:
        return None
    start = at + 8
    if flags & 7:
        start += 4
        following = data[start - 1] if flags & 4 and start <= end else 0
        while following and start < end:
            length = data[start] * 4
            if not length or start + length > end:
                return None
            following, start = data[start + length - 1], start + length
    version = data[start] >> 4 if start < end else 0
    if version == 4:
        return IPV4, start
    return (IPV6, start) if version == 6 else None
