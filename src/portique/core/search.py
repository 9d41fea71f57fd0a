"""Which cells the limits of a search leave on the list, and what that list is expected to give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from portique.core.expected_yield import longest_within
from portique.core.search_limits import SearchLimits

PRISON_LIMIT, MAX_CELLS_REACHED, WRONG_SHARE = "prison_limit", "max_cells", "max_wrong_share"
"""Why a cell is not listed: its prison has as many as may be searched there, the list is full, or
a longer one would break the bound on searches for nothing."""


def left_out(
    p_any: Sequence[float], prison_id: Sequence[str], limits: SearchLimits
) -> list[str | None]:
    """Return, for each cell, why it is not on the list; None: it is.

    Cells are taken in their order. One whose prison has as many as may be searched there is
    passed over for the next. Then the list is cut where `max_cells`, or the bound on searches for
    nothing, ends it.

    Args:
        p_any: probability of each cell, best first.
        prison_id: of each cell.
        limits: of the search.

    >>> left_out([0.9, 0.8, 0.7], ["A", "A", "B"], SearchLimits(5, per_prison=1))
    [None, 'prison_limit', None]
    >>> left_out([0.9, 0.8, 0.7], ["A", "A", "B"], SearchLimits(1))
    [None, 'max_cells', 'max_cells']
    """
    taken: Counter[str] = Counter()
    allowed = []
    for at, prison in enumerate(prison_id):
        limit = limits.at(prison)
        if limit is None or taken[prison] < limit:
            taken[prison] += 1
            allowed.append(at)
    length, end = min(limits.max_cells, len(allowed)), MAX_CELLS_REACHED
    if limits.max_wrong_share is not None:
        chances = [p_any[at] for at in allowed[:length]]
        bound = longest_within(chances, limits.max_wrong_share, limits.confidence)
        length, end = bound, WRONG_SHARE if bound < length else end
    listed = set(allowed[:length])
    taken = Counter(prison_id[at] for at in listed)
    full = {prison for prison in set(prison_id) if _is_full(limits.at(prison), taken[prison])}
    return [
        None if at in listed else PRISON_LIMIT if prison in full else end
        for at, prison in enumerate(prison_id)
    ]


def _is_full(limit: int | None, taken: int) -> bool:
    return limit is not None and taken >= limit


def yield_of(p_any: Sequence[float], prison_id: Sequence[str], limits: SearchLimits) -> float:
    """Return the expected number of cells with a handset on the list that limits leave.

    Args:
        p_any: probability of each cell, best first.
        prison_id: of each cell.
        limits: of the search.

    >>> yield_of([0.75, 0.5, 0.25], ["A", "A", "B"], SearchLimits(2, per_prison=1))
    1.0
    """
    reasons = left_out(p_any, prison_id, limits)
    return float(sum(p for p, reason in zip(p_any, reasons, strict=True) if reason is None))
