"""A whole invented operation: the case as delivered, and the truth behind it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa

from portique.core.errors import Refused
from portique.core.progress import Progress
from portique.simulation.absences import make_absences
from portique.simulation.activity import fleet_chunk, insider_chunk
from portique.simulation.background import background_chunks
from portique.simulation.chunk import Chunk, World
from portique.simulation.contacts import make_circles
from portique.simulation.dirt import spoil
from portique.simulation.emit import Delivery, Form, names
from portique.simulation.fleet import make_fleet
from portique.simulation.ledger import sold_tacs, write_ledger
from portique.simulation.numbering import Numbering
from portique.simulation.places import Points, make_areas, make_cells
from portique.simulation.population import make_stays
from portique.simulation.radio_world import make_sectors
from portique.simulation.recipe import SCALES, Recipe
from portique.simulation.registers import cell_ids, write_registers
from portique.simulation.truth import Truth

CSV_ANSWERS = {
    "tiny": frozenset({(1, True), (1, False), (3, True), (3, False)}),
    "small": frozenset({(3, True), (3, False)}),
    "full": frozenset({(3, True)}),
}
"""Which answers come as CSV: position in `OPERATORS`, and whether to a request by IMEI."""
FILES_OF_RECORDS = 12
"""Files into which the records would be cut, were they one operator's."""
LARGE_TABLES = {"tiny": "csv", "small": "parquet", "full": "parquet"}
MAX_CELLS = {"tiny": 12, "small": 60, "full": 500}
CROWDS = 20_000
"""More crowds than any scale needs: the loop over them ends."""

_CASE = """\
[case]
contract_version = 1
id = "invented-{scale}-{seed}"
title = "Invented supplier, mini-phones in detention ({scale}, seed {seed})"
timezone = "Europe/Paris"
as_of_utc = 2025-05-19T20:00:00Z

[fleet]
tacs = [{tacs}]

[search]
max_cells = {max_cells}

[[authority]]
id = "REQ-2025-0117"
kind = "requisition"
basis = "CPP 77-1-1"
issued_utc = 2025-03-02T09:00:00Z
covers = ["retained_record", "sale"]
from_utc = 2024-06-01T00:00:00Z
until_utc = 2025-06-01T00:00:00Z

[[authority]]
id = "REQ-2025-0118"
kind = "requisition"
basis = "CPP 77-1-1"
issued_utc = 2025-03-02T09:00:00Z
covers = ["stay", "absence", "declared_contact", "find", "offence"]
from_utc = 2024-06-01T00:00:00Z
until_utc = 2025-06-01T00:00:00Z
"""


def simulate(out: Path, scale: str, seed: int, recipe: Recipe, progress: Progress) -> None:
    """Write `out/case` as delivered and `out/truth` as it was; nobody in it exists.

    Args:
        out: folder; what an earlier call wrote there is replaced.
        scale: tiny, small or full.
        seed: the same seed gives the same files.
        recipe: parameters of the world.
        progress: told how many rows are delivered.

    Raises:
        Refused: the scale does not exist.
    """
    if scale not in SCALES:
        raise Refused(
            f"there is no scale {scale!r}",
            where="--scale",
            mend=f"one of {', '.join(SCALES)}",
            code="SIM-003",
        )
    for old in (out / "case", out / "truth"):
        shutil.rmtree(old, ignore_errors=True)
    sources, truth = out / "case/sources", out / "truth"
    sources.mkdir(parents=True)
    truth.mkdir()
    world = _ground(scale, seed, recipe)
    fleet = make_fleet(world)
    mine, others = fleet_chunk(world, fleet), insider_chunk(world, fleet)
    write_registers(world, sources, LARGE_TABLES[scale])
    write_ledger(world, fleet, mine, cell_ids(world), sources)
    form = Form(CSV_ANSWERS[scale], world.scale.records // FILES_OF_RECORDS)
    delivery = Delivery(world, sources, truth, form)
    _deliver(world, delivery, (mine, others), Truth(world, truth), progress)
    tacs = ", ".join(f'"{tac}"' for tac in sold_tacs(world))
    text = _CASE.format(scale=scale, seed=seed, tacs=tacs, max_cells=MAX_CELLS[scale])
    (out / "case/case.toml").write_text(text, encoding="utf-8")
    if recipe.is_dirty:
        spoil(sources)


def _ground(scale: str, seed: int, recipe: Recipe) -> World:
    size = SCALES[scale]
    areas, prisons = make_areas(seed, size, recipe)
    cells = make_cells(seed, prisons, recipe)
    stays = make_stays(seed, prisons, cells, recipe)
    numbering = Numbering(seed * 1_000_003)
    return World(
        seed=seed,
        scale=size,
        recipe=recipe,
        areas=areas,
        prisons=prisons,
        cells=cells,
        stays=stays,
        absences=make_absences(seed, stays, cells, recipe),
        circles=make_circles(seed, stays, cells, recipe, numbering),
        sectors=make_sectors(seed, areas, None),
        points=Points(),
        numbering=numbering,
    )


def _deliver(
    world: World,
    delivery: Delivery,
    hidden: tuple[Chunk, Chunk],
    truth: Truth,
    progress: Progress,
) -> None:
    """Deliver the fleet, the inmates' other phones, then crowds until there are rows enough."""
    wanted = world.scale.records
    made = {"F": 0, "S": 0, "B": 0}

    def deliver(letter: str, chunk: Chunk) -> None:
        true_ids: pa.Array = names(letter, made[letter] + 1, len(chunk.devices.imei))
        made[letter] += len(true_ids)
        delivery.write(chunk, true_ids, wanted - delivery.rows if letter == "B" else None)
        truth.write(chunk, true_ids)
        progress("records delivered", min(delivery.rows, wanted), wanted)

    for letter, chunk in zip("FS", hidden, strict=True):
        deliver(letter, chunk)
    crowds = background_chunks(world, max(0, wanted - delivery.rows))
    for _ in range(CROWDS):
        if delivery.rows >= wanted:
            break
        deliver("B", next(crowds))
    delivery.close()
    truth.close()
