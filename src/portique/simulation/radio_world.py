"""The radio: sites, sectors, and which sector serves a phone at a point.

A phone at a fixed point is not served by one sector but by a few, in shares that last: path loss
and shadowing are fixed for the point, and fast fading of each record decides among them. If the
fading of each sector follows a Gumbel law, the share of a sector is the softmax of its mean power,
which is what is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from portique.simulation.draw import Bools, Floats, Ints, Rng, stream
from portique.simulation.numbering import OPERATORS
from portique.simulation.period import DAY_S, HORIZON_S
from portique.simulation.places import Area, on_the_map
from portique.simulation.recipe import Recipe
from portique.simulation.sites import real_sites, synthetic_sites

SIX_SECTORS_SHARE = 0.23  # of the sites of a public register of sectors
G2_SITE_SHARE = 0.75
BEAMWIDTH_DEG = 65.0
HEARD_M = 7_000.0
LAYERS = {2: "2G", 4: "4G"}
_NETWORK_2G = np.array([0, 1, 2, 0])  # Free (20820) has no 2G of its own and roams on Orange's


@dataclass(frozen=True)
class Sectors:
    """Sectors as arrays of shape (sectors,), ordered by area.

    Args:
        area, site: where the mast stands, and which.
        network: position in `OPERATORS` of the network that runs it.
        layer: 2 or 4.
        x, y: mast, metres in the frame of the area.
        azimuth_deg: clockwise from north.
        power_db: offset of the site's strength.
        changed_s: second from which the register has another row for it; very large: never.
        changed_to: the sector's row after that: itself when only the antenna was turned.
        ids: identity as the register writes it, before any change.
    """

    area: Ints
    site: Ints
    network: Ints
    layer: Ints
    x: Floats
    y: Floats
    azimuth_deg: Floats
    power_db: Floats
    changed_s: Ints
    changed_to: Ints
    ids: list[str]


def layer_network(operator: Ints, layer: Ints) -> Ints:
    """Return the network that serves a subscription on 2G or 4G."""
    return np.asarray(np.where(layer == 2, _NETWORK_2G[operator], operator))


def make_sectors(seed: int, areas: list[Area], sites: Path | None) -> Sectors:
    """Return the sectors of every area: two or three layers on each site, three or six ways."""
    parts: list[list[np.ndarray]] = []
    first_site = 0
    for index, area in enumerate(areas):
        rng = stream(seed, "sites", area.name)
        placed = real_sites(sites, area) if sites and area.has_prison else None
        x, y, network = placed if placed is not None else synthetic_sites(area, rng)
        parts.append(_sectors_of(index, x, y, network, rng))
        parts[-1][1] += first_site
        first_site += len(x)
    columns = [np.concatenate([part[i] for part in parts]) for i in range(8)]
    return _with_changes(columns, stream(seed, "register"))


def _sectors_of(index: int, x: Floats, y: Floats, network: Ints, rng: Rng) -> list[np.ndarray]:
    ways = np.where(rng.random(len(x)) < SIX_SECTORS_SHARE, 6, 3)
    turn = rng.uniform(0, 360, len(x))
    strength = 3.0 * rng.standard_normal(len(x))
    has_2g = (network != 3) & (rng.random(len(x)) < G2_SITE_SHARE)
    rows = []
    for layer, able in ((2, has_2g), (4, np.ones(len(x), bool))):
        chosen = np.flatnonzero(able)
        site = np.repeat(chosen, ways[chosen])
        way = np.arange(len(site)) - np.repeat(np.cumsum(ways[chosen]) - ways[chosen], ways[chosen])
        azimuth = turn[site] + way * 360.0 / ways[site] + rng.normal(0, 8.0, len(site))
        rows.append(
            [
                np.full(len(site), index),
                site,
                network[site],
                np.full(len(site), layer),
                x[site],
                y[site],
                np.round(azimuth % 360.0) % 360.0,
                strength[site],
            ]
        )
    return [np.concatenate([row[i] for row in rows]) for i in range(8)]


def _with_changes(columns: list[np.ndarray], rng: Rng) -> Sectors:
    """Return the sectors with identities; some 3 % are renamed or turned during the period."""
    count = len(columns[0])
    never = np.int64(1) << 40
    changed_s = np.full(count, never)
    changed = np.flatnonzero(rng.random(count) < 0.03)
    changed_s[changed] = rng.integers(5, HORIZON_S // DAY_S - 5, len(changed)) * DAY_S
    area, site, network, layer, x, y, azimuth, power = columns
    return Sectors(
        area=area,
        site=site,
        network=network,
        layer=layer,
        x=x,
        y=y,
        azimuth_deg=azimuth,
        power_db=power,
        changed_s=changed_s,
        changed_to=np.where(rng.random(count) < 0.5, np.arange(count), -1),
        ids=_identities(network, layer, site),
    )


def _identities(network: Ints, layer: Ints, site: Ints) -> list[str]:
    """Return a CGI for each 2G sector, an ECGI for each 4G one (3GPP TS 23.003, 4.3, 19.6)."""
    place: dict[tuple[int, int], int] = {}
    out = []
    for net, lay, mast in zip(network.tolist(), layer.tolist(), site.tolist(), strict=True):
        way = place.get((mast, lay), 0)
        place[mast, lay] = way + 1
        mnc = str(OPERATORS[net])[3:]
        if lay == 2:
            out.append(f"208-{mnc}-{1000 + mast // 60}-{(mast % 6000) * 10 + way + 1}")
        else:
            out.append(f"208-{mnc}-{(100_000 + mast) * 256 + way + 1}")
    return out


def renamed(identity: str) -> str:
    """Return the identity that a sector gets when the operator renames it.

    >>> renamed("208-01-1000-11"), renamed("208-01-25600001")
    ('208-01-1000-60011', '208-01-25600101')
    """
    head, _, tail = identity.rpartition("-")
    shift = 60_000 if identity.count("-") == 3 else 100
    return f"{head}-{int(tail) + shift}"


class Coverage:
    """Says which sectors serve points of one area, and draws one for each record.

    Args:
        sectors: the sectors of the world.
        area: position of the area.
        recipe: path loss, shadowing and fading.
        salt: makes the shadowing of this world its own.
    """

    def __init__(self, sectors: Sectors, area: int, recipe: Recipe, salt: int) -> None:
        low, high = np.searchsorted(sectors.area, [area, area + 1])
        self._sectors, self._recipe, self._salt = sectors, recipe, salt
        self._rows = np.arange(low, high)

    def serve(self, points: tuple[Floats, Floats, Floats], key: Ints, rng: Rng) -> Ints:
        """Return the sector of each record.

        Args:
            points: x, y and facing of each distinct (point, network, layer), see `key`.
            key: shape (3, records): position in `points`, network, layer.
            rng: decides the fading.

        Returns:
            Rows of the sectors, -1 where the network has none within reach.
        """
        out = np.full(key.shape[1], -1, np.int64)
        network_layer = key[1] * 8 + key[2]
        for value in np.unique(network_layer):
            mine = np.flatnonzero(network_layer == value)
            used, at = np.unique(key[0, mine], return_inverse=True)
            rows = self._of(int(value) // 8, int(value) % 8)
            if len(rows):
                place = tuple(part[used] for part in points)
                out[mine] = self._draw(rows, place, at, rng)
        return out

    def _of(self, network: int, layer: int) -> Ints:
        s = self._sectors
        fits = (s.network[self._rows] == network) & (s.layer[self._rows] == layer)
        return np.asarray(self._rows[fits])

    def _draw(self, rows: Ints, place: tuple[Floats, ...], at: Ints, rng: Rng) -> Ints:
        """Draw for points in blocks, so that memory stays small."""
        out = np.full(len(at), -1, np.int64)
        order = np.argsort(at, kind="stable")
        uniform = rng.random(len(at))
        block = max(1, 400_000 // len(rows))
        for first in range(0, len(place[0]), block):
            few = tuple(part[first : first + block] for part in place)
            share = self.shares(rows, few)
            low, high = np.searchsorted(at[order], [first, first + len(few[0])])
            mine = order[low:high]
            edges = np.cumsum(share, axis=1)
            flat = (edges / edges[:, -1:] + np.arange(len(edges))[:, None]).ravel()
            wanted = (at[mine] - first) + uniform[mine] * (1 - 1e-9)
            found = np.searchsorted(flat, wanted, side="right") - (at[mine] - first) * len(rows)
            out[mine] = rows[np.minimum(found, len(rows) - 1)]
        return out

    def shares(self, rows: Ints, place: tuple[Floats, ...]) -> Floats:
        """Return the share of each sector at each point, shape (points, rows); rows sum to 1."""
        s, recipe = self._sectors, self._recipe
        x, y, facing = (part[:, None] for part in place)
        east, north = x - s.x[rows], y - s.y[rows]
        distance = np.maximum(np.hypot(east, north), 25.0)
        bearing = np.degrees(np.arctan2(east, north))
        off = np.abs((bearing - s.azimuth_deg[rows] + 180.0) % 360.0 - 180.0)
        pattern = np.minimum(12.0 * (off / BEAMWIDTH_DEG) ** 2, 20.0)  # 3GPP TR 36.814, A.2.1.1
        # A wall stands between the phone and masts behind it: up to 8 dB more (assumed).
        behind = np.abs((bearing + 180.0 - facing + 180.0) % 360.0 - 180.0)
        wall = 4.0 * (1.0 - np.cos(np.radians(behind)))
        power = (
            s.power_db[rows]
            - recipe.path_loss_db_per_decade * np.log10(distance / 1_000.0)
            - pattern
            - wall
            + recipe.shadowing_db * shadow(x, y, s.site[rows] * 8 + self._salt, off // 60)
        )
        scale = recipe.fading_db * np.sqrt(6.0) / np.pi  # of a Gumbel law with that deviation
        power = np.where(distance > 3 * HEARD_M, -1e3, power) / scale
        share = np.exp(power - power.max(axis=1, keepdims=True))
        share[share < 0.01] = 0.0
        return np.asarray(share)


def shadow(x: Floats, y: Floats, site: Ints, way: Floats) -> Floats:
    """Return shadowing in standard deviations: a fixed field for each site, smooth over 50 m.

    Values at the corners of a 50 m grid come from a hash of the corner and the site, so that the
    field need not be stored; in between they are mixed and brought back to unit variance.
    """
    gx, gy = x / 50.0, y / 50.0
    ix, iy = np.floor(gx).astype(np.int64), np.floor(gy).astype(np.int64)
    fx, fy = gx - ix, gy - iy
    total = np.zeros(np.broadcast_shapes(x.shape, site.shape))
    square = np.zeros_like(total)
    for dx in (0, 1):
        for dy in (0, 1):
            weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy)
            total += weight * _gauss(ix + dx, iy + dy, site + way.astype(np.int64))
            square += weight**2
    return np.asarray(total / np.sqrt(square))


def _gauss(ix: Ints, iy: Ints, owner: Ints) -> Floats:
    """Return a number near the normal law from the hash of three whole numbers."""
    h = (
        ix.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        ^ iy.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        ^ owner.astype(np.uint64) * np.uint64(0x165667B19E3779F9)
    )
    h ^= h >> np.uint64(29)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(29)
    low = np.uint64(0xFFFF)
    quarters = sum(((h >> np.uint64(16 * i)) & low).astype(np.float64) for i in range(4))
    # Four uniform numbers add up to mean 2 and variance 1/3.
    return np.asarray((quarters / 65_536.0 - 2.0) * np.sqrt(3.0))


def changed(sectors: Sectors, row: Ints, instant: Ints) -> Bools:
    """Return whether each record comes after the change of its sector's row in the register."""
    known = np.maximum(row, 0)
    return np.asarray((row >= 0) & (instant >= sectors.changed_s[known]))


def site_place(areas: list[Area], sectors: Sectors) -> tuple[Floats, Floats]:
    """Return latitude and longitude of every sector's mast."""
    lat, lon = np.empty(len(sectors.ids)), np.empty(len(sectors.ids))
    for index, area in enumerate(areas):
        mine = slice(*np.searchsorted(sectors.area, [index, index + 1]))
        lat[mine], lon[mine] = on_the_map(area, sectors.x[mine], sectors.y[mine])
    return lat, lon
