"""Link types by their number in capture files.

Source: the tcpdump group's list of link types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from portique.examine.traffic.link import cooked, ethernet, radiotap, raw

Link: TypeAlias = Callable[[bytes], tuple[int, int]]

GSMTAP_UM = 217
"""Frames that begin with a GSMTAP header, without UDP."""

LINKS: dict[int, tuple[Link, str]] = {
    0: (raw.loopback, "mixed"),
    1: (ethernet.packet, "mixed"),
    12: (raw.packet, "mixed"),
    14: (raw.packet, "mixed"),
    101: (raw.packet, "mixed"),
    105: (radiotap.bare, "wifi"),
    108: (raw.loopback, "mixed"),
    113: (cooked.version_1, "mixed"),
    127: (radiotap.packet, "wifi"),
    228: (raw.packet, "mixed"),
    229: (raw.packet, "mixed"),
    276: (cooked.version_2, "mixed"),
}
"""Link type -> how it is read, and the bearer that it shows; "mixed": the capture does not say."""
