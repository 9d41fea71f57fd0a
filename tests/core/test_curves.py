"""The curves of a set of likelihood ratios: what is drawn, and that it comes back from JSON."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.curves import ENDLESS, WORDS, charts, curves_from, curves_of

ratios = st.lists(st.floats(-3, 3).map(lambda x: round(x, 2)), min_size=1, max_size=30)


@given(ratios, ratios)
def test_curves_come_back_from_json(h1: list[float], h2: list[float]) -> None:
    """To what can be drawn, whatever the trials, those without a fault included."""
    curves = curves_of(h1, h2)
    again = curves_from(json.loads(json.dumps(curves.document(), allow_nan=False)))

    assert again.pooled == pytest.approx(curves.pooled, abs=1e-4)
    assert (again.trials_h1, again.trials_h2) == (len(h1), len(h2))
    assert (np.diff(again.value) > 0).all()
    assert (np.diff(again.of_h1) <= 0).all()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_chart_is_svg_in_its_language(language: str) -> None:
    """Labels with units, and numbers as that language writes them."""
    spoken: dict[str, str] = WORDS["fr" if language == "fr" else "en"]
    found = charts("ceci", curves_of([1.0] * 1500, [-1.5, 0.5]), "fr" if language == "fr" else "en")

    assert list(found) == ["tippett", "pav", "ece"]
    for name, chart in found.items():
        root = ET.fromstring(chart.svg())  # noqa: S314 - written by ourselves
        texts = [element.text or "" for element in root.iter()]
        assert spoken[name].format("ceci") in texts
        assert ("0,2" in texts) == (language == "fr" and name != "pav")
    many = "1\u202f500" if language == "fr" else "1,500"
    assert any(many in (e.text or "") for e in ET.fromstring(found["tippett"].svg()).iter())  # noqa: S314


def test_both_languages_have_the_same_words() -> None:
    """No label of one is missing in the other."""
    assert WORDS["en"].keys() == WORDS["fr"].keys()


def test_a_ratio_without_an_end_is_drawn_at_the_edge() -> None:
    """Classes that do not overlap have none with an end."""
    curves = curves_of([1.0, 2.0], [-1.0])

    assert curves.pooled == [-ENDLESS, ENDLESS, ENDLESS]
    assert curves.cllr_min == 0.0
    assert "NaN" not in charts("x", curves)["pav"].svg()


def test_no_trials_of_one_class_is_said() -> None:
    """In place of a curve."""
    for chart in charts("x", None, "en").values():
        assert WORDS["en"]["none"] in chart.svg()
