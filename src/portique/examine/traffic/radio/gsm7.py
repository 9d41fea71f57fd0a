"""The 7-bit default alphabet of GSM, packed and unpacked.

Source: 3GPP TS 23.038, section 6.1.2.1 (packing), 6.2.1 (alphabet and its extension).
"""

from __future__ import annotations

ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€",
}  # fmt: skip
_ESCAPE = 27


def unpack(data: bytes, septets: int, skip_bits: int = 0) -> str:
    """Return the text in packed septets.

    Args:
        data: the octets.
        septets: how many characters; fewer are returned where the data ends early.
        skip_bits: fill bits before the first, as after a user data header.

    >>> unpack(bytes.fromhex("e8329bfd4697d9ec37"), 10)
    'hellohello'
    """
    bits = int.from_bytes(data, "little") >> skip_bits
    count = min(septets, (len(data) * 8 - skip_bits) // 7)
    return text_of([(bits >> (7 * place)) & 127 for place in range(max(count, 0))])


def text_of(codes: list[int]) -> str:
    """Return the text of septets, with the extension table."""
    text, escaped = [], False
    for code in codes:
        if escaped:
            text.append(EXTENSION.get(code, ALPHABET[code]))
            escaped = False
        elif code == _ESCAPE:
            escaped = True
        else:
            text.append(ALPHABET[code])
    return "".join(text)


def codes_of(text: str) -> list[int] | None:
    """Return the septets of a text; None: it holds a character that the alphabet lacks."""
    back = {character: code for code, character in EXTENSION.items()}
    codes: list[int] = []
    for character in text:
        if character in back:
            codes += [_ESCAPE, back[character]]
        elif character in ALPHABET:
            codes.append(ALPHABET.index(character))
        else:
            return None
    return codes


def pack(text: str) -> bytes | None:
    """Return a text as packed septets; None: the alphabet lacks a character.

    >>> pack("hellohello").hex()
    'e8329bfd4697d9ec37'
    """
    codes = codes_of(text)
    if codes is None:
        return None
    bits = 0
    for place, code in enumerate(codes):
        bits |= code << (7 * place)
    return bits.to_bytes((7 * len(codes) + 7) // 8, "little")
