"""The grade of an image and its sentences, on the scale that captures have. Never "clean"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portique.examine.firmware.behaviours import Behaviour
from portique.examine.firmware.indicators import Indicator

FULL, TO_EXAMINE, EXPLAINED, NOTHING, NOT_EXAMINED = 2, 3, 4, 5, 6
LEAST_SHARE = 0.5
"""Share of the bytes that are not erased that must be explained before "none" means anything."""

_WORDS = {
    "sale_report": ("signalement de vente", "sale report"),
    "identity_sms": ("SMS portant l'identité du téléphone", "SMS with the phone's identity"),
    "premium_sms": ("SMS surtaxés", "premium SMS"),
    "sms_interception": ("interception de SMS", "interception of SMS"),
    "remote_command": ("commande à distance", "remote command"),
}
_SENTENCES = {
    FULL: (
        "Code capable de : {fr}. L'analyse statique ne dit pas que des données ont été émises.",
        "Code able to do: {en}. Static analysis does not say that data was sent.",
    ),
    TO_EXAMINE: ("À examiner : {fr}.", "To be examined: {en}."),
    EXPLAINED: (
        "Expliqué : ce qui a été trouvé relève de services connus ou se montre à l'utilisateur.",
        "Explained: what was found belongs to known services or is shown to the user.",
    ),
    NOTHING: (
        "Rien trouvé dans la partie examinée ; cela ne dit rien du reste.",
        "Nothing found in the examined part; this says nothing of the rest.",
    ),
    NOT_EXAMINED: (
        "Non examiné : trop peu de cette image a pu être lu.",
        "Not examined: too little of this image could be read.",
    ),
}
_COVERAGE = (
    "Couverture : {share} % des octets expliqués, {left} partie(s) non examinée(s).",
    "Coverage: {share} % of bytes explained, {left} part(s) not examined.",
)


def grade_of(
    found: Sequence[Behaviour],
    known: Sequence[Indicator],
    account: dict[str, Any],
    *,
    unknown_items: int,
    explained_items: int,
    has_code: bool,
) -> int:
    """Return the grade, 2 to 6.

    Args:
        found: behaviours that the user does not see.
        known: known indicators.
        account: of unpacking.
        unknown_items: destinations that no known service explains.
        explained_items: destinations and behaviours that are explained.
        has_code: code was examined.
    """
    if any(each.strength == "full" for each in found) or any(each.references for each in known):
        return FULL
    if found or known:
        return TO_EXAMINE
    used = 1 - account["erased_share"]
    if not has_code or used <= 0 or account["explained_share"] < LEAST_SHARE * used:
        return NOT_EXAMINED
    if unknown_items:
        return TO_EXAMINE
    return EXPLAINED if explained_items else NOTHING


def held_back(grade: int, *, is_whole: bool) -> int:
    """Return a grade, none of those that say nothing bad was found where a part failed.

    Args:
        grade: by what was found.
        is_whole: no part of the analysis failed or ran out of time.

    >>> held_back(5, is_whole=False), held_back(2, is_whole=False), held_back(4, is_whole=True)
    (6, 2, 4)
    """
    return grade if is_whole or grade < EXPLAINED else NOT_EXAMINED


def sentences(
    grade: int,
    found: Sequence[Behaviour],
    known: Sequence[Indicator],
    account: dict[str, Any],
    *,
    is_whole: bool,
) -> dict[str, str]:
    """Return the verdict with its line of coverage, in French and in English."""
    kinds = list(dict.fromkeys((each.kind, each.strength) for each in found))
    french = [f"{_WORDS[kind][0]} ({_STRENGTH[strength][0]})" for kind, strength in kinds]
    english = [f"{_WORDS[kind][1]} ({_STRENGTH[strength][1]})" for kind, strength in kinds]
    if known:
        titles = ", ".join(dict.fromkeys(each.meta.get("title", each.rule) for each in known))
        french.append(f"indicateur connu ({titles})")
        english.append(f"known indicator ({titles})")
    filled = {
        "fr": ", ".join(french) or "destinations inexpliquées",
        "en": ", ".join(english) or "unexplained destinations",
        "share": f"{100 * account['explained_share']:.1f}",
        "left": str(len(account["not_examined"])),
    }
    told = zip(_SENTENCES[grade], _COVERAGE, strict=True)
    first, second = (f"{said} {covered}".format(**filled) for said, covered in told)
    if not is_whole:
        first += " Une partie n'a pas pu être analysée : voir « not_examined »."
        second += " A part could not be analysed: see not_examined."
    return {"fr": first, "en": second}


_STRENGTH = {
    "full": ("chaîne complète", "full chain"),
    "partial": ("chaîne partielle", "partial chain"),
    "strings": ("textes seuls", "strings only"),
}
