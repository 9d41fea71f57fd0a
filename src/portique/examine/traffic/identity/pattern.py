"""A pattern that betrays an identifier: what is looked for, of what, in which form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identifier:
    """A planted identifier.

    Args:
        kind: imei, imsi, iccid, msisdn, contact, message or cell.
        value: as the record writes it.
    """

    kind: str
    value: str


@dataclass(frozen=True)
class Pattern:
    """One form of one identifier.

    Args:
        identifier: of what.
        form: name of the form, e.g. "ascii" or "base64"; links of a chain joined by ">".
        expression: a regular expression over bytes that both search engines understand.
        length: least bytes that a match has.
        in_differences: looked for in the XOR of neighbouring bytes, not in the bytes themselves.
        first: first byte of the plain form, from which the key of a single-byte XOR follows.
    """

    identifier: Identifier
    form: str
    expression: bytes
    length: int
    in_differences: bool = False
    first: int = 0


def literal(text: bytes) -> bytes:
    r"""Return an expression that matches these bytes and nothing else.

    >>> literal(b"a\x00")
    b'\\x61\\x00'
    """
    return b"".join(b"\\x%02x" % byte for byte in text)
