"""The stage: from what the files of offences name to handsets of the fleet."""

from __future__ import annotations

import pyarrow as pa

from portique.core.case import CaseSettings
from portique.core.clock import micros
from portique.core.progress import Progress
from portique.core.tables import OFFENCE_LINK
from portique.engine.store import Store
from portique.link.fleet import load_fleet
from portique.link.named import read_named
from portique.link.offences import Tie, tie_offence


def run(settings: CaseSettings, store: Store, progress: Progress) -> None:
    """Write `offence_link`: for each offence and handset, the best way from one to the other.

    Args:
        settings: the case; offences after its horizon are not looked at.
        store: its derived tables; reads `offence`, `handset`, `fleet_record` and `number_reach`.
        progress: told before each offence.
    """
    offences = store.arrow("offence").to_pylist()
    links: dict[tuple[str, str], Tie] = {}
    fleet = load_fleet(store) if offences else None
    for done, offence in enumerate(offences):
        progress("offences looked at", done, len(offences))
        if fleet is None or offence["occurred_at_utc"] > settings.as_of_utc:
            continue
        named = read_named(offence["numbers"] or "")
        ties = tie_offence(named, micros(offence["occurred_at_utc"]), fleet)
        for handset, tie in ties.items():
            key = handset, offence["offence_id"]
            if key not in links or tie.key < links[key].key:
                links[key] = tie
    store.write("offence_link", _rows(links))


def _rows(links: dict[tuple[str, str], Tie]) -> pa.Table:
    rows = [
        {
            "handset_id": handset,
            "offence_id": offence,
            "path": list(tie.path),
            "records": -tie.lack,
            "grade": tie.grade,
        }
        for (handset, offence), tie in sorted(links.items(), key=lambda item: item[0])
    ]
    return pa.Table.from_pylist(rows, schema=OFFENCE_LINK.schema)
