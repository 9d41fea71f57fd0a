"""The cells to search and the prisons, as tables of the page."""

from __future__ import annotations

from typing import Any

from portique.core.evidence import grade
from portique.report.markup import Grid, both, count, decimal, text
from portique.report.wording import ALTERNATIVES, TERMS, Words, beside, named, without_refused

Entry = dict[str, Any]
LEAST_EXPECTED = 0.05
"""A prison with fewer expected handsets and no cell to search is counted, not listed."""


def target_table(figures: dict[str, Any]) -> str:
    """Return the first targets with their grounds.

    Args:
        figures: as `report.figures.figures` makes them.
    """
    targets = figures["targets"]
    total = figures["figures"]["targets"]["value"]
    if not targets:
        none = Words("Aucune cellule n'est proposée.", "No cell is proposed.")
        return f"<p>{both(none)}</p>"
    names = {p["prison_id"]: p["name"] or p["prison_id"] for p in figures["prisons"]}
    caption = Words(
        f"Les {len(targets)} premières des {total} cellules proposées",
        f"The first {len(targets)} of {total} cells proposed",
    )
    without = without_refused(len(figures["left_out"]))
    heads = (
        Words("rang", "rank"),
        Words("cellule", "cell"),
        Words("établissement", "prison"),
        Words("probabilité", "p_any"),
        Words("attendus", "expected"),
        Words("motifs", "grounds"),
    )
    rows = (
        (
            str(t["rank"]),
            f"<code>{text(t['cell_id'])}</code>",
            text(names.get(t["prison_id"], t["prison_id"])),
            both(decimal(t["p_any"], 3)),
            both(decimal(t["expected_handsets"], 2)),
            _grounds(t),
        )
        for t in targets
    )
    return Grid("target-list", beside(caption, without), heads, rows, frozenset({0, 3, 4})).html()


def _grounds(target: Entry) -> str:
    told = "".join(f"<li>{_reason(reason)}</li>" for reason in target["reasons"])
    others = len(target["handset_ids"]) - len(target["reasons"])
    if others > 0:
        more = Words(
            f"{others} autre{'s' if others > 1 else ''}, moins probable{'s' if others > 1 else ''}",
            f"{others} other{'s' if others > 1 else ''}, less probable",
        )
        told += f"<li>{both(more)}</li>"
    return f'<ul class="grounds">{told}</ul>'


def _reason(reason: Entry) -> str:
    head = f"<code>{text(reason['handset_id'])}</code> : "
    parts = [_here(reason), _place(reason), _user(reason)]
    said = [part for part in parts if part is not None]
    return head + both(Words(" ".join(p.fr for p in said), " ".join(p.en for p in said)))


def _here(reason: Entry) -> Words:
    fr, en = decimal(reason["p_here"], 2)
    return Words(f"probabilité {fr} dans cette cellule.", f"probability {en} in this cell.")


def _place(reason: Entry) -> Words | None:
    """Say how strongly the records put the handset into the prison."""
    if reason["place_log10_lr"] is None:
        return None
    strength = decimal(reason["place_log10_lr"], 1, signed=True)
    words = _grade(reason["place_log10_lr"])
    worst = decimal(reason["worst_log10_lr"], 1, signed=True)
    records, other = count(reason["records"] or 0), reason["worst_alternative"]
    days = reason["days"]
    over = Words(f" sur {days} jours", f" on {days} days") if days is not None else Words("", "")
    against = Words("", "")
    if other:
        alternative = named(ALTERNATIVES, other)
        against = Words(
            f" ; contre {alternative.fr} seul : {worst.fr}",
            f"; against {alternative.en} alone {worst.en}",
        )
    return Words(
        f"Dans cet établissement plutôt qu'ailleurs : log10 LR {strength.fr}, {words.fr} "
        f"({records.fr} enregistrements{over.fr}{against.fr}).",
        f"In this prison rather than not: log10 LR {strength.en}, {words.en} "
        f"({records.en} records{over.en}{against.en}).",
    )


def _user(reason: Entry) -> Words | None:
    """Say which inmate of the cell is the most probable user, by identifier alone."""
    if reason["inmate_id"] is None:
        return None
    strength = decimal(reason["user_log10_lr"], 1, signed=True)
    words = _grade(reason["user_log10_lr"])
    terms = [(named(TERMS, n), decimal(v, 1, signed=True)) for n, v in reason["terms"].items()]
    why_fr = ", ".join(f"{term.fr} {value.fr}" for term, value in terms)
    why_en = ", ".join(f"{term.en} {value.en}" for term, value in terms)
    return Words(
        f"Utilisateur le plus probable ici : personne détenue {reason['inmate_id']}, log10 LR "
        f"{strength.fr} contre toute autre, {words.fr}" + (f" ({why_fr})." if why_fr else "."),
        f"Most probable user here: inmate {reason['inmate_id']}, log10 LR {strength.en} against "
        f"any other, {words.en}" + (f" ({why_en})." if why_en else "."),
    )


def _grade(log10_lr: float) -> Words:
    """Return the step of the verbal scale (ENFSI 2015) that a log10 LR reaches."""
    step = grade(log10_lr)
    if log10_lr >= 0 or step.from_lr < 2:
        return Words(step.support_fr, step.support_en)
    return Words(f"{step.support_fr} au contraire", f"{step.support_en} for the contrary")


def prison_table(figures: dict[str, Any]) -> str:
    """Return the prisons where handsets are expected or cells are to be searched.

    Args:
        figures: as `report.figures.figures` makes them.
    """
    prisons = figures["prisons"]
    shown = [p for p in prisons if p["expected"] >= LEAST_EXPECTED or p["cells_to_search"]]
    order = sorted(shown, key=lambda p: (-p["expected"], p["prison_id"]))
    rest = len(prisons) - len(shown)
    without = without_refused(len(figures["left_out"]))
    caption = beside(Words("Par établissement", "By prison"), without)
    heads = (
        Words("établissement", "prison"),
        Words("téléphones attendus", "expected handsets"),
        Words("situés là", "located there"),
        Words("cellules à fouiller", "cells to search"),
    )
    rows = (
        (
            f"{text(p['name'] or p['prison_id'])} <code>{text(p['prison_id'])}</code>",
            both(decimal(p["expected"], 1)),
            both(count(p["located"])),
            both(count(p["cells_to_search"])),
        )
        for p in order
    )
    none = Words(
        f"{rest} autres établissements : aucun téléphone attendu.",
        f"{rest} other prisons: no handset expected.",
    )
    table = Grid("prisons", caption, heads, rows, frozenset({1, 2, 3})).html() if order else ""
    return table + (f"<p>{both(none)}</p>" if rest else "")
