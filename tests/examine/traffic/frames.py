"""Writes frames as a lab would capture them; shares no code with the readers."""

from __future__ import annotations

import struct
from ipaddress import ip_address

PHONE, PHONE_MAC, GATEWAY_MAC = "10.45.0.2", bytes.fromhex("020000000001"), bytes(6)


def pcap(frames: list[tuple[float, bytes]], link: int = 1, *, order: str = "<") -> bytes:
    """Return a pcap of frames: (seconds since 1970, bytes)."""
    out = [struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)]
    for seconds, frame in frames:
        whole, part = divmod(round(seconds * 1e6), 1_000_000)
        out += [struct.pack(order + "IIII", whole, part, len(frame), len(frame)), frame]
    return b"".join(out)


def pcapng(frames: list[tuple[float, bytes]], link: int = 1, *, order: str = "<") -> bytes:
    """Return a pcapng of frames, with nanoseconds and a block of names that holds no frame."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack(order + "I", len(body) + 12)
        return struct.pack(order + "I", kind) + size + body + size

    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    unit = struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0)
    out = [block(0x0A0D0D0A, section), block(1, struct.pack(order + "HHI", link, 0, 0) + unit)]
    out.append(block(4, bytes(8)))
    for seconds, frame in frames:
        ticks = round(seconds * 1e6) * 1000
        head = struct.pack(
            order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)
        )
        out.append(block(6, head + frame))
    return b"".join(out)


def ethernet(packet: bytes, *, vlan: int | None = None) -> bytes:
    """Return an Ethernet frame around an IP packet."""
    kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
    tag = b"" if vlan is None else b"\x81\x00" + vlan.to_bytes(2, "big")
    return GATEWAY_MAC + PHONE_MAC + tag + kind + packet


def cooked(packet: bytes) -> bytes:
    """Return a Linux cooked frame, version 1."""
    return bytes(14) + (b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd") + packet


def cooked_2(packet: bytes) -> bytes:
    """Return a Linux cooked frame, version 2."""
    return (b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd") + bytes(18) + packet


def wifi(packet: bytes, *, protected: bool = False) -> bytes:
    """Return a radiotap frame with an 802.11 data frame with quality of service."""
    kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
    flags = 0x41 if protected else 0x01
    head = bytes([0x88, flags]) + bytes(2) + GATEWAY_MAC + PHONE_MAC + GATEWAY_MAC + bytes(4)
    return b"\x00\x00\x08\x00\x00\x00\x00\x00" + head + b"\xaa\xaa\x03\x00\x00\x00" + kind + packet


def ip(source: str, target: str, protocol: int, payload: bytes, *, name: int = 1) -> bytes:
    """Return an IPv4 or IPv6 packet, as the addresses say."""
    ends = ip_address(source).packed + ip_address(target).packed
    if len(ends) == 32:
        return struct.pack("!IHBB", 0x60000000, len(payload), protocol, 64) + ends + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), name, 0, 64, protocol, 0)
    return head + ends + payload


def fragments(packet: bytes, size: int) -> list[bytes]:
    """Return an IPv4 packet cut into fragments of a size, a multiple of 8."""
    head, body = packet[:20], packet[20:]
    out = []
    for at in range(0, len(body), size):
        part = body[at : at + size]
        place = (at // 8) | (0x2000 if at + size < len(body) else 0)
        cut = head[:2] + struct.pack("!H", 20 + len(part)) + head[4:6]
        out.append(cut + struct.pack("!H", place) + head[8:] + part)
    return out


def udp(source: str, target: str, ports: tuple[int, int], payload: bytes) -> bytes:
    """Return an IP packet with a datagram."""
    return ip(source, target, 17, struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload)


def tcp(
    source: str,
    target: str,
    ports: tuple[int, int],
    sequence: int,
    payload: bytes = b"",
    flags: int = 0x18,
) -> bytes:
    """Return an IP packet with a TCP segment."""
    head = struct.pack("!HHIIBBHHH", *ports, sequence & 0xFFFFFFFF, 0, 0x50, flags, 65535, 0, 0)
    return ip(source, target, 6, head + payload)


def gsmtap(
    body: bytes, kind: int, channel: int = 0, *, uplink: bool = True, slot: int = 0
) -> bytes:
    """Return an Ethernet frame with GSMTAP between base station and lab computer."""
    carrier = 0x4000 | 871 if uplink else 871
    head = struct.pack("!BBBBHbbIBBBB", 2, 4, kind, slot, carrier, -60, 20, 0, channel, 0, 0, 0)
    return ethernet(udp("192.168.7.1", "192.168.7.2", (40000, 4729), head + body))


def lapdm(message: bytes, *, sapi: int = 3, first: int = 0) -> list[bytes]:
    """Return LAPDm frames of 23 bytes that carry a layer 3 message."""
    out, size = [], 20
    for place, at in enumerate(range(0, len(message), size)):
        part = message[at : at + size]
        more = 2 if at + size < len(message) else 0
        control = ((first + place) % 8) << 1
        head = bytes([(sapi << 2) | 1, control, (len(part) << 2) | more | 1])
        out.append((head + part).ljust(23, b"\x2b"))
    return out


def llc(body: bytes, *, sapi: int = 3, number: int = 0, encrypted: bool = False) -> bytes:
    """Return an LLC frame of unconfirmed information; its FCS is not filled in."""
    control = 0xC000 | ((number & 511) << 2) | (2 if encrypted else 0) | 1
    return bytes([0x40 | sapi]) + struct.pack("!H", control) + body + bytes(3)


def sndcp(packet: bytes, number: int, *, size: int = 500, nsapi: int = 5) -> list[bytes]:
    """Return the SN-UNITDATA units of an IP packet."""
    out = []
    for segment, at in enumerate(range(0, len(packet), size)):
        more = 0x10 if at + size < len(packet) else 0
        first = b"\x00" if segment == 0 else b""
        head = bytes([(0x40 if segment == 0 else 0) | 0x20 | more | nsapi]) + first
        out.append(
            head + struct.pack("!H", (segment << 12) | (number & 0xFFF)) + packet[at : at + size]
        )
    return out


def gtpu(packet: bytes) -> bytes:
    """Return an Ethernet frame with a user packet inside GTP-U."""
    head = struct.pack("!BBHI", 0x30, 255, len(packet), 7)
    return ethernet(udp("192.168.8.1", "192.168.8.2", (2152, 2152), head + packet))
