"""The prisons of France: a small table of public facts, shipped with the package."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True)
class FrenchPrison:
    """One prison, as the public directory gave it.

    Args:
        prison_id: our own identifier, from kind and place.
        name: short name.
        kind: MA, CD, CP, MC, EPM, CSL.
        commune: town.
        departement: code of the department, e.g. "02", "2A", "974".
        lat, lon: degrees, rounded to about 10 m; some stand for the town, not for the walls.
        capacity: places; None where no public source gave it.
    """

    prison_id: str
    name: str
    kind: str
    commune: str
    departement: str
    lat: float
    lon: float
    capacity: int | None

    @property
    def is_metropolitan(self) -> bool:
        """Whether it lies in Europe, so keeps the time of Paris."""
        return not self.departement.startswith(("97", "98"))


@lru_cache(maxsize=1)
def french_prisons() -> tuple[FrenchPrison, ...]:
    """Return the prisons of France, ordered by identifier.

    State of December 2017: openings and closures since then are missing. Coordinates are good
    for a map and for choosing places, never for evidence.

    Source: Annuaire de l'administration (DILA), Licence Ouverte; see prisons_fr.ORIGIN.toml.

    >>> len(french_prisons())
    187
    >>> french_prisons()[0].kind
    'CD'
    """
    text = (files("portique.core") / "prisons_fr.csv").read_text(encoding="utf-8")
    return tuple(
        FrenchPrison(
            prison_id=row["prison_id"],
            name=row["name"],
            kind=row["kind"],
            commune=row["commune"],
            departement=row["departement"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            capacity=int(row["capacity"]) if row["capacity"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    )
