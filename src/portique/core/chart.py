"""One chart as SVG: axes with units, lines, a legend below. Needs nothing but a browser.

It lies here because the marks of a simulated world and the pages of a case both draw.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WIDTH, PLOT_HEIGHT = 760, 420
LEFT, RIGHT, TOP, BELOW = 78, 24, 52, 64
LEGEND_ROW = 22
STYLES = (
    ("#0072b2", ""),
    ("#d55e00", "7 4"),
    ("#009e73", "2 3"),
    ("#8a3ffc", "10 3 2 3"),
    ("#a56b00", "1 4"),
    ("#444444", "4 2"),
)
"""Colour and dashes of each line in turn, told apart in black and white too.

Source of the first three colours: Okabe and Ito, "Color Universal Design" (2008).
"""


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Args:
        name: in the legend.
        x, y: points, shape (points,); a point that is not finite is left out.
        is_step: each y holds until the next x.
        has_dots: also draw the points; `spread` then gives half-lengths of upright bars.
        is_guide: thin and grey, a line to compare with.
        has_path: draw the line between the points; otherwise dots alone.
    """

    name: str
    x: Floats
    y: Floats
    is_step: bool = False
    has_dots: bool = False
    is_guide: bool = False
    spread: Floats | None = None
    has_path: bool = True


@dataclass(frozen=True)
class Chart:
    """A chart.

    Args:
        title: one line.
        x_label, y_label: with units.
        x_range, y_range: least and greatest value; points beyond are drawn at the edge.
        lines: at most six, guides not counted.
        empty: said in place of lines where there are none.
        decimal_mark: "," in a French text.
    """

    title: str
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    lines: Sequence[Line] = ()
    empty: str = "nothing to draw"
    decimal_mark: str = "."

    def svg(self) -> str:
        """Return the chart as an SVG document; the same chart gives the same bytes."""
        return self.inline().replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)

    def inline(self) -> str:
        """Return the chart as an element of a page, which names no address."""
        height = TOP + PLOT_HEIGHT + BELOW + LEGEND_ROW * max(1, len(self.lines))
        parts = [
            f'<svg viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" '
            'font-family="system-ui, sans-serif" font-size="13" fill="#1a1a1a">',
            f"<title>{html.escape(self.title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="{LEFT}" y="28" font-size="16" font-weight="600">'
            f"{html.escape(self.title)}</text>",
            *self._axes(),
            *self._drawn(),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _x(self, value: float) -> float:
        low, high = self.x_range
        share = min(1.0, max(0.0, (value - low) / (high - low)))
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        low, high = self.y_range
        share = min(1.0, max(0.0, (value - low) / (high - low)))
        return TOP + (1.0 - share) * PLOT_HEIGHT

    def _number(self, value: float) -> str:
        said = f"{value:,.10g}".replace("-", "\u2212")
        if self.decimal_mark == ",":
            said = said.replace(",", "\u202f").replace(".", ",")
        return said

    def _axes(self) -> Iterator[str]:
        bottom = TOP + PLOT_HEIGHT
        for tick in ticks(*self.x_range):
            x = self._x(tick)
            yield f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#e3e3e3"/>'
            said = self._number(tick)
            yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{said}</text>'
        for tick in ticks(*self.y_range):
            y = self._y(tick)
            yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e3e3e3"/>'
            said = self._number(tick)
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{said}</text>'
        yield f'<path d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="#1a1a1a"/>'
        middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
        yield (
            f'<text x="{middle:.0f}" y="{bottom + 40}" text-anchor="middle">'
            f"{html.escape(self.x_label)}</text>"
        )
        yield (
            f'<text transform="translate(20 {TOP + PLOT_HEIGHT / 2:.0f}) rotate(-90)" '
            f'text-anchor="middle">{html.escape(self.y_label)}</text>'
        )

    def _drawn(self) -> Iterator[str]:
        if not self.lines:
            yield (
                f'<text x="{WIDTH / 2:.0f}" y="{TOP + PLOT_HEIGHT / 2:.0f}" '
                f'text-anchor="middle" fill="#555555">{html.escape(self.empty)}</text>'
            )
        number = 0
        for row, line in enumerate(self.lines):
            colour, dashes = ("#777777", "3 3") if line.is_guide else STYLES[number % len(STYLES)]
            number += not line.is_guide
            width = 1.2 if line.is_guide else 2.2
            style = f'fill="none" stroke="{colour}" stroke-width="{width}"'
            style += f' stroke-dasharray="{dashes}"' if dashes else ""
            if line.has_path:
                yield f'<path d="{self._path(line)}" {style}/>'
            yield from self._dots(line, colour)
            y = TOP + PLOT_HEIGHT + BELOW + LEGEND_ROW * row
            yield f'<path d="M{LEFT} {y}h36" {style}/>'
            yield f'<text x="{LEFT + 46}" y="{y + 4}">{html.escape(line.name)}</text>'

    def _path(self, line: Line) -> str:
        kept = np.isfinite(line.x) & np.isfinite(line.y)
        words: list[str] = []
        for x, y in zip(line.x[kept].tolist(), line.y[kept].tolist(), strict=True):
            across, up = self._x(x), self._y(y)
            if not words:
                words.append(f"M{across:.1f} {up:.1f}")
            elif line.is_step:
                words.append(f"H{across:.1f}V{up:.1f}")
            else:
                words.append(f"L{across:.1f} {up:.1f}")
        return "".join(words) or f"M{LEFT} {TOP}"

    def _dots(self, line: Line, colour: str) -> Iterator[str]:
        if not line.has_dots:
            return
        spread = np.zeros(len(line.x)) if line.spread is None else line.spread
        for x, y, half in zip(line.x.tolist(), line.y.tolist(), spread.tolist(), strict=True):
            if half > 0:
                low, high = self._y(y - half), self._y(y + half)
                yield f'<path d="M{self._x(x):.1f} {low:.1f}V{high:.1f}" stroke="{colour}"/>'
            yield f'<circle cx="{self._x(x):.1f}" cy="{self._y(y):.1f}" r="4" fill="{colour}"/>'


def ticks(low: float, high: float) -> list[float]:
    """Return four to ten round numbers from low to high.

    Raises:
        ValueError: high is not above low.

    >>> ticks(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> ticks(-3.0, 4.0)
    [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0]
    """
    if not high > low:
        raise ValueError(f"an axis runs upwards; got {low} to {high}")
    power = 10.0 ** math.floor(math.log10(high - low))
    step = next(s * power for s in (0.1, 0.2, 0.5, 1.0, 2.0) if (high - low) / (s * power) < 9)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]
