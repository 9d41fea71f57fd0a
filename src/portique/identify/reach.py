"""How common a number is: how many phones in all the records exchanged with it."""

from __future__ import annotations

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.tables import NUMBER_REACH
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
