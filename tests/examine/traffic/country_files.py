"""Writes the smallest files of countries and networks there can be: one answer for all."""

from __future__ import annotations

from collections.abc import Mapping


def country_file(code: str) -> bytes:
    """Return a database of the MaxMind form that registers all of IPv4 in one country."""
    return _file(_map({"country_code": code}))


def network_file(number: int, holder: str) -> bytes:
    """Return a database that says one network announces all of IPv4."""
    told: dict[str, str | int] = {
        "autonomous_system_number": number,
        "autonomous_system_organization": holder,
    }
    return _file(_map(told))


def _file(entry: bytes) -> bytes:
    """Return a tree of one node, both of whose branches lead to the same entry."""
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


def _map(told: Mapping[str, str | int]) -> bytes:
    return bytes([0xE0 | len(told)]) + b"".join(_text(k) + _value(v) for k, v in told.items())


def _value(value: str | int) -> bytes:
    return _text(value) if isinstance(value, str) else b"\xc4" + value.to_bytes(4, "big")


def _text(text: str) -> bytes:
    if len(text) < 29:
        return bytes([0x40 | len(text)]) + text.encode()
    return bytes([0x40 | 29, len(text) - 29]) + text.encode()
