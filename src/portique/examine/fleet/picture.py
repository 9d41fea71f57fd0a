"""A picture of the clusters: each distinct code a point, near where functions are common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from portique.core.chart import Chart, Line
from portique.examine.fleet.builds import Code, likeness

Floats = npt.NDArray[np.float64]
_MOST = 400
_MARGIN = 0.1


def clusters(codes: Sequence[Code], kinds: Sequence[str], words: str) -> Chart:
    """Return the picture.

    Args:
        codes: every distinct code.
        kinds: of each: what the legend calls it.
        words: the title.
    """
    shown = codes[:_MOST]
    places = placed(distances(shown))
    reach = max(1.0, float(np.abs(places).max(initial=0.0)) * (1 + _MARGIN))
    lines = [
        Line(
            name=f"{kind}: {sum(each == kind for each in kinds):,}",
            x=places[[n for n in range(len(shown)) if kinds[n] == kind], 0],
            y=places[[n for n in range(len(shown)) if kinds[n] == kind], 1],
            has_dots=True,
            has_path=False,
        )
        for kind in sorted(set(kinds))
    ]
    return Chart(
        title=words,
        x_label="distance: share of functions not in common (two main directions)",
        y_label="distance",
        x_range=(-reach, reach),
        y_range=(-reach, reach),
        lines=lines,
        empty="no code was read",
    )


def distances(codes: Sequence[Code]) -> Floats:
    """Return the share of functions that each pair does not have in common, shape (n, n)."""
    found = np.zeros((len(codes), len(codes)))
    for first in range(len(codes)):
        for second in range(first):
            found[first, second] = found[second, first] = 1 - likeness(codes[first], codes[second])
    return found


def placed(far: Floats) -> Floats:
    """Return places in the plane whose distances are near those given, shape (n, 2).

    Classical scaling: the two main directions of the doubly centred squares. The sign of each
    direction is chosen so that its largest coordinate is positive: same input, same picture.

    >>> placed(np.array([[0.0, 1.0], [1.0, 0.0]])).round(3).tolist()
    [[0.5, 0.0], [-0.5, 0.0]]
    """
    count = len(far)
    if count < 2:
        return np.zeros((count, 2))
    centring = np.eye(count) - 1 / count
    values, vectors = np.linalg.eigh(-0.5 * centring @ (far**2) @ centring)
    best = np.argsort(-values, kind="stable")[:2]
    places = vectors[:, best] * np.sqrt(np.maximum(values[best], 0.0))
    largest = np.argmax(np.abs(places).round(9), axis=0)
    signs = np.where(places[largest, [0, 1]] < 0, -1.0, 1.0)
    scaled: Floats = places * signs + 0.0
    return scaled
