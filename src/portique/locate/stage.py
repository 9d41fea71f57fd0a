"""The stage: from the fleet's records to places, users and cells."""

from __future__ import annotations

from dataclasses import replace

from portique.core.case import CaseSettings
from portique.core.progress import Progress
from portique.engine.store import Store
from portique.locate import rows
from portique.locate.attribute import attribute_all
from portique.locate.calibrate import Calibration, shipped
from portique.locate.familiar import check, factor, spread
from portique.locate.judge import PrisonView, able_sectors, judge, reach_of_prisons
from portique.locate.radio import Surroundings
from portique.locate.reliance import reliance
from portique.locate.scene import Scene, load_scene
from portique.locate.survey import survey_all
from portique.locate.targets import choose_cells, refuse_unknown_prisons
from portique.locate.weigh import all_pairs, place_all


def run(settings: CaseSettings, store: Store, progress: Progress) -> None:
    """Write the tables `calibration_check` to `target`: where, who, and which cells to search.

    Args:
        settings: the case.
        store: its derived tables; reads `handset`, `fleet_record`, `clock_offset`, `sector`,
            `prison`, `prison_cell`, `stay`, `absence`, `declared_contact`, `number_reach`, `find`.
        progress: told before each prison.

    Raises:
        Refused: the case limits the cells of a prison that it does not have.
    """
    scene, weights = load_scene(settings, store), shipped()
    refuse_unknown_prisons(settings.search, scene.prisons.ids)
    views = judge_all(scene, weights, progress)
    checks = check(*spread(scene, views), weights.worlds)
    views, weights = _widened(views, weights, factor(checks))
    pairs = all_pairs(scene, views, weights)
    places = place_all(scene, pairs, weights)
    borne = reliance(scene, views)
    users = attribute_all(scene, views, pairs, places, weights, borne)
    prisons = [scene.prisons.ids[prison] for prison in scene.stays.prison_of_cell]
    in_cell = users.posterior * (1 - borne.elsewhere_share)
    targets = choose_cells(users.handset, users.cell, in_cell, prisons, settings.search)
    store.write("calibration_check", rows.check_table(checks))
    ids = store.arrow("find")["find_id"].to_pylist()
    store.write("find_check", rows.find_table(scene, borne, ids))
    store.write("presence", rows.presence_table(scene, views))
    store.write("placement", rows.placement_table(scene, views, pairs, places, weights))
    store.write("attribution", rows.attribution_table(scene, users, weights))
    store.write("attribution_term", rows.reasons_table(scene, views, users, weights))
    store.write("cell_chance", rows.cell_chance_table(scene, targets))
    store.write("target", rows.target_table(scene, views, users, targets))


def _widened(
    views: list[PrisonView], weights: Calibration, by: float
) -> tuple[list[PrisonView], Calibration]:
    """Pull every strength towards 1, and its bounds, where the case is unlike the worlds."""
    if by == 1.0:
        return views, weights
    return [replace(view, log10_lr=view.log10_lr * by) for view in views], weights.widened(by)


def judge_all(scene: Scene, weights: Calibration, progress: Progress) -> list[PrisonView]:
    """Return the view of every prison, in their order.

    The first round, by geometry alone, finds the phones surely inside; they survey the sectors
    for the second.
    """
    around = reach_of_prisons(scene)
    first = _judge_round(scene, around, weights, progress)
    return _judge_round(scene, survey_all(scene, first, around), weights, progress)


def _judge_round(
    scene: Scene, around: list[Surroundings], weights: Calibration, progress: Progress
) -> list[PrisonView]:
    able = able_sectors(scene, around)
    views = []
    for prison, near in enumerate(around):
        progress("prisons judged", prison, len(around))
        views.append(judge(scene, prison, near, able, weights))
    return views
