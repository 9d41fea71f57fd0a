"""Writes short messages as phones and networks send them; shares no code with the readers."""

from __future__ import annotations

GSM_LETTERS = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"


def digits(number: str, *, count_octets: bool = False) -> bytes:
    """Return an address field; a leading + makes it international."""
    bare = number.lstrip("+")
    padded = bare + "f" * (len(bare) % 2)
    body = bytes(int(padded[at + 1] + padded[at], 16) for at in range(0, len(padded), 2))
    kind = 0x91 if number.startswith("+") else 0x81
    return bytes([len(body) + 1 if count_octets else len(bare), kind]) + body


def septets(text: str, skip: int = 0) -> bytes:
    """Return a text of ASCII letters, digits and common signs, packed; `skip` fill bits first."""
    bits, place = 0, skip
    for letter in text:
        code = GSM_LETTERS.index(letter) if letter in GSM_LETTERS else ord(letter)
        bits |= code << place
        place += 7
    return bits.to_bytes((place + 7) // 8, "little")


def submit(number: str, text: str, *, coding: int = 0, protocol: int = 0) -> bytes:
    """Return an SMS-SUBMIT."""
    return bytes([0x11, 1]) + digits(number) + bytes([protocol, coding, 0xA7]) + _body(text, coding)


def submit_parts(number: str, texts: list[str], reference: int = 77) -> list[bytes]:
    """Return the units of one long message."""
    out = []
    for place, text in enumerate(texts, 1):
        header = bytes([5, 0, 3, reference, len(texts), place])
        body = header + septets(text, skip=1)
        head = bytes([0x51, 1]) + digits(number) + bytes([0, 0, 0xA7])
        out.append(head + bytes([7 + len(text)]) + body)
    return out


def deliver(number: str, text: str, *, coding: int = 0, protocol: int = 0) -> bytes:
    """Return an SMS-DELIVER."""
    stamp = bytes.fromhex("62405090000080")
    return b"\x04" + digits(number) + bytes([protocol, coding]) + stamp + _body(text, coding)


def control(unit: bytes, *, uplink: bool = True) -> bytes:
    """Return the CP-DATA message around a unit."""
    centre = digits("+33609001390", count_octets=True)
    ends = b"\x00" + centre if uplink else centre + b"\x00"
    relay = bytes([0 if uplink else 1, 9]) + ends + bytes([len(unit)]) + unit
    return bytes([0x39 if uplink else 0x89, 1, len(relay)]) + relay


def nas(message: bytes, *, uplink: bool = True) -> bytes:
    """Return the NAS message of LTE that carries a CP message, in clear."""
    return bytes([0x07, 0x63 if uplink else 0x62, len(message)]) + message


def _body(text: str, coding: int) -> bytes:
    if coding & 0x0C == 8:
        wide = text.encode("utf-16-be")
        return bytes([len(wide)]) + wide
    if coding & 0x0C == 4:
        return bytes([len(text)]) + text.encode()
    return bytes([len(text)]) + septets(text)
