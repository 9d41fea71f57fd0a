"""Who was spoken to and how much, and nothing else: a first look at a long capture.

No content is read, so nothing is looked for and nothing can be said to be absent: the grade is
always inconclusive. What is not IPv4 or IPv6 over a known link is counted as lost.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, TypeAlias

from portique.core.progress import Progress, silent
from portique.examine.traffic.country import Countries, registered_in
from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.files.capture import Capture
from portique.examine.traffic.files.frame import FileFault
from portique.examine.traffic.link.ethernet import IPV4, NOTHING
from portique.examine.traffic.link.table import LINKS
from portique.examine.traffic.network.conversation import address_text, is_local
from portique.examine.traffic.network.ip import version_4, version_6
from portique.examine.traffic.observation import instant
from portique.examine.traffic.undecoded import Undecoded
from portique.examine.traffic.verdict import INCONCLUSIVE, sentences

_WHY = ("premier tri, aucun contenu lu", "triage, no content was read")
_FORGET_FRAMES = 50_000
_COMMON, _ETHERNET = b"\x08\x00\x45", 1
_MOST_ENDS = 500_000
_PORT = struct.Struct("!H").unpack_from
Flow: TypeAlias = list[int]
"""Packets, bytes, first and last microsecond, protocol: one direction between two ends."""


def triage(
    path: Path, countries: Path | None = None, progress: Progress = silent
) -> dict[str, Any]:
    """Return who was spoken to in a capture, in the form of an answer.

    Args:
        path: a pcap or pcapng file.
        countries: folder of country files; None: as set or built in.
        progress: told what is done.

    Raises:
        Refused: the capture or the country files cannot be used.
    """
    capture = Capture(path)
    try:
        sources = Countries(countries)
        progress("hashing the capture", 0, 0)
        digest = capture.sha256()
        progress("counting the capture", 0, 0)
        coverage, flows = count(capture)
    finally:
        capture.close()
    peers = _peers(flows, sources)
    return {
        "exhibit": None,
        "authority": "no authority shown",
        "capture_sha256": digest,
        "grade": INCONCLUSIVE,
        "verdict": sentences(INCONCLUSIVE, _WHY, [], coverage),
        "coverage": coverage.as_dict(),
        "bytes_by_country": registered_in(
            ((each["ip"], each["bytes_up"], each["bytes_down"]) for each in peers), sources
        ),
        "observations": [],
        "not_examined": [{"what": "the content of every frame", "why": _WHY[1]}],
        "peers": peers,
    }


def count(capture: Capture) -> tuple[Coverage, dict[bytes, Flow]]:
    """Count packets and bytes between ends.

    Returns:
        The coverage, and the flows: both addresses, both ports where there are any, the protocol.
    """
    coverage = Coverage()
    flows: dict[bytes, Flow] = {}
    common: dict[bytes, Flow] = {}
    get, number, kept, forget_at = common.get, 0, 0, _FORGET_FRAMES
    try:
        for number, at_us, link, frame, _ in capture.frames():
            kept += len(frame)
            if number > forget_at:
                capture.forget()
                forget_at = number + _FORGET_FRAMES
            # The commonest frame: addresses and ports lie side by side behind Ethernet and IPv4.
            flow = get(frame[26:38])
            if flow is not None and frame[12:15] == _COMMON and flow[4] == frame[23]:
                flow[0] += 1
                flow[1] += (frame[16] << 8) | frame[17]
                flow[3] = at_us
                continue
            try:
                key, size = _key(link, frame)
            except Undecoded as lost:
                coverage.lose(lost.reason, len(frame))
                continue
            counted = _count(flows, key, size, at_us, coverage)
            if counted and link == _ETHERNET and frame[12:15] == _COMMON and len(key) == 13:
                common[frame[26:38]] = counted
    except FileFault as fault:
        coverage.note(f"damaged file: {fault}; what came before it was read")
    coverage.frames, coverage.kept_bytes = number, kept
    coverage.lose("content not read: triage", kept - coverage.lost_bytes)
    coverage.bearers["mixed"] = number
    for flow in flows.values():
        coverage.seen(flow[2])
        coverage.seen(flow[3])
    return coverage, flows


def _key(link: int, frame: bytes) -> tuple[bytes, int]:
    """Return what tells a flow from others, and the bytes of the packet; b"": no packet."""
    known = LINKS.get(link)
    if known is None:
        raise Undecoded(f"link type {link} unknown")
    kind, at = known[0](frame)
    if kind == NOTHING:
        return b"", 0
    packet = (version_4 if kind == IPV4 else version_6)(frame, at, len(frame))
    ports = b""
    if packet.protocol in {6, 17} and packet.end - packet.start >= 4 and not packet.fragment:
        ports = packet.data[packet.start : packet.start + 4]
    return packet.source + packet.target + ports + bytes([packet.protocol]), packet.wire_bytes


def _count(
    flows: dict[bytes, Flow], key: bytes, size: int, at_us: int, coverage: Coverage
) -> Flow | None:
    flow = flows.get(key)
    if flow is not None:
        flow[0] += 1
        flow[1] += size
        flow[3] = at_us
    elif key and len(flows) < _MOST_ENDS:
        flow = flows[key] = [1, size, at_us, at_us, key[-1]]
    elif key:
        coverage.note("more flows than are kept apart")
    return flow


def _peers(flows: dict[bytes, Flow], sources: Countries) -> list[dict[str, Any]]:
    """Return one entry for each other end, most bytes up first."""
    ends: dict[tuple[bytes, int, int], list[int]] = {}
    for key, (packets, size, first, last, _) in flows.items():
        wide = 4 if len(key) in {9, 13} else 16
        source, target, ports = key[:wide], key[wide : 2 * wide], key[2 * wide : -1]
        is_up = _is_up(source, target, ports)
        port = _PORT(ports, 2 if is_up else 0)[0] if ports else 0
        end = (target if is_up else source, port, key[-1])
        held = ends.setdefault(end, [0, 0, 0, first, last])
        held[0 if is_up else 1] += size
        held[2] += packets
        held[3], held[4] = min(held[3], first), max(held[4], last)
    names = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6"}
    told = []
    for (address, port, protocol), (up, down, packets, first, last) in ends.items():
        text = address_text(address)
        told.append(
            {
                "ip": text,
                "port": port,
                "transport": names.get(protocol, f"ip protocol {protocol}"),
                "bytes_up": up,
                "bytes_down": down,
                "packets": packets,
                "first_utc": instant(first),
                "last_utc": instant(last),
                "peer_country": {} if is_local(address) else sources.of_address(text),
            }
        )
    return sorted(told, key=lambda each: (-each["bytes_up"], each["ip"], each["port"]))


def _is_up(source: bytes, target: bytes, ports: bytes) -> bool:
    """Return whether the phone sent it: it has the local address, else the higher port."""
    local = is_local(source), is_local(target)
    if local[0] != local[1]:
        return local[0]
    return ports[:2] > ports[2:] if ports else True
