"""A lab cell on paper: what a phone does is captured, with the truth of what was planted."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from tests.examine.traffic import frames as wire
from tests.examine.traffic import short_messages as sms

IMEI, IMSI, ICCID = "001017063233475", "208019876543210", "8933019000001234567"
MSISDN = "+33639981278"
CONTACT_NAME, CONTACT = "Bernadette Planque", "+33639985432"
MESSAGE = "Le colis jaune arrive mardi soir"
STARTED = 1_777_800_000.0
RECORD = f"""
exhibit = "SC-7"
bearer = "{{bearer}}"
started_at_utc = 2026-05-03T09:00:00Z
ended_at_utc = 2026-05-05T09:00:00Z
imei = "{IMEI}"
imsi = "{IMSI}"
iccid = "{ICCID}"
msisdn = "{MSISDN}"
planted_contacts = [{{{{ name = "{CONTACT_NAME}", number = "{CONTACT}" }}}}]
planted_messages = ["{MESSAGE}"]
first_boot = true
notes = "made by a test"
cell = {{{{ mcc = "208", mnc = "01", lac = 4660, ci = 22136 }}}}
"""


@dataclass
class Truth:
    """Something planted that left: its kind, the last link of its form, where, and the frames."""

    kind: str
    form: str
    peer: str
    frames: list[int]


@dataclass
class Lab:
    """Writes one capture.

    Args:
        bearer: ethernet, ipv6, wifi, cooked, cooked_2, vlan, gprs or gtp.
    """

    bearer: str = "ethernet"
    frames: list[tuple[float, bytes]] = field(default_factory=list)
    truth: list[Truth] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    now: float = STARTED
    _ports: itertools.count[int] = field(default_factory=lambda: itertools.count(40000))
    _packets: itertools.count[int] = field(default_factory=itertools.count)
    _names: dict[str, str] = field(default_factory=dict)

    @property
    def phone(self) -> str:
        """Address of the phone."""
        return "fd00:45::2" if self.bearer == "ipv6" else wire.PHONE

    def wait(self, seconds: float) -> Lab:
        """Let time pass."""
        self.now += seconds
        return self

    def frame(self, data: bytes) -> int:
        """Add a frame; return its number."""
        self.now += 0.02
        self.frames.append((self.now, data))
        return len(self.frames)

    def packet(self, packet: bytes, *, uplink: bool = True) -> list[int]:
        """Add an IP packet on the bearer of this lab; return its frames."""
        if self.bearer == "gprs":
            number = next(self._packets)
            units = wire.sndcp(packet, number, size=400)
            taps = [wire.gsmtap(wire.llc(unit), 8, uplink=uplink) for unit in units]
            return [self.frame(tap) for tap in taps]
        if self.bearer == "gtp":
            return [self.frame(wire.gtpu(packet))]
        if self.bearer == "vlan":
            return [self.frame(wire.ethernet(packet, vlan=7))]
        around = {"wifi": wire.wifi, "cooked": wire.cooked, "cooked_2": wire.cooked_2}
        return [self.frame(around.get(self.bearer, wire.ethernet)(packet))]

    def where(self, address: str) -> str:
        """Return an address as this lab writes it."""
        if self.bearer == "ipv6" and "." in address:
            return "2001:db8:77::" + address.rsplit(".", 1)[1]
        return address

    def address(self, host: str, address: str) -> str:
        """Ask the name of a host, once; return its address."""
        if host not in self._names:
            self._names[host] = self.where(address)
            self.look_up(host, self._names[host])
        return self._names[host]

    def look_up(self, host: str, address: str | None = None) -> list[int]:
        """Ask a name; the answer comes when there is an address. Return the question's frames."""
        server = "fd00:45::1" if self.bearer == "ipv6" else "10.45.0.1"
        port = next(self._ports)
        name = b"".join(bytes([len(part)]) + part.encode() for part in host.split(".")) + b"\0"
        kind = 28 if self.bearer == "ipv6" else 1
        question = name + struct.pack("!HH", kind, 1)
        ask = struct.pack("!HHHHHH", 9, 0x0100, 1, 0, 0, 0) + question
        asked = self.packet(wire.udp(self.phone, server, (port, 53), ask))
        if address is not None:
            packed = ip_address(address).packed
            record = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(packed)) + packed
            told = struct.pack("!HHHHHH", 9, 0x8180, 1, 1, 0, 0) + question + record
            self.packet(wire.udp(server, self.phone, (53, port), told), uplink=False)
        return asked

    def exchange(
        self, address: str, port: int, up: bytes, down: bytes = b"", *, size: int = 1200
    ) -> list[int]:
        """Open a TCP connection, send, receive, close; return the frames of what was sent."""
        address = self.where(address)
        own, sequence, theirs = next(self._ports), 1000, 9000
        out, back = (own, port), (port, own)
        self.packet(wire.tcp(self.phone, address, out, sequence, flags=2))
        self.packet(wire.tcp(address, self.phone, back, theirs, flags=0x12), uplink=False)
        sent: list[int] = []
        for at in range(0, len(up), size):
            part = up[at : at + size]
            sent += self.packet(wire.tcp(self.phone, address, out, sequence + 1 + at, part))
        for at in range(0, len(down), size):
            part = down[at : at + size]
            packet = wire.tcp(address, self.phone, back, theirs + 1 + at, part)
            self.packet(packet, uplink=False)
        end = sequence + 1 + len(up)
        self.packet(wire.tcp(self.phone, address, out, end, flags=0x11))
        end = theirs + 1 + len(down)
        self.packet(wire.tcp(address, self.phone, back, end, flags=0x11), uplink=False)
        return sent

    def post(
        self,
        host: str,
        address: str,
        body: bytes,
        answer: bytes = b"OK",
        *,
        head: str = "",
        path: str = "/r",
    ) -> list[int]:
        """Send a POST; return the frames of the request."""
        told = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{head}"
        if "chunked" not in head.lower():
            told += f"Content-Length: {len(body)}\r\n"
        said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer
        where = self.address(host, address)
        return self.exchange(where, 80, told.encode() + b"\r\n" + body, said)

    def get(self, host: str, address: str, path: str, answer: bytes = b"OK") -> list[int]:
        """Send a GET; return the frames of the request."""
        said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer
        where = self.address(host, address)
        return self.exchange(
            where, 80, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), said
        )

    def sms(self, number: str, text: str, **coded: int) -> list[int]:
        """Send a short message over 2G; return its frames."""
        return self.unit(sms.submit(number, text, **coded))

    def unit(self, unit: bytes, *, uplink: bool = True) -> list[int]:
        """Send or receive one unit of a short message over 2G; return its frames."""
        parts = wire.lapdm(sms.control(unit, uplink=uplink))
        return [self.frame(wire.gsmtap(part, 1, 8, uplink=uplink)) for part in parts]

    def receive(self, number: str, text: str, **coded: int) -> list[int]:
        """Receive a short message over 2G; return its frames."""
        return self.unit(sms.deliver(number, text, **coded), uplink=False)

    def planted(self, kind: str, form: str, peer: str, frames: list[int]) -> None:
        """Write down that something planted left."""
        self.truth.append(Truth(kind, form, peer, frames))

    def action(self, what: str, to: str) -> None:
        """Write down what the operator does now."""
        moment = datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.actions.append(f'{{ at_utc = {moment}, action = "{what}", to = "{to}" }}')

    def save(self, folder: Path, *, form: str = "pcap", bearer: str = "mixed") -> Path:
        """Write the capture and its record; return the capture."""
        link = {"wifi": 127, "cooked": 113, "cooked_2": 276}.get(self.bearer, 1)
        path = folder / f"lab.{form}"
        path.write_bytes((wire.pcap if form == "pcap" else wire.pcapng)(self.frames, link))
        record = RECORD.format(bearer=bearer)
        if self.actions:
            record = f"operator_actions = [{', '.join(self.actions)}]\n" + record
        path.with_name(path.name + ".toml").write_text(record, encoding="utf-8")
        return path
