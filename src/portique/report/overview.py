"""The page of a case: one file that opens from the disk, without a network and without a script."""

from __future__ import annotations

from typing import Any

from portique.report.frame import frame
from portique.report.markup import both, count, instant, text
from portique.report.overview_figures import key_figures
from portique.report.overview_limits import calibration_and_limits
from portique.report.overview_map import prison_map
from portique.report.overview_sources import (
    aside_table,
    authority_table,
    file_table,
    kind_table,
    warning,
)
from portique.report.overview_targets import prison_table, target_table
from portique.report.wording import Words

_SECTIONS = {
    "figures": Words("Chiffres", "Figures"),
    "map": Words("Où", "Where"),
    "targets": Words("Cellules à fouiller", "Cells to search"),
    "sources": Words("Ce qui a été reçu", "What was delivered"),
    "limits": Words("Ce que cela vaut", "What it is worth"),
}


def page(figures: dict[str, Any]) -> str:
    """Return the page, in French and in English, of which the reader chooses one.

    Args:
        figures: as `report.figures.figures` makes them.
    """
    bodies = {
        "figures": key_figures(figures),
        "map": f"<figure>{prison_map(figures['prisons'])}</figure>{prison_table(figures)}",
        "targets": _how_to_read() + target_table(figures),
        "sources": authority_table(figures["case"])
        + kind_table(figures)
        + aside_table(figures)
        + file_table(figures),
        "limits": calibration_and_limits(figures["calibration"]),
    }
    sections = "".join(
        f'<section id="{name}" aria-labelledby="{name}-head">'
        f'<h2 id="{name}-head">{both(_SECTIONS[name])}</h2>{body}</section>\n'
        for name, body in bodies.items()
    )
    return frame(
        figures["case"]["title"],
        f"{_header(figures['case'])}{_contents()}"
        f"<main>{warning(figures['left_out'])}\n{sections}</main>{_footer()}",
    )


def _header(case: dict[str, Any]) -> str:
    horizon = instant(case["as_of_utc"], case["timezone"])
    cells = count(case["max_cells"])
    said = Words(
        f"État des connaissances au {horizon.fr}. Rien de postérieur n'est utilisé. "
        f"{cells.fr} cellules peuvent être fouillées.",
        f"As known on {horizon.en}. Nothing later is used. {cells.en} cells can be searched.",
    )
    return (
        f"<header><p>{both(Words('Dossier', 'Case'))} <code>{text(case['id'])}</code></p>"
        f"<h1>{text(case['title'])}</h1><p>{both(said)}</p></header>\n"
    )


def _contents() -> str:
    label = Words("Contenu", "Contents")
    links = "".join(
        f'<li><a href="#{name}">{both(words)}</a></li>' for name, words in _SECTIONS.items()
    )
    return (
        f'<nav aria-labelledby="contents"><span id="contents">{both(label)}</span>'
        f"<ul>{links}</ul></nav>\n"
    )


def _how_to_read() -> str:
    said = Words(
        "La probabilité est celle qu'au moins un téléphone du parc se trouve dans la cellule. "
        "Un log10 LR de +1 dit les constatations dix fois plus attendues si la proposition est "
        "vraie ; les mots à côté sont ceux de l'échelle de l'ENFSI (2015). Toute ligne se remonte "
        "jusqu'aux lignes reçues : ",
        "The probability is that at least one handset of the fleet is in the cell. A log10 LR of "
        "+1 says that the findings are ten times more expected if the statement is true; the words "
        "beside it are those of the ENFSI scale (2015). Every row can be followed back to the rows "
        "as delivered: ",
    )
    return f"<p>{both(said)}<code>portique why CASE target 1</code></p>"


def _footer() -> str:
    said = Words(
        "Les mêmes chiffres, pour les programmes : figures.json, dans le même dossier. Données "
        "personnelles : à ne pas diffuser.",
        "The same figures for programs: figures.json in the same folder. Personal data: not to "
        "be passed on.",
    )
    return f"\n<footer><p>{both(said)}</p></footer>"
