"""NAS of LTE: where it carries a short message; encrypted messages are counted as such.

Source: 3GPP TS 24.301, sections 9.2 and 9.3 (security header), 8.2.12 and 8.2.30 (transport).
"""

from __future__ import annotations

from portique.examine.traffic.undecoded import Undecoded

_MOBILITY, _SESSION = 7, 2
_DOWNLINK, _UPLINK = 0x62, 0x63
_CIPHERED = {2, 4}


def container(message: bytes) -> tuple[bytes, bool] | None:
    """Return the CP message inside and whether the phone sent it; None: another message, in clear.

    Raises:
        Undecoded: cut, or encrypted.
    """
    if len(message) < 2:
        raise Undecoded("NAS message cut")
    security = message[0] >> 4
    if message[0] & 15 == _MOBILITY and security:
        if security == 12:
            raise Undecoded("NAS service request, encrypted in part")
        inner = message[6:]
        if len(inner) < 2:
            raise Undecoded("NAS message cut")
        if not _plain(inner):
            words = "NAS encrypted" if security in _CIPHERED else "NAS message unknown"
            raise Undecoded(words)
        message = inner
    if message[0] != _MOBILITY or message[1] not in {_DOWNLINK, _UPLINK} or len(message) < 4:
        return None
    return message[3 : 3 + message[2]], message[1] == _UPLINK


def _plain(message: bytes) -> bool:
    """Return whether a protected message can be read all the same: ciphering with no cipher."""
    if message[0] == _MOBILITY:
        return 0x41 <= message[1] <= 0x6F
    return message[0] & 15 == _SESSION and len(message) > 2 and 0xC1 <= message[2] <= 0xDB
