"""The table of prisons that ships with the package."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from portique.core.prisons import french_prisons


def test_every_prison_has_its_own_identifier_and_a_known_kind() -> None:
    """Identifiers are unique and kinds are those of the contract."""
    prisons = french_prisons()

    assert len({p.prison_id for p in prisons}) == len(prisons) == 187
    assert {p.kind for p in prisons} <= {"MA", "CD", "CP", "MC", "EPM", "CSL"}


def test_coordinates_are_rounded_and_lie_in_france() -> None:
    """Four decimals at most, and metropolitan prisons lie in metropolitan France."""
    for prison in french_prisons():
        assert round(prison.lat, 4) == prison.lat
        assert round(prison.lon, 4) == prison.lon
        if prison.is_metropolitan:
            assert 41 < prison.lat < 51.2
            assert -5.2 < prison.lon < 9.7


def test_the_table_says_where_it_comes_from() -> None:
    """The licence asks for an attribution, and it ships beside the table."""
    text = (files("portique.core") / "prisons_fr.ORIGIN.toml").read_text(encoding="utf-8")
    assert "Licence Ouverte" in tomllib.loads(text)["licence"]
