"""The map: where circles lie, how large they are, and which labels find room."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portique.core.prisons import french_prisons
from portique.report.overview_map import (
    HEIGHT,
    LARGEST_RADIUS,
    WIDTH,
    is_in_view,
    point,
    prison_map,
    radius,
)

CIRCLE = re.compile(r'<circle class="(held|none)" cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)">')


def _prison(number: int, lat: float, lon: float, expected: float) -> dict[str, Any]:
    name = f"MA {number}"
    return {"prison_id": name, "name": name, "lat": lat, "lon": lon, "expected": expected}


def test_every_prison_of_metropolitan_france_lies_on_the_map() -> None:
    """Those overseas are counted below it and stand in the table."""
    for prison in french_prisons():
        place = {"lat": prison.lat, "lon": prison.lon}
        assert is_in_view(place) == prison.is_metropolitan, prison.prison_id
        if prison.is_metropolitan:
            x, y = point(prison.lat, prison.lon)
            assert 0 < x < WIDTH
            assert 0 < y < HEIGHT


@pytest.mark.parametrize(
    ("place", "lat", "lon", "x", "y"),
    [("Lille", 50.6, 3.06, 0.47, 0.07), ("Nice", 43.7, 7.27, 0.70, 0.75)],
)
def test_places_lie_where_they_are(place: str, lat: float, lon: float, x: float, y: float) -> None:
    """North is up, east is right, and a degree east is shorter than one north."""
    right, down = point(lat, lon)
    assert right / WIDTH == pytest.approx(x, abs=0.01)
    assert down / HEIGHT == pytest.approx(y, abs=0.01)


@given(st.floats(0.5, 1e4), st.floats(0.5, 1e4))
def test_the_area_of_a_circle_is_in_proportion(one: float, other: float) -> None:
    """Not its radius: an eye compares areas."""
    most = max(one, other)
    areas = [math.pi * radius(n, most) ** 2 for n in (one, other)]
    assert areas[0] * other == pytest.approx(areas[1] * one)
    assert radius(most, most) == LARGEST_RADIUS


def test_a_prison_with_hardly_anything_is_a_hollow_point() -> None:
    """Fewer than half a handset is not drawn as if it were one."""
    drawing = prison_map([_prison(1, 48, 2, 0.4), _prison(2, 45, 2, 12.0)])

    kinds = [kind for kind, *_ in CIRCLE.findall(drawing)]
    assert sorted(kinds) == ["held", "none"]
    assert ">MA 2 12</text>" in drawing
    assert ">MA 1" not in drawing.replace("<title>MA 1", "")


def test_labels_do_not_cover_each_other() -> None:
    """Eight prisons in one town: some labels are left out rather than piled up."""
    drawing = prison_map([_prison(n, 48.8 + n / 1000, 2.3, 10.0) for n in range(8)])

    places = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"', drawing)
    assert 1 <= len(places) < 8
    assert len(set(places)) == len(places)


def test_a_map_without_prisons_is_a_map() -> None:
    """An empty case has one too."""
    drawing = prison_map([])
    assert CIRCLE.findall(drawing) == []
    assert "<svg" in drawing


def test_prisons_overseas_are_counted_below_the_map() -> None:
    """Whoever looks at the map alone knows that there are more."""
    drawing = prison_map([_prison(1, -20.9, 55.4, 3.0), _prison(2, 45, 2, 12.0)])
    assert "Off the map: 1" in drawing
