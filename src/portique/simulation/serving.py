"""Which sector served each event, and which sectors the operators were asked for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from portique.simulation.chunk import Events, Subscriptions, World
from portique.simulation.draw import Bools, Ints, Rng
from portique.simulation.numbering import OPERATORS
from portique.simulation.radio_world import Coverage, changed, layer_network, renamed

ASKED_WITHIN_M = 1_800.0
ASKED_LEAST = 3
"""Sites of each network nearest to a prison that are always asked for (assumed practice)."""


class Serving:
    """Serves events, area by area.

    Args:
        world: its sectors, and its points as they grow.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._coverage: dict[int, Coverage] = {}
        self.is_asked = asked_sectors(world)
        ids = world.sectors.ids
        self.names = pa.array([*ids, *(renamed(one) for one in ids)], pa.string())

    def rows(self, events: Events, subscriptions: Subscriptions, rng: Rng) -> Ints:
        """Return the sector of each event, -1 where no sector is heard."""
        area, x, y, facing = self._world.points.arrays()
        network = layer_network(subscriptions.operator[events.subscription], events.layer)
        out = np.full(len(events.second), -1, np.int64)
        where = area[events.point]
        for one in np.unique(where).tolist():
            mine = np.flatnonzero(where == one)
            key = np.stack([events.point[mine], network[mine], events.layer[mine]])
            out[mine] = self._of(one).serve((x, y, facing), key, rng)
        return out

    def _of(self, area: int) -> Coverage:
        if area not in self._coverage:
            world = self._world
            salt = (world.seed * 1_009 + area) % 1_000_003 * 8_000_000
            self._coverage[area] = Coverage(world.sectors, area, world.recipe, salt)
        return self._coverage[area]

    def identities(self, row: Ints, second: Ints) -> pa.Array:
        """Return sectors as the operator wrote them at each instant; empty for none."""
        sectors = self._world.sectors
        known = np.maximum(row, 0)
        is_new = changed(sectors, row, second) & (sectors.changed_to[known] < 0)
        index = known + len(sectors.ids) * is_new
        return self.names.take(pa.array(index, mask=row < 0))


def asked_sectors(world: World) -> Bools:
    """Return which sectors the operators were asked for: those near any prison."""
    sectors = world.sectors
    asked = np.zeros(len(sectors.ids), bool)
    for prison in world.prisons:
        here = np.flatnonzero(sectors.area == prison.area)
        away = np.hypot(sectors.x[here] - prison.x, sectors.y[here] - prison.y)
        asked[here[away < ASKED_WITHIN_M]] = True
        for network in range(len(OPERATORS)):
            mine = sectors.network[here] == network
            nearest = np.unique(away[mine])[:ASKED_LEAST]
            asked[here[mine & np.isin(away, nearest)]] = True
    return asked
