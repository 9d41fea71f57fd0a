"""What the strengths rest on, and what the figures do not say: a section of the page."""

from __future__ import annotations

from typing import Any

from portique.report.markup import both, count, decimal, text
from portique.report.wording import Words

LIMITS = (
    Words(
        "Les forces probantes ont été étalonnées sur des mondes simulés par ce projet, et sur eux "
        "seuls. Personne ne les a vérifiées sur de vrais téléphones.",
        "Strengths were calibrated on worlds that this project simulates, and on them alone. On "
        "real phones nobody has checked them.",
    ),
    Words(
        "Une cellule proposée est une probabilité sur un lieu, jamais une accusation. Sans élément "
        "propre à chacun, les occupants d'une même cellule se partagent la probabilité.",
        "A cell proposed is a probability about a place, never an accusation. Without evidence of "
        "their own, the inmates of one cell share the probability.",
    ),
    Words(
        "Une probabilité a posteriori contient un a priori ; la force des constatations est le "
        "log10 LR, entre les deux propositions citées.",
        "A posterior contains a prior; the strength of the findings is the log10 LR, between the "
        "two statements named.",
    ),
    Words(
        "« Hors de tout établissement » ne dit pas où. « Sans décision » ne dit pas dehors.",
        '"Outside every prison" does not say where. "Not decided" does not say outside.',
    ),
    Words(
        "Le nombre de téléphones derrière un même IMEI est une estimation.",
        "How many handsets stand behind one IMEI is an estimate.",
    ),
    Words(
        "L'absence de données n'est pas une absence d'usage : elles couvrent des opérateurs, une "
        "période et des natures d'événements déterminés.",
        "An absence of records is not an absence of use: they cover certain operators, one period "
        "and certain kinds of event.",
    ),
    Words(
        "Les lignes d'avocats sont écartées avant toute analyse ; seul leur nombre est donné.",
        "Rows with lawyers' numbers are set aside before any analysis; only their count is given.",
    ),
)


def calibration_and_limits(calibration: dict[str, Any]) -> str:
    """Return what the strengths rest on, and the limits.

    Args:
        calibration: `name`, `presence` and `users` with `bounds`, perhaps `validation`, and
            `case`: how the case compares with the worlds behind it.
    """
    listed = "".join(f"<li>{both(limit)}</li>" for limit in LIMITS)
    return (
        f"<p>{both(Words('Étalonnage : ', 'Calibration: '))}"
        f'<strong lang="en">{text(calibration["name"])}</strong>. {both(_bounds(calibration))}'
        f"{both(_validation(calibration.get('validation', {})))} {_to_the_annex()}</p>"
        f"<p>{both(_likeness(calibration.get('case')))}</p>"
        f"<ul>{listed}</ul>"
    )


def _to_the_annex() -> str:
    said = Words(
        "Courbes et échelle verbale : annexe, dans le même dossier",
        "Curves and verbal scale: the annex, in the same folder",
    )
    return f'<a href="annex.html">{both(said)}</a>.'


def _bounds(calibration: dict[str, Any]) -> Words:
    place = [decimal(v, 1, signed=True) for v in calibration["presence"]["bounds"]]
    user = [decimal(v, 1, signed=True) for v in calibration["users"]["bounds"]]
    return Words(
        f"Un log10 LR de lieu reste entre {place[0].fr} et {place[1].fr}, celui d'un utilisateur "
        f"entre {user[0].fr} et {user[1].fr} : le jeu de validation n'autorise pas davantage. ",
        f"A log10 LR of a place stays between {place[0].en} and {place[1].en}, one of a user "
        f"between {user[0].en} and {user[1].en}: the validation set supports no more. ",
    )


def _validation(validation: dict[str, Any]) -> Words:
    """Say how the strengths of places did on worlds that were held out, where that is known."""
    if "cllr" not in validation:
        return Words(
            "Aucune mesure sur des mondes tenus à l'écart n'accompagne cet étalonnage.",
            "No measure on held-out worlds comes with this calibration.",
        )
    cost = decimal(validation["cllr"], 3)
    inside, outside = (count(validation[f"trials_{n}"]) for n in ("inside", "outside"))
    return Words(
        f"Sur des mondes tenus à l'écart ({inside.fr} essais dedans, {outside.fr} dehors) : Cllr "
        f"{cost.fr} (0 parfait, 1 sans valeur).",
        f"On held-out worlds ({inside.en} trials inside, {outside.en} outside): Cllr {cost.en} "
        "(0 perfect, 1 useless).",
    )


def _likeness(case: dict[str, Any] | None) -> Words:
    """Say whether the case is like the worlds of the calibration, and what follows if not."""
    if case is None:
        return Words(
            "Trop peu de téléphones près d'un établissement pour comparer ce dossier aux mondes de "
            "l'étalonnage.",
            "Too few phones near a prison to compare this case with the worlds of the calibration.",
        )
    beyond = [name for name, term in case["terms"].items() if term["is_beyond"]]
    if not beyond:
        return Words(
            "Ce dossier se situe parmi les mondes de l'étalonnage.",
            "This case lies among the worlds of the calibration.",
        )
    by = decimal(case["lr_factor"], 2)
    terms = ", ".join(f"{name} ({_far(case['terms'][name])})" for name in beyond)
    return Words(
        f"Ce dossier sort de l'étendue des mondes de l'étalonnage : {terms}. Chaque log10 LR et "
        f"ses bornes sont multipliés par {by.fr}.",
        f"This case lies outside what the worlds of the calibration span: {terms}. Each log10 LR "
        f"and its bounds are multiplied by {by.en}.",
    )


def _far(term: dict[str, Any]) -> str:
    return f"{term['distance']:.2f} > {term['limit']:.2f}, {term['nearest']}"
