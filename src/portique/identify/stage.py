"""The stage: from every record to the fleet's phones and their records."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.case import CaseSettings
from portique.core.progress import Progress
from portique.core.tables import CLONE_SPLIT, FLEET_IMEI, FLEET_RECORD, RECORD
from portique.engine.store import ROW_GROUP_ROWS, Store
from portique.identify.clones import Split, split_stretches
from portique.identify.conflicts import find_conflicts
from portique.identify.extract import fetch_records, read_extract
from portique.identify.fleet import Member, find_members
from portique.identify.handset import fleet_records, handset_of_records, handset_rows, sim_rows
from portique.identify.ledger import read_ledger
from portique.identify.likeness import read_traits
from portique.identify.models import name_models
from portique.identify.moves import cut_moved
from portique.identify.observed import Ints, Observed, load_observed
from portique.identify.reach import number_reach, second_contacts
from portique.identify.rhythm import clock_offsets
from portique.identify.stretches import find_stretches
from portique.identify.swaps import find_shared_sims, linked_members

STEPS = 6


def run(settings: CaseSettings, store: Store, progress: Progress) -> None:
    """Write `fleet_imei`, `fleet_record`, `clone_split`, `handset_sim` and the tables after them.

    Args:
        settings: the case; its TACs.
        store: its derived tables; reads `record`, `sale`, `sector`, `find`, `tac_name` and
            `declared_contact`.
        progress: told before each step.
    """
    progress("finding the fleet", 0, STEPS)
    observed = load_observed(store)
    finds = store.arrow("find")
    members, rows = _fleet(settings, store, observed, finds)
    brands = name_models(members, store.arrow("tac_name"))
    progress("telling handsets apart", 1, STEPS)
    sold_often = frozenset(i for i, m in members.items() if len(set(m.sale_ids)) > 1)
    records, splits = _told_apart(rows, store.arrow("sector"), sold_often)
    del rows
    progress("writing the fleet's records", 2, STEPS)
    store.write("fleet_imei", _imei_rows(members, brands, observed))
    store.write("clone_split", _split_rows(splits))
    batches = records.cast(FLEET_RECORD.schema).to_batches(max_chunksize=ROW_GROUP_ROWS)
    store.write_batches("fleet_record", iter(batches))
    progress("describing handsets", 3, STEPS)
    store.write("handset_sim", sim_rows(records))
    handsets = handset_rows(records, members, finds)
    store.write("handset", handsets)
    progress("comparing clocks", 4, STEPS)
    store.write("clock_offset", clock_offsets(store))
    progress("counting who shares numbers", 5, STEPS)
    store.write("number_reach", number_reach(store, records))
    own = {number for numbers in handsets["msisdns"].to_pylist() for number in numbers or ()}
    store.write("second_contact", second_contacts(store, records, own))


def _fleet(
    settings: CaseSettings, store: Store, observed: Observed, finds: pa.Table
) -> tuple[dict[int, Member], pa.Table]:
    """Return the members of the fleet by IMEI, and their records in key order."""
    lines = read_ledger(store.arrow("sale"))
    members, trusted = find_members(lines, observed, settings.tacs)
    fleet = _imeis(members)
    rows = fetch_records(store, fleet, trusted)
    carried = rows.select(["imei", "imsi"]).filter(pc.is_valid(rows["imsi"]))
    pairs = carried.group_by(["imei", "imsi"]).aggregate([]).sort_by("imei")
    shared = find_shared_sims(store, fleet, pairs)
    linked = linked_members(shared, observed, members, finds, lines)
    if linked:
        more = fetch_records(store, _imeis(linked), frozenset())
        by_key = [(name, "ascending") for name in RECORD.key]
        rows = pa.concat_tables([rows, more]).sort_by(by_key)
    return {**members, **linked}, rows


def _imeis(members: dict[int, Member]) -> Ints:
    return np.array(sorted(members), np.int64)


def _told_apart(
    rows: pa.Table, sectors: pa.Table, sold_often: frozenset[int]
) -> tuple[pa.Table, list[Split]]:
    """Return the rows of `fleet_record`, and how every IMEI with several SIMs was split."""
    extract = read_extract(rows, sectors)
    stretches = cut_moved(extract, find_stretches(extract))
    conflicts = find_conflicts(extract, stretches)
    traits = read_traits(extract, stretches)
    number, splits = split_stretches(stretches, conflicts, traits, sold_often)
    records, _ = fleet_records(extract, handset_of_records(extract, stretches, number))
    return records, splits


def _imei_rows(
    members: dict[int, Member], brands: dict[int, str | None], observed: Observed
) -> pa.Table:
    imeis = _imeis(members)
    of = [members[imei] for imei in imeis.tolist()]
    return pa.table(
        {
            "imei": imeis,
            "basis": pa.array([sorted(m.basis) for m in of], pa.list_(pa.string())),
            "sale_ids": pa.array([sorted(set(m.sale_ids)) for m in of], pa.list_(pa.string())),
            "sale_match": pa.array([m.sale_match for m in of], pa.string()),
            "linked_from": pa.array([m.linked_from for m in of], pa.int64()),
            "brand": pa.array([brands[imei] for imei in imeis.tolist()], pa.string()),
            "model": pa.array([m.model for m in of], pa.string()),
            "records": observed.records_of(imeis),
        }
    ).cast(FLEET_IMEI.schema)


def _split_rows(splits: list[Split]) -> pa.Table:
    rows = [
        {
            "imei": split.imei,
            "subscriptions": split.subscriptions,
            "lower_bound": split.lower_bound,
            "estimate": split.estimate,
            "low": split.low,
            "high": split.high,
            "conflicts": split.conflicts,
        }
        for split in splits
    ]
    return pa.Table.from_pylist(rows, schema=CLONE_SPLIT.schema)
