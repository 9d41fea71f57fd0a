"""The stage: from the derived tables to the figures and the page of the case."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from portique.core.case import CaseSettings
from portique.core.progress import Progress
from portique.engine.store import Store
from portique.report.annex import annex
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
    "calibration_check",
    "find_check",
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
    settings: CaseSettings,
    store: Store,
    progress: Progress,
    *,
    calibration: bytes,
    validation: bytes | None,
) -> None:
    """Write `figures.json`, `overview.html` and `annex.html` to `derived/`.

    Args:
        settings: the case.
        store: its derived tables; reads those of `TABLES`, and counts `record`.
        progress: told before and after.
        calibration: package data, JSON: name, bounds and validation of the run that set the
            strengths.
        validation: package data, JSON: how they did on worlds that were not fitted; None: none.
    """
    progress("figures and page", 0, 2)
    tables = {name: store.arrow(name) for name in TABLES}
    strengths = json.loads(calibration)
    made = figures(settings, tables, count_records(store.path("record")), strengths)
    text = json.dumps(made, sort_keys=True, indent=1, ensure_ascii=False)
    _swap_in(store.folder / "figures.json", text + "\n")
    progress("figures and page", 1, 2)
    _swap_in(store.folder / "overview.html", page(made))
    measured = None if validation is None else json.loads(validation)
    sha256 = hashlib.sha256(calibration).hexdigest()
    _swap_in(store.folder / "annex.html", annex(settings.title, strengths, measured, sha256))
    progress("figures and page", 2, 2)


def _swap_in(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(path)
