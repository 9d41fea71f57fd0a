"""One run over the sources of a case: the files, what was counted of each, and the lawyers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from portique.collect.lawyers import LAWYERS, learn
from portique.collect.privilege import Privileged
from portique.collect.reader import Block, Request
from portique.collect.registry import all_readers
from portique.collect.survey import PlannedSource, is_leftover, with_reader
from portique.collect.tally import Tally
from portique.core.case import CaseSettings
from portique.core.errors import Problem
from portique.core.progress import Progress
from portique.core.tables import INPUT, OUTPUT, SIGHTING, SOURCE, Table

NOT_KNOWN = "lawyers' numbers in this file, if any, are not all known"


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
        """Learn the lawyers' numbers from every file of declared contacts, used or not."""
        for number, file in enumerate(self.planned):
            if file.kind == LAWYERS.name and not is_leftover(file.path):
                linked = file.file.is_symlink()
                if linked or not learn(self.privileged, file.file, self.sources):
                    self.tallies[number].say(NOT_KNOWN)

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

    def _reader_for(self, file: PlannedSource) -> PlannedSource | None:
        if not file.lacks_authority:
            return None
        found = with_reader(file)
        return found if found.status == "used" else None

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
        flags = (f"{rows} {words}" for words, rows in sorted(tally.flags.items()))
        notes = [file.reason, *tally.notes, *flags]
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
