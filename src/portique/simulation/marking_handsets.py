"""How well the phones themselves were told apart: recall, precision, and the split of clones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portique.core.forecasts import adjusted_rand
from portique.simulation.draw import Ints
from portique.simulation.marking_input import UNKNOWN, Truth
from portique.simulation.pairing import Pairing


@dataclass(frozen=True)
class HandsetMarks:
    """Derived handsets against true phones of the fleet.

    Args:
        in_fleet: true phones that the supplier sold.
        never_seen: of them, those of which no row exists: nothing could find them.
        seen: the others.
        derived: derived handsets.
        paired: seen phones of the fleet that are one derived handset.
        recall: `paired` / `seen`; None where none was seen.
        precision: `paired` / `derived`; None where nothing was derived.
        second: derived handsets at least half of whose rows are of a phone of the fleet that is
            already another one; they count against precision.
        other: derived handsets that are no phone of the fleet; likewise.
        rows_covered: of the rows of a paired phone that the truth names, the share that its
            derived handset holds, median; rows delivered twice count twice in the truth alone.
    """

    in_fleet: int
    never_seen: int
    seen: int
    derived: int
    paired: int
    recall: float | None
    precision: float | None
    second: int
    other: int
    rows_covered: float | None


def mark_handsets(pairing: Pairing, truth: Truth) -> HandsetMarks:
    """Return how many phones of the fleet were found, and how much of what was found is one."""
    seen = truth.in_fleet & (pairing.sightings > 0)
    fleet = paired_fleet(pairing, truth)
    derived = len(pairing.handset_id)
    covered = pairing.shared[fleet] / np.maximum(pairing.sightings[pairing.true[fleet]], 1)
    second = _second(pairing, truth)
    return HandsetMarks(
        in_fleet=int(truth.in_fleet.sum()),
        never_seen=int((truth.in_fleet & (pairing.sightings == 0)).sum()),
        seen=int(seen.sum()),
        derived=derived,
        paired=len(fleet),
        recall=len(fleet) / int(seen.sum()) if seen.any() else None,
        precision=len(fleet) / derived if derived else None,
        second=second,
        other=derived - len(fleet) - second,
        rows_covered=float(np.median(covered)) if len(covered) else None,
    )


def paired_fleet(pairing: Pairing, truth: Truth) -> Ints:
    """Return the derived handsets that are a true phone of the fleet, in order."""
    paired = np.flatnonzero(pairing.true != UNKNOWN)
    return paired[truth.in_fleet[pairing.true[paired]]]


def _second(pairing: Pairing, truth: Truth) -> int:
    rows = (pairing.row_true != UNKNOWN) & (pairing.true[pairing.row_handset] == UNKNOWN)
    rows &= truth.in_fleet[pairing.row_true]
    key = pairing.row_handset[rows] * len(truth) + pairing.row_true[rows]
    both, count = np.unique(key, return_counts=True)
    handset = both // max(len(truth), 1)
    return len(np.unique(handset[2 * count >= pairing.records[handset]]))


@dataclass(frozen=True)
class CloneMarks:
    """IMEIs behind which several phones stand, or were said to stand.

    Args:
        imeis: IMEIs whose rows are of several true phones or of several derived handsets.
        adjusted_rand: mean over these IMEIs of the adjusted Rand index of the two partitions of
            its rows (1 the same, 0 what chance gives); None where there is no such IMEI.
        true_phones, derived_handsets: behind them, in all.
        right_count: share of these IMEIs with as many derived handsets as true phones.
    """

    imeis: int
    adjusted_rand: float | None
    true_phones: int
    derived_handsets: int
    right_count: float | None


def mark_clones(pairing: Pairing) -> CloneMarks:
    """Return how well rows of one IMEI were parted into phones, each IMEI counting once.

    Rows that the truth does not name are left out.
    """
    named = np.flatnonzero(pairing.row_true != UNKNOWN)
    named = named[np.argsort(pairing.row_imei[named], kind="stable")]
    _, starts = np.unique(pairing.row_imei[named], return_index=True)
    indices: list[float] = []
    phones: list[int] = []
    handsets: list[int] = []
    for rows in np.split(named, starts[1:]) if len(named) else []:
        true, said = pairing.row_true[rows], pairing.row_handset[rows]
        if (true == true[0]).all() and (said == said[0]).all():
            continue
        indices.append(adjusted_rand(true, said))
        phones.append(len(np.unique(true)))
        handsets.append(len(np.unique(said)))
    same = [a == b for a, b in zip(phones, handsets, strict=True)]
    return CloneMarks(
        imeis=len(indices),
        adjusted_rand=float(np.mean(indices)) if indices else None,
        true_phones=sum(phones),
        derived_handsets=sum(handsets),
        right_count=float(np.mean(same)) if same else None,
    )
