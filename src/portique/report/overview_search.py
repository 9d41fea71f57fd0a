"""What the search is worth: wrong doors, one more search, and the price of limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from portique.core.chart import Chart, Line
from portique.report.markup import Grid, both, count, decimal, text
from portique.report.wording import Words, beside, without_refused

Values = dict[str, Any]


def search_worth(figures: dict[str, Any]) -> str:
    """Return what the list costs in searches for nothing, and what a longer one would give.

    Args:
        figures: as `report.figures.figures` makes them.
    """
    made, limits = figures["figures"], figures["case"]["search"]
    said = [_for_nothing(made), _one_more(made), _bound(made, limits), _limits(made)]
    without = without_refused(len(figures["left_out"]))
    told = "".join(f"<p>{both(words)}</p>" for words in said if words is not None)
    if without is not None and told:
        told = f'<span class="without">{both(without)}</span>{told}'
    names = {p["prison_id"]: p["name"] or p["prison_id"] for p in figures["prisons"]}
    return told + _limit_table(made["prison_limits"]["value"], names, without) + _curve(made)


def _percent(share: float) -> Words:
    digits = 0 if abs(share * 100 - round(share * 100)) < 1e-9 else 1
    fr, en = decimal(100 * share, digits)
    return Words(f"{fr} %", f"{en} %")


def _for_nothing(made: Values) -> Words | None:
    said, cells = made["searched_for_nothing"]["value"], made["targets"]["value"]
    if not cells:
        return None
    mean, most, sure = (
        decimal(said["mean"], 1),
        count(said["at_most"]),
        _percent(said["confidence"]),
    )
    return Words(
        f"Fouilles pour rien attendues : {mean.fr} ; au plus {most.fr} avec une probabilité de "
        f"{sure.fr}, pour autant que les probabilités soient justes.",
        f"Searches for nothing expected: {mean.en}; at most {most.en} with a probability of "
        f"{sure.en}, as far as the probabilities are right.",
    )


def _one_more(made: Values) -> Words | None:
    p, cells = made["one_more_search"]["value"], made["targets"]["value"]
    if p is None:
        if not cells:
            return None
        return Words(
            "Une fouille de plus : aucune autre cellule n'atteint une probabilité de 0,01.",
            "One more search: no other cell reaches a probability of 0.01.",
        )
    more = [m for m in made["more_searches"]["value"] if m["more"] > 1]
    parts = [(count(m["more"]), decimal(m["mean"], 1)) for m in more]
    fr = "".join(f" ; {n.fr} de plus en ajouteraient {mean.fr}" for n, mean in parts)
    en = "".join(f"; {n.en} more would add {mean.en}" for n, mean in parts)
    chance = decimal(p, 2)
    return Words(
        f"Une fouille de plus ajouterait en moyenne {chance.fr} cellule avec téléphone : c'est la "
        f"probabilité de la première cellule non retenue{fr}.",
        f"One more search would add {chance.en} cells with a handset on average: the probability "
        f"of the first cell that is not listed{en}.",
    )


def _bound(made: Values, limits: Values) -> Words | None:
    if limits["max_wrong_share"] is None:
        return None
    share, sure = (_percent(limits[n]) for n in ("max_wrong_share", "wrong_share_confidence"))
    cells = count(made["targets"]["value"])
    if not made["targets"]["value"]:
        return Words(
            f"Aucune liste, si courte soit-elle, ne garde la part de fouilles pour rien à "
            f"{share.fr} au plus avec une probabilité de {sure.fr}.",
            f"No list, however short, keeps the share of searches for nothing within {share.en} "
            f"with a probability of {sure.en}.",
        )
    return Words(
        f"La liste est la plus longue ({cells.fr} cellules) dont la part de fouilles pour rien "
        f"reste d'au plus {share.fr} avec une probabilité d'au moins {sure.fr}. Chaque cellule est "
        "prise comme indépendante des autres ; deux cellules qui se disputent un téléphone "
        "resserrent plutôt l'écart.",
        f"The list is the longest ({cells.en} cells) of which at most {share.en} are searched for "
        f"nothing, with a probability of at least {sure.en}. Cells are taken as independent; two "
        "that compete for one handset rather narrow the spread.",
    )


def _limits(made: Values) -> Words | None:
    said = made["prison_limits"]["value"]
    if not said["cells"]:
        return None
    cells, cost = count(said["cells"]), decimal(said["cost"], 1)
    return Words(
        f"Les limites par établissement laissent {cells.fr} cellules de côté et coûtent {cost.fr} "
        "cellules avec téléphone attendues.",
        f"The limits of single prisons leave out {cells.en} cells and cost {cost.en} expected "
        "cells with a handset.",
    )


def _limit_table(said: Values, names: dict[str, str], without: Words | None) -> str:
    if not said["prisons"]:
        return ""
    caption = Words("Limites par établissement atteintes", "Limits of prisons that were reached")
    heads = (
        Words("établissement", "prison"),
        Words("limite", "limit"),
        Words("cellules laissées de côté", "cells left out"),
        Words("coût (cellules avec téléphone)", "cost (cells with a handset)"),
    )
    order = sorted(said["prisons"], key=lambda p: (-p["cost"], p["prison_id"]))
    rows = (
        (
            text(names.get(p["prison_id"], p["prison_id"])),
            both(count(p["limit"])),
            both(count(p["left_out"])),
            both(decimal(p["cost"], 1)),
        )
        for p in order
    )
    return Grid(
        "limits-reached", beside(caption, without), heads, rows, frozenset({1, 2, 3})
    ).html()


def _curve(made: Values) -> str:
    """Return the curve of what each search is worth, drawn once in each language."""
    points = made["worth_of_each_search"]["value"]
    if len(points) < 2:
        return ""
    worth, end = np.array(points, np.float64), float(made["targets"]["value"])
    said = {
        "fr": (
            "Ce que vaut chaque fouille",
            "place dans la liste (nombre de cellules)",
            "probabilité d'y trouver un téléphone",
            "p_any à cette place",
            "fin de la liste",
            ",",
        ),
        "en": (
            "What each search is worth",
            "place in the list (number of cells)",
            "probability of a handset there",
            "p_any at that place",
            "end of the list",
            ".",
        ),
    }
    drawn = ""
    for language, (title, across, up, name, stop, mark) in said.items():
        lines = [
            Line(name, worth[:, 0], worth[:, 1]),
            Line(stop, np.array([end, end]), np.array([0.0, 1.0]), is_guide=True),
        ]
        limits = (0.0, max(float(worth[-1, 0]), end))
        chart = Chart(title, across, up, limits, (0.0, 1.0), lines, decimal_mark=mark)
        drawn += f'<div class="{language} chart" lang="{language}">{chart.inline()}</div>'
    return f"<figure>{drawn}</figure>"
