"""Does the phone call the people this inmate declared, or people anybody's phone may call?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_array

from portique.locate.activity import Activity

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CALLED_SHARE = np.array([0.02, 0.08, 0.2, 0.4, 0.7])
CALLED_WEIGHT = np.array([0.2, 0.25, 0.25, 0.2, 0.1])
"""Share of an inmate's declared numbers that his hidden phone calls, and how often each share is
met: from careful users to careless ones (assumed, wide on purpose)."""
SECOND_SHARE = np.array([0.0, 0.1, 0.3])
SECOND_WEIGHT = np.array([0.5, 0.3, 0.2])
"""The same for numbers that he did not declare and that exchange with some that he did: a brother
who calls the mother. Half of the phones call none (assumed, wide on purpose)."""
LEAST_SHARE = 1e-3
"""Even who calls none of them may once (assumed)."""
CHANCE_FLOOR = 2e-3
"""Least probability that a phone of somebody else calls a given number: the partner of a cellmate,
a number passed on (assumed)."""


@dataclass(frozen=True, eq=False)
class Declared:
    """Numbers that inmates declared, and how common each is.

    Args:
        numbers: distinct numbers, sorted.
        by_inmate: shape (inmates, numbers), 1 where the inmate declared the number.
        phones: shape (numbers,), handsets of the fleet that have it as a counterpart.
    """

    numbers: list[str]
    by_inmate: csr_array
    phones: Floats


def load_declared(contact: pa.Table, reach: pa.Table, inmates: list[str]) -> Declared:
    """Return the declared numbers from tables `declared_contact` and `number_reach`.

    Declarations count whatever their dates: a number struck off the list is still his contact's.
    """
    rank = {name: i for i, name in enumerate(inmates)}
    pairs = {
        (rank[inmate], number)
        for inmate, number in zip(
            contact["inmate_id"].to_pylist(), contact["msisdn"].to_pylist(), strict=True
        )
        if inmate in rank
    }
    numbers = sorted({number for _, number in pairs})
    column = {number: i for i, number in enumerate(numbers)}
    ordered = sorted((row, column[number]) for row, number in pairs)
    rows = np.array([r for r, _ in ordered], np.int64)
    columns = np.array([c for _, c in ordered], np.int64)
    met = dict(zip(reach["number"].to_pylist(), reach["fleet_handsets"].to_pylist(), strict=True))
    return Declared(
        numbers=numbers,
        by_inmate=csr_array(
            (np.ones(len(rows)), (rows, columns)), shape=(len(inmates), len(numbers))
        ),
        phones=np.array([met.get(number, 0) for number in numbers], np.float64),
    )


def with_found(
    declared: Declared, found: list[tuple[int, str, int]], reach: pa.Table
) -> tuple[Declared, Declared]:
    """Return declared numbers beside those of phones found on inmates, and declared ones alone.

    Both have the same numbers, so that columns of one are those of the other. Phones found on the
    same inmate do not count among those that call his number: they were his.

    Args:
        declared: by inmates.
        found: inmate, number, and the handset found on him that exchanged with it.
        reach: table `number_reach`.
    """
    listed = set(declared.numbers)
    numbers = [*declared.numbers, *sorted({n for _, n, _ in found if n not in listed})]
    column = {number: at for at, number in enumerate(numbers)}
    met = dict(zip(reach["number"].to_pylist(), reach["fleet_handsets"].to_pylist(), strict=True))
    more = [met.get(number, 0) for number in numbers[len(declared.numbers) :]]
    phones = np.append(declared.phones, np.array(more, np.float64))
    for number in {n for _, n, _ in found}:
        phones[column[number]] -= len({phone for _, n, phone in found if n == number})
    shape = (declared.by_inmate.shape[0], len(numbers))
    old = declared.by_inmate.tocoo()
    alone = csr_array((old.data, (old.row, old.col)), shape=shape)
    rows = np.array([inmate for inmate, _, _ in found], np.int64)
    columns = np.array([column[number] for _, number, _ in found], np.int64)
    added = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    both = ((alone + added) > 0).astype(np.float64).tocsr()
    phones = np.maximum(phones, 0.0)
    return Declared(numbers, both, phones), Declared(numbers, alone, phones)


def load_second(second: pa.Table, reach: pa.Table, inmates: list[str]) -> Declared:
    """Return numbers that nobody declared, with the inmates whose declared numbers they exchange
    with, in the form of declared numbers: from tables `second_contact` and `number_reach`.
    """
    return load_declared(
        second.select(["inmate_id", "number"]).rename_columns(["inmate_id", "msisdn"]),
        reach,
        inmates,
    )


def called(activity: Activity, declared: Declared, chosen: Ints, since_us: Ints) -> csr_array:
    """Return which declared numbers each chosen handset exchanged with, shape (chosen, numbers).

    Args:
        activity: the fleet's records.
        declared: the declared numbers.
        chosen: handsets, ascending.
        since_us: from when the records of each chosen handset count.
    """
    column = _columns(activity, declared)
    starts = activity.starts
    rows, columns = [], []
    for row, (handset, since) in enumerate(zip(chosen, since_us, strict=True)):
        mine = slice(starts[handset], starts[handset + 1])
        late = activity.t_us[mine] >= since
        met = np.unique(column[activity.number[mine][late]])
        met = met[met >= 0]
        rows.append(np.full(len(met), row))
        columns.append(met)
    shape = (len(chosen), len(declared.numbers))
    if not rows:
        return csr_array(shape)
    where = (np.concatenate(rows), np.concatenate(columns))
    return csr_array((np.ones(len(where[0])), where), shape=shape)


@lru_cache(maxsize=4)
def _columns(activity: Activity, declared: Declared) -> Ints:
    """Return the column of each number of the fleet's records, -1 for one that nobody declared."""
    column_of = {number: i for i, number in enumerate(declared.numbers)}
    return np.array([column_of.get(n, -1) for n in [*activity.numbers, ""]], np.int64)


def contact_ln_lr(
    met: csr_array,
    declared: Declared,
    inmates: Ints,
    handsets_in_all: int,
    shares: tuple[Floats, Floats] = (CALLED_SHARE, CALLED_WEIGHT),
) -> Floats:
    """Return ln LR that a phone is this inmate's, from the declared numbers it exchanged with.

    For each declared number: called with probability r if the phone is his, with probability b if
    it is somebody else's, where b is how many other handsets of the fleet call that number. r is
    not known and is averaged over the shares.

    Args:
        met: shape (handsets, numbers), 1 where the handset exchanged with the number.
        declared: the declared numbers.
        inmates: candidates, positions in `Stays.inmates`.
        handsets_in_all: handsets of the fleet, to turn counts into shares.
        shares: values of r, and how often each is met.

    Returns:
        Shape (handsets, inmates), natural logarithm.
    """
    lists = declared.by_inmate[inmates]
    chance = np.maximum(CHANCE_FLOOR, (declared.phones - 0.7) / max(1, handsets_in_all))
    chance = np.minimum(chance, 0.5)
    hits = (met @ lists.T).toarray()
    surprise = (met @ (lists * -np.log(chance)[None, :]).tocsr().T).toarray()
    missed = np.asarray(lists.sum(axis=1)).reshape(1, -1) - hits
    out = np.full(hits.shape, -np.inf)
    for share, weight in zip(*shares, strict=True):
        each = np.log(max(float(share), LEAST_SHARE))
        term = np.log(weight) + hits * each + surprise + missed * np.log1p(-share)
        out = np.logaddexp(out, term)
    return out
