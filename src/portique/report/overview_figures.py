"""The figures of the page: each with its name, its rule and its table."""

from __future__ import annotations

from typing import Any

from portique.report.markup import Grid, both, count, decimal, text
from portique.report.overview_search import search_worth
from portique.report.wording import (
    BASES,
    FIGURES,
    Meaning,
    Words,
    beside,
    named,
    without_refused,
)

Values = dict[str, Any]

PLAIN = (
    "sale_lines",
    "handsets_sold",
    "imeis_in_records",
    "fleet_imeis",
    "handsets",
    "cloned_imeis",
    "expected_in_prison",
    "targets",
    "handsets_linked_to_offences",
)
"""Figures that are one number each, in the order of the work."""


def key_figures(figures: dict[str, Any]) -> str:
    """Return the figures as a list, the places as a bar, and the yield by number of cells.

    Args:
        figures: as `report.figures.figures` makes them.
    """
    made = figures["figures"]
    without = without_refused(len(figures["left_out"]))
    tiles = [_tile(name, made[name], _number(made[name]["value"]), without) for name in PLAIN]
    tiles.insert(-1, _yield_tile(made["expected_yield"], without))
    return (
        f'<dl class="tiles">{"".join(tiles)}</dl>'
        + _places(made, without)
        + _bases(made["handsets_by_basis"]["value"])
        + _yield_table(made["expected_yield_by_cells"]["value"], without)
        + search_worth(figures)
    )


def _said(without: Words | None) -> str:
    return f'<span class="without">{both(without)}</span>' if without else ""


def _number(value: float) -> Words:
    return count(value) if isinstance(value, int) else decimal(value, 1)


def _tile(
    name: str, figure: Values, value: Words, without: Words | None, range_: Words | None = None
) -> str:
    meaning = FIGURES[name]
    spread = f'<span class="range">{both(range_)}</span>' if range_ else ""
    return (
        f'<div class="tile"><dt>{both(meaning.name)}</dt>'
        f"<dd><strong>{both(value)}</strong>{spread}{_said(without)}{_rule(meaning, figure)}</dd>"
        "</div>"
    )


def _rule(meaning: Meaning, figure: Values) -> str:
    rule = Words(meaning.rule_fr, figure["rule"])
    return f"<small>{both(rule)} (<code>{text(figure['table'])}</code>)</small>"


def _yield_tile(figure: Values, without: Words | None) -> str:
    said = figure["value"]
    low, high = said["low"], said["high"]
    interval = Words(f"de {low} à {high}", f"{low} to {high}")
    return _tile("expected_yield", figure, decimal(said["mean"], 1), without, interval)


def _places(made: dict[str, Values], without: Words | None) -> str:
    names = ("located_in_prison", "located_outside", "not_decided")
    values = [made[name]["value"] for name in names]
    whole = max(sum(values), 1)
    bars = "".join(
        f'<span class="{name}" style="width:{100 * value / whole:.2f}%"></span>'
        for name, value in zip(names, values, strict=True)
        if value
    )
    rows = "".join(
        f'<li><span class="key {name}" aria-hidden="true"></span>{both(FIGURES[name].name)} : '
        f"<strong>{both(count(value))}</strong>{_said(without)}"
        f"{_rule(FIGURES[name], made[name])}</li>"
        for name, value in zip(names, values, strict=True)
    )
    return f'<div class="bar" aria-hidden="true">{bars}</div><ul class="places">{rows}</ul>'


def _bases(by_basis: dict[str, int]) -> str:
    said = {name: (both(named(BASES, name)), both(count(n))) for name, n in by_basis.items()}
    listed = ", ".join(f"{name} {number}" for name, number in said.values())
    meaning = FIGURES["handsets_by_basis"]
    rule = Words(meaning.rule_fr, "a handset can have several")
    return f"<p>{both(_colon(meaning.name))}{listed} <small>({both(rule)})</small></p>"


def _colon(name: Words) -> Words:
    return Words(f"{name.fr} : ", f"{name.en}: ")


def _yield_table(steps: list[Values], without: Words | None) -> str:
    if not steps:
        return ""
    caption = Words("Rendement attendu si l'on fouille", "Expected yield if one searches")
    return Grid(
        "yield",
        beside(caption, without),
        (
            Words("premières cellules", "first cells"),
            Words("cellules avec un téléphone", "cells with a handset"),
            Words("intervalle à 90 %", "90 % interval"),
            Words("par cellule fouillée", "per searched cell"),
        ),
        (
            (
                both(count(step["cells"])),
                both(decimal(step["mean"], 1)),
                f"{step['low']}–{step['high']}",
                both(decimal(step["mean"] / step["cells"], 2)),
            )
            for step in steps
        ),
        frozenset({0, 1, 2, 3}),
    ).html()
