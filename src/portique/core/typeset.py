"""Pages of paper by typst: the same words give the same bytes on every machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any


def page_pdf(content: Mapping[str, Any]) -> bytes:
    """Return a document as PDF.

    Args:
        content: `lang`, `kicker`, `title`, `subtitle`, `facts` (pairs), `sections` (`heading`,
            `paragraphs`, `heads`, `rows`, `widths`), `signatures` (boxes), `footer`.
    """
    template = files("portique.core").joinpath("page.typ").read_bytes()
    return typeset(template, content)


def section(
    heading: str,
    *paragraphs: str,
    table: tuple[list[str], list[int], list[list[str]]] | None = None,
) -> dict[str, Any]:
    """Return one section of such a document.

    Args:
        heading: its title.
        paragraphs: in order.
        table: heads, widths of the columns in parts, rows; None: no table.
    """
    heads, widths, rows = table or ([], [], [])
    return {
        "heading": heading,
        "paragraphs": list(paragraphs),
        "heads": heads,
        "widths": widths,
        "rows": rows,
    }


def typeset(template: bytes, content: Mapping[str, Any]) -> bytes:
    """Return the PDF of a template that reads `sys.inputs.data`.

    Fonts are those that typst carries, and no clock is read.
    """
    import typst  # noqa: PLC0415 - loads its fonts

    data = {"data": json.dumps(content, sort_keys=True)}
    made = typst.compile(template, sys_inputs=data, ignore_system_fonts=True, timestamp=0)
    assert isinstance(made, bytes)  # noqa: S101 - no path was given, so the pages come back
    return made
