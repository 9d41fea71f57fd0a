"""The log while one transaction lengthens it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portique.core.errors import Problem
from portique.engine.journal_store import EntryRow, FileRow, Reading, SetAside, Writing
from portique.ledger.checkpoint import Checkpoint, sign
from portique.ledger.devices import ENROLLED, REVOKED, Device, apply, devices_of
from portique.ledger.entry import SHA256_HEX, Fields, read_json, read_payload
from portique.ledger.keys import Keys
from portique.ledger.program import Chain, ProgramEntry, fields_of, instant_text, now
from portique.ledger.tree import Frontier, leaf_hash

PART_BYTES = 2**30
"""How much each part of the quarantine keeps whole; beyond it only hashes, reasons and counts."""


@dataclass(frozen=True)
class Held:
    """One leaf of the log.

    Args:
        sequence: leaf index, from 0.
        payload, signature: as received; 64 signature bytes.
        received_at_utc: as `received` binds it; of a program's entry, when it was made.
    """

    sequence: int
    payload: bytes
    signature: bytes
    received_at_utc: str


@dataclass
class Tail:
    """What has to be known of the log to lengthen it.

    Args:
        size: leaves.
        note: its newest checkpoint.
        edge: right edge of the tree.
        chain: where the program's own sequence stands.
        devices: by id.
    """

    size: int
    note: str
    edge: Frontier
    chain: Chain
    devices: dict[str, Device]

    def copy(self) -> Tail:
        """Return another end that moves by itself."""
        return Tail(self.size, self.note, self.edge.copy(), self.chain, dict(self.devices))


def read_tail(reading: Reading, case_id: str) -> Tail:
    """Return the end of the log as the store has it.

    Raises:
        Problem: leaves and checkpoints of the store do not agree.
    """
    size, note = reading.latest_note() or (-1, "")
    if size != reading.size():
        raise Problem(
            f"the newest checkpoint of this journal is of {size} entries; it holds "
            f"{reading.size()}",
            where="the journal's store",
            mend="`portique verify` says what does not fit; restore a backup",
            code="LED-003",
        )
    last = reading.last_program_entry()
    chain = Chain() if last is None else Chain.after(read_payload(last.payload, case_id))
    return Tail(size, note, Frontier(size, reading.node), chain, enrolled(reading))


def enrolled(reading: Reading) -> dict[str, Device]:
    """Return the devices that the log enrols, by id, in order."""
    acts = reading.program_entries((ENROLLED, REVOKED))
    return devices_of(read_json(row.payload) for row in acts)


@dataclass
class Growth:
    """What one transaction adds; nothing reaches the store before `settle`.

    Args:
        writing: the transaction.
        tail: the log's end; moves with each addition.
        case_id, keys: of the journal.
    """

    writing: Writing
    tail: Tail
    case_id: str
    keys: Keys
    _rows: list[EntryRow] = field(default_factory=list)
    _nodes: list[tuple[int, int, bytes]] = field(default_factory=list)
    _aside: dict[tuple[bytes, str, bool], SetAside] = field(default_factory=dict)
    _named: list[str] = field(default_factory=list)
    _files: dict[str, FileRow] = field(default_factory=dict)
    _held: dict[bytes, tuple[int, bool] | None] = field(default_factory=dict)
    _entry_taken: dict[bytes, bool] = field(default_factory=dict)
    _place_taken: dict[bytes, bool] = field(default_factory=dict)

    @property
    def additions(self) -> int:
        """How many rows it would write so far."""
        return len(self._rows) + len(self._aside) + len(self._files)

    def look_up(self, several: Iterable[Fields]) -> None:
        """Ask the store about many entries at once."""
        fresh = [each for each in several if each.payload_sha256 not in self._held]
        shas = list({each.payload_sha256 for each in fresh})
        found = self.writing.held(shas)
        self._held |= {sha: found.get(sha) for sha in shas}
        new = [each for each in fresh if each.payload_sha256 not in found]
        _ask({each.entry_key for each in new}, self._entry_taken, self.writing.taken_entries)
        _ask({each.place_key for each in new}, self._place_taken, self.writing.taken_places)

    def held(self, fields: Fields) -> tuple[int, bool] | None:
        """Return where these payload bytes are in the log, and whether as a conflict."""
        if fields.payload_sha256 not in self._held:
            self.look_up([fields])
        return self._held[fields.payload_sha256]

    def add(self, fields: Fields, signature: bytes, at_utc: str) -> tuple[int, bool]:
        """Add a device's entry, not held yet: its sequence and whether it is a conflict."""
        self.held(fields)
        is_conflict = self._entry_taken[fields.entry_key] or self._place_taken[fields.place_key]
        sequence = self._append(fields, signature, at_utc, is_conflict=is_conflict)
        self._named += [name for name in fields.attachments if SHA256_HEX.fullmatch(name)]
        return sequence, is_conflict

    def write(self, new: ProgramEntry, moment: datetime | None = None) -> Held:
        """Add an entry of the program, signed by `portique`.

        Raises:
            Malformed: something in it that an entry must not hold.
        """
        moment = moment or now()
        fields = fields_of(new, self.case_id, self.tail.chain, self.keys.program, moment)
        signature = self.keys.program.sign(fields.payload)
        at_utc = instant_text(moment)
        sequence = self._append(fields, signature, at_utc, program_kind=new.kind)
        self._named += [name for name in fields.attachments if SHA256_HEX.fullmatch(name)]
        self.tail.chain = Chain.after(fields)
        apply(fields.raw, self.tail.devices)
        return Held(sequence, fields.payload, signature, at_utc)

    def write_all(self, new: Sequence[ProgramEntry]) -> list[Held]:
        """Add entries of the program; none of them when one cannot be written."""
        moment = now()
        for each in new:
            fields_of(each, self.case_id, self.tail.chain, self.keys.program, moment)
        return [self.write(each, moment) for each in new]

    def file(self, sha256: str) -> FileRow | None:
        """Return an attachment that was received, also just now."""
        return self._files.get(sha256) or self.writing.file(sha256)

    def keep(self, row: FileRow) -> None:
        """Note an attachment that was received."""
        self._files[row.sha256] = row

    def set_aside(self, row: SetAside) -> None:
        """Put something into the quarantine."""
        key = row[:3]
        before = self._aside.get(key)
        self._aside[key] = row if before is None else before._replace(seen=before.seen + 1)

    def settle(self) -> None:
        """Hand everything to the store, under one new checkpoint where the log grew."""
        if self._aside:
            self.writing.add_set_aside(self._kept())
        if not self._rows:
            return
        self.writing.add_entries(self._rows)
        self.writing.add_nodes(self._nodes)
        if self._named:
            self.writing.add_named(dict.fromkeys(self._named))
        for row in self._files.values():
            self.writing.add_file(row)
        origin = f"portique/{self.case_id}"
        self.tail.note = sign(
            Checkpoint(origin, self.tail.size, self.tail.edge.root()), self.keys.checkpoint
        )
        self.writing.add_note(self.tail.size, self.tail.note)

    def _append(
        self,
        fields: Fields,
        signature: bytes,
        at_utc: str,
        *,
        is_conflict: bool = False,
        program_kind: str | None = None,
    ) -> int:
        sequence, sha = self.tail.size, fields.payload_sha256
        entry_key, place_key = fields.entry_key, fields.place_key
        self._rows.append(
            EntryRow(
                sequence,
                fields.payload,
                signature,
                at_utc,
                sha,
                entry_key,
                place_key,
                is_conflict,
                program_kind,
            )
        )
        self._nodes += self.tail.edge.append(leaf_hash(fields.payload, signature))
        self.tail.size += 1
        self._held[sha] = (sequence, is_conflict)
        self._entry_taken[entry_key] = self._place_taken[place_key] = True
        return sequence

    def _kept(self) -> list[SetAside]:
        """Return what goes into the quarantine, without its bytes once a part is full."""
        room = {
            part: PART_BYTES - self.writing.quarantine_bytes(is_signed=part)
            for part in (False, True)
        }
        kept = []
        for row in self._aside.values():
            room[row.is_signed] -= len(row.material or b"") + len(row.signature or b"")
            is_over = room[row.is_signed] < 0
            kept.append(row._replace(material=None, signature=None) if is_over else row)
        return kept


def _ask(
    keys: set[bytes], known: dict[bytes, bool], ask: Callable[[Sequence[bytes]], set[bytes]]
) -> None:
    fresh: Sequence[bytes] = [key for key in keys if key not in known]
    if fresh:
        found = ask(fresh)
        known |= {key: key in found for key in fresh}
