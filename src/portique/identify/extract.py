"""The fleet's records, and where each was served: the only rows that are held in memory."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.tables import RECORD
from portique.engine.store import Store
from portique.identify.observed import SERIALS, Ints

Floats = npt.NDArray[np.float64]

RANGE_M = {"2G": 15_000.0, "3G": 8_000.0, "4G": 8_000.0, "5G": 4_000.0}
UNKNOWN_RANGE_M = 15_000.0
"""How far a sector may serve when the register does not say: generous, so that no conflict in
place rests on it."""

MOST_RANGES = 16
"""With more TACs than this, one join is cheaper than a scan a range."""


@dataclass(frozen=True)
class Extract:
    """Records of the fleet in the order of their key, column by column.

    Args:
        rows: the records, all columns of the table `record`.
        imei, start_us, end_us, imsi: shape (rows,); imsi -1: not delivered.
        kind: shape (rows,), index into the table's kinds `kinds`.
        operator: shape (rows,), code of the delivering network, -1: not known.
        sector: shape (rows,), code of the serving sector, -1: not known.
        lat, lon, range_m: shape (rows,), the mast and its range; NaN: not known.
    """

    rows: pa.Table
    imei: Ints
    start_us: Ints
    end_us: Ints
    imsi: Ints
    kinds: list[str]
    kind: Ints
    operator: Ints
    sector: Ints
    lat: Floats
    lon: Floats
    range_m: Floats

    def __len__(self) -> int:
        return len(self.imei)


def fetch_records(store: Store, imeis: Ints, tacs: frozenset[int]) -> pa.Table:
    """Return every record of these IMEIs, in key order.

    Each supplier's TAC is one range, which skips the row groups outside it on files sorted by
    IMEI; the other IMEIs come by a join on their list. A filter "range or list" would skip
    nothing, so the parts are fetched apart and put together.

    Args:
        imeis: ascending.
        tacs: codes whose IMEIs, but for fillers, are all among `imeis`.
    """
    record = store.table("record")
    ranges = sorted(tacs) if len(tacs) <= MOST_RANGES else []
    listed = imeis[~np.isin(imeis // SERIALS, np.array(ranges, np.int64))]
    parts = [
        store.run(record.filter(record.imei.between(tac * SERIALS, (tac + 1) * SERIALS - 1)))
        for tac in ranges
    ]
    if len(listed):
        wanted = ibis.memtable(pa.table({"imei": pa.array(listed)}))
        parts.append(store.run(record.semi_join(wanted, "imei")))
    if not parts:
        return RECORD.schema.empty_table()
    rows = pa.concat_tables([part.select(RECORD.names).cast(RECORD.schema) for part in parts])
    inside = np.isin(rows["imei"].to_numpy(), imeis)
    return rows.filter(pa.array(inside)).sort_by([(name, "ascending") for name in RECORD.key])


def read_extract(rows: pa.Table, sectors: pa.Table) -> Extract:
    """Return records as arrays, each with the mast that served it at that instant."""
    rows = rows.combine_chunks()
    start_us = _ints(pc.cast(rows["started_at_utc"], pa.int64()))
    duration_s = _ints(pc.fill_null(rows["duration_s"], 0))
    kind, kinds = _codes(rows["kind"])
    operator, _ = _codes(rows["operator"])
    sector, names = _codes(rows["sector_id"])
    entry = _register_row(sector, names, start_us, sectors)
    lat, lon, range_m = (_at(column, entry) for column in _masts(sectors))
    return Extract(
        rows=rows,
        imei=_ints(rows["imei"]),
        start_us=start_us,
        end_us=start_us + np.maximum(duration_s, 0) * 1_000_000,
        imsi=_ints(pc.fill_null(rows["imsi"], -1)),
        kinds=kinds,
        kind=kind,
        operator=operator,
        sector=sector,
        lat=lat,
        lon=lon,
        range_m=range_m,
    )


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.to_numpy(), np.int64)


def _codes(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Return a code a row (-1: empty) and the texts; codes follow the texts' own order."""
    texts = sorted(text for text in pc.unique(column).to_pylist() if text is not None)
    codes = pc.index_in(column, value_set=pa.array(texts, pa.string()))
    return _ints(pc.fill_null(pc.cast(codes, pa.int64()), -1)), texts


def _register_row(sector: Ints, names: list[str], start_us: Ints, sectors: pa.Table) -> Ints:
    """Return the register's row valid at each record's instant; -1: none.

    Where no entry had begun, the sector's first entry stands in: a mast seldom moves.
    """
    place = pc.index_in(sectors["sector_id"], value_set=pa.array(names, pa.string()))
    code = _ints(pc.fill_null(pc.cast(place, pa.int64()), -1))
    begins = pc.fill_null(pc.cast(sectors["valid_from_utc"], pa.int64()), np.iinfo(np.int64).min)
    start = _ints(begins)
    used = np.flatnonzero(code >= 0)
    order = used[np.lexsort((used, start[used], code[used]))]
    if not len(order):
        return np.full(len(sector), -1)
    merged_code = np.concatenate([code[order], sector])
    merged_time = np.concatenate([start[order], start_us])
    is_record = np.arange(len(merged_code)) >= len(order)
    ranks = np.lexsort((is_record, merged_time, merged_code))
    before = np.cumsum(~is_record[ranks]) - 1
    last = np.empty(len(merged_code), np.int64)
    last[ranks] = before
    found = np.maximum(last[len(order) :], 0)
    right = code[order[found]] == sector
    follower = np.minimum(found + 1, len(order) - 1)
    follows = code[order[follower]] == sector
    chosen = np.where(right, order[found], np.where(follows, order[follower], -1))
    return np.where(sector < 0, -1, chosen)


def _masts(sectors: pa.Table) -> tuple[Floats, Floats, Floats]:
    lat = np.asarray(sectors["lat"].to_numpy(), np.float64)
    lon = np.asarray(sectors["lon"].to_numpy(), np.float64)
    technology = sectors["technology"].to_pylist()
    given = sectors["range_m"].to_pylist()
    reach = [
        found if found is not None and found > 0 else RANGE_M.get(name or "", UNKNOWN_RANGE_M)
        for found, name in zip(given, technology, strict=True)
    ]
    return lat, lon, np.array(reach, np.float64)


def _at(column: Floats, entry: Ints) -> Floats:
    if not len(column):
        return np.full(len(entry), np.nan)
    return np.where(entry >= 0, column[np.maximum(entry, 0)], np.nan)
