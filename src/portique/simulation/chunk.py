"""What the makers of a world hand to its writer: phones, subscriptions and events, in chunks."""

from __future__ import annotations

from dataclasses import dataclass

from portique.simulation.absences import Absences
from portique.simulation.contacts import Circles
from portique.simulation.draw import Bools, Ints
from portique.simulation.numbering import Numbering
from portique.simulation.places import Area, Cells, Points, Prison
from portique.simulation.population import Stays
from portique.simulation.radio_world import Sectors
from portique.simulation.recipe import Recipe, Scale

KINDS = ("call_out", "call_in", "sms_out", "sms_in", "data", "location_update")
CALL_OUT, CALL_IN, SMS_OUT, SMS_IN, DATA, LOCATION_UPDATE = range(6)
NOWHERE = -1


@dataclass(frozen=True)
class World:
    """Everything that stands before the first phone is handed out."""

    seed: int
    scale: Scale
    recipe: Recipe
    areas: list[Area]
    prisons: list[Prison]
    cells: Cells
    stays: Stays
    absences: Absences
    circles: Circles
    sectors: Sectors
    points: Points
    numbering: Numbering


@dataclass(frozen=True)
class Subscriptions:
    """Subscriptions as arrays: IMSI and number as whole numbers, position in `OPERATORS`."""

    imsi: Ints
    number: Ints
    operator: Ints


@dataclass(frozen=True)
class Devices:
    """Phones as arrays of shape (phones,), with where each is at the horizon.

    Args:
        imei: 14 digits that the phone sends; clones send the same.
        in_fleet: whether the supplier sold it.
        prison, cell: positions at the horizon; `NOWHERE` outside every prison.
        user, second_user: inmates who use it at the horizon; `NOWHERE` for none.
    """

    imei: Ints
    in_fleet: Bools
    prison: Ints
    cell: Ints
    user: Ints
    second_user: Ints


@dataclass(frozen=True)
class Events:
    """Events as arrays of shape (events,), in any order.

    Args:
        device, subscription: positions in the chunk's own arrays.
        second: since `period.START`; may lie before it or after the horizon where the recipe says.
        duration_s: whole seconds; 0 for messages.
        kind: position in `KINDS`.
        counterpart: number, E.164 without plus, or a short code; 0 for none.
        point: position in the world's `Points`, where the phone was.
        layer: 2 or 4, see `radio_world.LAYERS`.
    """

    device: Ints
    subscription: Ints
    second: Ints
    duration_s: Ints
    kind: Ints
    counterpart: Ints
    point: Ints
    layer: Ints


@dataclass(frozen=True)
class Chunk:
    """Some phones with their subscriptions and all their events.

    `is_asked_by_imei` says that the operators were asked for these very phones, so that their rows
    are delivered wherever they were; the rows of others only come from sectors around prisons.
    """

    devices: Devices
    subscriptions: Subscriptions
    events: Events
    is_asked_by_imei: bool
