"""Where things stand: areas, prisons with buildings and cells, and points where phones are used.

Each area has a flat frame of its own, in metres east and north of its centre. Areas lie far from
one another: no sector of one is heard in another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from portique.core.place import distance_m, moved_by
from portique.core.prisons import FrenchPrison, french_prisons
from portique.simulation.draw import Floats, Ints, Rng, lognormal, stream
from portique.simulation.recipe import Recipe, Scale

TOWNS = ("dense", "town", "rural")
TOWN_SHARE = (0.30, 0.45, 0.25)
# Density of sites against the measured median around prisons: Paris has 34.7 sites per km2, Nord
# 0.38, Creuse 0.05 (Arcep 2018), while prisons of the countryside stand near some village.
TOWN_DENSITY = {"dense": 2.6, "town": 1.0, "rural": 0.45}
OCCUPANCY = {"MA": 1.67, "CP": 1.2, "CD": 0.95, "MC": 0.85}
"""Inmates for one place: remand prisons stand at 167 % (measured), the others are assumed."""
LEAST_APART_M = 30_000.0


@dataclass(frozen=True)
class Area:
    """Ground around one prison, two neighbouring prisons, or a town without any.

    Args:
        name: e.g. "A001".
        lat, lon: centre, where the (first) prison stands.
        kind: dense, town or rural.
        density: sites per km2 at the prison, against the measured median.
        town: centre of the town, metres east and north.
        satellites: shape (3, 2), places some 8 to 22 km away where people work or live.
        has_prison: whether a prison stands here.
    """

    name: str
    lat: float
    lon: float
    kind: str
    density: float
    town: tuple[float, float]
    satellites: Floats
    has_prison: bool


@dataclass(frozen=True)
class Prison:
    """One prison: position in its area, buildings as points, cells as rows of `Cells`."""

    prison_id: str
    name: str
    kind: str
    area: int
    x: float
    y: float
    capacity: int
    perimeter_m: float
    inmates: int


@dataclass(frozen=True)
class Cells:
    """Prison cells as arrays of shape (cells,); `beds` are those in use, `places` the official."""

    prison: Ints
    building: Ints
    floor: Ints
    number: Ints
    beds: Ints
    places: Ints
    x: Floats
    y: Floats
    facing_deg: Floats

    def cell_id(self, row: int, prison_id: str) -> str:
        """Return the name of a cell, e.g. "P001-B-2-014"."""
        letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[int(self.building[row])]
        return f"{prison_id}-{letter}-{self.floor[row]}-{self.number[row]:03d}"


@dataclass
class Points:
    """Points where phones are used, collected one after another; metres in the frame of an area."""

    area: list[Ints] = field(default_factory=list)
    x: list[Floats] = field(default_factory=list)
    y: list[Floats] = field(default_factory=list)
    facing_deg: list[Floats] = field(default_factory=list)
    count: int = 0

    def add(self, area: Ints | int, x: Floats, y: Floats, facing_deg: Floats) -> Ints:
        """Add points and return their positions; `facing_deg` is where the window looks."""
        size = len(x)
        self.area.append(np.broadcast_to(np.asarray(area, np.int64), (size,)))
        self.x.append(np.asarray(x, float))
        self.y.append(np.asarray(y, float))
        self.facing_deg.append(np.asarray(facing_deg, float))
        self.count += size
        return np.arange(self.count - size, self.count)

    def arrays(self) -> tuple[Ints, Floats, Floats, Floats]:
        """Return area, x, y and facing of every point."""
        return (
            np.concatenate(self.area),
            np.concatenate(self.x),
            np.concatenate(self.y),
            np.concatenate(self.facing_deg),
        )


def make_areas(seed: int, scale: Scale, recipe: Recipe) -> tuple[list[Area], list[Prison]]:
    """Return the areas of a world, those with prisons first, and its prisons."""
    rng = stream(seed, "areas")
    pairs = _pairs(scale.prisons, recipe.paired_prison_share, rng)
    grounds = _grounds(scale.prisons - pairs + scale.elsewhere, rng)
    areas = [
        _area(index, ground, index < scale.prisons - pairs, recipe, rng)
        for index, ground in enumerate(grounds)
    ]
    prisons = []
    for index in range(scale.prisons):
        is_second = index >= scale.prisons - pairs
        area = index - (scale.prisons - pairs) if is_second else index
        prisons.append(_prison(index, grounds[area], area, is_second, rng))
    return areas, prisons


def _pairs(prisons: int, share: float, rng: Rng) -> int:
    return min(prisons // 2, int(rng.binomial(prisons // 2, min(1.0, share * 2))))


def _grounds(count: int, rng: Rng) -> list[FrenchPrison]:
    """Return real towns with a prison, far enough from one another to share no sector."""
    able = [p for p in french_prisons() if p.is_metropolitan and p.kind in OCCUPANCY]
    order = rng.permutation(len(able))
    apart = LEAST_APART_M
    while True:
        chosen: list[FrenchPrison] = []
        for index in order:
            place = able[index]
            near = [distance_m(place.lat, place.lon, p.lat, p.lon) < apart for p in chosen]
            if not any(near):
                chosen.append(place)
            if len(chosen) == count:
                return chosen
        apart *= 0.8


def _area(index: int, ground: FrenchPrison, has_prison: bool, recipe: Recipe, rng: Rng) -> Area:
    kind = str(rng.choice(TOWNS, p=TOWN_SHARE))
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(300, 2_500)
    bearings, distances = rng.uniform(0, 2 * np.pi, 3), rng.uniform(8_000, 22_000, 3)
    density = TOWN_DENSITY[kind] * float(np.exp(0.4 * rng.standard_normal()))
    return Area(
        name=f"A{index + 1:03d}",
        lat=ground.lat,
        lon=ground.lon,
        kind=kind,
        density=density * recipe.density_factor,
        town=(away * float(np.cos(angle)), away * float(np.sin(angle))),
        satellites=np.stack([distances * np.cos(bearings), distances * np.sin(bearings)], axis=1),
        has_prison=has_prison,
    )


def _prison(index: int, ground: FrenchPrison, area: int, is_second: bool, rng: Rng) -> Prison:
    kind = ground.kind if not is_second else str(rng.choice(["CD", "MA"]))
    places = ground.capacity if ground.capacity and not is_second else None
    capacity = places or int(np.clip(lognormal(rng, 300.0, 0.5, 1)[0], 90, 900))
    capacity = min(capacity, 900)  # the largest of all would be a fifth of a small world
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(600, 1_100) if is_second else 0.0
    # A prison of 600 places covers some 15 ha (assumed from published sites of new prisons).
    return Prison(
        prison_id=f"P{index + 1:03d}",
        name=f"{kind} {index + 1:03d} ({ground.commune})",
        kind=kind,
        area=area,
        x=away * float(np.cos(angle)),
        y=away * float(np.sin(angle)),
        capacity=capacity,
        perimeter_m=round(100.0 + 0.2 * capacity),
        inmates=max(60, int(capacity * OCCUPANCY[kind])),
    )


def make_cells(seed: int, prisons: list[Prison], recipe: Recipe) -> Cells:
    """Return the cells of every prison: enough beds for its inmates, in rows of buildings."""
    parts = [
        _cells_of(index, prison, stream(seed, "cells", prison.prison_id), recipe)
        for index, prison in enumerate(prisons)
    ]
    joined = [np.concatenate([part[i] for part in parts]) for i in range(9)]
    return Cells(*joined)


def _cells_of(index: int, prison: Prison, rng: Rng, recipe: Recipe) -> list[np.ndarray]:
    sizes = rng.choice(3, prison.inmates, p=recipe.cell_share_of_size) + 1
    count = int(np.searchsorted(np.cumsum(sizes), prison.inmates)) + 1
    beds = sizes[:count]
    buildings = max(1, min(8, count // 70))
    building = np.arange(count) * buildings // count
    within = np.arange(count) - np.searchsorted(building, building)
    floor = within % 4
    number = within // 4 + 1
    angle = np.radians(rng.uniform(0, 360, buildings))
    ring = prison.perimeter_m * rng.uniform(0.25, 0.65, buildings)
    along = rng.uniform(0, np.pi, buildings)
    side = np.where(number % 2 == 0, 1.0, -1.0)
    offset = (number // 2) * 6.0 - 45.0  # six metres of wall a cell, either side of a corridor
    x = prison.x + ring[building] * np.cos(angle[building]) + offset * np.cos(along[building])
    y = prison.y + ring[building] * np.sin(angle[building]) + offset * np.sin(along[building])
    wall = along[building] + side * np.pi / 2
    facing = (90.0 - np.degrees(wall)) % 360.0
    places = np.maximum(1, np.round(beds / OCCUPANCY[prison.kind])).astype(np.int64)
    return [
        np.full(count, index),
        building,
        floor,
        number,
        beds,
        places,
        x + 7.0 * np.cos(wall),
        y + 7.0 * np.sin(wall),
        facing,
    ]


def on_the_map(area: Area, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return degrees north and east, to some ten centimetres."""
    lat, lon = moved_by(area.lat, area.lon, x, y)
    return np.round(lat, 6), np.round(lon, 6)


def around(x: float, y: float, near_m: Floats, far_m: Floats, rng: Rng) -> tuple[Floats, Floats]:
    """Return points at distances from a centre between two bounds, even over the ground."""
    size = len(near_m)
    distance = np.sqrt(rng.uniform(near_m**2, far_m**2))
    angle = rng.uniform(0, 2 * np.pi, size)
    return x + distance * np.cos(angle), y + distance * np.sin(angle)
