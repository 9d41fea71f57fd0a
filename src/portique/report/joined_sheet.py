"""The joined view of an exhibit, or of a fleet by build, as a French page for the file.

The page holds what `examine report --json` prints and adds nothing: the same answer gives the same
bytes. Texts out of phones are set as they are and never read as instructions of the layout.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import typst

_MOST_ROWS = 200
_CUT_LISTS = ("links", "not_examined", "disagreements")


def sheet(told: dict[str, Any], timezone: str) -> bytes:
    """Return the page as PDF.

    Args:
        told: answer of `examine report`, for an exhibit or a fleet.
        timezone: of the case; named beside the times, which are UTC.

    Returns:
        A PDF file.
    """
    template = files("portique.report").joinpath("joined_sheet.typ").read_bytes()
    data = json.dumps({"told": _bounded(told), "timezone": timezone}, sort_keys=True)
    made = typst.compile(
        template, format="pdf", ignore_system_fonts=True, sys_inputs={"data": data}, timestamp=0
    )
    assert isinstance(made, bytes)  # noqa: S101 - one document, no output named
    return made


def _bounded(told: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with its long lists cut, and how many rows each lost."""
    cut = {name: max(len(told.get(name, ())) - _MOST_ROWS, 0) for name in _CUT_LISTS}
    kept = {name: told[name][:_MOST_ROWS] for name in _CUT_LISTS if name in told}
    return told | kept | {"cut": cut}
