"""Where the parts of an exhibit do not say the same; told, never settled by leaving one out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portique.examine.joined.links import Link
from portique.examine.joined.verdict import COVERT, EXPLAINED, FRENCH, INCONCLUSIVE, NOTHING

_QUIET = frozenset({EXPLAINED, NOTHING})


def disagreements(
    grades: Mapping[str, int],
    firmware: Sequence[dict[str, Any]],
    traffic: Sequence[dict[str, Any]],
    met: Sequence[Link],
) -> list[dict[str, str]]:
    """Return each disagreement in French and in English.

    Args:
        grades: worst grade of "firmware" and of "traffic".
        firmware, traffic: their answers.
        met: where they meet.
    """
    found = [
        *_code_without_traffic(firmware, traffic, met),
        *_traffic_without_code(grades),
        *_decoders(traffic),
        *_captures(traffic),
    ]
    return [{"fr": french, "en": english} for french, english in found]


def _code_without_traffic(
    firmware: Sequence[dict[str, Any]], traffic: Sequence[dict[str, Any]], met: Sequence[Link]
) -> list[tuple[str, str]]:
    """Tell behaviours of the code of which no capture shows anything."""
    if not traffic:
        return []
    seen = {kind for link in met for kind, _ in link.behaviours}
    seen |= {str(o.get("behaviour")) for told in traffic for o in told.get("observations", ())}
    hours = sum(told.get("coverage", {}).get("hours") or 0 for told in traffic)
    kinds = sorted(
        {
            str(each.get("kind"))
            for told in firmware
            for each in told.get("behaviours", ())
            if each.get("strength") in {"full", "partial"}
        }
        - seen
    )
    return [
        (
            f"le micrologiciel contient {FRENCH.get(kind, kind)}, rien n'en a été vu en "
            f"{hours:g} h de capture",
            f"the firmware holds {kind}, and nothing of it was seen in {hours:g} h of capture",
        )
        for kind in kinds
    ]


def _traffic_without_code(grades: Mapping[str, int]) -> list[tuple[str, str]]:
    if grades["traffic"] > COVERT or grades["firmware"] not in _QUIET:
        return []
    return [
        (
            "le trafic montre un comportement dont la partie examinée du micrologiciel ne contient "
            "pas le code",
            "the traffic shows a behaviour whose code is not in the examined part of the firmware",
        )
    ]


def _decoders(traffic: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Tell where two decoders of the same capture differ."""
    count = sum(len(told.get("cross_check", {}).get("disagreements", ())) for told in traffic)
    if not count:
        return []
    return [
        (
            f"les deux décodeurs du trafic diffèrent en {count} points (cross_check)",
            f"the two decoders of the traffic differ in {count} points (cross_check)",
        )
    ]


def _captures(traffic: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Tell where one capture shows what another does not."""
    grades = sorted({told["grade"] for told in traffic} - {INCONCLUSIVE})
    if len(grades) < 2:
        return []
    words = ", ".join(str(grade) for grade in grades)
    return [
        (
            f"les captures n'ont pas le même degré ({words})",
            f"the captures have different grades ({words})",
        )
    ]
