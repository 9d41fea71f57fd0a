"""The fleet as a graph: handsets, what they carried, and whom they exchanged with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import ibis
import pyarrow as pa

from portique.core.ids import imsi_text
from portique.engine.store import Store


@dataclass(frozen=True)
class Holding:
    """One subscription with one number in one handset.

    Args:
        handset: handset_id.
        imsi: 15 digits, or empty.
        number: own number, E.164 with +, or empty.
        from_us, until_us: first and last record, microseconds since 1970.
        records: records in between.
    """

    handset: str
    imsi: str
    number: str
    from_us: int
    until_us: int
    records: int


@dataclass(frozen=True)
class Fleet:
    """What ties handsets to identifiers.

    Args:
        imei_of: handset -> IMEI, 14 digits.
        on_imei: IMEI -> its handsets.
        records_of: handset -> records.
        holdings: by handset, by subscription and by own number alike.
        met: handset -> number it exchanged with -> records.
        met_by: number -> handset that exchanged with it -> records.
        phones: number -> phones in all the records that exchanged with it.
    """

    imei_of: dict[str, str]
    on_imei: dict[str, list[str]]
    records_of: dict[str, int]
    holdings: dict[str, list[Holding]]
    met: dict[str, dict[str, int]]
    met_by: dict[str, dict[str, int]]
    phones: dict[str, int]


def load_fleet(store: Store) -> Fleet:
    """Return the fleet of a case; the records are added up inside the engine."""
    handsets = store.arrow("handset", ["handset_id", "imei", "records"])
    imei_of = _mapping(handsets, "handset_id", "imei")
    on_imei: dict[str, list[str]] = defaultdict(list)
    for handset, imei in imei_of.items():
        on_imei[imei].append(handset)
    holdings: dict[str, list[Holding]] = defaultdict(list)
    for held in _holdings(store):
        for name in (held.handset, held.imsi, held.number):
            if name:
                holdings[name].append(held)
    met: dict[str, dict[str, int]] = defaultdict(dict)
    met_by: dict[str, dict[str, int]] = defaultdict(dict)
    for row in _contacts(store).to_pylist():
        met[row["handset_id"]][row["counterpart"]] = row["n"]
        met_by[row["counterpart"]][row["handset_id"]] = row["n"]
    reach = store.arrow("number_reach", ["number", "phones"])
    return Fleet(
        imei_of=imei_of,
        on_imei=dict(on_imei),
        records_of=_mapping(handsets, "handset_id", "records"),
        holdings=dict(holdings),
        met=dict(met),
        met_by=dict(met_by),
        phones=_mapping(reach, "number", "phones"),
    )


def _mapping(table: pa.Table, key: str, value: str) -> dict[str, Any]:
    return dict(zip(table[key].to_pylist(), table[value].to_pylist(), strict=True))


def _holdings(store: Store) -> list[Holding]:
    record = store.table("fleet_record")
    by = ["handset_id", "imsi", "msisdn"]
    grouped = record.group_by(by).agg(
        first=record.started_at_utc.min(), last=record.started_at_utc.max(), n=record.count()
    )
    table = store.run(grouped.order_by([ibis.asc(name, nulls_first=True) for name in by]))
    times = {name: table[name].cast(pa.int64()).to_pylist() for name in ("first", "last")}
    columns = (table[name].to_pylist() for name in (*by, "n"))
    return [
        Holding(handset, "" if imsi is None else imsi_text(imsi), number or "", first, last, n)
        for handset, imsi, number, n, first, last in zip(
            *columns, times["first"], times["last"], strict=True
        )
    ]


def _contacts(store: Store) -> pa.Table:
    record = store.table("fleet_record")
    named = record.filter(record.counterpart.notnull())
    grouped = named.group_by(["handset_id", "counterpart"]).agg(n=named.count())
    return store.run(grouped.order_by(["handset_id", "counterpart"]))
