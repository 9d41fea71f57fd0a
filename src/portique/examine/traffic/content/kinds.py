"""Which protocol a conversation speaks, by its first bytes; and whether bytes are opaque."""

from __future__ import annotations

import math
from collections import Counter

from portique.examine.traffic.content import dns, http, sip, tls
from portique.examine.traffic.network.conversation import UDP, Conversation

_OPAQUE_SHARE = 0.88
"""Of the entropy that noise of the same length has; text and fields stay well below."""
_LEAST_OPAQUE = 64


def stream_kind(talk: Conversation, data: bytes) -> str:
    """Return the protocol of a TCP conversation by its first bytes, e.g. "http", or "unknown"."""
    if http.looks_like(data):
        return "http"
    if tls.looks_like(data):
        return "tls"
    if sip.looks_like(data):
        return "sip"
    return "dns" if talk.peer[1] == 53 else "unknown"


def datagram_kind(talk: Conversation, payload: bytes) -> str:
    """Return the protocol of a conversation in datagrams, by port and first payload."""
    port = talk.peer[1]
    if talk.protocol != UDP:
        return talk.transport
    if {port, talk.phone[1]} & dns.PORTS:
        return "dns"
    if sip.looks_like(payload):
        return "sip"
    if port == 443 and payload and payload[0] & 0x40:
        return "quic"
    if len(payload) > 13 and payload[0] in {20, 21, 22, 23} and payload[1:2] == b"\xfe":
        return "dtls"
    return {123: "ntp", 67: "dhcp", 547: "dhcp", 1900: "ssdp"}.get(port, "unknown")


def is_opaque(data: bytes) -> bool:
    """Return whether bytes look like noise: encrypted, or packed by an unknown method."""
    sample = data[:4096]
    if len(sample) < _LEAST_OPAQUE:
        return False
    counts = Counter(sample).values()
    bits = -sum(n / len(sample) * math.log2(n / len(sample)) for n in counts)
    return bits > _OPAQUE_SHARE * math.log2(min(len(sample), 256))
