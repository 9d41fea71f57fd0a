"""Whom a phone's contacts know: how common a number is, and whose declared numbers it calls.

Records of people outside the fleet are counted here and listed nowhere.
"""

from __future__ import annotations

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.tables import NUMBER_REACH, SECOND_CONTACT
from portique.engine.store import Store


def number_reach(store: Store, records: pa.Table) -> pa.Table:
    """Return the rows of `number_reach`: one for each counterpart of the fleet.

    One pass over two columns of every record; only counts leave the engine.

    Args:
        store: with `record`.
        records: rows of `fleet_record`.
    """
    pairs = records.select(["counterpart", "handset_id"])
    own = (
        pairs.filter(pc.is_valid(pairs["counterpart"]))
        .group_by(["counterpart", "handset_id"])
        .aggregate([])
        .group_by("counterpart")
        .aggregate([("handset_id", "count")])
        .rename_columns({"counterpart": "number", "handset_id_count": "fleet_handsets"})
        .sort_by("number")
    )
    if not len(own):
        return NUMBER_REACH.schema.empty_table()
    wanted = ibis.memtable(own.select(["number"]))
    record = store.table("record").select("counterpart", "imei")
    seen = record.semi_join(wanted, record.counterpart == wanted.number).distinct()
    phones = store.run(
        seen.group_by(number=seen.counterpart).agg(phones=seen.count()).order_by("number")
    )
    joined = own.join(phones, "number", join_type="left outer").sort_by("number")
    return joined.select(NUMBER_REACH.names).cast(NUMBER_REACH.schema)


def second_contacts(store: Store, records: pa.Table, own: set[str]) -> pa.Table:
    """Return the rows of `second_contact`: contacts of contacts.

    A relative whom nobody declared calls one who is declared: the phone that calls the first may
    belong to the inmate who declared the second. Numbers that anybody declared say more themselves
    (`declared_contact`), and short codes say nothing.

    Args:
        store: with `record` and `declared_contact`.
        records: rows of `fleet_record`.
        own: numbers of the fleet's own subscriptions, which are nobody's relatives.
    """
    declared = store.arrow("declared_contact", ["inmate_id", "msisdn"])
    listed = set(declared["msisdn"].to_pylist())
    called = pc.unique(records["counterpart"].combine_chunks()).drop_null().to_pylist()
    numbers = sorted(n for n in called if n.startswith("+") and n not in listed and n not in own)
    if not numbers or not listed:
        return SECOND_CONTACT.schema.empty_table()
    ours = ibis.memtable(pa.table({"number": pa.array(numbers, pa.string())}))
    theirs = ibis.memtable(pa.table({"number": pa.array(sorted(listed), pa.string())}))
    record = store.table("record").select("msisdn", "counterpart")
    pairs = [
        record.semi_join(ours, record[near] == ours.number)
        .semi_join(theirs, ibis._[far] == theirs.number)
        .select(number=ibis._[near], declared=ibis._[far])
        for near, far in (("msisdn", "counterpart"), ("counterpart", "msisdn"))
    ]
    met = store.run(pairs[0].union(pairs[1]).distinct().order_by("number", "declared"))
    found = (
        met.join(declared, "declared", "msisdn", join_type="inner")
        .group_by(["number", "inmate_id"])
        .aggregate([("declared", "count_distinct")])
        .rename_columns({"declared_count_distinct": "declared_numbers"})
        .sort_by([("number", "ascending"), ("inmate_id", "ascending")])
    )
    return found.select(SECOND_CONTACT.names).cast(SECOND_CONTACT.schema)
