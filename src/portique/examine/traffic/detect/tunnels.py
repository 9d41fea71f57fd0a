"""Data in the names of DNS questions: what the names under one domain hold beyond being names.

Measured on public captures: tunnels carry 113 to 184 bytes a second, ordinary phones at most
0.24 over 37 seconds; so the bytes are asked over 60 seconds, or 100 bytes at once.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from portique.examine.traffic.facts import Domain

LEAST_BYTES = 100.0
LEAST_PER_SECOND = 1.0
_WINDOW_S = 60.0
_LONG_PART = 24


@dataclass(frozen=True)
class Tunnel:
    """Names that carry data.

    Args:
        names: how many different ones.
        hidden_bytes: what they can carry, by their entropy.
        per_second: over the time between first and last, at least 60 s.
    """

    names: int
    hidden_bytes: float
    per_second: float


def tunnel(domain: Domain) -> Tunnel | None:
    """Return the tunnel under a domain; None: its names look like names."""
    long_parts = [part for part in domain.parts if len(part) >= _LONG_PART]
    hidden = sum(_bytes_in(part.replace(".", "")) for part in long_parts)
    seconds = max((domain.last_us - domain.first_us) / 1e6, _WINDOW_S)
    if hidden < LEAST_BYTES:
        return None
    slow = hidden / seconds < LEAST_PER_SECOND
    if slow and not all(_is_dense(part) for part in long_parts):
        return None
    return Tunnel(len(long_parts), round(hidden, 1), round(hidden / seconds, 3))


def _bytes_in(part: str) -> float:
    counts = Counter(part).values()
    bits = -sum(n * math.log2(n / len(part)) for n in counts)
    return bits / 8


def _is_dense(part: str) -> bool:
    """Return whether a part looks coded: long labels with digits among letters."""
    longest = max(part.split("."), key=len)
    digits = sum(character.isdigit() for character in longest)
    return len(longest) >= _LONG_PART and digits >= len(longest) / 10
