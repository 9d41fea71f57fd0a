"""How far the clocks of devices are off, as far as the log shows it.

Nothing came before it was written. So an entry dated after its receipt shows a clock that is ahead
of the server's, by that much at least. One dated long before it was waiting on the device, or comes
from a clock that is behind: the log cannot tell which, and says the least delay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec

from portique.ledger.act import Row, instant
from portique.ledger.devices import PROGRAM

BY_HAND = "typed"
"""`time_source` of an instant that no clock gave."""
_MOST_PLACES = 20


class _Dated(msgspec.Struct):
    device_id: str
    device_seq: int
    occurred_at_utc: str
    time_source: str


_read = msgspec.json.Decoder(_Dated).decode


@dataclass
class Clock:
    """The clock of one device, against the times of receipt.

    Args:
        entries: how many it dated by a clock.
        ahead_s: by how many seconds at least it is, or was, ahead of the server's; 0: not shown.
        least_delay_s: the shortest time from an entry's date to its receipt; negative: ahead.
        by_number: (number, sequence, instant) of each.
    """

    entries: int = 0
    ahead_s: float = 0.0
    least_delay_s: float | None = None
    by_number: list[tuple[int, int, datetime]] = field(default_factory=list)

    def take(self, number: int, sequence: int, occurred: datetime, received: datetime) -> None:
        """Take in one entry."""
        delay_s = (received - occurred).total_seconds()
        self.entries += 1
        self.ahead_s = max(self.ahead_s, -delay_s)
        least = self.least_delay_s
        self.least_delay_s = delay_s if least is None else min(least, delay_s)
        self.by_number.append((number, sequence, occurred))

    def set_back(self) -> list[int]:
        """Return the entries dated before the one of the number below: the clock was set back."""
        ordered = sorted(self.by_number)
        pairs = pairwise(ordered)
        return [sequence for (_, _, earlier), (_, sequence, later) in pairs if later < earlier]

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is told."""
        back = self.set_back()
        return {
            "entries": self.entries,
            "ahead_s": self.ahead_s,
            "least_delay_s": self.least_delay_s,
            "set_back": len(back),
            "set_back_at": back[:_MOST_PLACES],
        }


def clocks_of(rows: Iterable[Row]) -> dict[str, Clock]:
    """Return the clock of each device that dated an entry by one.

    Instants that a person typed, that are none, and those of the program itself are left out.

    Args:
        rows: of the log.

    >>> clocks_of([])
    {}
    """
    clocks: dict[str, Clock] = {}
    for row in rows:
        try:
            said = _read(row.payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        occurred, received = instant(said.occurred_at_utc), instant(row.received_at_utc)
        if said.device_id == PROGRAM or said.time_source == BY_HAND or not (occurred and received):
            continue
        clock = clocks.setdefault(said.device_id, Clock())
        clock.take(said.device_seq, row.sequence, occurred, received)
    return dict(sorted(clocks.items()))
