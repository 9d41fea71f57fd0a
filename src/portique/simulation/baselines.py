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
from portique.simulation.marking_presence import presence_shares

NEAR_M = 5_000.0
"""A sector belongs to the nearest prison within this distance of its mast (assumed)."""
NEEDED = ("stay", "prison_cell", "declared_contact", "prison", "sector")

CONTACTS = "most shared declared contacts"
NEAR_CONTACTS = "the same, in the prison of most records"
PRESENT_CONTACTS = "the same, weighed by records while he was in"
RANDOM = "random cell in the prison of most records"
LAST_SEEN = "random cell in the prison last seen near"

Scores = dict[tuple[int, str], float]
"""Of pairs of a handset and an inmate."""


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


@dataclass(frozen=True)
class Near:
    """Where the masts alone would put a handset; handsets that no prison is near are missing.

    Args:
        most: prison of most of its records.
        last: prison of its last placed record.
    """

    most: dict[int, str]
    last: dict[int, str]


def guess_cells(
    case: Path, handset_id: list[str], as_of_utc: datetime, near: Near | None
) -> tuple[list[Guess], list[str]]:
    """Return what each baseline would search, and notes on those that lack a table.

    Args:
        case: with the derived tables of the delivered kinds, and fleet_record.
        handset_id: derived handsets.
        as_of_utc: knowledge horizon: inmates are where they are held then.
        near: see `near_prisons`; None: not known.

    Returns:
        (guesses, notes): no guess at all where a table lacks but `absence`.
    """
    lacking = [table for table in (*NEEDED, "absence") if not has_derived(case, table)]
    notes = [f"baselines are missing: the derived tables lack {', '.join(lacking)}"] * bool(lacking)
    if near is None or set(lacking) - {"absence"}:
        return [], notes
    cell_of = _cells_now(case, as_of_utc)
    cells = derived(case, "prison_cell", ["cell_id", "prison_id"])
    prison_of = dict(zip(texts(cells["cell_id"]), texts(cells["prison_id"]), strict=True))
    shared: Scores = {pair: float(n) for pair, n in shared_contacts(case, handset_id).items()}
    inside = {
        (h, inmate): score
        for (h, inmate), score in shared.items()
        if h in near.most and prison_of.get(cell_of.get(inmate)) == near.most[h]
    }
    guesses = [
        Guess(CONTACTS, _by_score(shared, cell_of), is_drawn=False),
        Guess(NEAR_CONTACTS, _by_score(inside, cell_of), is_drawn=False),
    ]
    if not lacking:
        there = presence_shares(case, handset_id, inside)
        present = {pair: score * there.get(pair, 0.0) for pair, score in inside.items()}
        guesses.append(Guess(PRESENT_CONTACTS, _by_score(present, cell_of), is_drawn=False))
    of_prison: dict[str, list[str]] = defaultdict(list)
    for cell, prison in sorted((c, p) for c, p in prison_of.items() if c and p):
        of_prison[prison].append(cell)
    for name, chosen in ((RANDOM, near.most), (LAST_SEEN, near.last)):
        doors = [tuple(of_prison.get(chosen[h], ())) for h in sorted(chosen)]
        guesses.append(Guess(name, doors, is_drawn=True))
    return guesses, notes


def _cells_now(case: Path, as_of_utc: datetime) -> dict[str, str]:
    """Return the cell of each inmate at the horizon; of several stays the one that began last."""
    stays = derived(case, "stay", ["inmate_id", "cell_id", "from_utc", "until_utc"])
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
    called = called.set_column(1, "counterpart", called["counterpart"].cast(pa.string()))
    declared = declared.set_column(1, "msisdn", declared["msisdn"].cast(pa.string()))
    both = called.join(declared, keys="counterpart", right_keys="msisdn", join_type="inner")
    handset = codes(both["handset_id"], handset_id).tolist()
    pairs = zip(handset, texts(both["inmate_id"]), strict=True)
    return dict(Counter((h, inmate) for h, inmate in pairs if h != UNKNOWN and inmate))


def _by_score(shared: Scores, cell_of: dict[str, str]) -> list[tuple[str, ...]]:
    """Return cells by the highest score of any handset with any inmate there.

    Of equal ones the cell to which more handsets point comes first, then the first by name.
    """
    best: dict[str, float] = {}
    pointing: dict[str, set[int]] = defaultdict(set)
    for (handset, inmate), score in shared.items():
        if cell := cell_of.get(inmate):
            best[cell] = max(best.get(cell, 0.0), score)
            pointing[cell].add(handset)
    ordered = sorted(best, key=lambda cell: (-best[cell], -len(pointing[cell]), cell))
    return [(cell,) for cell in ordered]


def near_prisons(case: Path, handset_id: list[str]) -> Near | None:
    """Return where the masts alone would put each handset; None where a table of places lacks.

    A record belongs to the prison nearest to the mast that served it, within `NEAR_M`.
    """
    if not (has_derived(case, "sector") and has_derived(case, "prison")):
        return None
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
    return Near(
        most=_most(handset, prison, count, prisons), last=_latest(handset, prison, last, prisons)
    )


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
