"""Where the masts stand: invented with measured distances, or read from a public list."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from portique.core.place import bearing_deg, distance_m
from portique.simulation.draw import Floats, Ints, Rng
from portique.simulation.numbering import OPERATORS
from portique.simulation.places import Area

RADIUS_M = 6_000.0
NEAREST_MEDIAN_M = (433.0, 558.0, 583.0, 674.0)
"""Median distance of the nearest site to a prison: Orange, SFR, Bouygues, Free (Arcep 2018)."""
COUNTRYSIDE = 0.06
"""Sites in the open country, against the middle of the town (assumed)."""
SATELLITE_SITES = 5


def synthetic_sites(area: Area, rng: Rng) -> tuple[Floats, Floats, Ints]:
    """Return east and north in metres, and the network of each invented site.

    Sites are thrown independently with a density that falls off from the middle of the town; at
    the prison it is such that the nearest site has the measured median distance.
    """
    parts = []
    for network, median in enumerate(NEAREST_MEDIAN_M):
        # The nearest of points thrown with density d lies within r with 1 - exp(-pi d r^2).
        at_prison = np.log(2.0) / (np.pi * median**2) * area.density
        peak = min(at_prison / float(_town(area, np.zeros(1), np.zeros(1))[0]), 12e-6)
        count = int(rng.poisson(peak * (2 * RADIUS_M) ** 2))
        x, y = rng.uniform(-RADIUS_M, RADIUS_M, (2, count))
        keep = (rng.random(count) < _town(area, x, y)) & (np.hypot(x, y) < RADIUS_M)
        few = rng.normal(0, 900.0, (len(area.satellites), SATELLITE_SITES, 2))
        far = (area.satellites[:, None, :] + few).reshape(-1, 2)
        least = rng.normal(0, 1_500.0, (2, 2))  # no network leaves a town without any site
        x = np.concatenate([x[keep], far[:, 0], least[0]])
        y = np.concatenate([y[keep], far[:, 1], least[1]])
        parts.append((x, y, np.full(len(x), network)))
    east, north, run_by = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return np.round(east, 1), np.round(north, 1), run_by


def _town(area: Area, x: Floats, y: Floats) -> Floats:
    away = np.hypot(x - area.town[0], y - area.town[1])
    return np.asarray(COUNTRYSIDE + (1 - COUNTRYSIDE) * np.exp(-away / 1_800.0))


def real_sites(path: Path, area: Area) -> tuple[Floats, Floats, Ints] | None:
    """Return the sites of a public list around an area, or None where it has none.

    Args:
        path: CSV with the columns `mccmnc`, `lat`, `lon`, as in the list of Arcep.
        area: the ground.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [
            (float(row["lat"]), float(row["lon"]), int(row["mccmnc"]))
            for row in csv.DictReader(lines)
            if int(row["mccmnc"]) in OPERATORS
        ]
    lat, lon, plmn = (np.array(column) for column in zip(*rows, strict=True))
    distance = distance_m(area.lat, area.lon, lat, lon)
    near = distance < RADIUS_M
    if near.sum() < 8:
        return None
    angle = np.radians(bearing_deg(area.lat, area.lon, lat[near], lon[near]))
    x, y = distance[near] * np.sin(angle), distance[near] * np.cos(angle)
    network = np.array([OPERATORS.index(int(code)) for code in plmn[near]])
    place = np.unique(np.round(np.stack([x, y, network], axis=1), 1), axis=0)
    return place[:, 0], place[:, 1], place[:, 2].astype(np.int64)
