"""Rows of the tables that name the handsets: which record is whose, and what each handset is."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.ids import imei_text, imsi_text
from portique.core.tables import FLEET_RECORD, HANDSET, HANDSET_SIM
from portique.identify.extract import Extract
from portique.identify.fleet import Member
from portique.identify.observed import Ints
from portique.identify.stretches import Stretches

QUIET_US = 86_400_000_000
"""A phone seen later than a day after a find was not the one found."""


def handset_of_records(extract: Extract, stretches: Stretches, number: Ints) -> Ints:
    """Return the handset of every record, as its number from 1 within its IMEI.

    A record without a subscription goes by its own number where another record of the IMEI ties
    that number to a handset, else with the record of the IMEI that lies nearest in time.

    Args:
        extract: the records, ordered by IMEI and time.
        stretches: their stretches.
        number: shape (stretches,), handset of each stretch within its IMEI.
    """
    known = stretches.of_record >= 0
    result = np.zeros(len(extract), np.int64)
    result[known] = number[stretches.of_record[known]]
    result = _by_own_number(extract, result)
    told = np.flatnonzero(result > 0)
    rest = np.flatnonzero(result == 0)
    if len(told) and len(rest):
        right = np.searchsorted(told, rest)
        before, after = told[np.maximum(right - 1, 0)], told[np.minimum(right, len(told) - 1)]
        far = np.iinfo(np.int64).max
        gaps = [
            np.where(
                extract.imei[near] == extract.imei[rest],
                np.abs(extract.start_us[near] - extract.start_us[rest]),
                far,
            )
            for near in (before, after)
        ]
        nearest = np.where(gaps[0] <= gaps[1], before, after)
        result[rest] = np.where(np.minimum(*gaps) < far, result[nearest], 1)
    return np.maximum(result, 1)


def _by_own_number(extract: Extract, handset: Ints) -> Ints:
    lost = np.flatnonzero(handset == 0)
    own = extract.rows["msisdn"]
    named = lost[np.asarray(pc.is_valid(own.take(pa.array(lost))))]
    if not len(named):
        return handset
    wanted = set(
        zip(extract.imei[named].tolist(), own.take(pa.array(named)).to_pylist(), strict=True)
    )
    numbers = pa.array(sorted({text for _, text in wanted}), pa.string())
    fits = np.asarray(pc.is_in(own, value_set=numbers)) & (handset > 0)
    rows = np.flatnonzero(fits)
    ties = dict(
        zip(
            zip(extract.imei[rows].tolist(), own.take(pa.array(rows)).to_pylist(), strict=True),
            handset[rows].tolist(),
            strict=True,
        )
    )
    found = handset.copy()
    for row, text in zip(named.tolist(), own.take(pa.array(named)).to_pylist(), strict=True):
        found[row] = ties.get((int(extract.imei[row]), text), 0)
    return found


def handset_id(imei: int, number: int) -> str:
    """Return the name of a handset.

    >>> handset_id(101701000001, 2)
    'H-00101701000001-2'
    """
    return f"H-{imei_text(imei)}-{number}"


def fleet_records(extract: Extract, number: Ints) -> tuple[pa.Table, list[str]]:
    """Return the rows of `fleet_record` in the order of their key, and the handsets in order."""
    pairs, place = np.unique(np.stack([extract.imei, number], axis=1), axis=0, return_inverse=True)
    names = [handset_id(imei, n) for imei, n in pairs.tolist()]
    ranks = np.empty(len(names), np.int64)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    code = ranks[place.ravel()]
    order = np.argsort(code, kind="stable")  # the extract is in key order within an IMEI
    ids = pa.array(sorted(names), pa.string())
    rows = extract.rows.take(pa.array(order))
    table = rows.append_column("handset_id", ids.take(pa.array(code[order])))
    return table.select(FLEET_RECORD.names), sorted(names)


def sim_rows(records: pa.Table) -> pa.Table:
    """Return the rows of `handset_sim` from those of `fleet_record`."""
    with_sim = records.filter(pc.is_valid(records["imsi"]))
    grouped = with_sim.group_by(["handset_id", "imsi"]).aggregate(
        [
            ("started_at_utc", "min"),
            ("started_at_utc", "max"),
            ("handset_id", "count"),
        ]
    )
    own = _latest_numbers(with_sim)
    pairs = zip(grouped["handset_id"].to_pylist(), grouped["imsi"].to_pylist(), strict=True)
    return pa.table(
        {
            "handset_id": grouped["handset_id"],
            "imsi": grouped["imsi"],
            "msisdn": pa.array([own.get(pair) for pair in pairs], pa.string()),
            "from_utc": grouped["started_at_utc_min"],
            "until_utc": grouped["started_at_utc_max"],
            "records": grouped["handset_id_count"],
        }
    ).cast(HANDSET_SIM.schema)


def _latest_numbers(records: pa.Table) -> dict[tuple[str, int], str]:
    """A subscription may change its number: the last one delivered stands for it."""
    numbered = records.filter(pc.is_valid(records["msisdn"]))
    last = numbered.group_by(["handset_id", "imsi", "msisdn"]).aggregate(
        [("started_at_utc", "max")]
    )
    names = ("handset_id", "imsi", "started_at_utc_max", "msisdn")
    rows = sorted(zip(*(last[name].to_pylist() for name in names), strict=True))
    return {(handset, imsi): number for handset, imsi, _, number in rows}


def handset_rows(records: pa.Table, members: dict[int, Member], finds: pa.Table) -> pa.Table:
    """Return the rows of `handset`.

    Args:
        records: rows of `fleet_record`.
        members: the fleet by IMEI.
        finds: table `find`.
    """
    grouped = (
        records.group_by(["handset_id", "imei"])
        .aggregate(
            [
                ("started_at_utc", "min"),
                ("started_at_utc", "max"),
                ("handset_id", "count"),
                ("imsi", "distinct"),
                ("msisdn", "distinct"),
            ]
        )
        .sort_by("handset_id")
    )
    imeis = grouped["imei"].to_pylist()
    ids = grouped["handset_id"].to_pylist()
    imsis = [
        [imsi_text(imsi) for imsi in sorted(i for i in found if i is not None)]
        for found in grouped["imsi_distinct"].to_pylist()
    ]
    told = {imei: imeis.count(imei) for imei in set(imeis)} if len(imeis) < 2 else _tally(imeis)
    last = pc.cast(grouped["started_at_utc_max"], pa.int64()).to_pylist()
    found_in = find_ids(finds, list(zip(ids, imeis, imsis, last, strict=True)))
    of = [members[imei] for imei in imeis]
    return pa.table(
        {
            "handset_id": pa.array(ids, pa.string()),
            "imei": pa.array([imei_text(imei) for imei in imeis], pa.string()),
            "imsis": pa.array(imsis, pa.list_(pa.string())),
            "msisdns": pa.array(
                [sorted(t for t in own if t) for own in grouped["msisdn_distinct"].to_pylist()],
                pa.list_(pa.string()),
            ),
            "basis": pa.array([sorted(m.basis) for m in of], pa.list_(pa.string())),
            "first_seen_utc": grouped["started_at_utc_min"],
            "last_seen_utc": grouped["started_at_utc_max"],
            "records": grouped["handset_id_count"],
            "sale_ids": pa.array([sorted(set(m.sale_ids)) for m in of], pa.list_(pa.string())),
            "model": pa.array([m.model for m in of], pa.string()),
            "handsets_on_imei": pa.array([told[imei] for imei in imeis], pa.int64()),
            "find_id": pa.array([found_in.get(name, []) for name in ids], pa.list_(pa.string())),
        }
    ).cast(HANDSET.schema)


def _tally(imeis: list[int]) -> dict[int, int]:
    values, counts = np.unique(np.array(imeis, np.int64), return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


Seen = tuple[str, int, list[str], int]
"""A handset: name, IMEI, subscriptions, last record in microseconds."""


def find_ids(finds: pa.Table, handsets: list[Seen]) -> dict[str, list[str]]:
    """Return the earlier finds of each handset, sorted.

    A find is of the handset whose IMEI and subscription it names. Without a subscription that was
    seen, it is the only handset on that IMEI, or the only one that was silent from then on; where
    several could be it, it is nobody's. A find without a readable IMEI goes by subscription.
    """
    by_imei: dict[int, list[Seen]] = {}
    by_imsi: dict[str, list[Seen]] = {}
    for seen in handsets:
        by_imei.setdefault(seen[1], []).append(seen)
        for imsi in seen[2]:
            by_imsi.setdefault(imsi, []).append(seen)
    result: dict[str, list[str]] = {}
    when = pc.cast(finds["found_at_utc"], pa.int64()).to_pylist()
    columns = (finds[name].to_pylist() for name in ("find_id", "imei", "imsis"))
    for found_us, find, imei, imsis in zip(when, *columns, strict=True):
        carried = {text.strip() for text in (imsis or "").split(";")} - {""}
        digits = re.sub(r"[\s\-/.]", "", imei or "")
        if re.fullmatch(r"[0-9]{14,16}", digits):
            pool = by_imei.get(int(digits[:14]), [])
        else:
            pool = [seen for imsi in sorted(carried) for seen in by_imsi.get(imsi, [])]
        if (name := _the_one(pool, carried, found_us)) is not None:
            result.setdefault(name, []).append(find)
    return {name: sorted(set(found)) for name, found in result.items()}


def _the_one(pool: list[Seen], carried: set[str], found_us: int) -> str | None:
    names = {seen[0] for seen in pool}
    with_sim = {seen[0] for seen in pool if carried.intersection(seen[2])}
    silent = {seen[0] for seen in pool if seen[3] <= found_us + QUIET_US}
    for choice in (with_sim, with_sim & silent, names, silent):
        if len(choice) == 1:
            return next(iter(choice))
    return None
