"""Batches of 2 to 200 clones: 30 % change SIMs, 10 % alternate two, 20 % have a twin near.

The generator knows nothing of how the split weighs evidence, and shares no code with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from portique.core.forecasts import adjusted_rand
from portique.core.tables import RECORD, normalised
from portique.engine.store import conform
from portique.identify.clones import Split, split_stretches
from portique.identify.conflicts import find_conflicts
from portique.identify.extract import read_extract
from portique.identify.handset import handset_of_records
from portique.identify.likeness import read_traits
from portique.identify.moves import cut_moved
from portique.identify.stretches import find_stretches

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SIZES = (*range(2, 13), *range(2, 13), *(2, 3, 4, 5) * 9, 25, 60, 120, 200)
ORDINARY = 300
"""IMEIs with one phone each, beside the batches."""
DAYS, DAY_S = 80, 86_400
NETWORKS = ("20801", "20810", "20815", "20820")
EVENING = np.array(
    [2, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4, 4, 4, 3, 3, 4, 5, 7, 9, 10, 10, 9, 6], float
)
START_US = 1_735_689_600_000_000


@dataclass
class World:
    """Records as they are made, column by column, and what is drawn from.

    Args:
        rng: decides.
        columns: name to parts; `phone` is the truth.
        sectors: rows of the register.
        pace: use of phones, against five records a day.
    """

    rng: np.random.Generator
    pace: float = 1.0
    columns: dict[str, list[Any]] = field(default_factory=dict)
    sectors: list[dict[str, Any]] = field(default_factory=list)
    sims: int = 0
    phones: int = 0
    numbers: int = 100

    def site(self) -> int:
        """Return a new prison, with three sectors of each network around it."""
        site = len(self.sectors) // (3 * len(NETWORKS))
        lat, lon = self.rng.uniform(43.5, 50.0), self.rng.uniform(-1.0, 7.0)
        for network in NETWORKS:
            for turn in range(3):
                shift = self.rng.normal(0, 0.006, 2)
                self.sectors.append(
                    {
                        "sector_id": f"{network}-{site}-{turn}",
                        "technology": "2G",
                        "lat": lat + shift[0],
                        "lon": lon + shift[1],
                        "range_m": 4000.0,
                    }
                )
        return site

    def sim(self) -> tuple[int, int]:
        """Return a new subscription and its network."""
        self.sims += 1
        network = int(self.rng.integers(len(NETWORKS)))
        return int(NETWORKS[network]) * 10**10 + self.sims, network

    def circle(self) -> tuple[Ints, Floats]:
        """Return the numbers that a user calls, and how often each."""
        count = int(self.rng.integers(5, 20))
        own = np.arange(self.numbers, self.numbers + count)
        self.numbers += count
        common = self.rng.choice(30, 2, replace=False)
        share = 1 / np.arange(1, count + 3) ** 0.8
        return np.concatenate([own, common]), share / share.sum()


Span = tuple[float, float, tuple[int, int]]
"""From, until in days, and the subscription."""


def spans_of(world: World, kind: str, begin: float, past: float) -> list[Span]:
    """Return which subscription is in a phone when."""
    rng, now, sim = world.rng, begin, world.sim()
    spans: list[Span] = []
    if kind == "alternates":
        two = (sim, world.sim())
        while now < past:
            then = now + 0.05 + rng.exponential(0.9)
            spans.append((now, min(then, past), two[len(spans) % 2]))
            now = then
        return spans
    while kind == "swaps" and (then := now + 1 + rng.exponential(30)) < past:
        spans.append((now, then, sim))
        sim = world.sim()
        now = then + (rng.uniform(1, 10) if rng.random() < 0.2 else rng.exponential(0.2))
    return [*spans, (min(now, past), past, sim)]


def life_of(world: World) -> list[Span]:
    """Return which subscription is in a new phone when."""
    rng = world.rng
    kind = str(rng.choice(["swaps", "alternates", "keeps"], p=[0.3, 0.1, 0.6]))
    begin = 0.0 if rng.random() < 0.6 else rng.uniform(0, 0.7 * DAYS)
    past = float(DAYS) if rng.random() < 0.6 else begin + rng.uniform(0.15, 1) * (DAYS - begin)
    return spans_of(world, kind, begin, past)


def move_sims(world: World, lives: list[list[Span]]) -> None:
    """Let one retired subscription in ten go on in another phone of the batch."""
    moved: set[int] = set()
    for one, spans in enumerate(list(lives)):
        for _, past, sim in spans[:-1]:
            then = past + world.rng.uniform(0.1, 6)
            fits = [
                other
                for other, life in enumerate(lives)
                if other != one and not moved & {one, other} and life[-1][0] + 3 < then
                if then + 3 < life[-1][1] and len({card for *_, card in life}) == len(life)
            ]
            if len({card for *_, card in spans}) == len(spans) and fits:
                other = int(world.rng.choice(fits))
                if world.rng.random() < 0.1:
                    begin, end, card = lives[other].pop()
                    lives[other] += [(begin, then, card), (then, end, sim)]
                    moved |= {one, other}


def add_phone(world: World, imei: int, site: int, life: list[Span]) -> None:
    """Add the records of one phone."""
    rng = world.rng
    rate = 5 * world.pace * rng.lognormal(0, 0.6)
    off = rng.random(DAYS) < 0.25
    shares = rng.dirichlet(np.ones(3), len(NETWORKS))
    circle = world.circle()
    last = None
    free_s = 0.0
    for start, stop, (imsi, network) in life:
        if len(life) < 9 and last not in (None, imsi) and rng.random() < 0.12:
            circle = world.circle()  # the phone changed hands with its SIM
        last = imsi
        count = rng.poisson(rate * max(stop - start, 0) / 0.75)
        day = rng.uniform(start, stop, count)
        hour = rng.choice(24, count, p=EVENING / EVENING.sum()) + rng.random(count)
        day = np.sort(np.floor(day) + hour / 24)
        day = day[(day >= start) & (day < stop)]
        day = day[~off[np.minimum(day.astype(int), DAYS - 1)]]
        is_call = rng.random(len(day)) < 0.7
        long_s = np.where(is_call, np.minimum(rng.lognormal(4.3, 1.1, len(day)), 3000), 0)
        keep = np.zeros(len(day), bool)
        for place, (when_s, busy_s) in enumerate(zip(day * DAY_S, long_s, strict=True)):
            if when_s >= free_s + 30:
                keep[place], free_s = True, when_s + busy_s
        amount = int(keep.sum())
        part = {
            "phone": np.full(amount, world.phones),
            "imei": np.full(amount, imei),
            "imsi": np.full(amount, imsi),
            "second": (day[keep] * DAY_S).astype(np.int64) + (55 if network == 2 else 0),
            "duration_s": long_s[keep].astype(np.int64),
            "is_call": is_call[keep],
            "number": rng.choice(circle[0], amount, p=circle[1]),
            "sector": rng.choice(3, amount, p=shares[network]),
            "network": np.full(amount, network),
            "site": np.full(amount, site),
        }
        for name, values in part.items():
            world.columns.setdefault(name, []).append(values)
    world.phones += 1


def make_world(seed: int, sizes: tuple[int, ...], pace: float = 1.0) -> World:
    """Return batches of clones of the given sizes, and ordinary phones beside them."""
    world = World(np.random.default_rng(seed), pace)
    rng = world.rng
    sizes = (*sizes, *(1,) * ORDINARY)
    for place, size in enumerate(sizes):
        sites: list[int] = []
        lives = [life_of(world) for _ in range(size)]
        move_sims(world, lives)
        for life in lives:
            twin = bool(sites) and rng.random() < 0.2
            sites.append(int(rng.choice(sites)) if twin else world.site())
            add_phone(world, 10_170_100_000_000 + place, sites[-1], life)
    return world


def tables(world: World) -> tuple[pa.Table, pa.Table, Ints]:
    """Return the records in key order, the register, and the true phone of each record."""
    made = {name: np.concatenate(parts) for name, parts in world.columns.items()}
    order = np.lexsort((np.arange(len(made["imei"])), made["second"], made["imei"]))
    made = {name: values[order] for name, values in made.items()}
    count = len(order)
    names = zip(
        made["network"].tolist(), made["site"].tolist(), made["sector"].tolist(), strict=True
    )
    operators = pa.array(NETWORKS).take(pa.array(made["network"]))
    rows = {
        "imei": made["imei"],
        "started_at_utc": pa.array(START_US + made["second"] * 1_000_000).cast(
            RECORD.schema.field("started_at_utc").type
        ),
        "duration_s": made["duration_s"],
        "kind": pa.array(np.where(made["is_call"], "call_out", "sms_out").tolist()),
        "imsi": made["imsi"],
        "msisdn": pa.nulls(count, pa.string()),
        "counterpart": pa.array([f"+336{number:08d}" for number in made["number"].tolist()]),
        "sector_id": pa.array([f"{NETWORKS[n]}-{site}-{turn}" for n, site, turn in names]),
        "operator": operators,
        "imei_flag": np.zeros(count, np.int64),
        "source_id": np.zeros(count, np.int64),
        "source_row": np.arange(1, count + 1),
    }
    table = normalised("sector")
    told = [{"source_id": 1, "source_row": n, **row} for n, row in enumerate(world.sectors, 1)]
    register = conform(pa.Table.from_pylist(told, schema=table.schema), table)
    return pa.table(rows).cast(RECORD.schema), register, made["phone"]


@dataclass(frozen=True)
class Told:
    """What the split made of a world.

    Args:
        split: of each IMEI with several subscriptions.
        imei, phone, handset: of each record; `phone` is the truth.
    """

    split: dict[int, Split]
    imei: Ints
    phone: Ints
    handset: Ints

    def phones_of(self, imei: int) -> int:
        """Return how many phones truly are behind an IMEI."""
        return len(np.unique(self.phone[self.imei == imei]))

    def agreement(self) -> list[float]:
        """Return the adjusted Rand index of every IMEI with several phones, or said to have."""
        found = []
        for imei in np.unique(self.imei):
            mine = self.imei == imei
            if len(np.unique(self.phone[mine])) > 1 or len(np.unique(self.handset[mine])) > 1:
                found.append(adjusted_rand(self.phone[mine], self.handset[mine]))
        return found


def tell_apart(world: World, sold_often: frozenset[int] = frozenset()) -> Told:
    """Split a world's IMEIs, of which the ledger sells some on several lines."""
    rows, register, phone = tables(world)
    extract = read_extract(rows, register)
    stretches = cut_moved(extract, find_stretches(extract))
    conflicts = find_conflicts(extract, stretches)
    traits = read_traits(extract, stretches)
    number, splits = split_stretches(stretches, conflicts, traits, sold_often)
    handset = handset_of_records(extract, stretches, number)
    return Told({split.imei: split for split in splits}, extract.imei, phone, handset)


@pytest.fixture(scope="module")
def told() -> Told:
    """Return one world, split."""
    return tell_apart(make_world(7, SIZES))


def test_records_of_clones_are_parted_as_they_were(told: Told) -> None:
    """Mean adjusted Rand index of at least 0.95; an ordinary IMEI torn apart counts as 0."""
    found = told.agreement()

    assert len(found) >= len(SIZES)
    assert np.mean(found) >= 0.95


def test_the_interval_holds_the_truth_nine_times_in_ten(told: Told) -> None:
    """Within two binomial standard errors, and for ordinary phones and clones each."""
    truth = {imei: told.phones_of(imei) for imei in told.split}
    for cloned in (True, False):
        mine = [imei for imei in truth if (truth[imei] > 1) == cloned]
        held = [told.split[i].low <= truth[i] <= told.split[i].high for i in mine]
        assert np.mean(held) >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / len(held))


def test_the_lower_bound_is_never_above_the_truth(told: Told) -> None:
    """Not for any batch, nor for any ordinary phone."""
    for imei, split in told.split.items():
        assert split.lower_bound <= told.phones_of(imei)


def test_where_records_are_few_a_ledger_that_sells_an_imei_twice_helps() -> None:
    """A record in two days. The ledger names seven in ten of the batches twice, and one in a
    hundred of the others, as other worlds have it."""
    world = make_world(31, (2, 3, 4) * 8, pace=0.1)
    lot = np.random.default_rng(31).random(24 + ORDINARY)
    often = np.where(np.arange(24 + ORDINARY) < 24, lot < 0.7, lot < 0.01)
    sold = frozenset((10_170_100_000_000 + np.flatnonzero(often)).tolist())

    without, with_ledger = tell_apart(world), tell_apart(world, sold)

    assert np.mean(with_ledger.agreement()) > np.mean(without.agreement()) + 0.02
