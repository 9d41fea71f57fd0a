"""Everything of a case's own journal read again: what does not fit, and what needs an eye.

The ranges of the log are read in worker processes; what ties them together is done here. Nothing
is written, and the case may be served meanwhile: what is checked is the log of one instant.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portique.core.case import read_case
from portique.core.errors import Refused
from portique.core.progress import Progress, silent
from portique.engine.journal_place import open_for_reading
from portique.engine.journal_store import (
    EntryRow,
    FileRow,
    JournalStore,
    Reading,
)
from portique.ledger.admission import ADMITTED
from portique.ledger.alarms import INCOMPLETE, Alarm, Watch
from portique.ledger.attachments import DESTROYED, RECEIVED
from portique.ledger.checkpoint import Checkpoint, NoCheckpoint, Vkey, parse
from portique.ledger.devices import ENROLLED, PROGRAM, REVOKED
from portique.ledger.entry import Fields, Malformed, decode_base64, read_payload
from portique.ledger.files_held import file_faults
from portique.ledger.notes import NotesFile, is_cut_short
from portique.ledger.receipts import Receipts
from portique.ledger.recheck import (
    RANGE,
    UNREADABLE,
    Fault,
    Reader,
    Seen,
    Setting,
    Standing,
    Stretch,
    Told,
    begin,
    read_range,
)
from portique.ledger.rules_beside import Beside, Rules, rows_at
from portique.ledger.ties import Ties
from portique.ledger.tree import EMPTY_ROOT, node_hash

ALONE_BELOW = 4 * RANGE
"""Logs up to this size are read in this process: starting others costs more than it saves."""


@dataclass
class Report:
    """What was found.

    Args:
        size, root: of the log as it lies there; root in hex.
        faults: what no device signed, first the first.
        alarms: what devices signed and people have to look at.
        gaps: missing numbers of each device, as ranges.
        quarantine: how many elements were set aside under each reason.
    """

    size: int = 0
    root: str = EMPTY_ROOT.hex()
    faults: list[Fault] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    gaps: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    quarantine: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Return whether everything fits."""
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """Return what the contract says of `--json`."""
        first = self.faults[0] if self.faults else None
        return {
            "ok": self.ok,
            "size": self.size,
            "root": self.root,
            "first_bad": first._asdict() if first else None,
            "alarms": [
                {"kind": each.kind, "sequences": list(each.sequences), "what": each.what}
                for each in self.alarms
            ],
            "gaps": {name: [list(span) for span in spans] for name, spans in self.gaps.items()},
            "quarantine": self.quarantine,
        }


def verify(
    case: Path,
    outside: Sequence[tuple[str, str]] = (),
    *,
    rules: Rules | None = None,
    progress: Progress = silent,
) -> Report:
    """Read a case's journal again and return what was found.

    Args:
        case: the case folder.
        outside: checkpoints kept elsewhere: where each was found, and its text.
        rules: what the domain looks for.
        progress: told how many entries were read.

    Raises:
        Refused: no case lies there, or one that never had a journal.
    """
    settings = read_case(case)
    examination = _Examination(case, settings.case_id, settings.journal_url, progress)
    try:
        if not settings.journal_url and not _had_journal(case):
            raise Refused(
                "this case has no journal yet",
                where=str(case),
                mend="`portique init`, `portique device enrol` and `portique serve` make one",
                code="LED-054",
            )
        examination.run(outside, rules)
    finally:
        examination.store.close()
    return examination.report


def _had_journal(case: Path) -> bool:
    return any((case / name).exists() for name in ("journal.db", "journal.pub", "checkpoints"))


class _Examination:
    def __init__(self, case: Path, case_id: str, url: str, progress: Progress) -> None:
        self.case, self.case_id, self.url, self.progress = case, case_id, url, progress
        self.store: JournalStore = open_for_reading(case, url)
        self.report = Report()
        self.ties, self.receipts = Ties(), Receipts()
        self.edge: list[tuple[int, bytes]] = []
        self.notes: list[tuple[str, str]] = []
        self.facts: dict[str, str] = {}
        self.acts: list[EntryRow] = []
        self.files: list[FileRow] = []
        self.said: list[tuple[str, Checkpoint, bool]] = []
        self.told: dict[str, list[Told]] = {}
        self.named: dict[str, list[int]] = {}
        self.conflicts: set[int] = set()
        self.late: list[Fault] = []

    def run(self, outside: Sequence[tuple[str, str]], rules: Rules | None) -> None:
        """Look at everything; what is found goes into the report."""
        # The file first: what it holds, the store holds by the time that it is looked at.
        file = NotesFile(self.case / "checkpoints")
        notes, end = file.read()
        kept = [(f"checkpoints/{file.path.name}", note) for note in notes]
        for path in sorted(file.path.parent.glob("cosigned-*.txt")):
            kept.append((f"checkpoints/{path.name}", path.read_bytes().decode("utf-8", "replace")))
        setting = self._look_at_store()
        held = [
            str(note) for _, note in self.notes[len(notes) :]
        ]  # of any type, in a changed store
        if not is_cut_short(end, held):
            what = "what stands after its last whole note is no checkpoint of this journal"
            self._fault(f"checkpoints/{file.path.name}: {what}")
        self.notes += [*kept, *outside]
        beside = Beside(rules, (self.case, self.url), self.report.size)
        with beside.start() if self.report.size > ALONE_BELOW else nullcontext():
            for seen in self._ranges(setting, self._stretches()):
                self._take(seen)
            self._end(beside)

    def _end(self, beside: Beside) -> None:
        """Compare what only the whole log shows, once every range was looked at."""
        self.report.root = self._root([]).hex()
        self._compare_roots()
        self.late += self.receipts.finish()
        self.late += file_faults(self.case / "attachments", self.told, self.files)
        self._alarms(beside)
        self._put_in_order()

    def _put_in_order(self) -> None:
        """First what an entry shows by itself, then what others say of it, then the rest."""
        found = self.report.faults
        ordered = [
            *sorted((f for f in found if f.sequence is not None), key=lambda f: f.sequence or 0),
            *sorted(self.late, key=lambda f: f.sequence or 0),
            *(fault for fault in found if fault.sequence is None),
        ]
        if ordered and ordered[0].sequence is not None and ordered[0].entry_id is None:
            for _, fields in self._fields([ordered[0].sequence]):
                ordered[0] = ordered[0]._replace(entry_id=fields.entry_id)
        self.report.faults = ordered

    def _fault(self, what: str, sequence: int | None = None) -> None:
        self.report.faults.append(Fault(sequence, None, what))

    def _look_at_store(self) -> Setting:
        try:
            with self.store.reading() as reading:
                self._ask(reading)
        except UNREADABLE as fault:
            self._fault(f"{self.store.where} cannot be read: {fault}")
        signer = self._signer()
        devices, admitted = self._standings()
        return Setting(self.case, self.url, self.case_id, signer, devices, admitted)

    def _ask(self, reading: Reading) -> None:
        """Ask for everything that is not an entry, at one instant; the size before all else."""
        least, largest, count = reading.counted()
        self.report.size = min(count, largest + 1)  # a changed number does not make it endless
        if count and (least, count) != (0, largest + 1):
            self._fault(f"the store holds {count} entries, numbered from {least} to {largest}")
        self.facts = reading.facts()
        last = -1
        while notes := reading.notes(last, 1000):
            self.notes += [("the store's checkpoint", note) for _, note in notes]
            last = notes[-1][0]
        self.acts = reading.program_entries((ENROLLED, REVOKED, ADMITTED))
        self.files = reading.files()
        self.report.quarantine = reading.quarantined()

    def _signer(self) -> Vkey | None:
        try:
            signer = Vkey.parse((self.case / "journal.pub").read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            self._fault(f"journal.pub: {fault}")
            return None
        if str(signer) != self.facts.get("vkey"):
            self._fault("journal.pub is another key than the one with which the journal was made")
        if signer.name != f"portique/{self.case_id}":
            self._fault(f"journal.pub is of {signer.name!r}, the case is {self.case_id!r}")
        return signer

    def _standings(self) -> tuple[dict[str, Standing], dict[bytes, int]]:
        """Return who may sign from where to where; each act is checked again as an entry."""
        try:
            key = bytes.fromhex(self.facts.get("program_key", ""))
        except ValueError:
            key = b""
        devices, admitted = {PROGRAM: Standing(key, 0, None)}, dict[bytes, int]()
        for row in self.acts:
            try:
                fields = read_payload(row.payload, self.case_id)
                name, body = fields.raw["subject"]["id"], fields.body
                if fields.kind == ADMITTED:
                    admitted[bytes.fromhex(str(body.get("payload_sha256")))] = row.sequence
                elif fields.kind == ENROLLED and name not in devices:
                    public_key = decode_base64(body.get("public_key"))
                    devices[name] = Standing(public_key, row.sequence, None)
                elif fields.kind == REVOKED and name in devices:
                    devices[name] = devices[name]._replace(until=row.sequence)
            except (Malformed, ValueError):
                continue  # reported where the entry is read in its place
        return devices, admitted

    def _stretches(self) -> list[Stretch]:
        """Return the ranges to read, each with the checkpoints whose size lies in it."""
        size = self.report.size
        by_range: dict[int, list[tuple[str, str]]] = {}
        for where, note in self.notes:
            try:
                reach = parse(note).size
            except (NoCheckpoint, AttributeError, TypeError) as fault:
                self._fault(f"{where}: {fault}")  # in a store, a note may be of any type
                continue
            if reach <= size:
                by_range.setdefault(max(0, reach - 1) // RANGE, []).append((where, note))
            else:
                what = f"{where} is of {reach} entries, and the log holds {size}"
                self._fault(f"the log fits the checkpoints up to its end: {what}")
        places = range(0, size, RANGE) or [0]
        return [
            Stretch(at, min(RANGE, size - at), tuple(by_range.get(at // RANGE, ())))
            for at in places
        ]

    def _ranges(self, setting: Setting, stretches: list[Stretch]) -> Iterator[Seen]:
        workers = min(os.cpu_count() or 1, len(stretches))
        if self.report.size <= ALONE_BELOW or workers < 2:
            reader = Reader(setting)
            try:
                yield from map(reader.read, stretches)
            finally:
                reader.close()
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, begin, (setting,)) as pool:
            yield from pool.map(read_range, stretches)

    def _take(self, seen: Seen) -> None:
        self.report.faults += seen.faults
        for where, said, parts in seen.checkpoints:
            self.said.append((where, said, self._root(parts) == said.root))
        level = RANGE.bit_length() - 1
        if seen.count == RANGE:
            whole = seen.parts[0]
            while self.edge and self.edge[-1][0] == level:
                level, whole = level + 1, node_hash(self.edge.pop()[1], whole)
                self._compare_node(level, seen.first >> level, whole)
            self.edge.append((level, whole))
        else:
            self.edge += [(0, part) for part in seen.parts]
        self.ties.take(seen)
        for told in seen.told:
            self.told.setdefault(told.kind, []).append(told)
        for sequence, name in seen.named:
            self.named.setdefault(name, []).append(sequence)
        self.conflicts |= set(seen.conflicts)
        self.late += self.receipts.take(seen)
        self.progress("entries", seen.first + seen.count, self.report.size)

    def _root(self, parts: list[bytes]) -> bytes:
        frontier = [whole for _, whole in self.edge] + parts
        if not frontier:
            return EMPTY_ROOT
        whole = frontier[-1]
        for part in reversed(frontier[:-1]):
            whole = node_hash(part, whole)
        return whole

    def _compare_node(self, level: int, index: int, whole: bytes) -> None:
        try:
            with self.store.reading() as reading:
                stored = reading.node_span(level, index, 1)
        except UNREADABLE:
            stored = []
        if stored != [whole]:
            self._fault(f"the stored hash of node {index} on level {level} differs")

    def _compare_roots(self) -> None:
        """Name the largest checkpoint that fits and the smallest that does not."""
        unfit = [(said.size, where) for where, said, fits in self.said if not fits]
        if unfit:
            size, where = min(unfit)
            fitting = max((s.size for _, s, fits in self.said if fits and s.size < size), default=0)
            self._fault(
                f"the log fits its checkpoint of {fitting} entries and not {where} of {size}: "
                f"something differs from entry {fitting} up to {size - 1}"
            )
        if self.report.size and all(said.size != self.report.size for _, said, _ in self.said):
            self._fault(f"no checkpoint that fits its key covers all {self.report.size} entries")

    def _alarms(self, beside: Beside) -> None:
        tied = self.ties.finish()
        watch = Watch()
        for fields in self._fields(tied.watched):
            watch.size = fields[0]
            watch.feed(fields[1], is_program=False)
        here = {str(told.body.get("sha256")) for told in self.told.get(RECEIVED, [])}
        here |= {str(told.body.get("sha256")) for told in self.told.get(DESTROYED, [])}
        alarms = [alarm for alarm in watch.alarms() if alarm.kind != INCOMPLETE]
        alarms += [
            Alarm(INCOMPLETE, tuple(sequences), f"the file {name[:64]} is not here yet")
            for name, sequences in self.named.items()
            if name not in here
        ]
        alarms += beside.alarms()
        self.report.alarms = sorted(alarms, key=lambda each: (each.sequences, each.kind, each.what))
        self.report.gaps = watch.gaps()
        wrong = self.conflicts ^ tied.seconds
        if wrong:
            what = "the column is_conflict of the store is not what the log says"
            self.late.append(Fault(min(wrong), None, what))

    def _fields(self, sequences: list[int]) -> Iterator[tuple[int, Fields]]:
        wanted = set(sequences)
        for at in sorted({sequence // RANGE * RANGE for sequence in sequences}):
            for row in rows_at(self.store, at, min(at + RANGE, self.report.size)):
                if row.sequence in wanted:
                    with suppress(Malformed):
                        yield row.sequence, read_payload(row.payload, self.case_id)
