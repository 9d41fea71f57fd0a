"""Fit the weights of `identify/weights.py` on simulated worlds, and print them.

    portique simulate WORLD --scale small --seed 401 --vary clones && portique run WORLD/case
    python tools/weigh_clones.py WORLD...

One trial is a pair of stretches of one IMEI: direct neighbours in one phone, or of two phones.
Every world counts the same. The ratio of the two densities is what a logistic regression gives
when both kinds have one total weight, pairs that a conflict parts included.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from portique.core.tables import RECORD
from portique.identify.clones import barred_pairs
from portique.identify.conflicts import find_conflicts
from portique.identify.extract import read_extract
from portique.identify.likeness import compare, read_traits
from portique.identify.observed import Ints
from portique.identify.stretches import Stretches, find_stretches
from portique.identify.weights import BESIDE, FIXED, FOLLOWING, evidence
from portique.simulation.marking_input import UNKNOWN, read_truth
from portique.simulation.pairing import ROW_BITS, pair

Floats = npt.NDArray[np.float64]
SHRINK = 1.0
STEPS = 40


@dataclass(frozen=True)
class Trials:
    """Pairs of stretches: their evidence by name, whether they are one phone, and their weight."""

    evidence: dict[str, Floats]
    is_one: Floats
    beside: npt.NDArray[np.bool_]
    weight: Floats


def main() -> None:
    """Read every world, fit, and print both tables of weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world", nargs="+", type=Path)
    worlds = [read_world(folder) for folder in parser.parse_args().world]
    for title, names, side in (("FOLLOWING", FOLLOWING, False), ("BESIDE", BESIDE, True)):
        chosen = [trials.beside == side for trials in worlds]
        columns = {
            name: np.concatenate([t.evidence[name][c] for t, c in zip(worlds, chosen, strict=True)])
            for name in names
        }
        is_one = np.concatenate([t.is_one[c] for t, c in zip(worlds, chosen, strict=True)])
        weight = np.concatenate([t.weight[c] for t, c in zip(worlds, chosen, strict=True)])
        free = [name for name in names if name not in FIXED]
        offset = sum(FIXED[name] * columns[name] for name in names if name in FIXED)
        fitted = fit(np.column_stack([columns[name] for name in free]), is_one, weight, offset)
        print(f"{title} = {{")
        for name, value in zip(free, fitted, strict=True):
            print(f'    "{name}": {value:.2f},')
        print("}")


def read_world(folder: Path) -> Trials:
    """Return the trials of one world, whose case has been run."""
    case, truth = folder / "case", folder / "truth"
    rows = pq.read_table(case / "derived/fleet_record.parquet")
    source = np.asarray(rows["source_id"].cast(pa.int64()), np.int64)
    key = (source << ROW_BITS) + np.asarray(rows["source_row"].cast(pa.int64()), np.int64)
    phone = np.empty(len(rows), np.int64)
    phone[np.argsort(key, kind="stable")] = pair(case, truth, read_truth(truth)).row_true
    flags = pa.array(np.zeros(len(rows), np.int16))
    rows = rows.append_column("phone", pa.array(phone)).append_column("imei_flag", flags)
    rows = rows.sort_by([(name, "ascending") for name in RECORD.key])
    extract = read_extract(rows, pq.read_table(case / "derived/sector.parquet"))
    stretches = find_stretches(extract)
    phone = rows["phone"].to_numpy()
    of = [_usual(phone[stretches.rows_of(stretch)]) for stretch in range(len(stretches))]
    conflicts, traits = find_conflicts(extract, stretches), read_traits(extract, stretches)
    parts: dict[str, list[Floats]] = {}
    one: list[Floats] = []
    beside: list[npt.NDArray[np.bool_]] = []
    strangers = 0
    for mine in _imeis(stretches):
        barred, doubt = barred_pairs(conflicts, mine)
        likeness = compare(traits, stretches, mine, barred)
        true = np.array([of[stretch] for stretch in mine])
        links = _links(true, stretches.last_us[mine], likeness.beside)
        apart = np.triu(true[:, None] != true[None, :], 1)
        strangers += int(apart.sum())
        used = np.nonzero((links | apart) & ~barred)
        for name, values in evidence(likeness, doubt).items():
            parts.setdefault(name, []).append(values[used])
        one.append(links[used].astype(np.float64))
        beside.append(likeness.beside[used])
    is_one = np.concatenate(one)
    weight = np.where(is_one > 0, 1 / max(is_one.sum(), 1), 1 / max(strangers, 1)) * 400
    named = {name: np.concatenate(values) for name, values in parts.items()}
    return Trials(named, is_one, np.concatenate(beside), weight)


def _usual(phones: Ints) -> int:
    known = phones[phones != UNKNOWN]
    return int(np.bincount(known).argmax()) if len(known) else UNKNOWN


def _imeis(stretches: Stretches) -> list[Ints]:
    bounds = np.flatnonzero(np.diff(stretches.imei, prepend=-1, append=-1))
    spans = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    return [np.arange(begin, past) for begin, past in spans if past - begin > 1]


def _links(true: Ints, last_us: Ints, beside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which pairs are neighbours in one phone: side by side, or the one then the other."""
    links = np.zeros((len(true), len(true)), bool)
    for later in range(1, len(true)):
        earlier = np.flatnonzero(true[:later] == true[later])
        side = earlier[beside[earlier, later]]
        if len(earlier):
            links[side if len(side) else earlier[np.argmax(last_us[earlier])], later] = True
    return links


def fit(values: Floats, is_one: Floats, weight: Floats, offset: Floats | float) -> Floats:
    """Return the weights of a logistic regression, shrunk towards 0 but for the first column."""
    found = np.zeros(values.shape[1])
    ridge = np.eye(values.shape[1]) * SHRINK
    ridge[0, 0] = 1e-6
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(values @ found + offset, -30, 30)))
        slope = values.T @ (weight * (is_one - chance)) - ridge @ found
        bend = (values.T * (weight * chance * (1 - chance))) @ values + ridge
        found += np.clip(np.linalg.solve(bend, slope), -2, 2)
    return found


if __name__ == "__main__":
    main()
