"""The first stage: files of `sources/` -> the tables that every later stage reads.

Nothing is used before every file has been judged: a kind without an authority stops the run, and
lawyers' numbers are known before the first row is read for the analysis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from portique.collect.duplicates import without_duplicates
from portique.collect.intake import Intake
from portique.collect.packed import PACKED, SORTED_BY, unpacked
from portique.collect.records import KIND, RecordReading
from portique.collect.register import Register
from portique.collect.small import gather
from portique.collect.survey import PlannedSource, survey
from portique.collect.tac import tac_table
from portique.core.case import CaseSettings
from portique.core.errors import Refused
from portique.core.progress import Progress, silent
from portique.core.tables import INPUT, SIGHTING, derived_tables
from portique.engine.store import Store

SORTED_ROWS = 1 << 17
"""Rows that come back from the sort at a time."""


def run(
    case_folder: Path,
    settings: CaseSettings,
    store: Store,
    progress: Progress,
    *,
    leave_out_refused: bool = False,
    hashes: Mapping[str, str] | None = None,
) -> None:
    """Take in the sources of a case and write the tables of this stage, empty ones too.

    Args:
        case_folder: the case.
        settings: its settings.
        store: where the tables go.
        progress: told what is read.
        leave_out_refused: go on without refused files; `source` and `set_aside` name them.
        hashes: SHA-256 by path below the case folder; None: computed.

    Raises:
        Refused: some files may not be used; every one of them is named.
        Problem: there is a list of type allocation codes that cannot be read.
    """
    planned = survey(case_folder, settings, hashes)
    if not leave_out_refused:
        refuse(planned)
    store.write("tac_name", tac_table(case_folder))
    intake = Intake(case_folder, planned, settings, progress)
    intake.find_lawyers()
    for kind, rows in small_tables(intake).items():
        store.write(kind, rows)
    register = Register(store.arrow("sector"))
    _write_records(RecordReading(intake, register), store, progress)
    intake.count_others()
    store.write("source", intake.source_rows())
    store.write("set_aside", intake.set_aside_rows())


def plan(case_folder: Path, settings: CaseSettings) -> dict[str, Any]:
    """Return what a run would use, refuse, set aside and lack; nothing is written.

    Every row is read and judged as a run would. Only repeated records are not counted: that takes
    the sort.

    Returns:
        `sources`: a row of the table `source` for each file; `refused`: the files for which a run
        would stop, each with the reason; `set_aside`: rows of that table; `lacks`: what is not
        there, in words.
    """
    planned = survey(case_folder, settings)
    intake = Intake(case_folder, planned, settings, silent)
    intake.find_lawyers()
    tables = small_tables(intake)
    for _ in RecordReading(intake, Register(tables["sector"])).batches():
        pass
    intake.count_others()
    return {
        "case": settings.case_id,
        "sources": intake.source_rows().to_pylist(),
        "refused": [f"sources/{f.path}: {f.reason}" for f in _refused(planned)],
        "set_aside": intake.set_aside_rows().to_pylist(),
        "lacks": _lacking(intake.planned),
    }


def refuse(planned: list[PlannedSource]) -> None:
    """Stop a run that would have to use a file that it may not use.

    Raises:
        Refused: with every refused file, and every kind that an authority has to cover.
    """
    refused = _refused(planned)
    if not refused:
        return
    kinds = sorted({file.kind for file in refused if file.lacks_authority})
    mend = []
    if kinds:
        mend.append(f"add to case.toml the [[authority]] that covers {', '.join(kinds)}")
    if not all(file.lacks_authority for file in refused):
        mend.append("replace the files that are refused for another reason")
    raise Refused(
        f"{len(refused)} source{'s' if len(refused) > 1 else ''} may not be used",
        where="; ".join(f"sources/{file.path} ({file.reason})" for file in refused),
        mend=" and ".join(mend) + ", or go on without them with --leave-out-refused",
        code="COL-001",
    )


def small_tables(intake: Intake) -> dict[str, pa.Table]:
    """Return every table but the records, by name."""
    tables = derived_tables()
    kinds = [kind for kind in INPUT if kind != KIND]
    found = {kind: gather(intake, kind, tables[kind]) for kind in kinds}
    return {**found, "sighting": gather(intake, KIND, SIGHTING, "seen_at_utc")}


def _write_records(reading: RecordReading, store: Store, progress: Progress) -> None:
    stream = pa.RecordBatchReader.from_batches(PACKED, reading.batches())
    ordered = store.engine.sorted_batches(stream, SORTED_BY, SORTED_ROWS)

    def batches() -> Iterator[pa.RecordBatch]:
        done = 0
        for rows in without_duplicates(ordered, reading.count_duplicates):
            done += len(rows["imei"])
            progress("sorting the records", done, 0)
            yield unpacked(rows, reading.register, reading.operators)

    store.write_batches("record", batches())


def _refused(planned: list[PlannedSource]) -> list[PlannedSource]:
    return [file for file in planned if file.status == "refused"]


def _lacking(planned: list[PlannedSource]) -> list[str]:
    """Return what a run would miss: kinds without a file, and authorities without a word."""
    used = {file.kind for file in planned if file.status == "used"}
    said = [f"no usable file of the kind {kind}" for kind in INPUT if kind not in used]
    refused = sorted({file.kind for file in planned if file.lacks_authority})
    return said + [f"no authority covers the kind {kind}" for kind in refused]
