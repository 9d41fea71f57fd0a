"""How well phones were placed: in which prison, or in none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from portique.simulation.baselines import Near
from portique.simulation.draw import Ints
from portique.simulation.marking_input import UNKNOWN, Truth, codes, derived, texts
from portique.simulation.marking_strata import mark_strata, read_amounts
from portique.simulation.marking_trials import TrialMarks, mark_trials
from portique.simulation.pairing import Pairing

PRISON_SECTOR_SHARE = 0.01
"""A sector is a prison's from this share of the records of the phones truly kept there: they were
also carried there, and elsewhere before."""

Placed = dict[int, dict[str | None, tuple[float, float]]]
"""Of each handset: (log10 LR, posterior) of each prison, None standing for outside."""


@dataclass(frozen=True)
class PlaceMarks:
    """Placements against the truth, for derived handsets that are a phone of the fleet.

    One trial a handset: its true prison if it is inside (H1); if it is outside, the prison that
    shares most of its sectors (H2). Each class counts as a whole. A missing row is an LR of 1.

    Args:
        trials: of the handsets.
        strata: the same by days of use and records a day, and by silence.
        missing: trials whose row is missing.
        cllr_every_phone: the cost if every phone of the fleet that was seen, found or not, is a
            trial; those that were not found have no row, so an LR of 1.
        right_place: share of handsets whose most probable place is the true one.
        right_place_by_most, right_place_by_last: the same if each were put into the prison nearest
            to the masts of most of its records, or of its last one (outside where none is near).
    """

    trials: TrialMarks
    strata: dict[str, TrialMarks]
    missing: int
    cllr_every_phone: float | None
    right_place: float | None
    right_place_by_most: float | None
    right_place_by_last: float | None


def mark_places(
    case: Path, pairing: Pairing, truth: Truth, fleet: Ints, near: Near | None
) -> PlaceMarks:
    """Return how well handsets were placed.

    Args:
        case: with derived/placement.parquet and fleet_record.parquet.
        pairing: of its handsets.
        truth: of its world.
        fleet: handsets that are a phone of the fleet.
        near: where the masts alone would put them; None: not known.

    Raises:
        Refused: a table or a column lacks.
    """
    placed = read_placements(case, pairing.handset_id)
    rival = prison_of_sectors(sector_counts(case, pairing.handset_id), pairing, truth)
    trials: list[tuple[int, bool, float]] = []
    missing, right = 0, []
    for handset in fleet.tolist():
        true_prison = truth.prison[int(pairing.true[handset])]
        rows = placed.get(handset, {})
        row = rows.get(true_prison or rival.get(handset) or "")
        missing += row is None
        trials.append((handset, true_prison is not None, row[0] if row else 0.0))
        right.append(bool(rows) and best_place(rows) == true_prison)
    h1 = [log10_lr for _, is_inside, log10_lr in trials if is_inside]
    h2 = [log10_lr for _, is_inside, log10_lr in trials if not is_inside]
    unfound_h1, unfound_h2 = _not_found(pairing, truth)
    return PlaceMarks(
        trials=mark_trials(h1, h2),
        strata=mark_strata(trials, read_amounts(case, pairing.handset_id)),
        missing=missing,
        cllr_every_phone=mark_trials(h1 + [0.0] * unfound_h1, h2 + [0.0] * unfound_h2).cllr,
        right_place=float(np.mean(right)) if right else None,
        right_place_by_most=_right_place(near.most if near else None, pairing, truth, fleet),
        right_place_by_last=_right_place(near.last if near else None, pairing, truth, fleet),
    )


def _right_place(
    said: dict[int, str] | None, pairing: Pairing, truth: Truth, fleet: Ints
) -> float | None:
    if said is None or not len(fleet):
        return None
    return float(
        np.mean([said.get(h) == truth.prison[int(pairing.true[h])] for h in fleet.tolist()])
    )


def _not_found(pairing: Pairing, truth: Truth) -> tuple[int, int]:
    """Return how many phones of the fleet were seen but are no derived handset: inside, outside."""
    unfound = truth.in_fleet & (pairing.sightings > 0)
    unfound[pairing.true[pairing.true != UNKNOWN]] = False
    inside = [truth.prison[phone] is not None for phone in np.flatnonzero(unfound).tolist()]
    return sum(inside), len(inside) - sum(inside)


def read_placements(case: Path, handset_id: list[str]) -> Placed:
    """Return the rows of `placement` by handset and prison."""
    table = derived(case, "placement", ["handset_id", "prison_id", "log10_lr", "posterior"])
    placed: Placed = defaultdict(dict)
    for handset, prison, lr, posterior in zip(
        codes(table["handset_id"], handset_id).tolist(),
        texts(table["prison_id"]),
        table["log10_lr"].to_pylist(),
        table["posterior"].to_pylist(),
        strict=True,
    ):
        placed[handset][prison] = (float(lr), float(posterior))
    return dict(placed)


def best_place(rows: dict[str | None, tuple[float, float]]) -> str | None:
    """Return the most probable place; of equal ones outside, else the first prison by name.

    >>> best_place({"P2": (1.0, 0.4), "P1": (1.0, 0.4), None: (-1.0, 0.2)})
    'P1'
    """
    return min(rows, key=lambda place: (-rows[place][1], place or ""))


SectorCounts = tuple[Ints, list[str], Ints]
"""Of every pair of a handset and a sector that served it: handset, sector, records."""


def sector_counts(case: Path, handset_id: list[str]) -> SectorCounts:
    """Return how many records each sector served of each handset, where it is known."""
    table = derived(case, "fleet_record", ["handset_id", "sector_id"])
    counted = table.group_by(["handset_id", "sector_id"]).aggregate([([], "count_all")])
    counted = counted.sort_by([("handset_id", "ascending"), ("sector_id", "ascending")])
    handset = codes(counted["handset_id"], handset_id)
    sector = texts(counted["sector_id"])
    count = np.asarray(counted["count_all"], np.int64)
    kept = [i for i, name in enumerate(sector) if name is not None and handset[i] != UNKNOWN]
    return handset[kept], [sector[i] or "" for i in kept], count[kept]


def prison_of_sectors(served: SectorCounts, pairing: Pairing, truth: Truth) -> dict[int, str]:
    """Return, for each handset, the prison that shares most of its sectors.

    A sector is a prison's if it served a hundredth of the records of phones truly kept there.
    Sectors count once each, however many records they served; of prisons with as many, the one
    with more of the handset's records on them is taken, then the first by name, even where no
    sector is shared at all.
    """
    by_prison: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    mine: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for handset, sector, count in zip(
        served[0].tolist(), served[1], served[2].tolist(), strict=True
    ):
        mine[handset].append((sector, count))
        phone = int(pairing.true[handset])
        prison = truth.prison[phone] if phone != UNKNOWN else None
        if prison is not None:
            by_prison[prison][sector] += count
    prisons_of: dict[str, list[str]] = defaultdict(list)
    for prison, sectors in sorted(by_prison.items()):
        least = PRISON_SECTOR_SHARE * sum(sectors.values())
        for sector, count in sectors.items():
            if count >= least:
                prisons_of[sector].append(prison)
    found: dict[int, str] = {}
    for handset, rows in mine.items():
        shared: dict[str, tuple[int, int]] = {}
        for sector, count in rows:
            for prison in prisons_of.get(sector, ()):
                before = shared.get(prison, (0, 0))
                shared[prison] = (before[0] + 1, before[1] + count)
        shared = shared or dict.fromkeys(by_prison, (0, 0))
        if shared:
            found[handset] = min(shared, key=lambda p: (-shared[p][0], -shared[p][1], p))
    return found
