"""Who was held where and when: inmates of one prison over half-hours, and their cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]

BIN_US = 1_800_000_000
"""Half an hour: walks and visits last longer, and listed times are no better (assumed)."""
DAY_BINS = 48


@dataclass(frozen=True)
class Calendar:
    """The half-hours in which the fleet is looked at.

    Args:
        start_us: start of the first one.
        bins: how many, up to the horizon.
        local_hour: shape (bins,), hour of the day in the case's time zone, 0 to 23.
    """

    start_us: int
    bins: int
    local_hour: Ints

    @classmethod
    def over(cls, start_us: int, horizon_us: int, zone: ZoneInfo) -> Calendar:
        """Return the calendar from one instant to the horizon, daylight saving time included."""
        start = start_us // BIN_US * BIN_US
        bins = max(1, -(-(horizon_us - start) // BIN_US))
        instants = [
            datetime.fromtimestamp((start + b * BIN_US) / 1e6, UTC).astimezone(zone).hour
            for b in range(bins)
        ]
        return cls(start, bins, np.array(instants, np.int64))

    def bin_of(self, t_us: Ints) -> Ints:
        """Return the half-hour of each instant, cut to the calendar."""
        return np.clip((t_us - self.start_us) // BIN_US, 0, self.bins - 1)

    def cover(self, row: Ints, from_us: Ints, until_us: Ints, rows: int) -> Shares:
        """Return the share of each half-hour that spans cover, shape (rows, bins), at most 1.

        Args:
            row: row of each span.
            from_us, until_us: half-open spans.
            rows: rows of the result.
        """
        edge = np.zeros((rows, self.bins + 2), np.float64)
        for instant, sign in ((from_us, 1.0), (until_us, -1.0)):
            place = np.clip((instant - self.start_us) / BIN_US, 0, self.bins)
            whole = np.floor(place).astype(np.int64)
            part = place - whole
            np.add.at(edge, (row, whole), sign * (1 - part))
            np.add.at(edge, (row, whole + 1), sign * part)
        covered = np.clip(edge.cumsum(axis=1)[:, : self.bins], 0.0, 1.0)
        return np.asarray(covered, np.float32)


@dataclass(frozen=True)
class Stays:
    """Stays and absences of everybody, as arrays; inmates and cells are positions in lists.

    Args:
        inmates: names, sorted.
        cells: names, sorted; `prison_of_cell` their prison's position, -1 unknown.
        stay_inmate, stay_cell, stay_from, stay_until: shape (stays,).
        gone_inmate, gone_from, gone_until: shape (absences,).
    """

    inmates: list[str]
    cells: list[str]
    prison_of_cell: Ints
    stay_inmate: Ints
    stay_cell: Ints
    stay_from: Ints
    stay_until: Ints
    gone_inmate: Ints
    gone_from: Ints
    gone_until: Ints

    @property
    def stay_prison(self) -> Ints:
        """Shape (stays,): position of the prison of each stay, -1 unknown."""
        return self.prison_of_cell[self.stay_cell]

    def cell_at(self, instant_us: int) -> Ints:
        """Shape (inmates,): cell in which each inmate is held at an instant, -1 if in none.

        Where the lists give two cells at once, the stay that began last counts.
        """
        holds = (self.stay_from <= instant_us) & (instant_us <= self.stay_until)
        rows = np.flatnonzero(holds)
        rows = rows[np.lexsort((rows, self.stay_from[rows]))]
        cell = np.full(len(self.inmates), -1, np.int64)
        cell[self.stay_inmate[rows]] = self.stay_cell[rows]
        return cell


def load_stays(stay: pa.Table, absence: pa.Table, cell: pa.Table, prisons: list[str]) -> Stays:
    """Return stays and absences from tables `stay`, `absence` and `prison_cell`."""
    inmates = sorted(set(stay["inmate_id"].to_pylist()) | set(absence["inmate_id"].to_pylist()))
    place = dict(zip(cell["cell_id"].to_pylist(), cell["prison_id"].to_pylist(), strict=True))
    cells = sorted(set(place) | set(stay["cell_id"].to_pylist()))
    rank = {name: i for i, name in enumerate(prisons)}
    return Stays(
        inmates=inmates,
        cells=cells,
        prison_of_cell=np.array([rank.get(place.get(c, ""), -1) for c in cells], np.int64),
        stay_inmate=_codes(stay["inmate_id"], inmates),
        stay_cell=_codes(stay["cell_id"], cells),
        stay_from=_start(stay["from_utc"]),
        stay_until=_end(stay["until_utc"]),
        gone_inmate=_codes(absence["inmate_id"], inmates),
        gone_from=_start(absence["from_utc"]),
        gone_until=_end(absence["until_utc"]),
    )


def _codes(column: pa.ChunkedArray, names: list[str]) -> Ints:
    index = pc.index_in(column, value_set=pa.array(names, pa.string()))
    return np.asarray(index.combine_chunks().to_numpy(zero_copy_only=False), np.int64)


def _start(column: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.cast(column, pa.int64()).to_numpy(), np.int64)


def _end(column: pa.ChunkedArray) -> Ints:
    limit = int(np.iinfo(np.int64).max)
    return np.asarray(pc.fill_null(pc.cast(column, pa.int64()), limit).to_numpy(), np.int64)


@dataclass(frozen=True)
class Census:
    """The inmates held in one prison at the horizon, over the calendar.

    Args:
        inmates: positions in `Stays.inmates`, ascending.
        cell: cell of each at the horizon.
        present: shape (inmates, bins): share of the half-hour in which the inmate was held here.
        away: shape (inmates, bins): share in which a listed absence took him out of his cell.
    """

    inmates: Ints
    cell: Ints
    present: Shares
    away: Shares


def census(stays: Stays, prison: int, calendar: Calendar, horizon_us: int) -> Census:
    """Return who is held in a prison at the horizon, and when each was there and in his cell."""
    at_horizon = stays.cell_at(horizon_us)
    held = at_horizon >= 0
    held[held] = stays.prison_of_cell[at_horizon[held]] == prison
    inmates = np.flatnonzero(held)
    row_of = np.full(len(stays.inmates), -1, np.int64)
    row_of[inmates] = np.arange(len(inmates))
    here = (stays.stay_prison == prison) & (row_of[stays.stay_inmate] >= 0)
    out = row_of[stays.gone_inmate] >= 0
    return Census(
        inmates=inmates,
        cell=at_horizon[inmates],
        present=calendar.cover(
            row_of[stays.stay_inmate[here]],
            stays.stay_from[here],
            stays.stay_until[here],
            len(inmates),
        ),
        away=calendar.cover(
            row_of[stays.gone_inmate[out]],
            stays.gone_from[out],
            stays.gone_until[out],
            len(inmates),
        ),
    )
