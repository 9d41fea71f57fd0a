"""Invented worlds before their first phone, and with their fleets, for tests to share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from portique.simulation.absences import make_absences
from portique.simulation.activity import fleet_chunk, insider_chunk
from portique.simulation.chunk import Chunk, World
from portique.simulation.contacts import make_circles
from portique.simulation.fleet import Fleet, make_fleet
from portique.simulation.numbering import Numbering
from portique.simulation.places import Points, make_areas, make_cells
from portique.simulation.population import make_stays
from portique.simulation.radio_world import make_sectors
from portique.simulation.recipe import SCALES, parse_vary


@dataclass(frozen=True)
class Made:
    """A world, its fleet, and the events of both groups of phones."""

    world: World
    fleet: Fleet
    chunk: Chunk
    insiders: Chunk


def ground(seed: int, scale: str, *vary: str) -> World:
    """Return a world in which no phone was handed out yet."""
    size, recipe = SCALES[scale], parse_vary(list(vary))
    areas, prisons = make_areas(seed, size, recipe)
    cells = make_cells(seed, prisons, recipe)
    stays = make_stays(seed, prisons, cells, recipe)
    numbering = Numbering(seed * 1_000)
    return World(
        seed=seed,
        scale=size,
        recipe=recipe,
        areas=areas,
        prisons=prisons,
        cells=cells,
        stays=stays,
        absences=make_absences(seed, stays, cells, recipe),
        circles=make_circles(seed, stays, cells, recipe, numbering),
        sectors=make_sectors(seed, areas, None),
        points=Points(),
        numbering=numbering,
    )


def make(seed: int, scale: str, *vary: str) -> Made:
    """Return a world with its fleet and events, made anew."""
    world = ground(seed, scale, *vary)
    fleet = make_fleet(world)
    return Made(world, fleet, fleet_chunk(world, fleet), insider_chunk(world, fleet))


@lru_cache(maxsize=6)
def made(seed: int, scale: str, *vary: str) -> Made:
    """Return a world with its fleet and events; the same object for the same words."""
    return make(seed, scale, *vary)
