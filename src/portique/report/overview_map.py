"""The map of the page: prisons on an outline of France, circles by the handsets expected there."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from typing import Any

from portique.report.markup import both, decimal, text
from portique.report.wording import Words

WEST, EAST, SOUTH, NORTH = -5.6, 12.8, 41.2, 51.3
WIDTH = 736.0
_SHRINK = math.cos(math.radians((SOUTH + NORTH) / 2))
_SCALE = WIDTH / ((EAST - WEST) * _SHRINK)
HEIGHT = (NORTH - SOUTH) * _SCALE
LARGEST_RADIUS = 26.0
LETTER_WIDTH = 7.8
"""Of a label at 12 pixels, bold, in a wide typeface: too much rather than too little."""
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
    return bool(SOUTH < prison["lat"] < NORTH and WEST < prison["lon"] < EAST)


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
    named = [p for p in prisons[:_LABELS] if is_drawn_full(p)]
    taken = [_round(p, most) for p in named]
    drawn: list[str] = []
    for prison in named:
        label = f"{prison['name'] or prison['prison_id']} {prison['expected']:.0f}"
        for box, anchor in _beside(prison, most, LETTER_WIDTH * len(label)):
            if box[0] >= 0 and box[2] <= WIDTH and not any(_cover(box, other) for other in taken):
                taken.append(box)
                x = {"start": box[0], "end": box[2]}.get(anchor, (box[0] + box[2]) / 2)
                where = f'x="{x:.1f}" y="{box[3] - 2:.1f}" text-anchor="{anchor}"'
                drawn.append(f"<text {where}>{text(label)}</text>")
                break
    return drawn


def _round(prison: Prison, most: float) -> Box:
    x, y = point(prison["lat"], prison["lon"])
    size = radius(prison["expected"], most)
    return (x - size, y - size, x + size, y + size)


def _beside(prison: Prison, most: float, width: float) -> tuple[tuple[Box, str], ...]:
    """Return the places for a label: right of the circle, left of it, below, above."""
    left, top, right, bottom = _round(prison, most)
    middle, center = (top + bottom) / 2, (left + right) / 2
    high, low = middle - 9, middle + 6
    return (
        ((right + 3, high, right + 3 + width, low), "start"),
        ((left - 3 - width, high, left - 3, low), "end"),
        ((center - width / 2, bottom + 1, center + width / 2, bottom + 16), "middle"),
        ((center - width / 2, top - 16, center + width / 2, top - 1), "middle"),
    )


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
