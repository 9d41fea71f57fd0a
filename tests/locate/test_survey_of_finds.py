"""The survey of a prison's sectors from earlier finds that are no fair sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from portique.collect.stage import run as collect
from portique.core.case import read_case
from portique.core.metrics import cllr
from portique.core.progress import silent
from portique.engine.store import Store
from portique.identify.stage import run as identify
from portique.locate.calibrate import shipped
from portique.locate.finds import Finds
from portique.locate.judge import PrisonView
from portique.locate.reliance import reliance
from portique.locate.scene import Scene, load_scene
from portique.locate.stage import judge_all
from portique.simulation.operation import simulate
from portique.simulation.recipe import parse_vary
from tools.calibrate import Truth, trials, true_places


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scene, Truth]]:
    """Return a tiny world with many finds, and where its phones truly are."""
    out: Path = tmp_path_factory.mktemp("searched")
    simulate(out, "tiny", 12, parse_vary(["searched", "found_share=0.4"]), silent)
    settings = read_case(out / "case")
    with Store(out / "case/derived", out / "scratch", memory_gib=1.0) as store:
        collect(out / "case", settings, store, silent, leave_out_refused=False, hashes=None)
        identify(settings, store, silent)
        scene = load_scene(settings, store)
        yield scene, true_places(store, out / "truth", scene)


def only(finds: Finds, kept: np.ndarray) -> Finds:
    """Return some of the finds."""
    return Finds(**{name: values[kept] for name, values in vars(finds).items()})


def cost(scene: Scene, views: list[PrisonView], truth: Truth) -> float:
    """Return Cllr of the trials of presence."""
    world = trials("searched", scene, views, truth)
    strength = shipped().presence_log10_lr(world.presence)
    return float(cllr(strength[world.is_h1], strength[~world.is_h1]))


def test_finds_of_one_building_alone_do_no_harm_and_a_prison_without_any_is_judged(
    known: tuple[Scene, Truth],
) -> None:
    """Finds of the first building of the first prison are kept, all others are not known."""
    scene, truth = known
    cells = scene.stays.cells
    building = np.array([cells[cell].rsplit("-", 2)[0] for cell in scene.finds.cell])
    biased = building == building[0]
    none = np.zeros(len(scene.finds), bool)
    costs = []
    for kept in (none, biased):
        there = replace(scene, finds=only(scene.finds, kept))
        views = judge_all(there, shipped(), silent)
        costs.append(cost(there, views, truth))
        assert all(np.isfinite(view.log10_lr).all() and len(view.log10_lr) for view in views)

    assert 0 < biased.sum() < len(scene.finds)
    assert costs[1] <= costs[0] + 0.02


def test_finds_of_a_world_like_those_of_the_calibration_bear_out_what_is_said(
    known: tuple[Scene, Truth],
) -> None:
    """Each find of a handset is a trial; what would have been said on its day is not pulled."""
    scene, _ = known
    borne = reliance(scene, judge_all(scene, shipped(), silent))

    assert 0 < len(borne.trials) <= int(scene.finds.took_it.sum())
    assert borne.borne_out == 1.0
    assert borne.elsewhere == 0
    assert all(0 <= trial.p_found <= trial.p_first <= 1 for trial in borne.trials)
