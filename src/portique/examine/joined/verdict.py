"""One grade for an exhibit from the grades of its parts and from where they meet.

A presence needs one part, an absence needs both: grades 1 to 3 come from whatever shows the worst;
4 and 5 are given only where firmware and traffic were both examined. docs/decisions/0024 says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portique.examine.joined.links import Link

DEMONSTRATED, COVERT, TO_EXAMINE, EXPLAINED, NOTHING, INCONCLUSIVE = 1, 2, 3, 4, 5, 6
CARRIES_IDENTITY = frozenset({"sale_report", "identity_sms", "sms_interception"})
"""Behaviours that take an identifier or a message out of the phone."""
FRENCH = {
    "sale_report": "rapport de vente",
    "identity_sms": "identité par SMS",
    "premium_sms": "SMS surtaxé",
    "sms_interception": "interception de SMS",
    "remote_command": "commande à distance",
}
"""Behaviours of the firmware, as a French page names them."""
_MOST_NAMED = 3

_WORDS = {
    DEMONSTRATED: (
        "Exfiltration démontrée", "Exfiltration demonstrated",
    ),
    COVERT: ("Comportement dissimulé", "Covert behaviour"),
    TO_EXAMINE: ("À examiner", "To be examined"),
    EXPLAINED: ("Expliqué", "Explained"),
    NOTHING: (
        "Rien observé dans ce qui a été examiné", "Nothing observed in what was examined",
    ),
    INCONCLUSIVE: ("Non concluant", "Inconclusive"),
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """The grade of an exhibit and why, in French and in English."""

    grade: int
    french: str
    english: str

    def as_dict(self) -> dict[str, str]:
        """Return the two sentences."""
        title = _WORDS[self.grade]
        return {"fr": f"{title[0]} : {self.french}.", "en": f"{title[1]}: {self.english}."}


def worst(grades: Sequence[int]) -> int:
    """Return the worst grade of several answers about one part; 6 where there is none.

    >>> worst([5, 3, 6]), worst([6, 5]), worst([])
    (3, 5, 6)
    """
    return min(grades, default=INCONCLUSIVE)


def judge(firmware: int, traffic: int, met: Sequence[Link]) -> Verdict:
    """Return the verdict on an exhibit.

    Args:
        firmware, traffic: worst grade of each part; 6: not examined, or inconclusive.
        met: where the parts meet.
    """
    raised = _raised(firmware, traffic, met)
    if raised is not None:
        return raised
    best = min(firmware, traffic)
    if best <= TO_EXAMINE:
        parts = [("le trafic", "the traffic")] if traffic == best else []
        parts += [("le micrologiciel", "the firmware")] if firmware == best else []
        shared = [link.value for link in met if link.unexplained and link.left.get("segment")]
        also = ", ".join(dict.fromkeys(shared[:_MOST_NAMED]))
        return Verdict(
            best,
            "d'après "
            + " et ".join(french for french, _ in parts)
            + (f" ; le micrologiciel et le trafic nomment tous deux {also}" if also else ""),
            "by "
            + " and ".join(english for _, english in parts)
            + (f"; firmware and traffic both name {also}" if also else ""),
        )
    if INCONCLUSIVE in {firmware, traffic}:
        missing = [("le trafic", "the traffic")] if traffic == INCONCLUSIVE else []
        missing += [("le micrologiciel", "the firmware")] if firmware == INCONCLUSIVE else []
        return Verdict(
            INCONCLUSIVE,
            "n'a pas été examiné de façon concluante : " + ", ".join(f for f, _ in missing),
            "not examined to a conclusion: " + ", ".join(e for _, e in missing),
        )
    if best == EXPLAINED:
        words = ("des services connus rendent compte de ce qui a été vu",
                 "known services account for what was seen")  # fmt: skip
        return Verdict(EXPLAINED, *words)
    return Verdict(
        NOTHING, "ni dans le micrologiciel ni dans le trafic", "neither in firmware nor in traffic"
    )


def _raised(firmware: int, traffic: int, met: Sequence[Link]) -> Verdict | None:
    """Return the verdict that two parts give together and neither gives alone; None: none."""
    for link in met:
        if not link.unexplained or traffic == DEMONSTRATED:
            continue
        full = {kind for kind, strength in link.behaviours if strength == "full"}
        partial = {kind for kind, strength in link.behaviours if strength == "partial"}
        if firmware == COVERT and full & CARRIES_IDENTITY:
            return _both(DEMONSTRATED, link, sorted(full & CARRIES_IDENTITY))
        if traffic > COVERT and firmware > COVERT and partial:
            return _both(COVERT, link, sorted(partial))
    return None


def _both(grade: int, link: Link, kinds: list[str]) -> Verdict:
    frames = ", ".join(str(frame) for frame in link.right["frames"][:6])
    french = ", ".join(FRENCH.get(kind, kind) for kind in kinds)
    place = f"{link.left.get('segment')}+{link.left.get('offset')}"
    return Verdict(
        grade,
        f"le micrologiciel contient {french} avec {link.value} ({place}), et le "
        f"téléphone y a eu recours sans l'opérateur (trames {frames})",
        f"the firmware holds {', '.join(kinds)} with {link.value} ({place}), and the phone made "
        f"use of it without the operator (frames {frames})",
    )
