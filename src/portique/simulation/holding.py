"""Who holds each hidden phone when, and how it changes hands."""

from __future__ import annotations

from dataclasses import dataclass

from portique.simulation.draw import Bools, Ints


@dataclass(frozen=True)
class Uses:
    """Who uses a phone where and when: arrays of shape (uses,), by phone, second user, start.

    Args:
        device: position of the phone in its group.
        user, cell: inmate and the cell of that stay; `NOWHERE` outside.
        person: position in the fleet's `People`; `NOWHERE` inside.
        from_s, until_s: half-open span; spans of first users of one phone never overlap.
        is_second: a second user beside the first one of the same time.
    """

    device: Ints
    user: Ints
    cell: Ints
    person: Ints
    from_s: Ints
    until_s: Ints
    is_second: Bools
