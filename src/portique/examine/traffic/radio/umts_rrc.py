"""RRC of UMTS: the NAS message that a direct transfer carries, and nothing else of it.

Checked on one public capture of a phone, in which tshark finds the same messages.

Source: 3GPP TS 25.331, section 11 (UL-DCCH, DL-DCCH, direct transfer; packed encoding).
"""

from __future__ import annotations

from portique.examine.traffic.radio.bits import Bits

DOWNLINK, UPLINK = 0, 1
"""Sub-types of GSMTAP for DL-DCCH and UL-DCCH."""
_DOWN_TRANSFER, _UP_TRANSFER = 5, 27


def nas(message: bytes, *, uplink: bool) -> bytes | None:
    """Return the NAS message inside; None: the message carries none, or is cut.

    Args:
        message: a UL-DCCH or DL-DCCH message.
        uplink: it is UL-DCCH.
    """
    bits = Bits(message)
    try:
        if bits.take(1):
            bits.take(32 + 4)  # integrity check and its count
        if bits.take(5) != (_UP_TRANSFER if uplink else _DOWN_TRANSFER):
            return None
        if uplink:
            bits.take(2)  # which optional parts follow
        elif bits.take(1):
            return None  # a later version of the message
        else:
            bits.take(1 + 2)  # an extension follows; transaction
        bits.take(1)  # circuit or packet domain
        return bits.octets(bits.take(12) + 1)
    except IndexError:
        return None
