"""Who was spoken to and how much, and nothing else: a first look at a long capture.

No content is read, so nothing is looked for and nothing can be said to be absent: the grade is
always inconclusive. What is not IPv4 or IPv6 over a known link is counted as lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portique.core.progress import Progress, silent
from portique.examine.traffic.country import Countries, registered_in
from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.files.capture import Capture
from portique.examine.traffic.files.frame import FileFault
from portique.examine.traffic.flows import Flow, Flows
from portique.examine.traffic.network.conversation import address_text, is_local
from portique.examine.traffic.observation import instant
from portique.examine.traffic.verdict import INCONCLUSIVE, sentences

_WHY = ("premier tri, aucun contenu lu", "triage, no content was read")
_NO_PORTS = bytes(4)
_TRANSPORTS = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6"}


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
        "captured": coverage.span(),
        "bytes_by_country": registered_in(
            ((each["ip"], each["bytes_up"], each["bytes_down"]) for each in peers), sources
        ),
        "observations": [],
        "not_examined": [{"what": "the content of every frame", "why": _WHY[1]}],
        "peers": peers,
    }


def count(capture: Capture, *, many_at_once: bool = True) -> tuple[Coverage, dict[bytes, Flow]]:
    """Count packets and bytes between ends.

    Args:
        capture: the file.
        many_at_once: count plain packets column by column; the counts are the same without.

    Returns:
        The coverage, and the flows: both addresses, both ports where there are any, the protocol.
    """
    coverage = Coverage()
    flows = Flows(coverage)
    try:
        for batch in capture.batches():
            flows.add(capture.data, batch, many_at_once=many_at_once)
            coverage.frames += len(batch)
            coverage.kept_bytes += int(batch.kept.sum())
            capture.forget()
    except FileFault as fault:
        coverage.note(f"damaged file: {fault}; what came before it was read")
    coverage.lose("content not read: triage", coverage.kept_bytes - coverage.lost_bytes)
    coverage.bearers["mixed"] = coverage.frames
    if flows.table:
        coverage.seen(min(min(flow[2], flow[3]) for flow in flows.table.values()))
        coverage.seen(max(max(flow[2], flow[3]) for flow in flows.table.values()))
    return coverage, flows.table


def _peers(flows: dict[bytes, Flow], sources: Countries) -> list[dict[str, Any]]:
    """Return one entry for each other end, most bytes up first."""
    ends: dict[bytes, list[int]] = {}
    for key, (packets, size, first, last, _) in flows.items():
        wide = 4 if len(key) in {9, 13} else 16
        source, target, ports = key[:wide], key[wide : 2 * wide], key[2 * wide : -1]
        is_up = _is_up(source, target, ports)
        ports = ports or _NO_PORTS
        end = (target + ports[2:] if is_up else source + ports[:2]) + key[-1:]
        held = ends.get(end)
        if held is None:
            held = ends[end] = [0, 0, 0, first, last]
        held[0 if is_up else 1] += size
        held[2] += packets
        held[3] = min(held[3], first)
        held[4] = max(held[4], last)
    told = [_told(end, held, sources) for end, held in ends.items()]
    return sorted(told, key=lambda e: (-e["bytes_up"], e["ip"], e["port"], e["transport"]))


def _told(end: bytes, held: list[int], sources: Countries) -> dict[str, Any]:
    address, text = end[:-3], address_text(end[:-3])
    up, down, packets, first, last = held
    return {
        "ip": text,
        "port": int.from_bytes(end[-3:-1], "big"),
        "transport": _TRANSPORTS.get(end[-1], f"ip protocol {end[-1]}"),
        "bytes_up": up,
        "bytes_down": down,
        "packets": packets,
        "first_utc": instant(first),
        "last_utc": instant(last),
        "peer_country": {} if is_local(address) else sources.of_address(text),
        "networks": {} if is_local(address) else sources.networks(text),
    }


def _is_up(source: bytes, target: bytes, ports: bytes) -> bool:
    """Return whether the phone sent it: it has the local address, else the higher port."""
    local = is_local(source), is_local(target)
    if local[0] != local[1]:
        return local[0]
    return ports[:2] > ports[2:] if ports else True
