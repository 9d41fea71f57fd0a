"""The curves that show a set of likelihood ratios: Tippett, calibration by PAV, cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from portique.core.chart import Chart, Line
from portique.core.evidence import Language
from portique.core.metrics import cllr, cllr_min, ece, pav, tippett

Floats = npt.NDArray[np.float64]
PRIOR = np.linspace(-3.0, 3.0, 61)
ENDLESS = 99.0
"""Stands for a ratio without an end, which JSON cannot hold."""


@dataclass(frozen=True)
class Curves:
    """What is drawn of one set of trials; every list a coordinate, in one order.

    Args:
        trials_h1, trials_h2: trials where the first statement is true, and the second.
        cllr, cllr_min: the cost, and what is left of it by order alone.
        value: distinct log10 LRs, rising.
        of_h1, of_h2: share of each class at or above each value.
        pooled: log10 LR of each value after pooling; `ENDLESS`, or minus it: without an end.
        ece_system, ece_pooled, ece_reference: bits, at each log10 prior odds of `PRIOR`.
    """

    trials_h1: int
    trials_h2: int
    cllr: float
    cllr_min: float
    value: list[float]
    of_h1: list[float]
    of_h2: list[float]
    pooled: list[float]
    ece_system: list[float]
    ece_pooled: list[float]
    ece_reference: list[float]

    def document(self) -> dict[str, Any]:
        """Return the curves as JSON holds them, rounded to what can be drawn.

        >>> curves_of([1.0], [-1.0]).document()["cllr"]
        0.1375
        """
        return {
            name: [round(x, 4) for x in value] if isinstance(value, list) else round(value, 4)
            for name, value in asdict(self).items()
        }


def curves_of(h1: npt.ArrayLike, h2: npt.ArrayLike) -> Curves:
    """Return the curves of two classes of log10 LRs.

    Args:
        h1, h2: log10 LRs, shape (trials,) each.

    Raises:
        ValueError: see `metrics.log10_lrs`.
    """
    value, of_h1, of_h2 = tippett(h1, h2)
    _, pooled = pav(h1, h2)
    entropy = ece(h1, h2, PRIOR)
    return Curves(
        trials_h1=len(np.asarray(h1)),
        trials_h2=len(np.asarray(h2)),
        cllr=cllr(h1, h2),
        cllr_min=cllr_min(h1, h2),
        value=value.tolist(),
        of_h1=of_h1.tolist(),
        of_h2=of_h2.tolist(),
        pooled=np.clip(pooled, -ENDLESS, ENDLESS).tolist(),
        ece_system=entropy.system.tolist(),
        ece_pooled=entropy.pooled.tolist(),
        ece_reference=entropy.reference.tolist(),
    )


def curves_from(document: Mapping[str, Any]) -> Curves:
    """Return curves from their JSON form.

    Raises:
        KeyError: one lacks.
    """
    return Curves(**{field.name: document[field.name] for field in fields(Curves)})


WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "lr": "log10 likelihood ratio (no unit; 0 is no evidence)",
        "none": "nothing to draw: there are no trials of one of the two kinds",
        "tippett": "Tippett: {}",
        "share": "share of trials with at least this ratio",
        "true": "true: {:,} trials",
        "not true": "not true: {:,} trials",
        "limit": "limit for what is not true, 1/LR: calibrated ratios stay below",
        "pav": "Calibration: {}",
        "after": "log10 ratio after calibration",
        "best": "best ratio that keeps the order (PAV); at the edge: no end",
        "perfect": "perfectly calibrated",
        "ece": "Empirical cross-entropy: {}",
        "prior": "log10 prior odds (no unit)",
        "missing": "information still missing (bits a trial)",
        "reported": "as reported",
        "recalibrated": "with the best calibration (PAV)",
        "without": "without evidence (LR 1)",
    },
    "fr": {
        "lr": "log10 du rapport de vraisemblance (sans unité ; 0 : sans valeur)",
        "none": "rien à tracer : il n'y a pas d'essai de l'une des deux sortes",
        "tippett": "Tippett : {}",
        "share": "part des essais d'au moins ce rapport",
        "true": "vrai : {:,} essais",
        "not true": "faux : {:,} essais",
        "limit": "limite pour ce qui est faux, 1/LR : un rapport étalonné reste dessous",
        "pav": "Étalonnage : {}",
        "after": "log10 du rapport après étalonnage",
        "best": "meilleur rapport qui garde l'ordre (PAV) ; au bord : sans fin",
        "perfect": "étalonnage parfait",
        "ece": "Entropie croisée empirique : {}",
        "prior": "log10 de la cote a priori (sans unité)",
        "missing": "information qui manque encore (bits par essai)",
        "reported": "tel que rapporté",
        "recalibrated": "avec le meilleur étalonnage (PAV)",
        "without": "sans les constatations (LR 1)",
    },
}


def charts(subject: str, curves: Curves | None, language: Language = "en") -> dict[str, Chart]:
    """Return the three charts of one set of trials: tippett, pav, ece.

    Args:
        subject: which two statements, in words.
        curves: None: trials of one class lack, and the charts say so.
        language: of their words.
    """
    made = {"tippett": _tippett, "pav": _pav, "ece": _ece}
    return {name: make(subject, curves, language) for name, make in made.items()}


def _mark(language: Language) -> str:
    return "," if language == "fr" else "."


def _many(pattern: str, number: int, language: Language) -> str:
    said = pattern.format(number)
    return said.replace(",", "\u202f") if language == "fr" else said


def _range(*values: list[float]) -> tuple[float, float]:
    """Return a range of whole numbers around values and 0, at least -1 to 1."""
    everything = np.concatenate([*map(np.asarray, values), [-1.0, 1.0]])
    return float(np.floor(everything.min())), float(np.ceil(everything.max()))


def _tippett(subject: str, curves: Curves | None, language: Language) -> Chart:
    words, lines, limits = WORDS[language], list[Line](), (-1.0, 1.0)
    if curves is not None:
        limits = _range(curves.value)
        # A share counts trials at or above x: it drops just past each value, not before it.
        x = np.array([limits[0], *curves.value, limits[1]])
        names = (("true", curves.trials_h1), ("not true", curves.trials_h2))
        lines = [
            Line(_many(words[name], trials, language), x, _falling(share), is_step=True)
            for (name, trials), share in zip(names, (curves.of_h1, curves.of_h2), strict=True)
        ]
        x = np.linspace(0.0, limits[1], 101)
        lines.append(Line(words["limit"], x, 10.0**-x, is_guide=True))
    title = words["tippett"].format(subject)
    return Chart(
        title, words["lr"], words["share"], limits, (0.0, 1.0), lines, words["none"],
        _mark(language),
    )  # fmt: skip


def _falling(share: list[float]) -> Floats:
    return np.array([1.0, *share[1:], 0.0, 0.0])


def _pav(subject: str, curves: Curves | None, language: Language) -> Chart:
    words, lines, limits = WORDS[language], list[Line](), (-1.0, 1.0)
    if curves is not None:
        limits = _range(curves.value, [x for x in curves.pooled if abs(x) < ENDLESS])
        drawn, ends = np.clip(curves.pooled, *limits), np.array(limits)
        lines = [
            Line(words["best"], np.array(curves.value), drawn),
            Line(words["perfect"], ends, ends, is_guide=True),
        ]
    title = words["pav"].format(subject)
    return Chart(
        title, words["lr"], words["after"], limits, limits, lines, words["none"], _mark(language)
    )


def _ece(subject: str, curves: Curves | None, language: Language) -> Chart:
    words, lines, top = WORDS[language], list[Line](), 1.0
    if curves is not None:
        top = float(np.clip(np.ceil(max(curves.ece_system) * 5) / 5, 1.0, 2.0))
        lines = [
            Line(words["reported"], PRIOR, np.array(curves.ece_system)),
            Line(words["recalibrated"], PRIOR, np.array(curves.ece_pooled)),
            Line(words["without"], PRIOR, np.array(curves.ece_reference), is_guide=True),
        ]
    title = words["ece"].format(subject)
    return Chart(
        title, words["prior"], words["missing"], (-3.0, 3.0), (0.0, top), lines, words["none"],
        _mark(language),
    )  # fmt: skip
