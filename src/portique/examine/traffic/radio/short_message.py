"""The control and relay layers around short messages: CP and RP.

Source: 3GPP TS 24.011, sections 7.2 (CP) and 7.3 (RP).
"""

from __future__ import annotations

from portique.examine.traffic.radio import tpdu
from portique.examine.traffic.radio.tpdu import ShortMessage
from portique.examine.traffic.undecoded import Undecoded

PROTOCOL = 9
"""Protocol discriminator of short messages."""
_CP_DATA = 1
_RP_DATA = {0, 1}


def read(message: bytes, *, uplink: bool) -> ShortMessage | None:
    """Return the short message in a layer 3 message; None: it carries none.

    Args:
        message: a CP message, from its transaction identifier on.
        uplink: sent by the phone.

    Raises:
        Undecoded: cut, or makes no sense.
    """
    if len(message) < 2 or message[0] & 15 != PROTOCOL or message[1] != _CP_DATA:
        return None
    if len(message) < 5:
        raise Undecoded("CP-DATA cut")
    relay = message[3 : 3 + message[2]]
    if len(relay) < 2 or relay[0] & 7 not in _RP_DATA:
        return None  # acknowledgements and errors
    try:
        _, at = tpdu.address(relay, 2, octets=True)
        _, at = tpdu.address(relay, at, octets=True)
        length = relay[at]
    except IndexError as fault:
        raise Undecoded("RP-DATA cut") from fault
    return tpdu.read(relay[at + 1 : at + 1 + length], uplink=uplink)
