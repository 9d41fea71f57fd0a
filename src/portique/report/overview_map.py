"""The map of the page: prisons on an outline of France, circles by the handsets expected there."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from typing import Any

from portique.report.markup import both, decimal, text
from portique.report.wording import Words

WEST, EAST, SOUTH, NORTH = -5.6, 9.9, 41.2, 51.3
WIDTH = 620.0
_SHRINK = math.cos(math.radians((SOUTH + NORTH) / 2))
_SCALE = WIDTH / ((EAST - WEST) * _SHRINK)
HEIGHT = (NORTH - SOUTH) * _SCALE
LARGEST_RADIUS = 26.0
LEAST_EXPECTED = 0.5
"""Handsets from which a prison gets a circle by its size."""
_LABELS = 8

Prison = dict[str, Any]
Box = tuple[float, float, float, float]


def is_in_view(prison: Prison) -> bool:
    """Return whether a prison lies on the map; those overseas stand in the table alone.

    >>> is_in_view({"lat": 48.9, "lon": 2.3}), is_in_view({"lat": -20.9, "lon": 55.5})
    (True, False)
    """
    return SOUTH < prison["lat"] < NORTH and WEST < prison["lon"] < EAST


def point(lat: float, lon: float) -> tuple[float, float]:
    """Return where a place lies on the drawing, right and down from its upper left corner.

    >>> point(NORTH, WEST)
    (0.0, 0.0)
    """
    return (lon - WEST) * _SHRINK * _SCALE, (NORTH - lat) * _SCALE


def prison_map(prisons: list[Prison]) -> str:
    """Return the drawing with its legend: SVG and a caption, for a `figure`.

    Args:
        prisons: entries of the figures.
    """
    shown = [p for p in prisons if is_in_view(p)]
    most = max((p["expected"] for p in shown), default=0.0)
    order = sorted(shown, key=lambda p: (-p["expected"], p["prison_id"]))
    return (
        f'<svg class="map" role="img" aria-labelledby="map-title" '
        f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}">'
        f'<title id="map-title">Téléphones attendus, par établissement / '
        f"Handsets expected, by prison</title>"
        f'<path class="land" d="{_outline_path()}"/>'
        + "".join(_circle(p, most) for p in order)
        + "".join(_labels(order, most))
        + "</svg>"
        + _legend(most, len(prisons) - len(shown))
    )


def is_drawn_full(prison: Prison) -> bool:
    """Return whether a prison gets a circle by its handsets rather than a small hollow point."""
    return bool(prison["expected"] >= LEAST_EXPECTED)


def radius(expected: float, most: float) -> float:
    """Return the radius of a circle whose area is in proportion to the handsets.

    >>> radius(1, 4) == LARGEST_RADIUS / 2
    True
    """
    return LARGEST_RADIUS * math.sqrt(expected / most) if expected and most else 0.0


@cache
def _outline_path() -> str:
    document = files("portique.report").joinpath("france_outline.json").read_text("utf-8")
    rings = json.loads(document)["rings"]
    return "".join(_ring_path(ring) for ring in rings)


def _ring_path(ring: list[tuple[float, float]]) -> str:
    places = [point(lat, lon) for lon, lat in ring]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places) + "Z"


def _circle(prison: Prison, most: float) -> str:
    x, y = point(prison["lat"], prison["lon"])
    kind, size = ("held", max(radius(prison["expected"], most), 3.0))
    if not is_drawn_full(prison):
        kind, size = "none", 2.2
    name = text(prison["name"] or prison["prison_id"])
    fr, en = decimal(prison["expected"], 1)
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}">'
        f"<title>{name} : {fr} / {en}</title></circle>"
    )


def _labels(prisons: list[Prison], most: float) -> list[str]:
    """Return labels beside the largest circles; one that would cover another is left out."""
    drawn: list[str] = []
    taken: list[Box] = []
    for prison in (p for p in prisons[:_LABELS] if is_drawn_full(p)):
        label = f"{prison['name'] or prison['prison_id']} {prison['expected']:.0f}"
        x, y = point(prison["lat"], prison["lon"])
        away, width = radius(prison["expected"], most) + 4, 7.0 * len(label)
        to_left = x + away + width > WIDTH
        left = x - away - width if to_left else x + away
        box = (left, y - 9, left + width, y + 6)
        if any(_cover(box, other) for other in taken):
            continue
        taken.append(box)
        anchor = ' text-anchor="end"' if to_left else ""
        start = x - away if to_left else x + away
        drawn.append(f'<text x="{start:.1f}" y="{y + 4:.1f}"{anchor}>{text(label)}</text>')
    return drawn


def _cover(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _legend(most: float, elsewhere: int) -> str:
    fr, en = decimal(most, 1)
    said = Words(
        f"La surface d'un cercle est proportionnelle au nombre de téléphones attendus dans "
        f"l'établissement, c'est-à-dire à la somme de leurs probabilités (le plus grand : {fr}). "
        f"Petit point vide : moins de 0,5. {_elsewhere_fr(elsewhere)}Contour : IGN, Licence "
        "Ouverte.",
        f"The area of a circle is in proportion to the handsets expected in the prison, that is, "
        f"to the sum of their probabilities (the largest: {en}). Small hollow point: fewer than "
        f"0.5. {_elsewhere_en(elsewhere)}Outline: IGN, Licence Ouverte.",
    )
    return f"<figcaption>{both(said)}</figcaption>"


def _elsewhere_fr(count: int) -> str:
    return f"Hors de la carte : {count} (voir le tableau). " if count else ""


def _elsewhere_en(count: int) -> str:
    return f"Off the map: {count} (see the table). " if count else ""
