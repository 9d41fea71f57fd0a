"""The transport layer of short messages: SUBMIT, DELIVER, STATUS-REPORT, COMMAND.

Source: 3GPP TS 23.040, section 9.2 (units and fields), 9.2.3.24 (user data header);
3GPP TS 23.038, section 4 (data coding).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from portique.examine.traffic.radio import gsm7
from portique.examine.traffic.undecoded import Undecoded

SUBMIT, DELIVER, REPORT, COMMAND, ANSWER = "submit", "deliver", "report", "command", "answer"
TYPE_0 = 0x40
_INTERNATIONAL, _ALPHANUMERIC = 1, 5
_DIGITS = "0123456789*#abc"
_SINGLE, _LOCKING = 0x24, 0x25
"""National language single shift and locking shift, 3GPP TS 23.040, 9.2.3.24.15 and 16."""


@dataclass(frozen=True)
class ShortMessage:
    """One unit of a short message.

    Args:
        kind: one of `SUBMIT`, `DELIVER`, `REPORT`, `COMMAND`, `ANSWER`.
        number: the other end: digits, with `+` when international; a sender's name as text.
        text: the decoded user data; "" for data that is not text.
        raw: the user data as sent, without its header.
        protocol: TP-PID.
        coding: TP-DCS.
        part: (reference, parts, this one) of a message in several units, else None.
        port: application port that it is addressed to, else None.
        stamp: the centre's time stamp as sent, 7 octets; empty where the unit has none.
        size: octets of the unit up to the end of its user data; 0 where that is not known.
        tables: numbers of national language tables (locking shift, single shift); 0 is the default
            alphabet. The text is decoded by the default alphabet all the same.
    """

    kind: str
    number: str
    text: str
    raw: bytes
    protocol: int = 0
    coding: int = 0
    part: tuple[int, int, int] | None = None
    port: int | None = None
    stamp: bytes = b""
    size: int = 0
    tables: tuple[int, int] = (0, 0)

    @property
    def message_class(self) -> int | None:
        """Class 0 (flash) to 3; None: none stated."""
        group = self.coding >> 4
        if (group < 4 and self.coding & 0x10) or group == 15:
            return self.coding & 3
        return None

    @property
    def is_silent(self) -> bool:
        """Type 0: acknowledged by the phone, and never shown."""
        return self.protocol == TYPE_0


def read(data: bytes, *, uplink: bool) -> ShortMessage:
    """Read a unit.

    Args:
        data: the TPDU.
        uplink: sent by the phone; the same number means another unit in each direction.

    Raises:
        Undecoded: cut, or makes no sense.
    """
    if not data:
        raise Undecoded("short message empty")
    kind = data[0] & 3
    try:
        if uplink:
            return {0: _answer, 1: _submit, 2: _command}[kind](data)
        return {0: _deliver, 1: _answer, 2: _report}[kind](data)
    except (IndexError, KeyError) as fault:
        raise Undecoded("short message cut, or makes no sense") from fault


def address(data: bytes, at: int, *, octets: bool = False) -> tuple[str, int]:
    """Return the number in an address field, and where the field ends.

    Args:
        data: bytes that hold the field.
        at: where it starts.
        octets: the length counts octets after itself (as in RP), not digits (as in TP).

    Raises:
        IndexError: cut.

    >>> address(bytes.fromhex("0b913366554433f2"), 0)
    ('+33665544332', 8)
    """
    length = data[at]
    if octets and not length:
        return "", at + 1
    if octets and length > 12:
        raise IndexError("address too long")
    size = length - 1 if octets else (length + 1) // 2
    kind = (data[at + 1] >> 4) & 7
    value = data[at + 2 : at + 2 + size]
    if len(value) < size:
        raise IndexError("address cut")
    end = at + 2 + size
    if kind == _ALPHANUMERIC:
        return gsm7.unpack(value, length * 4 // 7), end
    nibbles = [nibble for octet in value for nibble in (octet & 15, octet >> 4)]
    digits = "".join(_DIGITS[n] for n in (nibbles if octets else nibbles[:length]) if n < 15)
    return ("+" if kind == _INTERNATIONAL else "") + digits, end


def _submit(data: bytes) -> ShortMessage:
    number, at = address(data, 2)
    protocol, coding = data[at], data[at + 1]
    at += 2 + {0: 0, 1: 7, 2: 1, 3: 7}[(data[0] >> 3) & 3]
    return _with_user_data(data, at, ShortMessage(SUBMIT, number, "", b"", protocol, coding))


def _deliver(data: bytes) -> ShortMessage:
    number, at = address(data, 1)
    protocol, coding = data[at], data[at + 1]
    stamp = data[at + 2 : at + 9]
    message = ShortMessage(DELIVER, number, "", b"", protocol, coding, stamp=stamp)
    return _with_user_data(data, at + 9, message)


def _report(data: bytes) -> ShortMessage:
    number, at = address(data, 2)
    return ShortMessage(REPORT, number, "", b"", stamp=data[at : at + 7], size=at + 15)


def _command(data: bytes) -> ShortMessage:
    number, _ = address(data, 5)
    return ShortMessage(COMMAND, number, "", data[2:], data[2])


def _answer(data: bytes) -> ShortMessage:
    return ShortMessage(ANSWER, "", "", data[1:])


def _with_user_data(data: bytes, at: int, message: ShortMessage) -> ShortMessage:
    length, body = data[at], data[at + 1 :]
    header = 0
    part, port, tables = None, None, (0, 0)
    if data[0] & 0x40:
        header = body[0] + 1
        part, port, tables = _header(body[1:header])
    letters = alphabet(message.coding)
    if letters == "gsm7":
        skip = -(-header * 8 // 7)
        text = gsm7.unpack(body[header:], length - skip, skip * 7 - header * 8)
        raw = body[header:]
    else:
        raw = body[header:length]
        text = raw.decode("utf-16-be", "replace") if letters == "ucs2" else _readable(raw)
    octets = -(-length * 7 // 8) if letters == "gsm7" else length
    size = at + 1 + octets
    return replace(message, text=text, raw=raw, part=part, port=port, size=size, tables=tables)


def _header(
    header: bytes,
) -> tuple[tuple[int, int, int] | None, int | None, tuple[int, int]]:
    part, port, at, locking, single = None, None, 0, 0, 0
    while at + 2 <= len(header):
        name, value = header[at], header[at + 2 : at + 2 + header[at + 1]]
        if name == 0 and len(value) == 3:
            part = (value[0], value[1], value[2])
        elif name == 8 and len(value) == 4:
            part = (int.from_bytes(value[:2], "big"), value[2], value[3])
        elif name == 5 and len(value) == 4:
            port = int.from_bytes(value[:2], "big")
        elif name == 4 and len(value) == 2:
            port = value[0]
        elif name == _LOCKING and value:
            locking = value[0]
        elif name == _SINGLE and value:
            single = value[0]
        at += 2 + header[at + 1]
    return part, port, (locking, single)


def alphabet(coding: int) -> str:
    """Return how user data of a TP-DCS are coded: "gsm7", "ucs2" or "data".

    >>> alphabet(0), alphabet(8), alphabet(0xF4)
    ('gsm7', 'ucs2', 'data')
    """
    group = coding >> 4
    if group < 8:
        return {0: "gsm7", 1: "data", 2: "ucs2", 3: "data"}[(coding >> 2) & 3]
    if group == 14:
        return "ucs2"
    return "data" if group == 15 and coding & 4 else "gsm7"


def _readable(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return text if text.isprintable() else ""
