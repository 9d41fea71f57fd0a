"""The annex of a case: how the strengths did on invented worlds whose truth is known, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from portique.core.chart import Chart, Line
from portique.core.curves import charts, curves_from
from portique.core.evidence import SCALE, SCALE_SOURCE, Language, grade
from portique.core.forecasts import SLACK
from portique.report.frame import frame
from portique.report.markup import Grid, both, count, decimal, text
from portique.report.wording import Words

Document = Mapping[str, Any]
LANGUAGES: tuple[Language, Language] = ("fr", "en")

SUBJECTS = {
    "places": Words(
        "dans cet établissement, ou ailleurs",
        "in this prison, or not",
    ),
    "users": Words("cet utilisateur, ou un autre", "this user, or another"),
}
READING = {
    "tippett": Words(
        "Tippett : pour chaque rapport, la part des essais qui l'atteignent. Plus les deux courbes "
        "sont éloignées, mieux le vrai se distingue du faux ; là où la courbe du faux passe "
        "au-dessus de la limite grise, les rapports trompent plus qu'ils ne le disent.",
        "Tippett: for each ratio, the share of trials that reach it. The further apart the two "
        "curves, the better true is told from not true; where the curve of what is not true is "
        "above the grey limit, ratios mislead more than they say.",
    ),
    "pav": Words(
        "Étalonnage : ce que chaque rapport aurait dû valoir, à ordre égal. Sur la diagonale, un "
        "rapport vaut ce qu'il dit ; sous elle, à droite de 0, il en dit trop.",
        "Calibration: what each ratio should have been, keeping their order. On the diagonal a "
        "ratio is worth what it says; below it, right of 0, it says too much.",
    ),
    "ece": Words(
        "Entropie croisée : l'information qui manque encore après les constatations, selon l'a "
        "priori. Sous la ligne grise, elles aident ; au-dessus, elles nuisent.",
        "Cross-entropy: information still missing after the findings, by prior. Below the grey "
        "line they help; above it they harm.",
    ),
}


def annex(title: str, calibration: Document, validation: Document | None, sha256: str) -> str:
    """Return the annex, in French and in English.

    Args:
        title: of the case.
        calibration: name, `presence` and `users` with `bounds`.
        validation: package data `validation.json`; None: no such measure came with the program.
        sha256: of the calibration in force, to be the one that was validated.
    """
    head = Words("Annexe : ce que valent les forces probantes", "Annex: what strengths are worth")
    return frame(
        title,
        f"<header><p>{text(title)}</p><h1>{both(head)}</h1></header>\n<main>"
        f"{_scale(calibration)}{_measured(validation, sha256)}</main>\n"
        '<footer><p><a href="overview.html">overview.html</a></p></footer>',
    )


def _section(name: str, head: Words, body: str) -> str:
    return (
        f'<section id="{name}" aria-labelledby="{name}-head"><h2 id="{name}-head">{both(head)}</h2>'
        f"{body}</section>\n"
    )


def _scale(calibration: Document) -> str:
    """Return the verbal scale, and which of its steps the bounds let anything reach."""
    most = {
        name: max(abs(x) for x in calibration[name]["bounds"]) for name in ("presence", "users")
    }
    rows = (
        (
            f"{both(count(int(step.from_lr)))}",
            both(decimal(float(np.log10(step.from_lr)), 1)),
            both(Words(step.support_fr, step.support_en)),
            both(_reached(step.from_lr, most["presence"])),
            both(_reached(step.from_lr, most["users"])),
        )
        for step in SCALE
    )
    heads = (
        Words("LR à partir de", "LR from"),
        Words("log10 LR", "log10 LR"),
        Words("les constatations apportent", "the findings give"),
        Words("lieu", "place"),
        Words("utilisateur", "user"),
    )
    caption = Words(
        "Échelle verbale, et degrés que les bornes de l'étalonnage permettent",
        "Verbal scale, and the steps that the bounds of the calibration allow",
    )
    said = Words(
        "Un rapport de vraisemblance (LR) dit combien de fois les constatations sont plus "
        "attendues si une proposition est vraie que si l'autre l'est. Il n'est la probabilité "
        "d'aucune. Un log10 LR négatif soutient l'autre proposition au même degré. Source de "
        "l'échelle : ",
        "A likelihood ratio (LR) says how many times more expected the findings are if one "
        "statement is true than if the other is. It is the probability of neither. A negative "
        "log10 LR supports the other statement to the same degree. Source of the scale: ",
    )
    grid = Grid("scale", caption, heads, rows, frozenset({0, 1}))
    body = f'<p>{both(said)}<span lang="en">{text(SCALE_SOURCE)}</span>.</p>{grid.html()}'
    return _section("words", Words("Les mots", "The words"), body)


def _reached(from_lr: float, most: float) -> Words:
    return Words("oui", "yes") if from_lr <= grade(most).from_lr else Words("non", "no")


def _measured(validation: Document | None, sha256: str) -> str:
    head = Words("Ce qui a été mesuré", "What was measured")
    if validation is None:
        none = Words(
            "Aucune mesure sur des mondes tenus à l'écart n'accompagne cette version.",
            "No measure on held-out worlds comes with this version.",
        )
        return _section("measured", head, f"<p>{both(none)}</p>")
    warning = ""
    if validation["sha256_of_calibration"] != sha256:
        other = Words(
            "Attention : ces mesures ont été faites avec un autre étalonnage que celui en vigueur.",
            "Note: these measures were made with another calibration than the one in force.",
        )
        warning = f'<div class="warning"><p>{both(other)}</p></div>'
    sections = "".join(_trials(name, validation) for name in SUBJECTS)
    return _section("measured", head, warning + _worlds(validation)) + sections + _doors(validation)


def _worlds(validation: Document) -> str:
    total = sum(row["worlds"] for row in validation["worlds"])
    said = Words(
        f"Sur {total} mondes inventés par le simulateur de ce projet, dont l'étalonnage n'a rien "
        "vu. Un modèle est au mieux sur les mondes de ceux qui l'ont fait ; sur de vrais "
        "téléphones, personne ne l'a vérifié. Recettes : ",
        f"On {total} worlds invented by this project's simulator, none of which the calibration "
        "saw. A model is at its best on the worlds of those who made it; on real phones nobody has "
        "checked it. Recipes: ",
    )
    names = ", ".join(f"{r['recipe']} ({r['scale']}, {r['worlds']})" for r in validation["worlds"])
    return (
        f'<p>{both(said)}<span lang="en">{text(names)}</span>. SHA-256 '
        f"<code>{text(validation['sha256_of_trials'])}</code>.</p>"
    )


def _trials(name: str, validation: Document) -> str:
    subject = SUBJECTS[name]
    if validation[name] is None:
        none = Words("Aucun essai de l'une des deux sortes.", "No trials of one of the two kinds.")
        return _section(name, _capital(subject), f"<p>{both(none)}</p>")
    curves = curves_from(validation[name])
    cost, least = decimal(curves.cllr, 3), decimal(curves.cllr_min, 3)
    h1, h2 = count(curves.trials_h1), count(curves.trials_h2)
    said = Words(
        f"{h1.fr} essais où la proposition est vraie, {h2.fr} où elle est fausse. Cllr {cost.fr} "
        f"(0 parfait, 1 sans valeur), dont {least.fr} tient à l'ordre et le reste à l'échelle.",
        f"{h1.en} trials where the statement is true, {h2.en} where it is not. Cllr {cost.en} "
        f"(0 perfect, 1 useless), of which {least.en} is order and the rest scale.",
    )
    drawn = {
        language: charts(getattr(subject, language), curves, language) for language in LANGUAGES
    }
    figures = "".join(
        _figure({language: drawn[language][kind] for language in LANGUAGES}, READING[kind])
        for kind in READING
    )
    return _section(name, _capital(subject), f"<p>{both(said)}</p>{figures}")


def _capital(words: Words) -> Words:
    return Words(*(part[0].upper() + part[1:] for part in words))


def _figure(drawn: Mapping[Language, Chart], reading: Words) -> str:
    parts = "".join(
        f'<div class="{language} chart" lang="{language}">{chart.inline()}</div>'
        for language, chart in drawn.items()
    )
    return f"<figure>{parts}<figcaption>{both(reading)}</figcaption></figure>"


def _doors(validation: Document) -> str:
    """Return the reliability of `p_any`, and how often the stated interval of the yield held."""
    head = Words("Les probabilités des cellules", "The probabilities of cells")
    interval = validation["interval"]
    held = Words(
        f"L'intervalle à 90 % du rendement, annoncé d'avance, contenait ce qui a été trouvé dans "
        f"{interval['held']} mondes sur {interval['worlds']}.",
        f"The 90 % interval of the yield, stated before, held what was found in "
        f"{interval['held']} of {interval['worlds']} worlds.",
    )
    if validation["p_any"] is None:
        return _section("doors", head, f"<p>{both(held)}</p>")
    reading = Words(
        "Cellules pesées, à fouiller ou non, par dixième de probabilité annoncée (p_any) : ce qui "
        "était dit, et ce qui est venu. Barres : écart admis, 0,05 plus deux erreurs types. "
        "Au-dessus de la diagonale, la probabilité était trop faible ; au-dessous, trop forte.",
        "Cells that were weighed, listed or not, by tenth of stated probability (p_any): what was "
        "said, and what came. Bars: difference allowed, 0.05 plus two standard errors. Above the "
        "diagonal the stated probability was too low; below it, too high.",
    )
    drawn = {language: _reliability(validation["p_any"], language) for language in LANGUAGES}
    return _section("doors", head, f"<p>{both(held)}</p>{_figure(drawn, reading)}")


def _reliability(groups: Document, language: Language) -> Chart:
    said, came, error = (np.array(groups[n], np.float64) for n in ("said", "came", "error"))
    cells, ends = sum(groups["cells"]), np.array([0.0, 1.0])
    words = {
        "fr": (
            f"Fiabilité de p_any, {count(cells).fr} cellules",
            "probabilité annoncée (moyenne du groupe)",
            "part des cellules avec un téléphone",
            "groupes de cellules de probabilité voisine",
            "probabilités qui disent vrai",
            ",",
        ),
        "en": (
            f"Reliability of p_any, {count(cells).en} cells",
            "probability that was stated (mean of the group)",
            "share of cells with a handset",
            "groups of cells of similar probability",
            "probabilities that mean what they say",
            ".",
        ),
    }
    title, across, up, name, perfect, mark = words[language]
    lines = [
        Line(name, said, came, has_dots=True, spread=SLACK + 2 * error),
        Line(perfect, ends, ends, is_guide=True),
    ]
    return Chart(title, across, up, (0.0, 1.0), (0.0, 1.0), lines, decimal_mark=mark)
