"""Metres and true-north degrees on the ground, for whole arrays at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius R1 of WGS 84, in metres. Source: NIMA TR8350.2, table 3.4."""

Degrees = npt.ArrayLike
Array = npt.NDArray[np.float64]


def distance_m(lat1: Degrees, lon1: Degrees, lat2: Degrees, lon2: Degrees) -> Array:
    """Return the great-circle distance in metres, by the haversine formula.

    Arrays broadcast. Right to 0.5 % (the Earth is taken as a sphere), far below the size of a
    radio sector.

    >>> int(distance_m(48.8566, 2.3522, 45.7640, 4.8357))
    391499
    """
    phi1, phi2 = np.radians(np.asarray(lat1, float)), np.radians(np.asarray(lat2, float))
    half_dphi = (phi2 - phi1) / 2
    half_dlam = np.radians(np.asarray(lon2, float) - np.asarray(lon1, float)) / 2
    chord = np.sin(half_dphi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_dlam) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, chord))))


def bearing_deg(lat1: Degrees, lon1: Degrees, lat2: Degrees, lon2: Degrees) -> Array:
    """Return the initial bearing from the first point to the second, in [0, 360) from true north.

    >>> float(bearing_deg(48.0, 2.0, 49.0, 2.0))
    0.0
    """
    phi1, phi2 = np.radians(np.asarray(lat1, float)), np.radians(np.asarray(lat2, float))
    dlam = np.radians(np.asarray(lon2, float) - np.asarray(lon1, float))
    east = np.sin(dlam) * np.cos(phi2)
    north = np.cos(phi1) * np.sin(phi2) - np.sin(phi1) * np.cos(phi2) * np.cos(dlam)
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360.0)


def angle_between_deg(first: Degrees, second: Degrees) -> Array:
    """Return the smaller angle between two bearings, in [0, 180].

    >>> float(angle_between_deg(350.0, 10.0))
    20.0
    """
    apart = np.abs(np.asarray(first, float) - np.asarray(second, float)) % 360.0
    return np.asarray(np.minimum(apart, 360.0 - apart))


def moved_by(lat: Degrees, lon: Degrees, east_m: Degrees, north_m: Degrees) -> tuple[Array, Array]:
    """Return the point so many metres east and north of another (flat within some 50 km).

    >>> lat, lon = moved_by(48.0, 2.0, 0.0, 1000.0)
    >>> round(float(distance_m(48.0, 2.0, lat, lon)))
    1000
    """
    lat_array = np.asarray(lat, float)
    dlat = np.degrees(np.asarray(north_m, float) / EARTH_RADIUS_M)
    shrink = np.cos(np.radians(lat_array))
    dlon = np.degrees(np.asarray(east_m, float) / EARTH_RADIUS_M / shrink)
    return lat_array + dlat, np.asarray(lon, float) + dlon
