"""Simple ways to choose cells, to which the analysis has to be compared.

Each uses what a case delivers and the records of the fleet, and one idea. None knows the truth.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portique.core.place import distance_m
from portique.simulation.draw import Ints
from portique.simulation.marking_input import UNKNOWN, codes, derived, has_derived, texts

NEAR_M = 5_000.0
"""A sector belongs to the nearest prison within this distance of its mast (assumed)."""
NEEDED = ("stay", "prison_cell", "declared_contact", "prison", "sector")

CONTACTS = "most shared declared contacts"
NEAR_CONTACTS = "the same, in the prison of most records"
RANDOM = "random cell in the prison of most records"
LAST_SEEN = "random cell in the prison last seen near"


@dataclass(frozen=True)
class Guess:
    """One way to choose cells.

    Args:
        name: in words.
        doors: best first, the cells of each door: one, or several of which one is drawn.
        is_drawn: doors in no order; each is drawn from the cells of a prison.
    """

    name: str
    doors: list[tuple[str, ...]]
    is_drawn: bool


def guess_cells(
    case: Path, handset_id: list[str], as_of_utc: datetime
) -> tuple[list[Guess], list[str]]:
    """Return what each baseline would search, and notes on those that lack a table.

    Args:
        case: with the derived tables of the delivered kinds, and fleet_record.
        handset_id: derived handsets.
        as_of_utc: knowledge horizon: inmates are where they are held then.

    Returns:
        (guesses, notes): no guess at all where a table lacks.
    """
    if lacking := [table for table in NEEDED if not has_derived(case, table)]:
        return [], [f"no baselines: the derived tables lack {', '.join(lacking)}"]
    cell_of = _cells_now(
        derived(case, "stay", ["inmate_id", "cell_id", "from_utc", "until_utc"]), as_of_utc
    )
    cells = derived(case, "prison_cell", ["cell_id", "prison_id"])
    prison_of = dict(zip(texts(cells["cell_id"]), texts(cells["prison_id"]), strict=True))
    most, last = nearest_prisons(case, handset_id)
    shared = shared_contacts(case, handset_id)
    near = {
        (h, inmate): count
        for (h, inmate), count in shared.items()
        if h in most and prison_of.get(cell_of.get(inmate)) == most[h]
    }
    of_prison: dict[str, list[str]] = defaultdict(list)
    for cell, prison in sorted((c, p) for c, p in prison_of.items() if c and p):
        of_prison[prison].append(cell)
    return [
        Guess(CONTACTS, _by_score(shared, cell_of), is_drawn=False),
        Guess(NEAR_CONTACTS, _by_score(near, cell_of), is_drawn=False),
        Guess(RANDOM, [tuple(of_prison[p]) for p in most.values()], is_drawn=True),
        Guess(LAST_SEEN, [tuple(of_prison[p]) for p in last.values()], is_drawn=True),
    ], []


def _cells_now(stays: pa.Table, as_of_utc: datetime) -> dict[str, str]:
    """Return the cell of each inmate at the horizon; of several stays the one that began last."""
    until = stays["until_utc"]
    open_now = pc.or_kleene(pc.is_null(until), pc.greater(until, as_of_utc))
    held = stays.filter(pc.and_(pc.less_equal(stays["from_utc"], as_of_utc), open_now))
    held = held.sort_by([("from_utc", "ascending"), ("cell_id", "ascending")])
    rows = zip(texts(held["inmate_id"]), texts(held["cell_id"]), strict=True)
    return {inmate: cell for inmate, cell in rows if inmate and cell}


def shared_contacts(case: Path, handset_id: list[str]) -> dict[tuple[int, str], int]:
    """Return how many numbers each handset and each inmate's declared contacts share, if any."""
    called = derived(case, "fleet_record", ["handset_id", "counterpart"])
    called = called.group_by(["handset_id", "counterpart"]).aggregate([])
    declared = derived(case, "declared_contact", ["inmate_id", "msisdn"])
    declared = declared.group_by(["inmate_id", "msisdn"]).aggregate([])
    both = called.join(declared, keys="counterpart", right_keys="msisdn", join_type="inner")
    handset = codes(both["handset_id"], handset_id).tolist()
    pairs = zip(handset, texts(both["inmate_id"]), strict=True)
    return dict(Counter((h, inmate) for h, inmate in pairs if h != UNKNOWN and inmate))


def _by_score(shared: dict[tuple[int, str], int], cell_of: dict[str, str]) -> list[tuple[str, ...]]:
    """Return cells by the most numbers any handset shares with any inmate there.

    Of equal ones the cell to which more handsets point comes first, then the first by name.
    """
    best: dict[str, int] = {}
    pointing: dict[str, set[int]] = defaultdict(set)
    for (handset, inmate), count in shared.items():
        if cell := cell_of.get(inmate):
            best[cell] = max(best.get(cell, 0), count)
            pointing[cell].add(handset)
    ordered = sorted(best, key=lambda cell: (-best[cell], -len(pointing[cell]), cell))
    return [(cell,) for cell in ordered]


def nearest_prisons(case: Path, handset_id: list[str]) -> tuple[dict[int, str], dict[int, str]]:
    """Return, for each handset, the prison of most of its records, and that of its last one.

    A record belongs to the prison nearest to the mast that served it, within `NEAR_M`. A handset
    none of whose records belongs to a prison is missing; in the second, one whose last placed
    record belongs to none.
    """
    rows = derived(case, "fleet_record", ["handset_id", "started_at_utc", "sector_id"])
    rows = rows.filter(pc.is_valid(rows["sector_id"]))
    counted = rows.group_by(["handset_id", "sector_id"]).aggregate(
        [([], "count_all"), ("started_at_utc", "max")]
    )
    handset = codes(counted["handset_id"], handset_id)
    sectors = sorted(set(filter(None, texts(counted["sector_id"]))))
    nearest, prisons = _prison_of(case, sectors)
    prison = nearest[codes(counted["sector_id"], sectors)]
    count = np.asarray(counted["count_all"], np.int64)
    last = np.asarray(counted["started_at_utc_max"].cast(pa.int64()), np.int64)
    return _most(handset, prison, count, prisons), _latest(handset, prison, last, prisons)


def _prison_of(case: Path, sectors: list[str]) -> tuple[Ints, list[str]]:
    """Return the position of the prison of each sector, `UNKNOWN` for none, and the prisons."""
    register = derived(case, "sector", ["sector_id", "lat", "lon"])
    sites = derived(case, "prison", ["prison_id", "lat", "lon"]).sort_by("prison_id")
    prisons = [name or "" for name in texts(sites["prison_id"])]
    place = codes(register["sector_id"], sectors)
    nearest = np.full(len(sectors), UNKNOWN, np.int64)
    known = np.flatnonzero(place != UNKNOWN)
    if prisons and len(known):
        lat, lon = (np.asarray(register[name], float)[known] for name in ("lat", "lon"))
        away = distance_m(
            lat[:, None],
            lon[:, None],
            np.asarray(sites["lat"], float),
            np.asarray(sites["lon"], float),
        )
        found = np.where(away.min(axis=1) <= NEAR_M, away.argmin(axis=1), UNKNOWN)
        nearest[place[known]] = found
    return nearest, prisons


def _most(handset: Ints, prison: Ints, count: Ints, prisons: list[str]) -> dict[int, str]:
    records: Counter[tuple[int, int]] = Counter()
    for h, p, n in zip(handset.tolist(), prison.tolist(), count.tolist(), strict=True):
        if UNKNOWN not in (h, p):
            records[h, p] += n
    best: dict[int, str] = {}
    for h, p in sorted(records, key=lambda pair: (pair[0], -records[pair], pair[1])):
        best.setdefault(h, prisons[p])
    return best


def _latest(handset: Ints, prison: Ints, last: Ints, prisons: list[str]) -> dict[int, str]:
    order = np.lexsort((prison, last, handset))
    final = {int(h): int(p) for h, p in zip(handset[order], prison[order], strict=True)}
    return {h: prisons[p] for h, p in final.items() if UNKNOWN not in (h, p)}
