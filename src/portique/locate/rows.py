"""Results as rows of the tables that later stages, and courts, read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from portique.core.tables import (
    ATTRIBUTION,
    ATTRIBUTION_TERM,
    CALIBRATION_CHECK,
    CELL_CHANCE,
    FIND_CHECK,
    PLACEMENT,
    PRESENCE,
    TARGET,
)
from portique.locate.alternatives import NAMES
from portique.locate.attribute import Users
from portique.locate.calibrate import PRESENCE_TERMS, Calibration
from portique.locate.familiar import Check, factor
from portique.locate.judge import PrisonView
from portique.locate.places import Places
from portique.locate.reliance import Reliance
from portique.locate.scene import Scene
from portique.locate.targets import Targets
from portique.locate.weigh import Pairs
from portique.locate.words import (
    grounds,
    holder_words,
    knows_found,
    presence_words,
    user_reasons,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

REASONS_FOR = 5
"""Candidates per handset whose reasons are stored."""
NOBODY_BOUND = 3.0
"""Bound of the log10 LR of "nobody listed", on which no validation bears. The bounds of users,
where they are nearer to 0, hold for it too."""


def presence_table(scene: Scene, views: list[PrisonView]) -> pa.Table:
    """Return table `presence`."""
    ids = scene.activity.handset_ids
    rows = [
        {
            "handset_id": ids[handset],
            "prison_id": scene.prisons.ids[view.prison],
            "from_utc": int(view.presence.from_us[row]),
            "until_utc": int(view.presence.until_us[row]),
            "records": int(view.presence.records[row]),
            "days": int(view.presence.days[row]),
            "term": list(PRESENCE_TERMS),
            "value": [float(v) for v in np.round(view.terms[row], 6)],
            "raw_log10_lr": float(np.round(view.terms[row].sum(), 6)),
            "worst_alternative": NAMES[int(view.presence.worst_name[row])],
            "worst_log10_lr": float(np.round(view.presence.worst[row], 6)),
        }
        for view in views
        for row, handset in enumerate(view.presence.handset)
    ]
    return pa.Table.from_pylist(rows, schema=PRESENCE.schema)


def check_table(checks: list[Check]) -> pa.Table:
    """Return table `calibration_check`; empty where too few phones can be compared."""
    by = factor(checks)
    rows = [
        {
            "term": one.term,
            "nearest": one.nearest,
            "distance": one.distance,
            "limit": one.limit,
            "is_beyond": one.is_beyond,
            "lr_factor": by,
        }
        for one in sorted(checks, key=lambda one: one.term)
    ]
    return pa.Table.from_pylist(rows, schema=CALIBRATION_CHECK.schema)


def find_table(scene: Scene, borne: Reliance, find_ids: list[str]) -> pa.Table:
    """Return table `find_check`.

    Args:
        scene: the case.
        borne: what its finds bear out.
        find_ids: of table `find`, in its order.
    """
    cells, finds = scene.stays.cells, scene.finds
    rows = [
        {
            "find_id": find_ids[trial.find],
            "handset_id": scene.activity.handset_ids[finds.handset[trial.find]],
            "cell_id": cells[finds.cell[trial.find]],
            "p_cell": round(trial.p_found, 6),
            "first_cell_id": cells[trial.first],
            "p_first": round(trial.p_first, 6),
            "borne_out": borne.borne_out,
            "elsewhere_share": borne.elsewhere_share,
        }
        for trial in borne.trials
    ]
    return pa.Table.from_pylist(rows, schema=FIND_CHECK.schema)


def placement_table(
    scene: Scene, views: list[PrisonView], pairs: Pairs, places: Places, weights: Calibration
) -> pa.Table:
    """Return table `placement`; no log10 LR in it goes beyond what the validation supports."""
    counts = np.bincount(scene.activity.handset, minlength=len(scene.activity.handset_ids))
    rows = []
    for handset, prison, pair, lr, p in zip(
        places.handset, places.prison, places.pair, places.log10_lr, places.posterior, strict=True
    ):
        row = int(pairs.row[pair]) if pair >= 0 else -1
        terms = views[int(prison)].presence if row >= 0 else None
        worst = float(terms.worst[row]) if terms else float(lr)
        rows.append(
            {
                "handset_id": scene.activity.handset_ids[handset],
                "prison_id": scene.prisons.ids[prison] if prison >= 0 else None,
                "log10_lr": float(np.round(lr, 6)),
                "posterior": float(p),
                "records_used": int(terms.records[row]) if terms else int(counts[handset]),
                "worst_log10_lr": _within(worst, weights.presence_bounds),
                "worst_alternative": NAMES[int(terms.worst_name[row])] if terms else None,
            }
        )
    return pa.Table.from_pylist(rows, schema=PLACEMENT.schema)


def _within(log10_lr: float, bounds: tuple[float, float]) -> float:
    return float(np.round(np.clip(log10_lr, *bounds), 6))


def attribution_table(scene: Scene, users: Users, weights: Calibration) -> pa.Table:
    """Return table `attribution`: the candidates, and for each handset the rest as nobody."""
    low, high = weights.user_bounds
    count = len(scene.activity.handset_ids)
    listed = np.bincount(users.handset, users.posterior, count)
    rest = np.maximum(0.0, 1.0 - listed)
    odds = np.log10((rest + 1e-9) / (listed + 1e-9))
    nobody = np.clip(odds, max(low, -NOBODY_BOUND), min(high, NOBODY_BOUND))
    ids = np.array(scene.activity.handset_ids, object)
    inmates = np.array([*scene.stays.inmates, None], object)
    cells = np.array([*scene.stays.cells, None], object)
    none = np.full(count, -1)
    return pa.table(
        {
            "handset_id": ids[np.concatenate([users.handset, np.arange(count)])].tolist(),
            "inmate_id": inmates[np.concatenate([users.inmate, none])].tolist(),
            "cell_id": cells[np.concatenate([users.cell, none])].tolist(),
            "log10_lr": np.round(np.concatenate([users.log10_lr, nobody]), 6),
            "posterior": np.concatenate([users.posterior, rest]),
        },
        schema=ATTRIBUTION.schema,
    )


def reasons_table(
    scene: Scene, views: list[PrisonView], users: Users, weights: Calibration
) -> pa.Table:
    """Return table `attribution_term` for the strongest candidates of each handset."""
    first = np.searchsorted(users.handset, users.handset)
    rows = []
    for at in np.flatnonzero(np.arange(len(users.handset)) - first < REASONS_FOR):
        view = views[users.view[at]]
        row, column = int(users.row[at]), int(users.column[at])
        now = ("now", float(users.log10_lr[at]), holder_words(scene, view, row, column))
        has_found = knows_found(scene, int(users.inmate[at]))
        weight = np.asarray(weights.user_weight)
        reasons = [*user_reasons(view, row, column, weight, has_found=has_found), now]
        rows += [
            {
                "handset_id": scene.activity.handset_ids[users.handset[at]],
                "inmate_id": scene.stays.inmates[users.inmate[at]],
                "term": term,
                "log10_lr": value,
                "words": words,
            }
            for term, value, words in reasons
        ]
    return pa.Table.from_pylist(rows, schema=ATTRIBUTION_TERM.schema)


def target_table(scene: Scene, views: list[PrisonView], users: Users, targets: Targets) -> pa.Table:
    """Return table `target` with the grounds of each cell."""
    best: dict[tuple[int, int], int] = {}
    share: dict[tuple[int, int], float] = {}
    for at in range(len(users.handset)):
        key = (int(users.cell[at]), int(users.handset[at]))
        best.setdefault(key, at)
        share[key] = share.get(key, 0.0) + float(users.posterior[at])
    rows = []
    for rank, at in enumerate(targets.listed, 1):
        cell = targets.cell[at]
        pointing = [int(h) for h in targets.handsets[at]]
        parts = [
            _part(scene, views, users, best[int(cell), h], share[int(cell), h]) for h in pointing
        ]
        rows.append(
            {
                "rank": rank,
                "prison_id": scene.prisons.ids[scene.stays.prison_of_cell[cell]],
                "cell_id": scene.stays.cells[cell],
                "p_any": float(targets.p_any[at]),
                "expected_handsets": float(np.round(targets.expected[at], 9)),
                "handset_ids": [scene.activity.handset_ids[h] for h in pointing],
                "grounds": grounds(parts, float(targets.p_any[at]), float(targets.expected[at])),
            }
        )
    return pa.Table.from_pylist(rows, schema=TARGET.schema)


def cell_chance_table(scene: Scene, targets: Targets) -> pa.Table:
    """Return table `cell_chance`: the cells to search, and those that a limit leaves out."""
    rank = {at: number for number, at in enumerate(targets.listed, 1)}
    rows = [
        {
            "place": at + 1,
            "prison_id": scene.prisons.ids[scene.stays.prison_of_cell[cell]],
            "cell_id": scene.stays.cells[cell],
            "p_any": float(targets.p_any[at]),
            "expected_handsets": float(np.round(targets.expected[at], 9)),
            "target_rank": rank.get(at),
            "left_out": targets.left_out[at],
        }
        for at, cell in enumerate(targets.cell)
    ]
    return pa.Table.from_pylist(rows, schema=CELL_CHANCE.schema)


def _part(
    scene: Scene, views: list[PrisonView], users: Users, at: int, share: float
) -> tuple[str, float, str, str, int, float]:
    view, row = views[users.view[at]], int(users.row[at])
    return (
        scene.activity.handset_ids[users.handset[at]],
        share,
        presence_words(view, row),
        scene.stays.inmates[users.inmate[at]],
        int(view.declared_hits[row, users.column[at]]),
        float(users.log10_lr[at]),
    )
