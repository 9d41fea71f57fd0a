"""The annex: curves of the validation, the verbal scale, and nothing of the case but its title."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from portique.core.curves import curves_of
from portique.core.evidence import SCALE, SCALE_SOURCE
from portique.report.annex import annex

CALIBRATION = {
    "name": "trials made by hand",
    "presence": {"bounds": [-2.0, 1.5]},
    "users": {"bounds": [-3.0, 4.0]},
}
SHA256 = "ab" * 32


@pytest.fixture
def validation() -> dict[str, Any]:
    """Return a validation of two invented worlds."""
    draw = np.random.default_rng(5)
    curves = curves_of(draw.normal(1, 1, 80), draw.normal(-1, 1, 120)).document()
    return {
        "worlds": [{"recipe": "sparse", "scale": "small", "worlds": 2}],
        "sha256_of_calibration": SHA256,
        "sha256_of_trials": "cd" * 32,
        "places": curves,
        "users": None,
        "p_any": {
            "said": [0.2, 0.8],
            "came": [0.1, 0.9],
            "cells": [500, 600],
            "error": [0.01, 0.01],
            "is_enough": [True, True],
            "is_within": [False, True],
        },
        "interval": {"held": 1, "worlds": 2},
    }


def test_every_curve_is_drawn_in_both_languages(validation: dict[str, Any]) -> None:
    """Three of the places, one of the cells; what has no trials says so."""
    page = annex("A case", CALIBRATION, validation, SHA256)

    assert page.count("<svg ") == 2 * 4
    for title in ("Tippett : dans", "Tippett: in this", "Calibration: ", "Entropie croisée"):
        assert title in page
    assert "Aucun essai" in page
    assert "sparse (small, 2)" in page
    assert "1 of 2 worlds" in page
    assert "another calibration" not in page
    assert not re.search(r"https?://|url\(|@import|<script", page)


def test_a_validation_of_another_calibration_is_named_as_such(validation: dict[str, Any]) -> None:
    """Figures of one model do not speak for the next."""
    assert "another calibration" in annex("A case", CALIBRATION, validation, "ef" * 32)


def test_without_a_validation_the_annex_says_so_and_shows_the_scale() -> None:
    """The scale is that of ENFSI 2015, with its source, all its steps, and what bounds allow."""
    page = annex("<b>", CALIBRATION, None, SHA256)

    assert "No measure on held-out worlds" in page
    assert SCALE_SOURCE in page
    assert all(step.support_en in page and step.support_fr in page for step in SCALE)
    assert page.count('lang="en">yes<') == 4 + 6
    assert page.count('lang="en">no<') == 3 + 1
    assert "<b>" not in page


def test_a_run_writes_the_annex_and_the_page_leads_to_it(invented_run: Path) -> None:
    """Beside the page, in the same folder."""
    assert "ENFSI" in (invented_run / "derived/annex.html").read_text(encoding="utf-8")
    assert 'href="annex.html"' in (invented_run / "derived/overview.html").read_text("utf-8")
