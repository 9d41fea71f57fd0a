"""The fewest handsets that a set of conflicts allows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

Matrix = npt.NDArray[np.bool_]


def fewest_handsets(conflict: Matrix) -> int:
    """Return a number of handsets that the truth cannot be below.

    The stretches of one handset, in any fixed order, form a path through pairs that do not
    conflict, so the true handsets are a path cover; the smallest one is the number of stretches
    less a maximum matching of each with a later one. Stretches that all conflict with each
    other are a second bound; the larger counts.

    Args:
        conflict: symmetric, shape (stretches, stretches), true where two cannot be one phone.

    Returns:
        0 for no stretches, else at least 1.

    Source: Dilworth 1950; Fulkerson 1956 (path cover by bipartite matching).

    >>> fewest_handsets(np.array([[False, True], [True, False]]))
    2
    """
    count = len(conflict)
    if not count:
        return 0
    follows = np.triu(~conflict, 1)
    matched = maximum_bipartite_matching(csr_array(follows), perm_type="column")
    return max(count - int((matched >= 0).sum()), _crowd(conflict))


def _crowd(conflict: Matrix) -> int:
    """Return the size of a set of stretches that all conflict, grown greedily by degree."""
    degree = conflict.sum(axis=1)
    order = np.lexsort((np.arange(len(conflict)), -degree))
    inside: list[int] = []
    for stretch in order:
        if conflict[stretch, inside].all():
            inside.append(int(stretch))
    return len(inside)
