"""The fleet: what was sold, which of it turned up, and in whose hands.

Where a phone is at the horizon (`Devices`): of those that fell silent, `lost_share` are broken,
thrown out or taken along: in no prison. Any other lies where its last holder is held then; if that
holder has left, or nobody took it over, it lies hidden in the last prison but in no cell (`cell`
and `user` are `NOWHERE`). A seized phone is with the police: in no prison.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.simulation.chunk import NOWHERE, Devices, Subscriptions, World
from portique.simulation.draw import Bools, Floats, Ints, Rng, lognormal, stream
from portique.simulation.handing_out import Stock, hand_out, make_stock
from portique.simulation.hiding import Hidden
from portique.simulation.holding import Uses, join_uses
from portique.simulation.identities import Identities, make_identities
from portique.simulation.numbering import SMARTPHONE_TACS, popularity
from portique.simulation.outsiders import People
from portique.simulation.period import DAY_S, HORIZON_S, LOCAL_DAYS, ORDER_FROM_S, local_time
from portique.simulation.regulars import Regulars, make_regulars
from portique.simulation.subscriptions import Sims, make_sims

CACHED_USE = 0.25
"""Use of a phone in a cache, against any other (assumed)."""
SMARTPHONE_4G_SHARE = 0.95


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
    """A group of phones with their holders and subscriptions.

    Args:
        devices, uses, sims, subscriptions: who they are, who has them, what is in them.
        is_4g, events_per_day: shape (phones,); events a day on days of use.
    """

    devices: Devices
    is_4g: Bools
    events_per_day: Floats
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
        people: those outside who hold a phone of the fleet, or held it before it came inside.
        regulars: whom each user and holder calls; a person's caller is `inmates + person`.
        cell_point: shape (cells,), position of each prison cell in the world's `Points`.
        partner_numbers: shape (groups, numbers): partners in crime whom several holders call.
        search_prison, search_day: shape (searches,), local days of general searches.
    """

    held: Held
    smartphones: Held
    sold: Sold
    finds: Finds
    people: People
    regulars: Regulars
    cell_point: Ints
    partner_numbers: Ints
    search_prison: Ints
    search_day: Ints

    @property
    def devices(self) -> Devices:
        """The phones of the fleet that turned up."""
        return self.held.devices


def make_fleet(world: World) -> Fleet:
    """Return the fleet of a world; adds points to the world, and numbers people and phones."""
    rng = stream(world.seed, "fleet")
    made = make_identities(world.scale.fleet, world.recipe, world.numbering, rng)
    stock = make_stock(world, made.batch, rng)
    cell_point = _cell_points(world)
    hidden, outside, people, people_prison = hand_out(world, stock, rng)
    uses = join_uses(
        [row for own in hidden.rows for row in own],
        [row for own in hidden.second_rows for row in own],
        outside,
    )
    users = np.unique(uses.user[uses.user >= 0])
    regulars, partners = make_regulars(world, users, people, people_prison, rng)
    sims, subscriptions = make_sims(world, uses, stock.prison, rng)
    devices, is_4g = _devices(world, made, stock, hidden, rng)
    rate = lognormal(
        rng, world.recipe.events_per_day_median, world.recipe.events_per_day_sigma, stock.count
    ) * np.where(stock.is_cached, CACHED_USE, 1.0)
    held = [
        Held(
            devices=_of(devices, mask),
            is_4g=is_4g[mask],
            events_per_day=rate[mask],
            uses=uses.of(mask),
            sims=sims.of(mask),
            subscriptions=subscriptions,
        )
        for mask in (~stock.is_smartphone, stock.is_smartphone)
    ]
    days = np.sort(
        np.argsort(rng.random((len(world.prisons), LOCAL_DAYS - 2)), axis=1)[
            :, : world.recipe.search_days
        ]
        + 1
    )
    finds = _finds(stock, hidden)
    days = _with_finds(world, days, finds)
    return Fleet(
        held=held[0],
        smartphones=held[1],
        sold=_sold(world, made, stock, uses, rng),
        finds=finds,
        people=people,
        regulars=regulars,
        cell_point=cell_point,
        partner_numbers=partners,
        search_prison=np.repeat(np.arange(len(days)), days.shape[1]),
        search_day=days.ravel(),
    )


def _with_finds(world: World, days: Ints, finds: Finds) -> Ints:
    """Return the days of searches of each prison, a share of them those of finds in it."""
    share = world.recipe.found_on_search_share
    if share <= 0:
        return days
    rng, days = stream(world.seed, "searches"), days.copy()
    found_in, found_on = world.cells.prison[finds.cell], local_time(finds.second)[0]
    for prison in range(len(days)):
        pool = rng.permutation(np.unique(found_on[found_in == prison]))
        count = min(len(pool), int(rng.binomial(days.shape[1], share)))
        days[prison, :count] = pool[:count]
    return days


def _cell_points(world: World) -> Ints:
    cells = world.cells
    area = np.array([prison.area for prison in world.prisons], np.int64)[cells.prison]
    return world.points.add(area, cells.x, cells.y, cells.facing_deg)


def _devices(
    world: World, made: Identities, stock: Stock, hidden: Hidden, rng: Rng
) -> tuple[Devices, Bools]:
    """Return every phone, those of the fleet first, and whether each can use 4G."""
    others = stock.count - len(stock.handset)
    tac = rng.choice(SMARTPHONE_TACS, others, p=popularity(len(SMARTPHONE_TACS)))
    now = np.full((4, stock.count), NOWHERE, np.int64)
    now[:, stock.hidden] = hidden.prison, hidden.cell, hidden.user, hidden.second_user
    devices = Devices(
        imei=np.concatenate([made.sent[stock.handset], world.numbering.imeis(tac)]),
        in_fleet=~stock.is_smartphone,
        prison=now[0],
        cell=now[1],
        user=now[2],
        second_user=now[3],
    )
    is_4g = rng.random(others) < SMARTPHONE_4G_SHARE
    return devices, np.concatenate([made.is_4g[stock.handset], is_4g])


def _of(devices: Devices, mask: Bools) -> Devices:
    return Devices(
        imei=devices.imei[mask],
        in_fleet=devices.in_fleet[mask],
        prison=devices.prison[mask],
        cell=devices.cell[mask],
        user=devices.user[mask],
        second_user=devices.second_user[mask],
    )


def _sold(world: World, made: Identities, stock: Stock, uses: Uses, rng: Rng) -> Sold:
    """Return what was sold, each handset before its first use."""
    count = len(made.boxed)
    device = np.full(count, NOWHERE, np.int64)
    device[stock.handset] = np.arange(len(stock.handset))
    second = rng.integers(ORDER_FROM_S, HORIZON_S - 2 * DAY_S, count)
    first_use = np.full(stock.count, HORIZON_S, np.int64)
    np.minimum.at(first_use, uses.device, uses.from_s)
    before = np.minimum(first_use, stock.lives.entry_s)[: len(stock.handset)]
    gap = DAY_S + (rng.exponential(45.0, len(before)) * DAY_S).astype(np.int64)
    least = ORDER_FROM_S + rng.integers(0, 3 * DAY_S, len(before))
    second[stock.handset] = np.maximum(before - gap, least)
    area = rng.integers(0, len(world.areas), count)
    near = np.array([prison.area for prison in world.prisons], np.int64)[stock.prison]
    is_near = rng.random(len(stock.handset)) < 0.5
    area[stock.handset] = np.where(is_near, near[: len(is_near)], area[stock.handset])
    order = np.lexsort((np.arange(count), second))
    return Sold(made.boxed[order], made.tac[order], second[order], device[order], area[order])


def _finds(stock: Stock, hidden: Hidden) -> Finds:
    phone = np.flatnonzero(hidden.found_s != NOWHERE)
    phone = phone[np.lexsort((phone, hidden.found_s[phone]))]
    return Finds(
        second=hidden.found_s[phone],
        cell=hidden.found_cell[phone],
        inmate=hidden.found_user[phone],
        device=stock.hidden[phone],
    )
