"""Which subscription was in which phone when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.draw import Ints


@dataclass(frozen=True)
class Sims:
    """Subscriptions in phones: arrays of shape (spans,), by phone, slot and start.

    Args:
        device, subscription: positions in the group's own arrays.
        slot: 0, or 1 for the other of two that alternate.
        from_s, until_s: half-open span; those of one slot never overlap.
    """

    device: Ints
    subscription: Ints
    slot: Ints
    from_s: Ints
    until_s: Ints

    def seen_in(self, device: int, until_s: int) -> Ints:
        """Return the subscriptions that were in a phone before an instant, latest last."""
        mine = (self.device == device) & (self.from_s < until_s)
        order = np.argsort(self.from_s[mine], kind="stable")
        return np.asarray(self.subscription[mine][order])
