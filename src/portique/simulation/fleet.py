"""The fleet: what was sold, which of it turned up, and in whose hands.

Where a phone is at the horizon (`Devices`): a phone that fell silent lies where its last holder is
held then; if that holder has left, or nobody took it over, it lies hidden in the last prison
but in no cell (`cell` and `user` are `NOWHERE`). A seized phone is with the police: in no prison.
"""

from __future__ import annotations

from dataclasses import dataclass

from portique.simulation.chunk import Devices, Subscriptions
from portique.simulation.draw import Bools, Ints
from portique.simulation.holding import Uses
from portique.simulation.outsiders import People
from portique.simulation.subscriptions import Sims


@dataclass(frozen=True)
class Sold:
    """Every handset sold: arrays of shape (scale.fleet,), in the order of sale.

    Args:
        imei: 14 digits on its box; clones of a batch carry the same.
        tac: first eight of them, one of `FLEET_TACS`.
        second: when it was sold, since `period.START`, mostly before it.
        device: position in the fleet's devices; `NOWHERE` for one that never turned up.
        area: position of the area where the customer lives.
    """

    imei: Ints
    tac: Ints
    second: Ints
    device: Ints
    area: Ints


@dataclass(frozen=True)
class Finds:
    """Phones of the fleet seized before the horizon: arrays of shape (finds,), in order of time.

    Args:
        second: when, since `period.START`.
        cell: where.
        inmate: to whom it was ascribed; `NOWHERE` where the search did not say.
        device: position in the fleet's devices; its subscriptions: `Sims.seen_in`.
    """

    second: Ints
    cell: Ints
    inmate: Ints
    device: Ints


@dataclass(frozen=True)
class Held:
    """A group of phones with their holders and subscriptions; `is_4g` has shape (phones,)."""

    devices: Devices
    is_4g: Bools
    uses: Uses
    sims: Sims
    subscriptions: Subscriptions


@dataclass(frozen=True)
class Fleet:
    """The fleet, and the inmates' other hidden phones, with what decides their events.

    Args:
        held: phones of the fleet that turned up.
        smartphones: hidden phones of inmates that are not of the fleet.
        sold, finds: for the ledger and the list of finds.
        people: those outside who hold a phone of the fleet.
        cell_point: shape (cells,), position of each prison cell in the world's `Points`.
        partner_numbers: shape (groups, numbers): partners in crime whom several holders call.
        search_prison, search_day: shape (searches,), local days of general searches.
    """

    held: Held
    smartphones: Held
    sold: Sold
    finds: Finds
    people: People
    cell_point: Ints
    partner_numbers: Ints
    search_prison: Ints
    search_day: Ints

    @property
    def devices(self) -> Devices:
        """The phones of the fleet that turned up."""
        return self.held.devices
