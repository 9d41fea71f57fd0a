"""Write `docs/validation.md`: what `portique mark` says of worlds that were never fitted.

The curves behind it go to `locate/validation.json`, package data that the annex of a case shows.

    python tools/validate.py [--folder build/validation] [--seeds 5] [--other-seeds 2] [--full]

Each world is simulated, run and marked by the commands that a person would give; the worlds and the
marks are kept, so that a second call measures only what is missing. Delete the folder, or the file
`marks.json` of one world, to measure anew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portique.core.forecasts import SLACK, Verdict
from portique.simulation.pooling import (
    bounded_lists,
    intervals_held,
    pooled_cllr,
    pooled_verdict,
    scale_by_chance,
    validation_document,
)
from portique.simulation.recipe import RECIPES

FIRST_SEED = 101  # calibration takes 9000 and on, demo and tests small numbers
FULL_SEED = 7
GIB = 2**20  # the system counts a process's memory in KiB
ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/validation.md"
CALIBRATION = ROOT / "src/portique/locate/calibration.json"
CURVES = ROOT / "src/portique/locate/validation.json"
BASELINES = {
    "most shared declared contacts": "contacts",
    "the same, in the prison of most records": "contacts and prison",
    "the same, weighed by records while he was in": "contacts and presence",
    "random cell in the prison of most records": "random cell",
}
Marks = dict[str, Any]


@dataclass(frozen=True)
class World:
    """One world and what was measured on it.

    Args:
        recipe, seed, scale: what was simulated.
        marks: the answer of `portique mark --json`.
        cost: seconds and GiB at most of `simulate`, `run` and `mark`.
    """

    recipe: str
    seed: int
    scale: str
    marks: Marks
    cost: dict[str, list[float]]


def main() -> None:
    """Measure every world that is asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/validation"))
    parser.add_argument("--seeds", type=int, default=5, help="ordinary small worlds")
    parser.add_argument("--other-seeds", type=int, default=2, help="of each other recipe")
    parser.add_argument("--full", action="store_true", help="one full world too: ten minutes")
    asked = parser.parse_args()
    jobs = [("ordinary", FIRST_SEED + n, "small") for n in range(asked.seeds)]
    jobs += [
        (recipe, FIRST_SEED + n, "small")
        for recipe in RECIPES
        if recipe != "ordinary"
        for n in range(asked.other_seeds)
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        worlds = list(pool.map(lambda job: measure(asked.folder, *job), jobs))
    if asked.full:
        worlds.append(measure(asked.folder, "ordinary", FULL_SEED, "full"))
    PAGE.write_text("\n".join(page(worlds)) + "\n", encoding="utf-8")
    rows = [(w.recipe, w.seed, w.scale, w.marks) for w in worlds]
    document = validation_document(rows, CALIBRATION.read_bytes())
    CURVES.write_text(json.dumps(document, sort_keys=True) + "\n", encoding="utf-8")


def measure(folder: Path, recipe: str, seed: int, scale: str) -> World:
    """Simulate, run and mark one world; take what was measured before where it is there."""
    place = folder / f"{recipe}-{seed}-{scale}"
    kept = place / "marks.json"
    if kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if "weighed" in found["marks"]["targets"]:  # marks of older versions lack it
            return World(recipe, seed, scale, found["marks"], found["cost"])
    cost: dict[str, list[float]] = {}
    if not (place / "truth" / "sighting.parquet").is_file():
        shutil.rmtree(place, ignore_errors=True)
        vary = ("--vary", recipe)
        words = ("simulate", str(place), "--scale", scale, "--seed", str(seed), *vary)
        cost["simulate"] = call(*words)[1]
    shutil.rmtree(place / "case/derived", ignore_errors=True)
    shutil.rmtree(place / "case/.portique", ignore_errors=True)
    cost["run"] = call("run", str(place / "case"))[1]
    said, cost["mark"] = call("mark", str(place / "case"), str(place / "truth"), "--json")
    marks = json.loads(said)
    kept.write_text(json.dumps({"marks": marks, "cost": cost}), encoding="utf-8")
    return World(recipe, seed, scale, marks, cost)


def call(*words: str) -> tuple[str, list[float]]:
    """Run one command of `portique`; return what it printed, its seconds and GiB at most."""
    started = time.monotonic()
    command = [str(Path(sys.executable).with_name("portique")), *words]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        out.seek(0)
        said = out.read().decode("utf-8")
    if status:
        raise SystemExit(f"portique {' '.join(words)} ended with {status >> 8}")
    return said, [round(time.monotonic() - started, 1), round(used.ru_maxrss / GIB, 2)]


def page(worlds: Sequence[World]) -> Iterator[str]:
    """Yield the lines of the page."""
    yield from (
        "# What was measured",
        "",
        "Written by `tools/validate.py` from `portique mark --json`, not by hand. Every world is",
        "invented by this project's own simulator. None was fitted: calibration takes other seeds.",
        "A model is at its best on the worlds of those who made it: read [the limits](limits.md)",
        "beside these figures, and [the method](method.md) for what they are of.",
        "",
        "Recall, precision: of handsets that were seen. Place: right prison or rightly outside.",
        "Cllr of placement = order + scale; scale is what calibration could still win. Cell, user:",
        "the right one among the first 1 and 5 named, of handsets inside. Yield: share of searched",
        "cells that hold a phone of the fleet, at the first tenth of the list and at `max_cells`.",
        "Brier: of `p_any`. Clones: adjusted Rand index of the split over so many IMEIs.",
        "",
        "## Ordinary worlds, small: one row a seed",
        "",
    )
    ordinary = [w for w in worlds if w.recipe == "ordinary" and w.scale == "small"]
    rows = [(str(w.seed), [w]) for w in ordinary] + [("**mean**", ordinary)]
    yield from table("seed", rows, FIGURES)
    yield from scale_of(ordinary)
    yield from ("", "## Every recipe, small: means over seeds", "")
    recipes = list(dict.fromkeys(w.recipe for w in worlds if w.scale == "small"))
    by_recipe = [(r, [w for w in worlds if w.recipe == r and w.scale == "small"]) for r in recipes]
    named = [(f"{recipe} ({len(group)})", group) for recipe, group in by_recipe]
    yield from table("recipe (worlds)", named, FIGURES)
    yield from ("", "## Cells searched for nothing, against simple baselines", "")
    yield "Share of the cells searched that hold nothing, at `max_cells`; means over seeds."
    yield ""
    yield from table("recipe (worlds)", named, WRONG_DOORS)
    yield from reliability_lines([w.marks for w in worlds])
    full = [w for w in worlds if w.scale == "full"]
    if full:
        yield from ("", "## A full world: 66 prisons, 5,000 phones, 60 million records", "")
        yield from table("seed", [(str(w.seed), [w]) for w in full], FIGURES)
        yield ""
        yield from table("seed", [(str(w.seed), [w]) for w in full], WRONG_DOORS)
        for world in full:
            yield ""
            parts = (f"`{what}` {s:,.0f} s, {gib:.2f} GiB" for what, (s, gib) in world.cost.items())
            yield f"Cost on two cores, time and memory at most: {'; '.join(parts)}."


def bounded_lines(worlds: Sequence[Marks]) -> Iterator[str]:
    """Yield how lists did that were bound to a share of searches for nothing."""
    yield "Lists bound by `max_wrong_share`, at the usual confidence of 0.90 and without a limit on"
    yield "their length: cells a world, how many of them held nothing, and where the bound held."
    yield ""
    yield from ("| bound | cells | for nothing | share | held |", f"| ---: |{' ---: |' * 4}")
    for bound in (0.05, 0.10, 0.20, 0.30):
        lists = bounded_lists(worlds, bound)
        cells, nothing = (sum(each) / len(lists) for each in zip(*lists, strict=True))
        held = sum(wrong <= bound * n + 1e-9 for n, wrong in lists)
        share = f"{nothing / cells:.3f}" if cells else "-"
        yield f"| {bound} | {cells:.1f} | {nothing:.1f} | {share} | {held} of {len(lists)} |"


def reliability_lines(worlds: Sequence[Marks]) -> Iterator[str]:
    """Yield whether `p_any`, and the yield that is stated before the day, mean what they say."""
    held, of = intervals_held(worlds)
    yield from (
        "",
        "## Whether `p_any` means what it says",
        "",
        "All worlds of this page together, in tenths by `p_any`. Asked: at least 400 cells a",
        "tenth, and what came within 0.05 + 2 binomial standard errors of what was said. First the",
        "cells on the lists, then every cell that was weighed (`cell_chance`, `p_any` from 0.01),",
        "listed or not, both in tenths of equal size; then these again in tenths of equal width,",
        "since most of them are improbable. The 90 % interval of the expected yield, stated before",
        f"the day, held what was found in {held} of {of} worlds.",
        "",
        *bounded_lines(worlds),
    )
    for name, is_listed, is_by_rank in (
        ("Listed", True, True),
        ("Weighed", False, True),
        ("Weighed, equal width", False, False),
    ):
        verdict = pooled_verdict(worlds, is_listed=is_listed, is_by_rank=is_by_rank)
        if verdict is not None:
            yield from verdict_table(name, verdict)


def verdict_table(name: str, verdict: Verdict) -> Iterator[str]:
    """Yield what was said and what came, group by group, and whether all that is asked holds."""
    yield from ("", f"| {name}: said | came | cells | allowed | |", f"| ---: |{' ---: |' * 4}")
    groups, allowed = verdict.groups, SLACK + 2 * verdict.groups.error
    rows = zip(groups.said, groups.came, groups.trials, allowed, strict=True)
    for row, (said, came, cells, away) in enumerate(rows):
        word = "within" if verdict.is_within[row] else "**beyond**"
        few = "" if verdict.is_enough[row] else ", few cells"
        yield f"| {said:.3f} | {came:.3f} | {cells:,} | ±{away:.3f} | {word}{few} |"
    passed = int((verdict.is_enough & verdict.is_within).sum())
    yield from ("", f"{name}: {passed} of {len(groups.said)} tenths pass.")


def scale_of(worlds: Sequence[World]) -> Iterator[str]:
    """Yield what the scale of single worlds is worth, and that of all their trials together."""
    marks = [world.marks for world in worlds]
    alone = sum(scale_by_chance([each], "places") for each in marks) / max(1, len(marks))
    together = pooled_cllr(marks, "places")
    if together:
        whole, least = together
        yield ""
        yield (
            f"A scale of {alone:.3f} on average is what chance alone would give on one of these "
            "worlds, were every LR exactly right: Cllr_min fits the chance of few trials as well."
        )
        yield (
            f"All trials of these worlds together: Cllr {whole:.3f} = {least:.3f} (order) + "
            f"{whole - least:.3f} (scale), of which chance {scale_by_chance(marks, 'places'):.3f}."
        )


Figure = Callable[[Marks], float]
FIGURES: dict[str, tuple[Figure, str]] = {
    "recall": (lambda m: m["handsets"]["recall"], ".3f"),
    "precision": (lambda m: m["handsets"]["precision"], ".3f"),
    "place": (lambda m: m["places"]["right_place"], ".3f"),
    "Cllr": (lambda m: m["places"]["trials"]["cllr"], ".3f"),
    "order": (lambda m: m["places"]["trials"]["cllr_min"], ".3f"),
    "scale": (lambda m: m["places"]["trials"]["cllr_cal"], ".3f"),
    "cell 1": (lambda m: m["users"]["cell"]["top1"], ".2f"),
    "cell 5": (lambda m: m["users"]["cell"]["top5"], ".2f"),
    "user 1": (lambda m: m["users"]["user"]["top1"], ".2f"),
    "user 5": (lambda m: m["users"]["user"]["top5"], ".2f"),
    "yield, tenth": (lambda m: found(m["targets"]["yields"], "first tenth"), ".2f"),
    "yield, all": (lambda m: found(m["targets"]["yields"], "max_cells"), ".2f"),
    "Brier": (lambda m: m["targets"]["brier"], ".3f"),
    "clones": (lambda m: m["clones"]["adjusted_rand"], ".2f"),
    "IMEIs": (lambda m: m["clones"]["imeis"], ".0f"),
}


def _baseline(name: str) -> tuple[Figure, str]:
    return lambda m: 1 - found(m["targets"]["baselines"][name], "max_cells"), ".2f"


WRONG_DOORS: dict[str, tuple[Figure, str]] = {
    "portique": (lambda m: 1 - found(m["targets"]["yields"], "max_cells"), ".2f"),
    **{short: _baseline(name) for name, short in BASELINES.items()},
}


def found(yields: list[dict[str, Any]], asked: str) -> float:
    """Return the share of cells with a phone among the first that were asked for."""
    return float(next(one["share"] for one in yields if one["asked"] == asked))


def table(
    head: str,
    rows: Sequence[tuple[str, Sequence[World]]],
    figures: dict[str, tuple[Figure, str]],
) -> Iterator[str]:
    """Yield a table with one row a group of worlds: the means of the figures."""
    yield f"| {head} | {' | '.join(figures)} |"
    yield f"| --- |{' ---: |' * len(figures)}"
    for name, worlds in rows:
        said = (mean([of(w.marks) for w in worlds], form) for of, form in figures.values())
        yield f"| {name} | {' | '.join(said)} |"


def mean(values: Sequence[float | None], form: str) -> str:
    """Return the mean of the values that exist, in a form; a dash where there is none."""
    known = [value for value in values if value is not None]
    return format(sum(known) / len(known), form) if known else "-"


if __name__ == "__main__":
    main()
