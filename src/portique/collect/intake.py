"""One run over the sources of a case: the files, what was counted of each, and the lawyers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from portique.collect.privilege import Privileged, is_lawyer
from portique.collect.reader import Block, Request
from portique.collect.registry import all_readers
from portique.collect.survey import PlannedSource, is_leftover, with_reader
from portique.collect.tally import Tally
from portique.collect.values import text_values
from portique.core.case import CaseSettings
from portique.core.errors import Problem
from portique.core.progress import Progress
from portique.core.tables import INPUT, OUTPUT, SIGHTING, SOURCE, Table

LAWYERS = Table(
    "declared_contact",
    "the two columns that tell a lawyer's number",
    tuple(c for c in INPUT["declared_contact"].columns if c.name in {"msisdn", "relation"}),
    (),
)


class Intake:
    """The files of one case while they are read; a file's number is its place in `planned`.

    Args:
        planned: every file, in the order of `survey`.
        settings: horizon and authorities.
        progress: told the file and its rows.
    """

    def __init__(
        self,
        case_folder: Path,
        planned: list[PlannedSource],
        settings: CaseSettings,
        progress: Progress,
    ) -> None:
        self.sources = case_folder / "sources"
        self.planned = planned
        self.settings = settings
        self.progress = progress
        self.tallies = [Tally() for _ in planned]
        self.privileged = Privileged()

    def used(self, kind: str, table: str = "") -> list[int]:
        """Return the numbers of the files of a kind whose rows go to a table (empty: its own)."""
        readers = all_readers()
        return [
            number
            for number, file in enumerate(self.planned)
            if file.kind == kind
            and file.status == "used"
            and not file.companion
            and readers[file.reader].table == table
        ]

    def blocks(self, number: int, table: Table) -> Iterator[Block]:
        """Yield a file's rows and count them; a file without rows to be had is unreadable."""
        file, tally = self.planned[number], self.tallies[number]
        request = Request(file.file, table, self.sources)
        try:
            for block in all_readers()[file.reader].rows(request):
                tally.take(block)
                self.progress(f"reading {file.path}", tally.rows_read, 0)
                yield block
        except Problem as problem:
            self._unreadable(number, problem.what)
        except OSError as fault:
            tally.count("malformed_row", 0, (), f"reading stopped: {fault.strerror}")

    def find_lawyers(self) -> None:
        """Learn the lawyers' numbers from every file of declared contacts that can be read.

        Files that no authority covers are read for this alone: what protects a lawyer is not use.
        """
        for number, file in enumerate(self.planned):
            if file.kind == "declared_contact" and not is_leftover(file.path):
                readable = file if file.status == "used" else self._reader_for(file)
                if readable is not None:
                    self._learn(number, readable)

    def _reader_for(self, file: PlannedSource) -> PlannedSource | None:
        if not file.lacks_authority:
            return None
        found = with_reader(file)
        return found if found.status == "used" else None

    def _learn(self, number: int, file: PlannedSource) -> None:
        request = Request(file.file, LAWYERS, self.sources, keep_raw=True)
        try:
            for block in all_readers()[file.reader].rows(request):
                for number_text in lawyers_numbers(block):
                    self.privileged.add(number_text)
                for fault in block.faults:
                    for raw in fault.raw:
                        self.privileged.add_raw(raw)
        except (Problem, OSError):
            self.tallies[number].say("lawyers' numbers in this file, if any, are not known")

    def count_others(self) -> None:
        """Count the files that gave no rows: left out, without a reader, or read beside others."""
        for number, file in enumerate(self.planned):
            if file.status == "refused":
                self._count_refused(number)
            elif file.status == "unreadable" and not is_leftover(file.path):
                self._unreadable(number, file.reason)
            elif file.companion:
                self.tallies[number].rows_read = self._rows_of(file)

    def _count_refused(self, number: int) -> None:
        file = self.planned[number]
        readable = self._reader_for(file)
        rows = self._rows_of(readable) if readable is not None else 0
        self.tallies[number].rows_read = rows
        self.tallies[number].count("refused_source", rows, (), file.reason)

    def _rows_of(self, file: PlannedSource) -> int:
        """Return how many rows a file has that is not used; 0: not known."""
        reader = all_readers()[file.reader]
        table = SIGHTING if reader.table == "sighting" or file.companion else INPUT[file.kind]
        try:
            return sum(b.rows_in for b in reader.rows(Request(file.file, table, self.sources)))
        except (Problem, OSError):
            return 0

    def _unreadable(self, number: int, words: str) -> None:
        self.planned[number] = replace(self.planned[number], status="unreadable", reason=words)
        reason = "undecodable" if "UTF-8" in words else "malformed_row"
        self.tallies[number].count(reason, 0, (), words)

    def source_rows(self) -> pa.Table:
        """Return the table `source`."""
        rows = [self._source(number) for number in range(len(self.planned))]
        return pa.Table.from_pylist(rows, schema=SOURCE.schema)

    def _source(self, number: int) -> dict[str, object]:
        file, tally = self.planned[number], self.tallies[number]
        used = file.status == "used"
        notes = [file.reason, *tally.notes]
        if used and not tally.rows_read:
            notes.append("the file has no rows")
        return {
            "source_id": number,
            "path": file.path,
            "kind": file.kind,
            "reader": file.reader or None,
            "sha256": file.sha256,
            "size_bytes": file.size_bytes,
            "authority_ids": list(file.authority_ids),
            "status": file.status,
            "note": "; ".join(note for note in notes if note) or None,
            "rows_read": tally.rows_read,
            "rows_used": tally.rows_used,
            "first_row_line": all_readers()[file.reader].first_row_line if file.reader else 1,
        }

    def set_aside_rows(self) -> pa.Table:
        """Return the table `set_aside`."""
        rows = [
            {"source": f.path, "reason": reason, "rows": count, "note": tally.note(reason) or None}
            for f, tally in zip(self.planned, self.tallies, strict=True)
            for reason, count in tally.reasons.items()
        ]
        return pa.Table.from_pylist(rows, schema=OUTPUT["set_aside"].schema)


def lawyers_numbers(block: Block) -> Iterator[str]:
    """Yield the numbers of the rows of a block that declare a lawyer, as written."""
    relations = text_values(block.columns["relation"]).values.to_pylist()
    numbers = text_values(block.columns["msisdn"]).values.to_pylist()
    for relation, number in zip(relations, numbers, strict=True):
        if number and is_lawyer(relation):
            yield number
