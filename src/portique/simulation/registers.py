"""Registers and lists of a case: sectors, prisons, cells, stays, absences, declared contacts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.tables import INPUT
from portique.simulation.absences import REASONS
from portique.simulation.chunk import World
from portique.simulation.contacts import RELATIONS, UNKNOWN_S
from portique.simulation.draw import Ints, stream
from portique.simulation.files import known_instants, write_rows
from portique.simulation.numbering import OPERATORS, number_text
from portique.simulation.period import ORDER_FROM_S
from portique.simulation.places import on_the_map
from portique.simulation.population import OPEN_S
from portique.simulation.radio_world import BEAMWIDTH_DEG, LAYERS, renamed, site_place
from portique.simulation.truth import inmate_id

RANGE_M = {2: 10_000.0, 4: 6_000.0}
TURNED_DEG = 10.0
"""By how much an antenna was turned where the register has a second row (assumed)."""


def write_registers(world: World, sources: Path, ending: str) -> None:
    """Write everything that is not about phones below `sources`.

    Args:
        world: the world.
        sources: the case's folder `sources`.
        ending: "csv" or "parquet", for the large tables.
    """
    inmates = pa.array([inmate_id(i) for i in range(world.stays.inmates)], pa.string())
    cells = pa.array(cell_ids(world), pa.string())
    _write(sources / f"sector/register.{ending}", "sector", _sectors(world))
    _write(sources / "prison/prisons.csv", "prison", _prisons(world))
    _write(sources / f"prison_cell/cells.{ending}", "prison_cell", _cells(world, cells))
    _write(sources / f"stay/stays.{ending}", "stay", _stays(world, inmates, cells))
    _write(sources / f"absence/absences.{ending}", "absence", _absences(world, inmates))
    lists = _contacts(world, inmates)
    half = len(lists) // 2
    _write(sources / "declared_contact/list-1.csv", "declared_contact", lists.slice(0, half))
    _write(sources / f"declared_contact/list-2.{ending}", "declared_contact", lists.slice(half))


def cell_ids(world: World) -> list[str]:
    """Return the name of every cell."""
    ids = [prison.prison_id for prison in world.prisons]
    return [
        world.cells.cell_id(row, ids[prison])
        for row, prison in enumerate(world.cells.prison.tolist())
    ]


def _write(path: Path, kind: str, columns: pa.Table) -> None:
    write_rows(path, columns.cast(INPUT[kind].schema))


def _repeated(text: str | None, count: int) -> pa.Array:
    return pa.array([text], pa.string()).take(pa.array(np.zeros(count, np.int8)))


def _sectors(world: World) -> pa.Table:
    """Return the register: one row a sector, two for those that changed."""
    s = world.sectors
    lat, lon = (np.round(degrees, 6) for degrees in site_place(world.areas, s))
    changes = np.flatnonzero(s.changed_s < (1 << 40))
    row = np.concatenate([np.arange(len(s.ids)), changes])
    is_second = np.arange(len(row)) >= len(s.ids)
    is_turned = is_second & (s.changed_to[row] >= 0)
    never = 1 << 41
    names = pa.array([*s.ids, *(renamed(one) for one in s.ids)], pa.string())
    named = row + len(s.ids) * (is_second & ~is_turned)
    until = np.where(is_second | (s.changed_s[row] >= (1 << 40)), never, s.changed_s[row])
    start = np.where(is_second, s.changed_s[row], never)
    operators = pa.array([str(one) for one in OPERATORS])
    layers = pa.array([LAYERS.get(layer) for layer in range(max(LAYERS) + 1)], pa.string())
    ranges = np.array([RANGE_M.get(layer, 0.0) for layer in range(max(LAYERS) + 1)])
    return pa.table(
        {
            "sector_id": names.take(pa.array(named)),
            "operator": operators.take(pa.array(s.network[row])),
            "technology": layers.take(pa.array(s.layer[row])),
            "lat": lat[row],
            "lon": lon[row],
            "azimuth_deg": (s.azimuth_deg[row] + TURNED_DEG * is_turned) % 360.0,
            "beamwidth_deg": np.full(len(row), BEAMWIDTH_DEG),
            "range_m": ranges[s.layer[row]],
            "valid_from_utc": known_instants(start, [never]),
            "valid_until_utc": known_instants(until, [never]),
        }
    )


def _prisons(world: World) -> pa.Table:
    rows = []
    for prison in world.prisons:
        area = world.areas[prison.area]
        lat, lon = on_the_map(area, np.array([prison.x]), np.array([prison.y]))
        rows.append(
            {
                "prison_id": prison.prison_id,
                "name": prison.name,
                "kind": prison.kind,
                "lat": float(lat[0]),
                "lon": float(lon[0]),
                "capacity": prison.capacity,
                "perimeter_m": float(prison.perimeter_m),
            }
        )
    return pa.Table.from_pylist(rows, schema=INPUT["prison"].schema)


def _cells(world: World, names: pa.Array) -> pa.Table:
    cells = world.cells
    prisons = pa.array([prison.prison_id for prison in world.prisons])
    letters = pa.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return pa.table(
        {
            "cell_id": names,
            "prison_id": prisons.take(pa.array(cells.prison)),
            "building": letters.take(pa.array(cells.building)),
            "floor": pc.cast(pa.array(cells.floor), pa.string()),
            "places": cells.places,
        }
    )


def _stays(world: World, inmates: pa.Array, cells: pa.Array) -> pa.Table:
    stays = world.stays
    seen = np.flatnonzero(stays.until_s > ORDER_FROM_S)
    return pa.table(
        {
            "inmate_id": inmates.take(pa.array(stays.inmate[seen])),
            "cell_id": cells.take(pa.array(stays.cell[seen])),
            "from_utc": known_instants(stays.from_s[seen], []),
            "until_utc": known_instants(stays.until_s[seen], [OPEN_S]),
        }
    )


def _absences(world: World, inmates: pa.Array) -> pa.Table:
    gone = world.absences
    listed = np.flatnonzero(gone.is_listed)
    return pa.table(
        {
            "inmate_id": inmates.take(pa.array(gone.inmate[listed])),
            "from_utc": known_instants(gone.from_s[listed], []),
            "until_utc": known_instants(gone.until_s[listed], []),
            "reason": pa.array(REASONS).take(pa.array(gone.reason[listed])),
        }
    )


def _contacts(world: World, inmates: pa.Array) -> pa.Table:
    circles = world.circles
    listed = np.flatnonzero(circles.is_listed)
    number = circles.number[listed]
    return pa.table(
        {
            "inmate_id": inmates.take(pa.array(circles.inmate[listed])),
            "msisdn": _spelled(world, number),
            "relation": pa.array(RELATIONS).take(pa.array(circles.relation[listed])),
            "from_utc": known_instants(circles.from_s[listed], [UNKNOWN_S]),
            "until_utc": known_instants(circles.until_s[listed], [UNKNOWN_S]),
        }
    )


def _spelled(world: World, number: Ints) -> pa.Array:
    """Return numbers as clerks write them: international, national, with spaces."""
    rng = stream(world.seed, "clerks")
    lot = rng.random(len(number))
    plus = number_text(number, plus=True)
    national = pc.replace_substring_regex(plus, r"^\+33", "0")
    spaced = pc.replace_substring_regex(
        national, r"^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$", r"\1 \2 \3 \4 \5"
    )
    as_national = pc.if_else(pa.array(lot < 0.25), national, plus)
    return pc.if_else(pa.array(lot < 0.10), spaced, as_national)
