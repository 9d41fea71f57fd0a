"""Which sectors would serve a phone at a point: geometry alone, before any survey.

A phone is served by the sector it receives best. Received power falls with distance and with the
angle to the sector's azimuth; walls and terrain add some decibels that nobody knows. So a point
has a distribution over the sectors of one network, not one sector.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.place import angle_between_deg, bearing_deg, distance_m, moved_by

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PATH_LOSS_DB_PER_DECADE = 35.0
"""Fall of received power per tenfold distance in towns. Source: 3GPP TR 25.942, 4.5.2 (37.6),
COST 231-Hata (35.2 at 30 m mast height)."""
FRONT_TO_BACK_DB = 20.0
DEFAULT_BEAMWIDTH_DEG = 65.0
"""Antenna pattern min(12 (angle/width)^2, 20) dB with 65 degrees. Source: 3GPP TR 25.996, 5.1."""
UNKNOWN_SPREAD_DB = 6.0
"""Scale of what is not modelled, as a logistic scale (a standard deviation of about 8 dB for the
difference of two sectors): assumed, the range of shadowing given in 3GPP TR 25.942 is 6 to 10."""
NEVER_SERVES_DB = 34.0
"""A sector this much weaker than the best one at every point of the prison cannot serve it: four
standard deviations of what is not modelled (assumed; decision 0052)."""
NEAR_M = 15_000.0
"""Every sector up to here is looked at."""
FARTHEST_M = 35_000.0
"""Beyond `NEAR_M` and up to here, those that could serve the prison for want of nearer ones: in the
country. Source: greatest timing advance of a GSM cell, 63 bits, 3GPP TS 45.010, 5.6 (35 km)."""
CLOSEST_M = 50.0


@dataclass(frozen=True)
class Register:
    """The sector register as arrays of shape (sectors,).

    Args:
        lat, lon: mast, degrees.
        azimuth_deg: clockwise from true north, nan for omnidirectional.
        beamwidth_deg: width at -3 dB.
        network: code of operator and technology: a phone chooses among sectors of one network.
    """

    lat: Floats
    lon: Floats
    azimuth_deg: Floats
    beamwidth_deg: Floats
    network: Ints

    def __len__(self) -> int:
        return len(self.lat)


def load_register(sectors: pa.Table) -> Register:
    """Return the register of table `sector`, row by row in its order."""
    beam = _numbers(sectors["beamwidth_deg"])
    network = pc.binary_join_element_wise(
        pc.fill_null(sectors["operator"], ""), pc.fill_null(sectors["technology"], ""), "|"
    )
    names = pc.unique(network.combine_chunks()).sort()
    code = pc.index_in(network, value_set=names).combine_chunks()
    return Register(
        lat=_numbers(sectors["lat"]),
        lon=_numbers(sectors["lon"]),
        azimuth_deg=_numbers(sectors["azimuth_deg"]),
        beamwidth_deg=np.where(np.isnan(beam) | (beam <= 0), DEFAULT_BEAMWIDTH_DEG, beam),
        network=np.asarray(code.to_numpy(zero_copy_only=False), np.int64),
    )


def _numbers(column: pa.ChunkedArray) -> Floats:
    filled = pc.fill_null(pc.cast(column, pa.float64()), float("nan"))
    return np.asarray(filled.to_numpy(), np.float64)


def gain_db(register: Register, rows: Ints, lat: Floats, lon: Floats) -> Floats:
    """Return relative received power in dB, shape (points, rows); only differences mean anything.

    Args:
        register: the sector register.
        rows: sectors to consider.
        lat, lon: points, degrees, shape (points,).
    """
    mast_lat, mast_lon = register.lat[rows][None, :], register.lon[rows][None, :]
    far = np.maximum(distance_m(mast_lat, mast_lon, lat[:, None], lon[:, None]), CLOSEST_M)
    towards = bearing_deg(mast_lat, mast_lon, lat[:, None], lon[:, None])
    azimuth = register.azimuth_deg[rows][None, :]
    off = angle_between_deg(np.nan_to_num(azimuth), towards)
    loss = np.minimum(12 * (off / register.beamwidth_deg[rows][None, :]) ** 2, FRONT_TO_BACK_DB)
    pattern = np.where(np.isnan(azimuth), 0.0, loss)
    return np.asarray(-PATH_LOSS_DB_PER_DECADE * np.log10(far) - pattern)


@dataclass(frozen=True)
class Survey:
    """Occasions of the surveying phones on the sectors near one prison.

    Args:
        handset: the phones.
        counts: shape (phones, near sectors), weighed.
    """

    handset: Ints
    counts: Floats

    def without(self, handset: int) -> Floats:
        """Return the pooled counts of all phones but one, shape (near sectors,)."""
        return np.asarray(self.counts[self.handset != handset].sum(axis=0), np.float64)


@dataclass(frozen=True)
class Surroundings:
    """The sectors near one prison, and what points inside and around it would be served by.

    Args:
        rows: register rows of the sectors within reach, shape (near,).
        can_serve: shape (near,): could serve some point of the prison.
        inside: shape (points inside, near): share of each sector at the point, within its network.
        outside: shape (points outside, near): the same.
        outside_weight: shape (points outside,): share of the ground each point stands for.
        networks: shape (near,): network code of each sector.
        survey: what phones surely inside were served by, once there are any.
    """

    rows: Ints
    can_serve: Bools
    inside: Floats
    outside: Floats
    outside_weight: Floats
    networks: Ints
    survey: Survey | None = None


RINGS_M = (80.0, 200.0, 400.0, 700.0, 1_100.0, 1_700.0, 2_600.0)
BEARINGS = 12


def surroundings(register: Register, lat: float, lon: float, perimeter_m: float) -> Surroundings:
    """Return the sectors near a prison and the shares at points inside it and around it.

    Inside: the centre and four points at half the perimeter's radius. Outside: seven rings from
    80 m to 2.6 km beyond the wall, twelve bearings each, weighted by the ground they stand for,
    as if people lived evenly around the prison (assumed).

    Args:
        register: the sector register.
        lat, lon: centre of the prison, degrees.
        perimeter_m: radius of the prison in metres.
    """
    half = perimeter_m / 2
    in_east, in_north = np.array([0, half, -half, 0, 0]), np.array([0, 0, 0, half, -half])
    radii = perimeter_m + np.repeat(RINGS_M, BEARINGS)
    turns = np.tile(np.arange(BEARINGS) * 2 * np.pi / BEARINGS, len(RINGS_M))
    inside = moved_by(lat, lon, in_east, in_north)
    outside = moved_by(lat, lon, radii * np.sin(turns), radii * np.cos(turns))
    weight = radii * np.repeat(np.gradient(np.asarray(RINGS_M)), BEARINGS)
    rows = _within_reach(register, lat, lon, inside)
    gain_inside = gain_db(register, rows, *inside)
    networks = register.network[rows]
    return Surroundings(
        rows=rows,
        can_serve=_can_serve(gain_inside, networks),
        inside=shares(gain_inside, networks),
        outside=shares(gain_db(register, rows, *outside), networks),
        outside_weight=weight / weight.sum(),
        networks=networks,
    )


def _within_reach(
    register: Register, lat: float, lon: float, inside: tuple[Floats, Floats]
) -> Ints:
    """Return the sectors near a prison, and those far out that could serve it all the same."""
    far = distance_m(register.lat, register.lon, lat, lon)
    rows = np.flatnonzero(far <= FARTHEST_M)
    able = _can_serve(gain_db(register, rows, *inside), register.network[rows])
    return np.asarray(rows[able | (far[rows] <= NEAR_M)], np.int64)


def _can_serve(gain: Floats, networks: Ints) -> Bools:
    able = np.zeros(gain.shape[1], bool)
    for network in np.unique(networks):
        mine = networks == network
        behind = gain[:, mine].max(axis=1, keepdims=True) - gain[:, mine]
        able[mine] = behind.min(axis=0) < NEVER_SERVES_DB
    return able


def shares(gain: Floats, networks: Ints) -> Floats:
    """Return the probability of each sector at each point, summing to 1 within each network.

    Args:
        gain: relative power in dB, shape (points, sectors).
        networks: network code of each sector.

    >>> shares(np.array([[0.0, 0.0, -5.0]]), np.array([1, 1, 2])).tolist()
    [[0.5, 0.5, 1.0]]
    """
    out = np.zeros_like(gain)
    for network in np.unique(networks):
        mine = networks == network
        power = np.exp(
            (gain[:, mine] - gain[:, mine].max(axis=1, keepdims=True)) / UNKNOWN_SPREAD_DB
        )
        out[:, mine] = power / power.sum(axis=1, keepdims=True)
    return out
