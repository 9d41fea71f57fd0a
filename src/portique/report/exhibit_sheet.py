"""The sheet of one exhibit: who held it from when to when, and its seals. French, for the file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portique.core.clock import parse_utc
from portique.core.typeset import page_pdf, section

STATES = {
    "seized": "saisie",
    "sealed": "placée sous scellé",
    "handed_over": "remise, non encore prise en charge",
    "taken_over": "prise en charge",
    "seal_opened": "scellé ouvert",
    "examined": "examinée",
    "resealed": "replacée sous scellé",
    "returned": "restituée",
    "destroyed": "détruite",
}
NOTES = {"damaged": "dégradée", "lost": "perdue", "disputed": "contestée"}


def sheet_pdf(case: Mapping[str, str], exhibit_id: str, told: Mapping[str, Any]) -> bytes:
    """Return the sheet of an exhibit; the same exhibit at the same checkpoint: the same bytes.

    Args:
        case: `id`, `title` and `timezone`.
        exhibit_id: of the exhibit.
        told: `exhibit` and `flags` as the reader may see them, and `checkpoint`.
    """
    exhibit, mark = told["exhibit"], told["checkpoint"]
    moments = _moments(case["timezone"])
    line = exhibit["line"]
    ends = [moments(t["from_utc"]) for t in line[1:]] + ["—"]
    rows = [
        [str(n), t["holder"], moments(t["from_utc"]), end, t["entry"][:16]]
        for n, (t, end) in enumerate(zip(line, ends, strict=True), 1)
    ]
    seals = [[s["number"], s["entry"][:16]] for s in exhibit["seals"]]
    notes = [f"{NOTES[n['kind']]} : {n.get('what') or '—'}" for n in exhibit["notes"]]
    return page_pdf(
        {
            "lang": "fr",
            "kicker": f"{case['title']} · {case['id']}",
            "title": f"Fiche de la pièce {exhibit_id}",
            "subtitle": STATES.get(exhibit["state"], "non saisie"),
            "facts": _facts(exhibit, len(told["flags"]), moments),
            "sections": [
                section(
                    "Chaîne de détention",
                    table=(
                        ["", "Détenteur", "Depuis", "Jusqu'au", "Entrée"],
                        [1, 5, 5, 5, 5],
                        rows,
                    ),
                ),
                section("Scellés", table=(["Numéro", "Entrée"], [1, 1], seals)),
                *([section("Mentions", *notes)] if notes else []),
            ],
            "signatures": [],
            "footer": f"{exhibit_id} · journal : {mark['size']} entrées\nracine {mark['root']}",
        }
    )


def _facts(exhibit: Mapping[str, Any], count: int, moments: Any) -> list[list[str]]:
    place = f"{exhibit['site'] or '—'}, {exhibit['cell_id'] or '—'}"
    return [
        ["Détenteur", exhibit["holder"] or "—"],
        ["Scellé", exhibit["seal"] or "aucun"],
        ["Saisie le", moments(exhibit["seized_at_utc"])],
        ["Établissement, cellule", place],
        ["Examens", str(exhibit["examinations"])],
        ["Signalements", f"{count} (voir le journal)" if count else "aucun"],
    ]


def _moments(zone: str) -> Any:
    where = ZoneInfo(zone)

    def told(utc: str | None) -> str:
        local: datetime | None = parse_utc(utc).astimezone(where) if utc else None
        return f"{local:%d/%m/%Y %H:%M:%S}" if local else "—"

    return told
