"""Which cells to search: the joint probability that a cell holds a handset of the fleet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portique.core.errors import Refused
from portique.core.search import left_out
from portique.core.search_limits import SearchLimits

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAST_P_ANY = 0.01
"""Below this no cell is proposed, however many could be searched: a door opened for nothing is a
harm, and a list is not filled up for its own sake."""

LEAST_POINTING = 0.05
"""Below this a handset counts in the figures of a cell and is not named among its grounds (chosen):
who reads them before a search should not think of it as a reason. The strongest is always named."""


@dataclass(frozen=True)
class Targets:
    """Every cell worth a thought, best first, listed or not.

    Args:
        cell: positions.
        p_any: probability that at least one handset is there.
        expected: expected handsets there.
        handsets: for each cell, handsets that point to it (`LEAST_POINTING`), strongest first.
        left_out: why a cell is not to be searched; None: it is.
    """

    cell: Ints
    p_any: Floats
    expected: Floats
    handsets: list[Ints]
    left_out: list[str | None]

    @property
    def listed(self) -> list[int]:
        """Rows of the cells to search, best first."""
        return [row for row, reason in enumerate(self.left_out) if reason is None]


def choose_cells(
    handset: Ints, cell: Ints, posterior: Floats, prison_of_cell: list[str], limits: SearchLimits
) -> Targets:
    """Return the cells by `p_any`, highest first, and which of them the limits leave to search.

    Handsets are taken as independent given the records: p_any = 1 - product of (1 - p).

    Args:
        handset, cell, posterior: rows of the attribution; several rows of one handset and cell
            (cellmates) add up.
        prison_of_cell: prison_id of every cell.
        limits: of the search.

    >>> found = choose_cells(
    ...     np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([.5, .2, .5]), ["A", "B"],
    ...     SearchLimits(1))
    >>> found.cell.tolist(), found.p_any.tolist(), found.left_out
    ([0, 1], [0.75, 0.2], [None, 'max_cells'])
    """
    pair, at = np.unique(np.stack([cell, handset]), axis=1, return_inverse=True)
    p = np.minimum(np.bincount(at.ravel(), posterior, pair.shape[1]), 1 - 1e-9)
    cells, place = np.unique(pair[0], return_inverse=True)
    none = np.exp(np.bincount(place, np.log1p(-p), len(cells)))
    expected = np.asarray(np.bincount(place, p, len(cells)), np.float64)
    p_any = np.round(1 - none, 9)
    order = np.lexsort((cells, -expected, -p_any))
    order = order[p_any[order] >= LEAST_P_ANY]
    starts = np.searchsorted(place, np.arange(len(cells) + 1))
    pointing = []
    for each in order:
        mine = np.arange(starts[each], starts[each + 1])
        strong = mine[np.lexsort((pair[1][mine], -p[mine]))]
        named = max(1, int((p[strong] >= LEAST_POINTING).sum()))
        pointing.append(pair[1][strong[:named]])
    prisons = [prison_of_cell[each] for each in cells[order]]
    reasons = left_out(p_any[order].tolist(), prisons, limits)
    return Targets(cells[order], p_any[order], expected[order], pointing, reasons)


def refuse_unknown_prisons(limits: SearchLimits, prison_ids: list[str]) -> None:
    """Check that every prison with a limit of its own is one of the case.

    Raises:
        Refused: one is not; a limit that applies to nothing is a slip of the pen.
    """
    unknown = sorted(set(limits.by_prison) - set(prison_ids))
    if unknown:
        raise Refused(
            f"max_cells_by_prison limits {', '.join(unknown)}, which no source names as a prison",
            where="case.toml, [search]",
            mend="write the prison_id as the sources do, or take the line away",
            code="LOC-001",
        )
