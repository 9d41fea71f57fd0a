"""RRC of LTE: the NAS message that an information transfer carries, and nothing else of it.

The two messages are short enough to be read bit by bit.

Source: 3GPP TS 36.331, section 6.2 (UL-DCCH, DL-DCCH, information transfer; packed encoding).
"""

from __future__ import annotations

from portique.examine.traffic.radio.bits import Bits

DOWNLINK, UPLINK = 1, 3
"""Sub-types of GSMTAP for DL-DCCH and UL-DCCH."""
_DOWN_TRANSFER, _UP_TRANSFER = 1, 9


def nas(message: bytes, *, uplink: bool) -> bytes | None:
    """Return the NAS message inside; None: the message carries none, or is cut.

    Args:
        message: a UL-DCCH or DL-DCCH message.
        uplink: it is UL-DCCH.
    """
    bits = Bits(message)
    try:
        if bits.take(1) or bits.take(4) != (_UP_TRANSFER if uplink else _DOWN_TRANSFER):
            return None
        if not uplink:
            bits.take(2)  # transaction
        if bits.take(1) or bits.take(2):
            return None  # a later version of the message
        bits.take(1)
        if bits.take(2):
            return None  # for another core network
        if bits.take(1):
            return None  # longer than 127 bytes: no short message is
        length = bits.take(7)
        return bits.octets(length)
    except IndexError:
        return None
