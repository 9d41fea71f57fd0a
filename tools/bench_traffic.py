"""Time and memory of `examine traffic` against tshark, on generated captures.

    python tools/bench_traffic.py [--mib 208] [--json FILE]    (`make bench-traffic`)

The capture is a mixture of what phones do: DNS, HTTP with bodies, TLS records, UDP of unknown
protocols, in packets of some 430 bytes on average as in public captures of phones. Figures are of
processor time, both programs on the same file in the same run. GSMTAP is measured apart.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FIELDS = ("frame.number", "dns.qry.name", "http.host", "tls.handshake.extensions_server_name")
RECORD = """exhibit = "BENCH"
imei = "001017063233475"
imsi = "208019876543210"
iccid = "8933019000001234567"
msisdn = "+33639981278"
planted_contacts = [{ name = "Bernadette Planque", number = "+33639985432" }]
planted_messages = ["Le colis jaune arrive mardi soir"]
cell = { mcc = "208", mnc = "01", lac = 4660, ci = 22136 }
"""
HOSTS = 300
"""Servers that the phone speaks to: some hundreds, as in public captures of phones."""
PHONE = bytes([10, 45, 0, 2])
ETHERNET = bytes(12) + b"\x08\x00"
Frames = Callable[[random.Random], Iterator[bytes]]


def main() -> int:
    """Run the bench; print the figures, and write them with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=208)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            _row(Path(folder), "ip", ip_frames, asked.mib),
            _row(Path(folder), "gsmtap", gsmtap_frames, max(asked.mib // 8, 8)),
        ]
    print("              MB   packets     program   CPU s    MB/s     pkt/s    MiB  x tshark")
    for row in rows:
        theirs = [run["cpu_s"] for run in row["runs"] if run["program"] == "tshark"]
        for run in row["runs"]:
            times = f"{theirs[0] / run['cpu_s']:>10.1f}" if theirs else ""
            print(
                f"{row['name']:<8}{row['mb']:>6.0f}{row['packets']:>10,}{run['program']:>12}"
                f"{run['cpu_s']:>8.1f}{row['mb'] / run['cpu_s']:>8.1f}"
                f"{row['packets'] / run['cpu_s']:>10,.0f}{run['rss_mib']:>7.0f}{times}"
            )
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def _row(folder: Path, name: str, frames: Frames, mib: int) -> dict[str, Any]:
    path = folder / f"{name}.pcap"
    packets = write(path, frames(random.Random(11)), mib << 20)
    Path(f"{path}.toml").write_text(RECORD, encoding="utf-8")
    portique = Path(sys.executable).parent / "portique"
    runs = [_run("portique", [str(portique), "examine", "traffic", str(path), "--json"])]
    words = [str(portique), "examine", "traffic", str(path), "--json", "--triage"]
    runs.append(_run("triage", words))
    tshark = shutil.which("tshark")
    if tshark:
        told = [word for field in FIELDS for word in ("-e", field)]
        runs.append(_run("tshark", [tshark, "-n", "-r", str(path), "-T", "fields", *told]))
    return {"name": name, "mb": path.stat().st_size / 1e6, "packets": packets, "runs": runs}


def _run(program: str, command: list[str]) -> dict[str, Any]:
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return {
        "program": program,
        "ended_with": child.returncode,
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": time.monotonic() - started,
        "rss_mib": used.ru_maxrss / 1024,
    }


def write(path: Path, frames: Iterator[bytes], size: int) -> int:
    """Write frames until a file has a size; return how many."""
    written, count, at_us = 24, 0, 1_777_800_000_000_000
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for frame in frames:
            at_us += 7_000
            head = struct.pack("<IIII", at_us // 10**6, at_us % 10**6, len(frame), len(frame))
            file.write(head + frame)
            written += 16 + len(frame)
            count += 1
            if written >= size:
                return count
    return count


def ip_frames(chance: random.Random) -> Iterator[bytes]:
    """Yield the frames of a phone that is used."""
    noise = chance.randbytes(1 << 16)
    page = b"<html>" + b"<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>\n" * 900
    port = 20000
    while True:
        port = 20000 + (port - 19999) % 40000
        which = chance.randrange(HOSTS)
        peer = bytes([203, 0, 100 + which // 250, 1 + which % 250])
        name = f"h{which}.example.net"
        yield from _look_up(name, peer, port)
        kind = chance.random()
        if kind < 0.35:
            up = f"GET /{port} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: phone\r\n\r\n".encode()
            body = page[: chance.randrange(500, 40_000)]
            down = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            yield from _tcp(peer, port, 80, up, down, chance)
        elif kind < 0.8:
            up, down = _records(noise, chance, 4), _records(noise, chance, 20)
            yield from _tcp(peer, port, 443, up, down, chance)
        else:
            for _ in range(chance.randrange(4, 60)):
                body = noise[: chance.randrange(30, 400)]
                yield _packet(
                    PHONE, peer, 17, struct.pack("!HHHH", port, 7000, 8 + len(body), 0) + body
                )


def gsmtap_frames(chance: random.Random) -> Iterator[bytes]:
    """Yield the same packets in segments of SNDCP over LLC, as a base station shows them."""
    for number, frame in enumerate(ip_frames(chance)):
        packet = frame[14:]
        up = 0x4000 if packet[12:16] == PHONE else 0
        for segment, at in enumerate(range(0, len(packet), 480)):
            more = 0x10 if at + 480 < len(packet) else 0
            first = b"\x00" if segment == 0 else b""
            unit = bytes([(0x40 if segment == 0 else 0) | 0x25 | more]) + first
            unit += struct.pack("!H", (segment << 12) | (number & 0xFFF)) + packet[at : at + 480]
            link = (
                bytes([0x43]) + struct.pack("!H", 0xC001 | ((number & 511) << 2)) + unit + bytes(3)
            )
            head = struct.pack("!BBBBHbbIBBBB", 2, 4, 8, 0, up | 871, -60, 20, 0, 0, 0, 0, 0)
            body = head + link
            ends = struct.pack("!HHHH", 40000, 4729, 8 + len(body), 0)
            yield _packet(bytes([192, 168, 7, 1]), bytes([192, 168, 7, 2]), 17, ends + body)


def _look_up(name: str, peer: bytes, port: int) -> Iterator[bytes]:
    question = b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0\0\1\0\1"
    server = bytes([10, 45, 0, 1])
    ask = struct.pack("!HHHHHH", port, 0x100, 1, 0, 0, 0) + question
    told = struct.pack("!HHHHHH", port, 0x8180, 1, 1, 0, 0) + question
    told += b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + peer
    yield _packet(PHONE, server, 17, struct.pack("!HHHH", port, 53, 8 + len(ask), 0) + ask)
    yield _packet(server, PHONE, 17, struct.pack("!HHHH", 53, port, 8 + len(told), 0) + told)


def _records(noise: bytes, chance: random.Random, most: int) -> bytes:
    out = []
    for _ in range(chance.randrange(1, most)):
        at, size = chance.randrange(40_000), chance.randrange(60, 3000)
        out.append(b"\x17\x03\x03" + struct.pack("!H", size) + noise[at : at + size])
    return b"".join(out)


def _tcp(
    peer: bytes, port: int, service: int, up: bytes, down: bytes, chance: random.Random
) -> Iterator[bytes]:
    own, theirs = chance.randrange(2**32), chance.randrange(2**32)

    def segment(is_up: bool, number: int, body: bytes, flags: int) -> bytes:
        ports = (port, service) if is_up else (service, port)
        head = struct.pack("!HHIIBBHHH", *ports, number % 2**32, 0, 0x50, flags, 65535, 0, 0)
        ends = (PHONE, peer) if is_up else (peer, PHONE)
        return _packet(*ends, 6, head + body)

    yield segment(True, own, b"", 2)
    yield segment(False, theirs, b"", 0x12)
    for is_up, start, data in ((True, own + 1, up), (False, theirs + 1, down)):
        for at in range(0, len(data), 1380):
            yield segment(is_up, start + at, data[at : at + 1380], 0x18)
            yield segment(not is_up, own + 1 if not is_up else theirs + 1, b"", 0x10)
    yield segment(True, own + 1 + len(up), b"", 0x11)
    yield segment(False, theirs + 1 + len(down), b"", 0x11)


def _packet(source: bytes, target: bytes, protocol: int, body: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0)
    return ETHERNET + head + source + target + body


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
