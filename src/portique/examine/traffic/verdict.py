"""The grade of a capture and its two sentences. Never "clean": what was not seen is not absent."""

from __future__ import annotations

from portique.examine.traffic.coverage import Coverage
from portique.examine.traffic.observation import Observation

DEMONSTRATED, COVERT, TO_EXAMINE, EXPLAINED, NOTHING, INCONCLUSIVE = 1, 2, 3, 4, 5, 6
LEAST_SHARE = 0.5
"""Share of the captured bytes that must have been decoded before "nothing" means anything."""
LEAST_HOURS = 1.0

_SENTENCES = {
    DEMONSTRATED: (
        "Exfiltration démontrée : un identifiant planté est parti vers {peers}.",
        "Exfiltration demonstrated: a planted identifier went to {peers}.",
    ),
    COVERT: (
        "Comportement dissimulé : {rules}, vers {peers}.",
        "Covert behaviour: {rules}, to {peers}.",
    ),
    TO_EXAMINE: (
        "À examiner : trafic inexpliqué ou chiffré avec {peers}.",
        "To be examined: unexplained or encrypted traffic with {peers}.",
    ),
    EXPLAINED: (
        "Expliqué : tout le trafic observé relève de services connus.",
        "Explained: all observed traffic belongs to known services.",
    ),
    NOTHING: (
        "Rien observé en {hours} h ; cela ne dit rien au-delà de cette durée.",
        "Nothing observed in {hours} h; this says nothing beyond that time.",
    ),
    INCONCLUSIVE: ("Non concluant : {why_fr}.", "Inconclusive: {why_en}."),
}
_COVERAGE = (
    "Couverture : {hours} h, {bearers}, {share} % des octets décodés.",
    "Coverage: {hours} h, {bearers}, {share} % of bytes decoded.",
)


def grade_of(
    observations: list[Observation], coverage: Coverage, *, has_record: bool
) -> tuple[int, tuple[str, str]]:
    """Return the grade, 1 to 6, and why it is inconclusive where it is (French, English).

    Args:
        observations: of the capture.
        coverage: of the capture.
        has_record: a capture record was at hand.
    """
    if not has_record:
        return INCONCLUSIVE, (
            "aucun procès-verbal de capture : ce qui était planté n'est pas connu",
            "no capture record: what was planted is not known",
        )
    best = min((each.grade for each in observations), default=NOTHING)
    if best <= TO_EXAMINE:
        return best, ("", "")
    if coverage.decoded_share < LEAST_SHARE:
        return INCONCLUSIVE, (
            "trop peu d'octets décodés",
            "too few bytes decoded",
        )
    if coverage.hours < LEAST_HOURS:
        return INCONCLUSIVE, (
            "moins d'une heure de capture",
            "less than an hour captured",
        )
    return best, ("", "")


def sentences(
    grade: int, why: tuple[str, str], observations: list[Observation], coverage: Coverage
) -> dict[str, str]:
    """Return the verdict with its line of coverage, in French and in English."""
    mine = [each for each in observations if each.grade == grade]
    peers = list(dict.fromkeys(each.number or each.host or each.ip or "?" for each in mine))
    named = ", ".join(peers[:3]) + (f" (+{len(peers) - 3})" if len(peers) > 3 else "")
    rules = ", ".join(dict.fromkeys(each.rule for each in mine))
    filled = {
        "peers": named,
        "rules": rules,
        "why_fr": why[0],
        "why_en": why[1],
        "hours": f"{coverage.hours:g}",
        "bearers": ", ".join(sorted(+coverage.bearers)) or "-",
        "share": f"{100 * coverage.decoded_share:.1f}",
    }
    told = zip(_SENTENCES[grade], _COVERAGE, strict=True)
    french, english = (f"{said} {covered}".format(**filled) for said, covered in told)
    return {"fr": french, "en": english}
