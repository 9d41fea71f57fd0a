"""The stage: from the derived tables to the figures and the page of the case."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from portique.core.case import CaseSettings
from portique.core.progress import Progress
from portique.engine.store import Store
from portique.report.figures import figures
from portique.report.overview import page
from portique.report.records import count_records

TABLES = (
    "source",
    "set_aside",
    "sale",
    "fleet_imei",
    "handset",
    "clone_split",
    "presence",
    "placement",
    "attribution",
    "attribution_term",
    "prison",
    "cell_chance",
    "target",
    "offence_link",
)


def run(
    settings: CaseSettings, store: Store, progress: Progress, *, calibration: dict[str, Any]
) -> None:
    """Write `figures.json` and `overview.html` to `derived/`.

    Args:
        settings: the case.
        store: its derived tables; reads those of `TABLES`, and counts `record`.
        progress: told before and after.
        calibration: name, bounds and validation of the run that set the strengths.
    """
    progress("figures and page", 0, 2)
    tables = {name: store.arrow(name) for name in TABLES}
    made = figures(settings, tables, count_records(store.path("record")), calibration)
    text = json.dumps(made, sort_keys=True, indent=1, ensure_ascii=False)
    _swap_in(store.folder / "figures.json", text + "\n")
    progress("figures and page", 1, 2)
    _swap_in(store.folder / "overview.html", page(made))
    progress("figures and page", 2, 2)


def _swap_in(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(path)
