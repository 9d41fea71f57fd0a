"""Earlier finds: which phone, in which cell, on whom, when. The only labelled truth of a case.

They are no fair sample. A cell was searched for a reason, a large phone is found sooner than a
small one, and prisons search at different rates. So a find is certain about itself, that this
phone was in that cell on that day, and says little about phones that were not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from portique.locate.activity import DAY_US, Activity
from portique.locate.census import Stays

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

EVEN_FINDS = 4.0
"""Finds spread evenly over the buildings of a prison, beside which its true ones count: few finds
say little about where searches are made (assumed)."""
FOUND_DAYS, FOUND_LEAST = 60, 2
"""A number is of whoever a phone was found on if met so often in so many days before (assumed)."""
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Finds:
    """Earlier finds, arrays of shape (finds,), in the order of table `find`.

    Args:
        found_us: when.
        local_day: the same in days since 1970 in the case's time zone.
        cell: position in `Stays.cells`, -1 unknown; prison: that of the cell, -1 unknown.
        inmate: to whom it was ascribed, position in `Stays.inmates`, -1 for nobody.
        handset: the handset of the fleet that it was, -1 for none or another phone.
        weight: how many finds of its prison this one stands for, see `fair_weights`.
        took_it: the handset was silent from then on: the find took it. One that it outlived did
            not (it was given back, or its IMEI is another phone's).
    """

    found_us: Ints
    local_day: Ints
    cell: Ints
    prison: Ints
    inmate: Ints
    handset: Ints
    weight: Floats
    took_it: Bools

    def __len__(self) -> int:
        return len(self.found_us)

    def days_in(self, prison: int) -> Ints:
        """Return the days with a find in a prison, ascending."""
        return np.unique(self.local_day[self.prison == prison])


def load_finds(
    tables: tuple[pa.Table, pa.Table, pa.Table], activity: Activity, stays: Stays, zone: ZoneInfo
) -> Finds:
    """Return the finds of a case, with the handset that each was.

    Args:
        tables: `find`, `handset`, `prison_cell`.
        activity: the fleet's records.
        stays: who was held where.
        zone: the case's time zone.
    """
    find, handsets, cells = tables
    found_us = np.asarray(pc.cast(find["found_at_utc"], pa.int64()).to_numpy(), np.int64)
    which = {name: row for row, name in enumerate(find["find_id"].to_pylist())}
    handset = np.full(len(found_us), -1, np.int64)
    for row, names in enumerate(handsets["find_id"].to_pylist()):
        for name in names or []:
            if name in which:
                handset[which[name]] = row
    cell = _places(find["cell_id"], stays.cells)
    last_us = np.append(activity.t_us, 0)[activity.starts[1:] - 1]
    has_use = np.diff(activity.starts) > 0
    return Finds(
        found_us=found_us,
        local_day=np.array([_local_day(t, zone) for t in found_us.tolist()], np.int64),
        cell=cell,
        prison=np.where(cell >= 0, np.append(stays.prison_of_cell, -1)[cell], -1),
        inmate=_places(find["inmate_id"], stays.inmates),
        handset=handset,
        weight=fair_weights(cell, stays, cells),
        took_it=(handset >= 0)
        & np.append(has_use, False)[handset]
        & (np.append(last_us, 0)[handset] <= found_us + DAY_US),
    )


def seized(finds: Finds, handsets: int) -> Bools:
    """Shape (handsets,): taken by a find; of several finds of one handset the last decides."""
    taken = np.zeros(handsets, bool)
    taken[finds.handset[finds.took_it]] = True
    return taken


def numbers_of_found(finds: Finds, activity: Activity) -> list[tuple[int, str, int]]:
    """Return whom phones exchanged with that were found on somebody: inmate, number, phone.

    Whoever lost a phone calls the same people on the next. Only numbers met twice or more in the
    last two months before the find count: the phone may have been another's before.

    Args:
        finds: of the case.
        activity: the fleet's records.
    """
    out = set()
    for at in np.flatnonzero(finds.took_it & (finds.inmate >= 0)).tolist():
        handset, until = int(finds.handset[at]), int(finds.found_us[at])
        mine = slice(activity.starts[handset], activity.starts[handset + 1])
        t_us, number = activity.t_us[mine], activity.number[mine]
        late = (t_us > until - FOUND_DAYS * DAY_US) & (t_us <= until) & (number >= 0)
        met, often = np.unique(number[late], return_counts=True)
        for one in met[often >= FOUND_LEAST].tolist():
            out.add((int(finds.inmate[at]), activity.numbers[one], handset))
    return sorted(out)


def fair_weights(cell: Ints, stays: Stays, cells: pa.Table) -> Floats:
    """Return how many finds of its prison each find stands for, so that buildings count by places.

    Where searches are made is no matter of where phones are. Finds of a building that is searched
    often are pulled down to its share of the places, those of one searched seldom are pulled up.

    Args:
        cell: of each find, position in `Stays.cells`, -1 unknown.
        stays: for the names of cells.
        cells: table `prison_cell`.
    """
    names = [
        f"{prison}|{building or ''}"
        for prison, building in zip(
            cells["prison_id"].to_pylist(), cells["building"].to_pylist(), strict=True
        )
    ]
    rank = {name: at for at, name in enumerate(stays.cells)}
    rows = np.array([rank[name] for name in cells["cell_id"].to_pylist()], np.int64)
    codes, of_row = np.unique(np.array(names, object).astype(str), return_inverse=True)
    places = np.maximum(pc.fill_null(cells["places"], 1).to_numpy().astype(np.float64), 1.0)
    building = np.full(len(stays.cells) + 1, len(codes), np.int64)
    building[rows] = of_row
    prison = np.full(len(codes) + 1, -1, np.int64)
    prison[of_row] = stays.prison_of_cell[rows]
    size = np.append(np.bincount(of_row, places, len(codes)), 1.0)
    found = np.bincount(building[cell], minlength=len(codes) + 1).astype(np.float64)
    weight = np.ones(len(cell))
    for at, mine in enumerate(building[cell].tolist()):
        together = prison == prison[mine]
        share, finds = size[mine] / size[together].sum(), found[together].sum()
        weight[at] = share * (finds + EVEN_FINDS) / (found[mine] + EVEN_FINDS * share)
    return weight


def _places(column: pa.ChunkedArray, names: list[str]) -> Ints:
    rank = {name: at for at, name in enumerate(names)}
    return np.array([rank.get(name, -1) for name in column.to_pylist()], np.int64)


def _local_day(t_us: int, zone: ZoneInfo) -> int:
    return datetime.fromtimestamp(t_us / 1e6, UTC).astimezone(zone).toordinal() - EPOCH
