"""Where something was seen: its frame, its time, its bearer, and its direction where known."""

from __future__ import annotations

from typing import NamedTuple


class Origin(NamedTuple):
    """The frame that something came from.

    Args:
        frame: its number in the file, from 1.
        at_us: microseconds since 1970, UTC.
        bearer: gsm, gprs, lte, wifi, sim or mixed.
        uplink: sent by the phone; None: the link does not say, addresses have to.
    """

    frame: int
    at_us: int
    bearer: str
    uplink: bool | None = None
