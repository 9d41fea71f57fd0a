"""A conversation: two ends, a transport, what went up and down, and who began."""

from __future__ import annotations

import ipaddress
from array import array
from functools import lru_cache

from portique.examine.traffic.network.stream import Stream

TCP, UDP = 6, 17
_MOST_FRAMES, _MOST_CONTACTS = 256, 20_000
_SILENCE_US = 2_000_000
_LOCAL = {
    4: [
        ipaddress.ip_network(told)
        for told in (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
            "169.254.0.0/16", "0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32",
        )
    ],
    6: [ipaddress.ip_network(told) for told in ("fc00::/7", "fe80::/10", "ff00::/8", "::/127")],
}  # fmt: skip


@lru_cache(maxsize=1 << 16)
def address_text(address: bytes) -> str:
    """Return an address as text.

    >>> address_text(bytes([192, 0, 2, 1]))
    '192.0.2.1'
    """
    return str(ipaddress.ip_address(address))


@lru_cache(maxsize=1 << 16)
def is_local(address: bytes) -> bool:
    """Return whether an address is of a network of its own, that no registry gave to anybody.

    Source: RFC 1918, RFC 3927, RFC 6598, RFC 4193, RFC 4291.

    >>> is_local(bytes([10, 0, 0, 1])), is_local(bytes([8, 8, 8, 8]))
    (True, False)
    """
    meant = ipaddress.ip_address(address)
    return any(meant in network for network in _LOCAL[meant.version])


class Conversation:
    """One conversation, seen from the phone: up is what the phone sent.

    Args:
        protocol: `TCP` or `UDP`, or another number of IP.
        phone, peer: (address, port) of the two ends.
        phone_began: the phone sent the first packet.
        bearer: of its first frame.

    `claimed` says that `host` is what the phone wrote, and nothing bears it out.
    """

    __slots__ = (
        "app", "bearer", "began_us", "bytes_down", "bytes_up", "claimed", "closed", "contacts",
        "down", "encrypted_bytes", "frames", "host", "last_up_us", "last_us", "notes", "peer",
        "phone", "phone_began", "protocol", "tail_down", "tail_up", "up",
    )  # fmt: skip

    def __init__(
        self,
        protocol: int,
        phone: tuple[bytes, int],
        peer: tuple[bytes, int],
        bearer: str,
        *,
        phone_began: bool,
    ) -> None:
        self.protocol = protocol
        self.phone = phone
        self.peer = peer
        self.bearer = bearer
        self.phone_began = phone_began
        self.host: str | None = None
        self.claimed = False
        self.app = ""
        self.notes: dict[str, str] = {}
        self.up, self.down = Stream(), Stream()
        self.tail_up, self.tail_down = b"", b""
        self.bytes_up = self.bytes_down = self.encrypted_bytes = 0
        self.began_us = self.last_us = 0
        self.last_up_us = -_SILENCE_US
        self.frames = array("I")
        self.contacts = array("q")
        self.closed = 0

    def count(self, frame: int, at_us: int, size: int, *, is_up: bool) -> None:
        """Count a packet.

        Args:
            frame: where it was seen.
            at_us: when.
            size: bytes of the IP packet.
            is_up: the phone sent it.
        """
        if not self.began_us:
            self.began_us = at_us
        self.last_us = at_us
        if len(self.frames) < _MOST_FRAMES:
            self.frames.append(frame)
        if is_up:
            self.bytes_up += size
            if at_us - self.last_up_us > _SILENCE_US and len(self.contacts) < _MOST_CONTACTS:
                self.contacts.append(at_us)
            self.last_up_us = at_us
        else:
            self.bytes_down += size

    @property
    def transport(self) -> str:
        """Name of the transport."""
        return {TCP: "tcp", UDP: "udp", 1: "icmp", 58: "icmpv6"}.get(
            self.protocol, f"ip protocol {self.protocol}"
        )
