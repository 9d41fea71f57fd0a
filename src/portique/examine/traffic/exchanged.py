"""Everything with which a capture can be joined to firmware and content: hosts, ends, texts.

Observations tell what a rule makes of the capture; these lists tell what was there, explained or
not, so that a host or a template that was found elsewhere can be looked up.
"""

from __future__ import annotations

from typing import Any

from portique.examine.traffic.facts import Facts
from portique.examine.traffic.observation import instant
from portique.examine.traffic.radio.tpdu import DELIVER, SUBMIT

MOST_LISTED = 5_000
_FRAMES = 12


def lists(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """Return `hosts`, `ends` and `short_messages` of an answer, each at most `MOST_LISTED` long."""
    return {"hosts": _hosts(facts), "ends": _ends(facts), "short_messages": _messages(facts)}


def is_cut(facts: Facts) -> bool:
    """Return whether a list is longer than what an answer holds."""
    return max(len(facts.hosts), len(facts.peers), len(facts.texts)) > MOST_LISTED


def _hosts(facts: Facts) -> list[dict[str, Any]]:
    """Return every host that was wanted: asked of DNS, named to a server."""
    held = sorted(facts.hosts.items(), key=lambda item: (item[1], item[0]))
    return [{"host": host, "frame": frame} for host, frame in held[:MOST_LISTED]]


def _ends(facts: Facts) -> list[dict[str, Any]]:
    held = sorted(facts.peers.values(), key=lambda peer: (-peer.bytes_up, str(peer.end)))
    return [
        {
            "ip": peer.end.address,
            "host": peer.end.host,
            "port": peer.end.port,
            "transport": peer.end.transport,
            "bytes_up": peer.bytes_up,
            "bytes_down": peer.bytes_down,
            "frames": sorted(set(peer.frames))[:_FRAMES],
        }
        for peer in held[:MOST_LISTED]
    ]


def _messages(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "direction": "up" if text.is_up else "down",
            "number": text.message.number,
            "text": text.whole_text,
            "at_utc": instant(text.origin.at_us),
            "frames": list(text.frames),
        }
        for text in facts.texts[:MOST_LISTED]
        if text.message.kind in {SUBMIT, DELIVER}
    ]
