"""From where a truth counts the rows of a source file: found out, never assumed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from portique.core.errors import Refused
from portique.simulation.draw import Ints
from portique.simulation.marking_input import UNKNOWN

BASES = (0, 1, 2)
"""Number that a truth gives the first data row: from 0, from 1, or lines with a header before."""
MIN_AGREEMENT = 0.5
FEW_ROWS = 20
"""Below so many rows of one file, its disagreement alone does not refuse the marking."""


@dataclass(frozen=True)
class Base:
    """From where a truth counts the rows of one source file.

    Args:
        source: path below sources/.
        base: one of `BASES`.
        agree: rows on which derived and true IMEI are the same under it.
        of: rows whose IMEI stands in the truth at all.
    """

    source: str
    base: int
    agree: int
    of: int


def infer_bases(paths: dict[int, str], source: Ints, agreement: Ints) -> dict[int, Base]:
    """Return from where the truth counts the rows of each source file.

    A file alone may not tell: if all its rows are of one phone, several bases agree. Then the one
    that most rows of all files of its form (the ending of the name) support is taken, and 1 where
    that is no answer either.

    Args:
        paths: path of each source by number.
        source: number of each row, shape (rows,).
        agreement: bit b is set where base `BASES[b]` agrees; `UNKNOWN` says nothing; (rows,).

    Raises:
        Refused: of the rows of all files, or of one file, under half agree under every base.

    >>> rows = np.array([0, 0, 0, 1]), np.array([1, 1, 3, 3])
    >>> [found.base for found in infer_bases({0: "a.csv", 1: "b.csv"}, *rows).values()]
    [0, 0]
    """
    says = agreement != UNKNOWN
    numbers, place = np.unique(source, return_inverse=True)
    of = np.bincount(place[says], minlength=len(numbers)).tolist()
    agree = [
        np.bincount(place[says], (agreement[says] >> bit) & 1, len(numbers)).astype(np.int64)
        for bit in range(len(BASES))
    ]
    counts_of = dict(zip(numbers.tolist(), np.stack(agree, axis=1).tolist(), strict=True))
    pooled: dict[str, list[int]] = {}
    for number, counts in counts_of.items():
        before = pooled.setdefault(_ending(paths, number), [0] * len(BASES))
        pooled[_ending(paths, number)] = [a + b for a, b in zip(before, counts, strict=True)]
    found: dict[int, Base] = {}
    for (number, counts), rows in zip(counts_of.items(), of, strict=True):
        others = pooled[_ending(paths, number)]
        best = max((counts[b], others[b], BASES[b] == 1, b) for b in range(len(BASES)))[-1]
        found[number] = Base(paths.get(number, ""), BASES[best], counts[best], rows)
    _refuse_disagreement(list(found.values()))
    return found


def _ending(paths: dict[int, str], number: int) -> str:
    return Path(paths.get(number, "")).suffix


def _refuse_disagreement(bases: list[Base]) -> None:
    if not bases:
        return  # nothing was derived: there is nothing to mistake, and recall will be 0
    everything = Base("all sources", 1, sum(b.agree for b in bases), sum(b.of for b in bases))
    for base in [everything, *(b for b in bases if b.of >= FEW_ROWS)]:
        if base.agree < MIN_AGREEMENT * base.of or everything.of == 0:
            raise Refused(
                f"the IMEIs of truth and case agree on {base.agree:,} of {base.of:,} rows, however "
                "the rows are counted",
                where=f"sighting.parquet, {base.source}",
                mend="mark a case with the truth of its own world; `row` counts the data rows of "
                "the file from 0 or 1, or its lines",
                code="MARK-004",
            )
