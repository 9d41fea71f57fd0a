"""How many doors may be opened, and where: `[search]` of case.toml, checked.

It loads nothing of weight: a run with nothing to do reads it too.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from portique.core.errors import Refused

MAX_CELLS = 500
CONFIDENCE = 0.9
FIELDS = (
    "max_cells",
    "max_cells_per_prison",
    "max_cells_by_prison",
    "max_wrong_share",
    "wrong_share_confidence",
)
Wrong = Callable[[str, str], Refused]


@dataclass(frozen=True)
class SearchLimits:
    """The limits of one search, as `[search]` of case.toml states them.

    Args:
        max_cells: how many cells can be searched in all.
        per_prison: how many in any one prison; None: as many as in all.
        by_prison: the same for single prisons by identifier, in place of `per_prison`.
        max_wrong_share: greatest share of the searched cells that may hold nothing; None: no
            such bound, the list is as long as can be searched.
        confidence: with which probability that bound is to hold.
    """

    max_cells: int = MAX_CELLS
    per_prison: int | None = None
    by_prison: Mapping[str, int] = field(default_factory=dict)
    max_wrong_share: float | None = None
    confidence: float = CONFIDENCE

    def at(self, prison_id: str) -> int | None:
        """Return how many cells of one prison may be searched; None: no limit of its own."""
        return self.by_prison.get(prison_id, self.per_prison)

    def without(self, prison_id: str) -> SearchLimits:
        """Return the same limits without that of one prison."""
        return replace(self, by_prison={**self.by_prison, prison_id: self.max_cells})

    def without_prisons(self) -> SearchLimits:
        """Return the same limits without those of single prisons."""
        return replace(self, per_prison=None, by_prison={})

    def without_end(self) -> SearchLimits:
        """Return the limits of single prisons alone, for a list of any length."""
        return SearchLimits(2**62, self.per_prison, self.by_prison)


def read_limits(section: Mapping[str, object], wrong: Wrong) -> SearchLimits:
    """Return the limits of a search.

    A field that this version does not know is passed over, as everywhere in case.toml, unless it
    reads like a limit: a limit that is misspelt and therefore ignored would open doors that
    somebody meant to leave shut.

    Args:
        section: `[search]`, empty where there is none.
        wrong: makes the refusal of a field from its name and what it has to be.

    Raises:
        Refused: a value that is no limit, or an unknown field that reads like one.
    """
    for name in sorted(section):
        near = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.8)
        if name not in FIELDS and (near or name.startswith("max_")):
            said = f"; did you mean {near[0]}?" if near else ""
            raise wrong(f"search.{name}", f"one of {', '.join(FIELDS)}{said}")
    cells = section.get("max_cells_by_prison", {})
    if not isinstance(cells, dict):
        raise wrong("search.max_cells_by_prison", "a table of prison_id = number of cells")
    per_prison = section.get("max_cells_per_prison")
    return SearchLimits(
        max_cells=_count("max_cells", section.get("max_cells", MAX_CELLS), wrong),
        per_prison=(
            None if per_prison is None else _count("max_cells_per_prison", per_prison, wrong)
        ),
        by_prison={
            name: _count(f"max_cells_by_prison, {name}", cells[name], wrong)
            for name in sorted(cells)
        },
        max_wrong_share=_wrong_share(section, wrong),
        confidence=_confidence(section, wrong),
    )


def _count(name: str, value: object, wrong: Wrong) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise wrong(f"search.{name}", f"a whole number from 0, not {value!r}")
    return value


def _wrong_share(section: Mapping[str, object], wrong: Wrong) -> float | None:
    value = section.get("max_wrong_share")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise wrong("search.max_wrong_share", f"a share from 0 to 1 such as 0.10, not {value!r}")
    return float(value)


def _confidence(section: Mapping[str, object], wrong: Wrong) -> float:
    name = "wrong_share_confidence"
    value = section.get(name, CONFIDENCE)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value < 1:
        raise wrong(f"search.{name}", f"a probability from 0.5 to under 1, not {value!r}")
    if name in section and "max_wrong_share" not in section:
        raise wrong(f"search.{name}", "left out where there is no max_wrong_share")
    return float(value)
