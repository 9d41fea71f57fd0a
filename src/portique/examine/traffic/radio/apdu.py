"""Commands between phone and SIM that leave the phone: envelopes and proactive short messages.

Only what can leave is read: a short message that the SIM asks the phone to send (SEND SHORT
MESSAGE), and one that the network sent to the SIM (ENVELOPE). File access stays inside the phone.

Source: ETSI TS 102 223 (tags), 3GPP TS 31.111, section 6.6.9 (SEND SHORT MESSAGE).
"""

from __future__ import annotations

_FETCH, _ENVELOPE, _TERMINAL_RESPONSE = 0x12, 0xC2, 0x14
_PROACTIVE, _SMS_TPDU, _DETAILS, _SEND_SMS = 0xD0, 0x0B, 0x01, 0x13


def proactive_message(data: bytes) -> bytes | None:
    """Return the TPDU that a SIM asks the phone to send; None: the exchange asks for none.

    Args:
        data: a command of five bytes with its data and its answer, as GSMTAP carries them.
    """
    if len(data) < 9 or data[1] != _FETCH or data[5] != _PROACTIVE:
        return None
    fields = _fields(data[5:])
    inside = _fields(fields.get(_PROACTIVE, b""), every=True)
    details = inside.get(_DETAILS, b"")
    if len(details) < 2 or details[1] != _SEND_SMS:
        return None
    return inside.get(_SMS_TPDU)


def _fields(data: bytes, *, every: bool = False) -> dict[int, bytes]:
    """Return tag -> value; with `every`, tags without their comprehension bit."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 2 <= len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length == 0x81 and at < len(data):
            length, at = data[at], at + 1
        found.setdefault(tag & 0x7F if every else tag, data[at : at + length])
        at += length
    return found
