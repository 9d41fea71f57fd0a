"""Writes the smallest file of countries there can be: one answer for every address."""

from __future__ import annotations


def country_file(code: str) -> bytes:
    """Return a database of the MaxMind form that registers all of IPv4 in one country.

    One node, both of whose branches lead to the same entry.
    """
    entry = _map({"country_code": code})
    record = (1 + 16).to_bytes(3, "big")  # nodes + 16 + offset 0
    described = (
        bytes([0xE0 | 9])
        + _text("node_count") + b"\xc1\x01"
        + _text("record_size") + b"\xa1\x18"
        + _text("ip_version") + b"\xa1\x04"
        + _text("database_type") + _text("test")
        + _text("languages") + b"\x00\x04"
        + _text("binary_format_major_version") + b"\xa1\x02"
        + _text("binary_format_minor_version") + b"\xa0"
        + _text("build_epoch") + b"\x01\x02\x01"
        + _text("description") + b"\xe0"
    )  # fmt: skip
    return record * 2 + bytes(16) + entry + b"\xab\xcd\xefMaxMind.com" + described


def _map(told: dict[str, str]) -> bytes:
    return bytes([0xE0 | len(told)]) + b"".join(_text(k) + _text(v) for k, v in told.items())


def _text(text: str) -> bytes:
    assert len(text) < 29
    return bytes([0x40 | len(text)]) + text.encode()
