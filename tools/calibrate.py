"""Write `locate/calibration.json` from simulated worlds that differ in recipe.

    python tools/calibrate.py [--folder build/calibration] [--seeds 2] [--scale small]

Each world is simulated, brought to the stage `identify`, and read again with its truth: terms of
presence for one trial a handset, terms of users for handsets that are inside. Weights come from
logistic regression with equal class weights. Bounds come from ELUB on trials that were not fitted:
every recipe in turn is held out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from portique.collect.stage import run as collect
from portique.core.case import read_case
from portique.core.metrics import cllr, cllr_min, elub_bounds
from portique.core.progress import silent
from portique.engine.store import Store
from portique.identify.stage import run as identify
from portique.locate.attribute import users_log10_lr
from portique.locate.calibrate import PRESENCE_TERMS, SILENCE, combine, shipped
from portique.locate.familiar import Spread, spread
from portique.locate.fit import UserTrial, fit_presence, fit_users
from portique.locate.judge import PrisonView
from portique.locate.scene import Scene, load_scene
from portique.locate.stage import judge_all
from portique.locate.users import TERMS
from portique.simulation.operation import simulate
from portique.simulation.recipe import RECIPES, parse_vary

Floats = npt.NDArray[np.float64]
FIRST_SEED = 9_000  # far from the seeds that tests and demonstrations use
NOT = (None, None, frozenset[str]())
USER_BOUNDS = (-3.0, 4.0)
"""No strength of a user goes further, however many trials there are (assumed)."""
LEFT_OUT = frozenset({"dirty", "kept", "searched", "stashed"})
"""The first is an ordinary world with damaged files. In the second most silent phones are hidden:
the contrary of what the calibration assumes, and the test of what it costs where that is wrong.
The others have many earlier finds, and phones that lie in another cell than their user's: what
finds are good for is measured on them."""
OUT = Path(__file__).parent.parent / "src/portique/locate/calibration.json"


@dataclass(frozen=True)
class World:
    """What one world gives to the calibration."""

    recipe: str
    presence: Floats
    is_h1: npt.NDArray[np.bool_]
    users: list[UserTrial]
    user_log10_lr: Floats
    is_user: npt.NDArray[np.bool_]
    spread: Spread
    far: int
    """Phones outside that were never served near a prison, or were seized: trials as well, always
    at the lower bound."""


def main() -> None:
    """Simulate, read, fit, and write the package data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/calibration"))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--scale", default="small")
    parser.add_argument("--vary", action="append", default=[], help="added to every recipe")
    asked = parser.parse_args()
    names = sorted(set(RECIPES) - LEFT_OUT)
    jobs = [
        (asked.folder, name, FIRST_SEED + seed, asked.scale, tuple(asked.vary))
        for name in names
        for seed in range(asked.seeds)
    ]
    with ProcessPoolExecutor(max_workers=2) as pool:
        worlds = list(pool.map(read_world, jobs))
    document = fit(worlds, f"{asked.seeds} {asked.scale} worlds of each of {len(names)} recipes")
    OUT.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(document["validation"], indent=2))


def read_world(job: tuple[Path, str, int, str, tuple[str, ...]]) -> World:
    """Return the trials of one world, from the cache where it was read before."""
    folder, recipe, seed, scale, vary = job
    place = folder / f"{recipe}-{seed}-{scale}"
    if not (place / "truth").is_dir():
        shutil.rmtree(place, ignore_errors=True)
        simulate(place, scale, seed, parse_vary([recipe, *vary]), silent)
    settings = read_case(place / "case")
    with Store(place / "case/derived", place / "scratch", memory_gib=2.0) as store:
        if not store.has("handset"):
            collect(place / "case", settings, store, silent, leave_out_refused=False, hashes=None)
            identify(settings, store, silent)
        scene = load_scene(settings, store)
        views = judge_all(scene, shipped(), silent)
        truth = true_places(store, place / "truth", scene)
    world = trials(recipe, scene, views, truth)
    (place / "world.pickle").write_bytes(pickle.dumps(world))
    return world


Truth = dict[int, tuple[str | None, str | None, frozenset[str]]]


def true_places(store: Store, truth: Path, scene: Scene) -> Truth:
    """Return prison, cell and users of the true handset behind each derived one.

    The true one is that with most shared rows.
    """
    rows = store.arrow("fleet_record", ["handset_id", "source_id", "source_row"])
    sources = store.arrow("source", ["source_id", "path"])
    seen = pq.read_table(truth / "sighting.parquet")
    seen = seen.join(sources, keys="source", right_keys="path").filter(
        pa.compute.is_valid(pa.compute.field("source_id"))
    )
    seen = pa.table(
        {
            "source_id": seen["source_id"].cast(pa.int32()),
            "source_row": seen["row"].cast(pa.int64()),
            "true_id": seen["true_id"].cast(pa.string()),
        }
    )
    shared = rows.join(seen, keys=["source_id", "source_row"], join_type="inner")
    counts = shared.group_by(["handset_id", "true_id"]).aggregate([([], "count_all")])
    best: dict[str, tuple[int, str]] = {}
    for row in counts.to_pylist():
        candidate = (row["count_all"], row["true_id"])
        best[row["handset_id"]] = max(best.get(row["handset_id"], (0, "")), candidate)
    where = {
        str(row["true_id"]): (row["prison_id"], row["cell_id"], frozenset(row["inmate_ids"]))
        for row in pq.read_table(truth / "handset.parquet").to_pylist()
    }
    return {
        h: where[best[name][1]] for h, name in enumerate(scene.activity.handset_ids) if name in best
    }


def trials(recipe: str, scene: Scene, views: list[PrisonView], truth: Truth) -> World:
    """Return one presence trial per handset, and one user trial per handset that is inside.

    Drawn as `portique mark` draws them: outside, against the prison that saw most of it.
    """
    presence: list[Floats] = []
    is_h1: list[bool] = []
    users: list[UserTrial] = []
    best_outside: dict[int, tuple[int, Floats]] = {}
    cells = {name: i for i, name in enumerate(scene.stays.cells)}
    for view in views:
        stacked = view.users.stacked()
        for row, handset in enumerate(view.presence.handset):
            if int(handset) not in truth or scene.seized[handset]:
                continue
            prison, cell, _ = truth[int(handset)]
            if prison == scene.prisons.ids[view.prison]:
                presence.append(view.terms[row])
                is_h1.append(True)
                right = view.held.cell == cells.get(cell or "", -2)
                users.append(UserTrial(stacked[:, row, :].copy(), right))
            elif prison is None:
                best = best_outside.get(int(handset), (-1, view.terms[row]))
                seen = (int(view.presence.records[row]), view.terms[row])
                best_outside[int(handset)] = max(best, seen, key=lambda pair: pair[0])
    presence += [terms for _, terms in best_outside.values()]
    is_h1 += [False] * len(best_outside)
    strength, is_user = user_strengths(scene, views, truth)
    outside = {handset for handset, (prison, _, _) in truth.items() if prison is None}
    far = len(outside - set(best_outside))
    return World(
        recipe,
        np.array(presence),
        np.array(is_h1, bool),
        users,
        strength,
        is_user,
        spread(scene, views)[0],
        far,
    )


def user_strengths(
    scene: Scene, views: list[PrisonView], truth: Truth
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the log10 LR of every inmate of a phone's true prison, and whether he is its user."""
    strength: list[Floats] = [np.zeros(0)]
    is_user: list[npt.NDArray[np.bool_]] = [np.zeros(0, bool)]
    for view in views:
        here = scene.prisons.ids[view.prison]
        rows = [r for r, h in enumerate(view.presence.handset) if truth.get(int(h), NOT)[0] == here]
        if not rows or not len(view.held.inmates):
            continue
        names = [scene.stays.inmates[inmate] for inmate in view.held.inmates]
        for row, lr in zip(rows, users_log10_lr(scene, view, np.array(rows))[1], strict=True):
            mine = truth[int(view.presence.handset[row])][2]
            strength.append(lr)
            is_user.append(np.array([name in mine for name in names], bool))
    return np.concatenate(strength), np.concatenate(is_user)


def fit(worlds: list[World], name: str) -> dict[str, object]:
    """Return the document: weights on all worlds, bounds and figures on held-out recipes."""
    terms = np.concatenate([w.presence for w in worlds])
    is_h1 = np.concatenate([w.is_h1 for w in worlds])
    far = sum(w.far for w in worlds)
    found = fit_presence(terms, is_h1, 1.0, far)
    held_out = np.concatenate([_held_out(worlds, recipe) for recipe in _recipes(worlds)])
    answer = np.concatenate(
        [w.is_h1 for recipe in _recipes(worlds) for w in worlds if w.recipe == recipe]
    )
    held_out = np.append(held_out, np.full(far, held_out.min()))
    answer = np.append(answer, np.zeros(far, bool))
    low, high = elub_bounds(held_out[answer], held_out[~answer])
    clipped = np.clip(held_out, low, high)
    user_weight, nobody = fit_users([u for w in worlds for u in w.users], 5.0)
    return {
        "name": name,
        "sha256_of_trials": hashlib.sha256(terms.tobytes() + is_h1.tobytes()).hexdigest(),
        "presence": {
            "weight": {
                term: round(float(weight), 4)
                for at, (term, weight) in enumerate(zip(PRESENCE_TERMS, found.weight, strict=True))
                if at != SILENCE
            },
            "offset": round(found.offset, 4),
            "gone": {name: round(value, 4) for name, value in vars(found.gone).items()},
            "bounds": [round(float(low), 3), round(float(high), 3)],
        },
        "users": {
            "weight": dict(zip(TERMS, np.round(user_weight, 4).tolist(), strict=True)),
            "nobody": round(nobody, 4),
            "bounds": [round(float(bound), 3) for bound in user_bounds(worlds)],
        },
        **spreads(worlds),
        "validation": {
            "trials_inside": int(answer.sum()),
            "trials_outside": int((~answer).sum()),
            "cllr": round(float(cllr(clipped[answer], clipped[~answer])), 4),
            "cllr_min": round(float(cllr_min(clipped[answer], clipped[~answer])), 4),
        },
    }


def spreads(worlds: list[World]) -> dict[str, object]:
    """Return how the terms are spread in one world of each recipe."""
    one_each = {world.recipe: world.spread for world in reversed(worlds)}
    return {
        "worlds": {
            recipe: {term: cut.tolist() for term, cut in sorted(found.items())}
            for recipe, found in sorted(one_each.items())
        }
    }


def user_bounds(worlds: list[World]) -> tuple[float, float]:
    """Return the bounds of the LR of a user that the trials of all recipes together support."""
    strength = np.concatenate([w.user_log10_lr for w in worlds])
    is_user = np.concatenate([w.is_user for w in worlds])
    low, high = elub_bounds(strength[is_user], strength[~is_user])
    return max(low, USER_BOUNDS[0]), min(high, USER_BOUNDS[1])


def _recipes(worlds: list[World]) -> list[str]:
    return sorted({w.recipe for w in worlds})


def _held_out(worlds: list[World], recipe: str) -> Floats:
    """Return log10 LRs of the trials of one recipe under weights fitted without it."""
    rest = [w for w in worlds if w.recipe != recipe] or worlds
    found = fit_presence(
        np.concatenate([w.presence for w in rest]),
        np.concatenate([w.is_h1 for w in rest]),
        1.0,
        sum(w.far for w in rest),
    )
    mine = np.concatenate([w.presence for w in worlds if w.recipe == recipe])
    return combine(mine, found.weight, found.offset, found.gone)


if __name__ == "__main__":
    main()
