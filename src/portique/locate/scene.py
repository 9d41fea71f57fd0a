"""Everything that locating reads, as arrays, loaded once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.case import CaseSettings
from portique.core.clock import micros
from portique.engine.store import Store
from portique.locate.activity import DAY_US, Activity, load_activity
from portique.locate.census import Calendar, Stays, load_stays
from portique.locate.contacts import Declared, load_declared, load_second, with_found
from portique.locate.finds import Finds, load_finds, numbers_of_found, seized
from portique.locate.radio import Register, load_register

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DEFAULT_PERIMETER_M = 150.0
DEFAULT_CAPACITY = 300.0
LONGEST_LOOK_DAYS = 180
"""Habits and silences are read over the last half year at most."""


@dataclass(frozen=True)
class Prisons:
    """The prisons of the case: names and arrays of shape (prisons,)."""

    ids: list[str]
    lat: Floats
    lon: Floats
    perimeter_m: Floats
    capacity: Floats


@dataclass(frozen=True)
class Scene:
    """What the records, registers and lists of the case say, before any inference.

    Args:
        activity: the fleet's records.
        register: the sectors.
        prisons: the prisons.
        stays: who was held where.
        declared: numbers declared by inmates, or met by phones that were found on them.
        listed: the declared ones alone, with the same columns.
        second: numbers of contacts of contacts.
        calendar: half-hours up to the horizon.
        horizon_us: the knowledge horizon.
        finds: earlier finds.
        seized: shape (handsets,): seized in an earlier find after its last use.
        own_declared: shape (handsets,): an inmate declared the phone's own number.
        declared_column: shape (numbers + 1,): place of each counterpart among the declared
            numbers, -1 for none; the last entry stands for "no counterpart".
        second_column: the same among the numbers of contacts of contacts.
    """

    activity: Activity
    register: Register
    prisons: Prisons
    stays: Stays
    declared: Declared
    listed: Declared
    second: Declared
    calendar: Calendar
    horizon_us: int
    finds: Finds
    seized: npt.NDArray[np.bool_]
    own_declared: npt.NDArray[np.bool_]
    declared_column: Ints
    second_column: Ints


def load_scene(settings: CaseSettings, store: Store) -> Scene:
    """Return the scene of a case from its derived tables."""
    handsets, sectors = store.arrow("handset"), store.arrow("sector")
    clocks, zone = store.arrow("clock_offset"), settings.timezone
    activity = load_activity(store.arrow("fleet_record"), handsets, sectors, clocks, zone)
    prisons = _prisons(store.arrow("prison"))
    stays = load_stays(
        store.arrow("stay"), store.arrow("absence"), store.arrow("prison_cell"), prisons.ids
    )
    reach = store.arrow("number_reach")
    declared = load_declared(store.arrow("declared_contact"), reach, stays.inmates)
    named = set(declared.numbers)
    found = (store.arrow("find"), handsets, store.arrow("prison_cell"))
    finds = load_finds(found, activity, stays, zone)
    declared, listed = with_found(declared, numbers_of_found(finds, activity), reach)
    second = load_second(store.arrow("second_contact"), reach, stays.inmates)
    horizon_us = micros(settings.as_of_utc)
    earliest = int(activity.t_us.min()) if len(activity) else horizon_us - DAY_US
    start = max(earliest, horizon_us - LONGEST_LOOK_DAYS * DAY_US)
    return Scene(
        activity=activity,
        register=load_register(sectors),
        prisons=prisons,
        stays=stays,
        declared=declared,
        listed=listed,
        second=second,
        calendar=Calendar.over(start, horizon_us, settings.timezone),
        horizon_us=horizon_us,
        finds=finds,
        seized=seized(finds, len(activity.handset_ids)),
        declared_column=_columns(activity.numbers, declared.numbers),
        second_column=_columns(activity.numbers, second.numbers),
        own_declared=np.array([not named.isdisjoint(own) for own in activity.own_numbers], bool),
    )


def _columns(numbers: list[str], declared: list[str]) -> Ints:
    place = {number: i for i, number in enumerate(declared)}
    return np.array([place.get(number, -1) for number in [*numbers, ""]], np.int64)


def _prisons(table: pa.Table) -> Prisons:
    ids = pc.unique(table["prison_id"].combine_chunks()).sort().to_pylist()
    first = [table["prison_id"].index(name).as_py() for name in ids]
    rows = table.take(pa.array(first, pa.int64()))

    def numbers(name: str, default: float) -> Floats:
        column = pc.fill_null(pc.cast(rows[name], pa.float64()), default)
        found = np.asarray(column.to_numpy(), np.float64)
        return np.where(found > 0, found, default) if default else found

    return Prisons(
        ids=ids,
        lat=numbers("lat", 0.0),
        lon=numbers("lon", 0.0),
        perimeter_m=numbers("perimeter_m", DEFAULT_PERIMETER_M),
        capacity=numbers("capacity", DEFAULT_CAPACITY),
    )
