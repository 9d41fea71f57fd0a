"""What the supplier's ledger, the list of earlier finds and the offences' files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from portique.core.tables import INPUT
from portique.simulation.chunk import NOWHERE, Chunk, World
from portique.simulation.draw import Ints, Rng, stream
from portique.simulation.files import write_rows
from portique.simulation.fleet import Fleet
from portique.simulation.numbering import FLEET_TACS, check_digits
from portique.simulation.period import EPOCH_S, HORIZON_S
from portique.simulation.truth import inmate_id

MODELS = ("L8STAR", "BM10", "BM70", "LONG-CZ")
CHANNELS = ("shop", "messenger", "market")
OFFENCE_KINDS = ("trafficking", "fraud", "arson", "attempted_murder", "other")
OFFENCE_SHARE = (0.55, 0.20, 0.08, 0.07, 0.10)
PHONES_AN_OFFENCE = 30
Row = dict[str, Any]


def write_ledger(world: World, fleet: Fleet, chunk: Chunk, cells: list[str], sources: Path) -> None:
    """Write sales, finds and offences below `sources`.

    Args:
        world: recipe and prisons.
        fleet: what was sold and found.
        chunk: events of the fleet, for whom its phones called.
        cells: name of every cell.
        sources: the case's folder `sources`.
    """
    rng = stream(world.seed, "ledger")
    sales = _sales(world, fleet, rng)
    half = len(sales) * 2 // 3
    _write(sources / "sale/ledger-2024.csv", "sale", sales[:half])
    _write(sources / "sale/ledger-2025.parquet", "sale", sales[half:])
    _write(sources / "find/finds.csv", "find", _finds(fleet, cells, rng))
    _write(sources / "offence/offences.csv", "offence", _offences(world, fleet, chunk, rng))


def _write(path: Path, kind: str, rows: list[Row]) -> None:
    write_rows(path, pa.Table.from_pylist(rows, schema=INPUT[kind].schema))


def _micros(second: int) -> int:
    return (second + EPOCH_S) * 1_000_000


def full_imei(imei: int) -> str:
    """Return an identity with its check digit.

    >>> full_imei(49015420323751)
    '490154203237518'
    """
    return f"{imei:014d}{check_digits(np.array([imei]))[0]}"


def _sales(world: World, fleet: Fleet, rng: Rng) -> list[Row]:
    """Return the lines of the ledger in the order of sale; some sell several phones at once."""
    sold, recipe = fleet.sold, world.recipe
    rows: list[Row] = []
    at = 0
    while at < len(sold.imei):
        count = 1
        if rng.random() < recipe.quantity_line_share:
            count = min(int(rng.integers(2, 6)), len(sold.imei) - at)
        imei = _written(int(sold.imei[at]), world, rng) if count == 1 else ""
        rows.append(
            _line(
                world,
                (int(sold.tac[at]), imei, int(sold.second[at]), count, int(sold.area[at])),
                rng,
            )
        )
        at += count
        if rng.random() < recipe.unsold_line_share:
            tac = int(rng.choice(FLEET_TACS[: max(1, recipe.tacs)]))
            ghost = int(world.numbering.imeis(np.array([tac]))[0])
            when = int(sold.second[min(at, len(sold.imei) - 1)])
            rows.append(_line(world, (tac, full_imei(ghost), when, 1, 0), rng))
    for number, row in enumerate(rows):
        row["sale_id"] = f"V{number + 1:06d}"
    return rows


def _line(world: World, what: tuple[int, str, int, int, int], rng: Rng) -> Row:
    tac, imei, second, count, area = what
    named = rng.random() < world.recipe.tac_named_share
    return {
        "sold_at_utc": _micros(second),
        "model": MODELS[FLEET_TACS.index(tac)] if rng.random() < 0.95 else None,
        "tac": f"{tac:08d}" if named else None,
        "imei": imei or None,
        "quantity": count,
        "customer_ref": f"client {int(rng.integers(1, 4_000)):04d}",
        "postcode": f"{10_000 + 97 * area % 85_000:05d}",
        "channel": str(rng.choice(CHANNELS, p=(0.7, 0.25, 0.05))),
    }


def _written(imei: int, world: World, rng: Rng) -> str:
    """Return an identity as the ledger has it: right, empty, with a slip, cut, or spaced."""
    recipe = world.recipe
    lot, text = rng.random(), full_imei(imei)
    for share, kind in (
        (recipe.imei_exact_share, "exact"),
        (recipe.imei_empty_share, "empty"),
        (recipe.imei_one_digit_share, "slip"),
        (recipe.imei_cut_share, "cut"),
    ):
        if lot < share:
            return _spelt(text, kind, rng)
        lot -= share
    return _spelt(text, "loose", rng)


def _spelt(text: str, kind: str, rng: Rng) -> str:
    if kind == "empty":
        return ""
    if kind == "slip":
        place = int(rng.integers(8, 14))
        wrong = (int(text[place]) + int(rng.integers(1, 10))) % 10
        return f"{text[:place]}{wrong}{text[place + 1 :]}"
    if kind == "cut":
        return text[: int(rng.integers(11, 14))]
    if kind == "loose":
        spaced = f"{text[:2]} {text[2:8]} {text[8:14]} {text[14]}"
        return str(rng.choice([text[:14], spaced, f"{text[:8]}-{text[8:14]}-{text[14]}"]))
    return text


def _finds(fleet: Fleet, cells: list[str], rng: Rng) -> list[Row]:
    finds, held = fleet.finds, fleet.held
    rows = []
    for at in range(len(finds.second)):
        device, second = int(finds.device[at]), int(finds.second[at])
        imsis = held.subscriptions.imsi[held.sims.seen_in(device, second)][-2:]
        imei = int(held.devices.imei[device])
        rows.append(
            {
                "find_id": f"D{at + 1:04d}",
                "found_at_utc": _micros(second),
                "cell_id": cells[int(finds.cell[at])],
                "inmate_id": None
                if finds.inmate[at] == NOWHERE
                else inmate_id(int(finds.inmate[at])),
                "imei": full_imei(imei),
                "imsis": ";".join(str(one) for one in imsis) or None,
                "model": MODELS[0] if rng.random() < 0.8 else None,
            }
        )
    return rows


def _offences(world: World, fleet: Fleet, chunk: Chunk, rng: Rng) -> list[Row]:
    """Return offences that name phones of the fleet, partners, contacts, and strangers."""
    count = max(4, world.scale.fleet // PHONES_AN_OFFENCE)
    events, numbers = chunk.events, chunk.subscriptions.number
    rows = []
    for at in range(count):
        event = int(rng.integers(len(events.second)))
        named: list[str] = []
        lot = rng.random()
        if lot < 0.4:
            named.append(f"+{numbers[events.subscription[event]]}")
        elif lot < 0.55:
            named.append(full_imei(int(chunk.devices.imei[events.device[event]])))
        elif lot < 0.75 and events.counterpart[event] > 1_000_000:
            named.append(f"+{events.counterpart[event]}")
        elif fleet.partner_numbers.size:
            named.append(f"+{rng.choice(fleet.partner_numbers.ravel())}")
        named += [f"0{n - 33 * 10**9}" for n in world.numbering.numbers(2).tolist()]
        if rng.random() < 0.08:
            named.append(f"+{rng.choice(world.circles.lawyers)}")
        rows.append(
            {
                "offence_id": f"N{at + 1:04d}",
                "kind": str(rng.choice(OFFENCE_KINDS, p=OFFENCE_SHARE)),
                "occurred_at_utc": _micros(int(np.clip(events.second[event], 0, HORIZON_S - 1))),
                "numbers": ";".join(named),
                "summary": f"invented offence {at + 1}",
            }
        )
    return rows


def sold_tacs(world: World) -> list[str]:
    """Return the allocation codes that the case lists as the supplier's."""
    known: Ints = np.asarray(FLEET_TACS[: max(1, world.recipe.tacs)])
    return [f"{int(tac):08d}" for tac in known[: world.recipe.tacs_listed]]
