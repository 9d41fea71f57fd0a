"""What speaks for and against two stretches of one IMEI being one phone, short of proof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
from scipy.sparse import csr_array
from scipy.special import gammaln, logsumexp

from portique.core.place import distance_m
from portique.identify.conflicts import busy_spans
from portique.identify.extract import Extract
from portique.identify.observed import Flags, Ints
from portique.identify.side import closeness, missed_overlaps
from portique.identify.stretches import Stretches

Floats = npt.NDArray[np.float64]

DAY_US = 86_400_000_000.0

KEPT_SHARE = np.array([0.01, 0.15, 0.4, 0.7])
KEPT_WEIGHT = np.array([0.3, 0.25, 0.3, 0.15])
"""Share of its numbers that a phone goes on calling with another SIM: from a phone that changed
hands to one that only changed its SIM (assumed, wide on purpose)."""
CHANCE_FLOOR = 0.004
"""Least probability that another phone calls a given number (assumed)."""
CONTACTS_CAP = 6.0
RADIO_CAP = 2.0
CONCENTRATION = 3.0
"""Scatter of the sectors that serve one spot, as in the likelihood of places (assumed)."""
NEAR_M = 5_000.0
ASSUMED_NEAR, ASSUMED_PAIRS = 0.25, 10
"""Two phones of one IMEI at one place, and how many pairs that is worth (assumed)."""
EDGE_RECORDS = 20
OCCASION_US = 600_000_000
CHANGE_US = 1_800_000_000
QUANTILES = np.linspace(0.0625, 0.9375, 8)


@dataclass(frozen=True)
class Traits:
    """What each stretch is like, for all stretches of the fleet.

    Args:
        whole, head, tail: shape (stretches, 2): median mast (lat, lon) of all records, of the
            first and of the last twenty; NaN: no place.
        numbers: shape (stretches, numbers), 1 where the stretch exchanged with the number.
        chance: shape (numbers,), probability that any other phone calls it.
        sectors: shape (stretches, sectors), occasions on each sector.
        busy_us: shape (stretches, 8), quantiles of the time a record occupies the phone.
        start_us: start of every record of the extract.
    """

    whole: Floats
    head: Floats
    tail: Floats
    numbers: csr_array
    chance: Floats
    sectors: csr_array
    busy_us: Floats
    start_us: Ints


@dataclass(frozen=True)
class Likeness:
    """Evidence between the stretches of one IMEI, each of shape (stretches, stretches).

    Args:
        gap_us: start of the later less end of the earlier; negative: so long both were in use.
        apart_m: way between their places where they follow each other; NaN: not known.
        rarity: -ln of how often two phones of the IMEI are at one place; 0: these are not.
        contacts: ln LR that they are one phone, from the numbers both exchanged with.
        strangers: numbers of the one with fewer, where none of them is the other's; else 0.
        radio: the same from the sectors that served them at one place.
        missed: overlaps to be expected, were they two phones, of which none was seen.
        close: ln of records within half an hour of one of the other's, against chance.
        same_sim: 1 where both are of one subscription.
        span_us: shape (stretches,), first to last record.
        records: shape (stretches,), records.
    """

    gap_us: Floats
    apart_m: Floats
    rarity: Floats
    contacts: Floats
    strangers: Floats
    radio: Floats
    missed: Floats
    close: Floats
    same_sim: Floats
    span_us: Floats
    records: Floats

    @property
    def beside(self) -> Flags:
        """Pairs whose times overlap, by more than the half hour in which a SIM is changed."""
        return np.asarray(self.gap_us < -CHANGE_US)


def read_traits(extract: Extract, stretches: Stretches) -> Traits:
    """Return the traits of every stretch."""
    count = len(stretches)
    whole, head, tail = (np.full((count, 2), np.nan) for _ in range(3))
    busy = np.zeros((count, len(QUANTILES)))
    start, stop = busy_spans(extract)
    length = np.clip(stop - start, -60_000_000, 86_400_000_000).astype(np.float64)
    for stretch in range(count):
        rows = stretches.rows_of(stretch)
        busy[stretch] = np.quantile(length[rows], QUANTILES)
        placed = rows[~np.isnan(extract.lat[rows])]
        if len(placed):
            whole[stretch] = _median(extract, placed)
            head[stretch] = _median(extract, placed[:EDGE_RECORDS])
            tail[stretch] = _median(extract, placed[-EDGE_RECORDS:])
    numbers, chance = _numbers(extract, stretches)
    return Traits(
        whole=whole,
        head=head,
        tail=tail,
        numbers=numbers,
        chance=chance,
        sectors=_sectors(extract, stretches),
        busy_us=busy,
        start_us=extract.start_us,
    )


def compare(traits: Traits, stretches: Stretches, mine: Ints, proved: Flags) -> Likeness:
    """Return the evidence between the stretches `mine` of one IMEI, which are ascending.

    Args:
        traits: of all stretches.
        stretches: of all the fleet.
        mine: those to compare.
        proved: shape (mine, mine), pairs that are two phones anyway: not looked at side by side.
    """
    gap = _gaps(stretches, mine)
    apart = _apart(traits, stretches, mine)
    met, numbers = _local(traits.numbers, mine)
    return Likeness(
        gap_us=gap,
        apart_m=apart,
        rarity=_rarity(apart, gap),
        contacts=_contacts(met, traits.chance[numbers]),
        strangers=_strangers(met),
        radio=_radio(traits, mine),
        missed=missed_overlaps(traits.busy_us[mine], traits.start_us, stretches, mine),
        close=closeness(traits.start_us, stretches, mine, (gap < -CHANGE_US) & ~proved),
        same_sim=(stretches.imsi[mine][:, None] == stretches.imsi[mine]).astype(np.float64),
        span_us=(stretches.last_us[mine] - stretches.first_us[mine]).astype(np.float64),
        records=np.diff(stretches.starts)[mine].astype(np.float64),
    )


def _median(extract: Extract, rows: Ints) -> tuple[float, float]:
    return float(np.median(extract.lat[rows])), float(np.median(extract.lon[rows]))


def _rarity(apart: Floats, gap_us: Floats) -> Floats:
    """Return -ln of how often two phones of this IMEI are at one place, for pairs that are.

    Two that were in use side by side for a day or more are mostly two phones: the share of such
    pairs at one place is how common that is here. A few pairs say little: they count beside as
    many assumed ones.
    """
    near = np.nan_to_num(apart, nan=np.inf) < NEAR_M
    side = np.triu(gap_us < -DAY_US, 1)
    common = (np.count_nonzero(near & side) + ASSUMED_NEAR * ASSUMED_PAIRS) / (
        np.count_nonzero(side) + ASSUMED_PAIRS
    )
    return np.where(near, -np.log(common), 0.0)


def _numbers(extract: Extract, stretches: Stretches) -> tuple[csr_array, Floats]:
    column = extract.rows["counterpart"].combine_chunks()
    names = pc.unique(column).drop_null().sort()
    code = np.asarray(pc.fill_null(pc.index_in(column, value_set=names), -1), np.int64)
    width = len(names)
    used = np.flatnonzero((code >= 0) & (stretches.of_record >= 0))
    pairs = np.unique(stretches.of_record[used] * max(width, 1) + code[used])
    shape = (len(stretches), width)
    met = csr_array((np.ones(len(pairs)), np.divmod(pairs, max(width, 1))), shape=shape)
    holders: Floats = np.asarray(met.sum(axis=0)).ravel()
    chance = (np.maximum(holders - 2, 0) + 0.5) / max(len(stretches) - 1, 1)
    return met, np.clip(chance, CHANCE_FLOOR, 0.9)


def _sectors(extract: Extract, stretches: Stretches) -> csr_array:
    """Count occasions: records within ten minutes on one sector are one observation of place."""
    rows = stretches.rows
    rows = rows[extract.sector[rows] >= 0]
    stretch, sector = stretches.of_record[rows], extract.sector[rows]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (
        (stretch[1:] != stretch[:-1])
        | (sector[1:] != sector[:-1])
        | (np.diff(extract.start_us[rows]) > OCCASION_US)
    )
    shape = (len(stretches), int(extract.sector.max(initial=-1)) + 1)
    return csr_array((np.ones(int(fresh.sum())), (stretch[fresh], sector[fresh])), shape=shape)


def _gaps(stretches: Stretches, mine: Ints) -> Floats:
    first, last = stretches.first_us[mine], stretches.last_us[mine]
    later = np.maximum(first[:, None], first[None, :])
    sooner = np.minimum(last[:, None], last[None, :])
    return np.asarray(later - sooner, np.float64)


def _apart(traits: Traits, stretches: Stretches, mine: Ints) -> Floats:
    """Return the way from where one stretch ends to where the next begins, in metres."""
    whole, head, tail = traits.whole[mine], traits.head[mine], traits.tail[mine]
    follows = stretches.last_us[mine][:, None] <= stretches.first_us[mine][None, :]
    onward = _way(tail, head)
    apart = np.where(follows, onward, np.where(follows.T, onward.T, _way(whole, whole)))
    return np.asarray(apart, np.float64)


def _way(start: Floats, goal: Floats) -> Floats:
    return distance_m(start[:, None, 0], start[:, None, 1], goal[None, :, 0], goal[None, :, 1])


def _local(matrix: csr_array, mine: Ints) -> tuple[Floats, Ints]:
    """Return the rows `mine` without the columns that are empty in all of them, and the columns."""
    part = matrix[mine]
    columns = np.unique(part.indices).astype(np.int64)
    dense = np.zeros((len(mine), len(columns)))
    rows = np.repeat(np.arange(len(mine)), np.diff(part.indptr))
    dense[rows, np.searchsorted(columns, part.indices)] = part.data
    return dense, columns


def _strangers(met: Floats) -> Floats:
    size = met.sum(axis=1)
    return np.where(met @ met.T == 0, np.minimum(size[:, None], size[None, :]), 0.0)


def _contacts(met: Floats, chance: Floats) -> Floats:
    """Weigh shared numbers by how rare they are, averaged over how many a phone goes on calling."""
    shared = met @ met.T
    surprise = (met * -np.log(chance)) @ met.T
    size = met.sum(axis=1)
    dropped = np.minimum(size[:, None], size[None, :]) - shared
    terms = [
        np.log(weight) + surprise + shared * np.log(kept) + dropped * np.log1p(-kept)
        for kept, weight in zip(KEPT_SHARE, KEPT_WEIGHT, strict=True)
    ]
    return np.clip(logsumexp(np.stack(terms), axis=0), -CONTACTS_CAP, CONTACTS_CAP)


def _radio(traits: Traits, mine: Ints) -> Floats:
    """Weigh whether two stretches at one place saw its sectors in the same shares.

    Only stretches whose places are near are compared: for others their distance says it all, and
    for SIMs of two networks, which share no sector, there is nothing to compare.
    """
    result = np.zeros((len(mine), len(mine)))
    near = np.nan_to_num(_way(traits.whole[mine], traits.whole[mine]), nan=np.inf) < NEAR_M
    counts, _ = _local(traits.sectors, mine)
    touches = (counts @ counts.T > 0) & near
    np.fill_diagonal(touches, False)
    np.fill_diagonal(near, False)
    for row in np.flatnonzero(touches.any(axis=1)).tolist():
        others = np.flatnonzero(near[row])
        found = _one_spot(counts[row], counts[others])
        result[row, others] = np.where(touches[row, others], found, 0.0)
    return np.clip((result + result.T) / 2, -RADIO_CAP, RADIO_CAP)


def _one_spot(own: Floats, others: Floats) -> Floats:
    """Return ln LR that counts come from the same spot, Dirichlet-multinomial about the pool.

    Sectors that the first stretch never saw are one class more.
    """
    seen = own > 0
    local = np.column_stack([others[:, seen], others[:, ~seen].sum(axis=1)])
    own = np.append(own[seen], 0.0)
    pool = own + local.sum(axis=0) + 0.5
    alpha = CONCENTRATION * pool / pool.sum()
    both = _marginal(local + own, alpha)
    return np.asarray(both - _marginal(local, alpha) - _marginal(own[None, :], alpha))


def _marginal(counts: Floats, alpha: Floats) -> Floats:
    return np.asarray(
        gammaln(alpha.sum())
        - gammaln(alpha.sum() + counts.sum(axis=1))
        + (gammaln(alpha + counts) - gammaln(alpha)).sum(axis=1)
    )
