"""Which cells to search: the joint probability that a cell holds a handset of the fleet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    """Cells, best first.

    Args:
        cell: positions.
        p_any: probability that at least one handset is there.
        expected: expected handsets there.
        handsets: for each cell, handsets that point to it (`LEAST_POINTING`), strongest first.
    """

    cell: Ints
    p_any: Floats
    expected: Floats
    handsets: list[Ints]


def choose_cells(handset: Ints, cell: Ints, posterior: Floats, max_cells: int) -> Targets:
    """Return the cells to search: highest `p_any` first, at most `max_cells`.

    Handsets are taken as independent given the records: p_any = 1 - product of (1 - p).

    Args:
        handset, cell, posterior: rows of the attribution; several rows of one handset and cell
            (cellmates) add up.
        max_cells: how many can be searched.

    >>> found = choose_cells(np.array([0, 0, 1]), np.array([7, 8, 7]), np.array([.5, .2, .5]), 1)
    >>> found.cell.tolist(), found.p_any.tolist()
    ([7], [0.75])
    """
    pair, at = np.unique(np.stack([cell, handset]), axis=1, return_inverse=True)
    p = np.minimum(np.bincount(at.ravel(), posterior, pair.shape[1]), 1 - 1e-9)
    cells, place = np.unique(pair[0], return_inverse=True)
    none = np.exp(np.bincount(place, np.log1p(-p), len(cells)))
    expected = np.asarray(np.bincount(place, p, len(cells)), np.float64)
    p_any = np.round(1 - none, 9)
    order = np.lexsort((cells, -expected, -p_any))
    order = order[p_any[order] >= LEAST_P_ANY][:max_cells]
    starts = np.searchsorted(place, np.arange(len(cells) + 1))
    pointing = []
    for chosen in order:
        mine = np.arange(starts[chosen], starts[chosen + 1])
        strong = mine[np.lexsort((pair[1][mine], -p[mine]))]
        named = max(1, int((p[strong] >= LEAST_POINTING).sum()))
        pointing.append(pair[1][strong[:named]])
    return Targets(cells[order], p_any[order], expected[order], pointing)
