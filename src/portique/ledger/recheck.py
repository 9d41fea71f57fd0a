"""One range of the log read again: every byte that was signed, and what the store says beside it.

Runs in worker processes: what it is given and what it returns can be pickled, and is small.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portique.engine.journal_place import open_for_reading
from portique.engine.journal_store import EntryRow, JournalStore, StoreBusy, StoreDamaged
from portique.ledger.admission import ADMITTED
from portique.ledger.alarms import CLOSE_OUT, CORRECTION
from portique.ledger.attachments import DESTROYED, RECEIVED
from portique.ledger.checkpoint import Checkpoint, NoCheckpoint, Vkey, verify
from portique.ledger.devices import ENROLLED, PROGRAM, REVOKED
from portique.ledger.entry import SHA256_HEX, Malformed
from portique.ledger.glance import Glance, read_again
from portique.ledger.subject_keys import KEY_DESTROYED
from portique.ledger.tree import leaf_hash, node_hash, whole_parts

RANGE = 4096
"""Leaves read at once; a power of two, so that a full range is one subtree."""

UNREADABLE = (StoreDamaged, StoreBusy, TypeError, ValueError, OverflowError, MemoryError)
"""What a store can answer with whose bytes were changed."""

TOLD = frozenset((ENROLLED, REVOKED, ADMITTED, "received", RECEIVED, DESTROYED, KEY_DESTROYED))
"""Kinds of the program's entries on which the checks of the whole log rest."""

ODD = 2**62
"""Stands for every larger number; such a device is looked at entry by entry."""

Keys = tuple[bytes, bytes, bytes]
"""Hash of the payload, and the keys of entry_id and place, as columns of the store repeat them."""

NO_HASH = b"\xff" * 32
"""Stands for a `prev_device_hash` that is no SHA-256 in lower-case hex: it fits nothing."""


class Fault(NamedTuple):
    """What does not fit, and where; None: in no single entry."""

    sequence: int | None
    entry_id: str | None
    what: str


class Standing(NamedTuple):
    """Between which leaves a device may sign; `until` None: to the end."""

    public_key: bytes
    since: int
    until: int | None


class Told(NamedTuple):
    """One entry of the program on which other checks rest."""

    sequence: int
    entry_id: str
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What every range needs to know.

    Args:
        case, url: where the store is.
        case_id: of the case.
        signer: the journal's public key; None: there is none to hold checkpoints against.
        devices: by id.
        admitted: payload hashes that an `admitted` lets in, and its sequence.
    """

    case: Path
    url: str
    case_id: str
    signer: Vkey | None
    devices: Mapping[str, Standing]
    admitted: Mapping[bytes, int]


@dataclass(frozen=True)
class Stretch:
    """One range to be read, and the checkpoints whose size lies in (first, first + count].

    Args:
        first: a multiple of `RANGE`.
        count: leaves, at most `RANGE`.
        notes: where each was kept, and its text.
    """

    first: int
    count: int
    notes: tuple[tuple[str, str], ...]


@dataclass
class Seen:
    """What one range holds.

    Args:
        first, count: of the range.
        faults: what does not fit.
        parts: hashes of its whole subtrees, left to right.
        checkpoints: where it was kept, what it says, hashes of the subtrees up to its size.
        told: entries of the program on which other checks rest.
        receipts: runs of devices' entries with one time: first, last, time.
        named: (sequence, SHA-256) of files that entries name.
        conflicts: sequences that the store marks as such.
        corrections: sequences of entries of that kind.
        closed: devices with a close-out.
        names: ids of devices in this range; `codes` points into them.
        codes, numbers: device and device_seq of each leaf; code -1: none could be read.
        hashes, befores: payload hash and prev_device_hash of each leaf, 32 bytes each.
        keys: the first 16 bytes of the SHA-256 of each entry_id, as two numbers.
    """

    first: int
    count: int
    faults: list[Fault] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    checkpoints: list[tuple[str, Checkpoint, list[bytes]]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    receipts: list[tuple[int, int, str]] = field(default_factory=list)
    named: list[tuple[int, str]] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)
    corrections: list[int] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)
    codes: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    numbers: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    hashes: bytes = b""
    befores: bytes = b""
    keys: bytes = b""


class Reader:
    """Reads ranges of one store."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.store = open_for_reading(setting.case, setting.url)

    def read(self, stretch: Stretch) -> Seen:
        """Return what a range holds."""
        return _Range(self.setting, self.store, stretch).read()

    def close(self) -> None:
        """Close the store."""
        self.store.close()


class _Range:
    def __init__(self, setting: Setting, store: JournalStore, stretch: Stretch) -> None:
        self.setting, self.store, self.stretch = setting, store, stretch
        self.seen = Seen(stretch.first, stretch.count)
        self.leaves: list[bytes] = []
        self.codes: list[int] = []
        self.numbers: list[int] = []
        self.hashes, self.befores, self.keys = bytearray(), bytearray(), bytearray()
        self.code_of: dict[str, int] = {}

    def read(self) -> Seen:
        seen, first = self.seen, self.stretch.first
        rows = {row.sequence: row for row in self._rows(first, self.stretch.count)}
        for sequence in range(first, first + self.stretch.count):
            self._leaf(sequence, rows.get(sequence))
        levels = _levels(self.leaves)
        self._compare_nodes(levels)
        seen.parts = self._parts(levels, len(self.leaves))
        for where, note in self.stretch.notes:
            self._note(where, note, levels)
        seen.names = list(self.code_of)
        seen.codes = np.array(self.codes, np.int32)
        seen.numbers = np.array(self.numbers, np.int64)
        seen.hashes, seen.befores = bytes(self.hashes), bytes(self.befores)
        seen.keys = bytes(self.keys)
        return seen

    def _rows(self, first: int, count: int) -> list[EntryRow]:
        """Return the rows that can be read; of what cannot, the smallest part is named."""
        if not count:
            return []
        try:
            with self.store.reading() as reading:
                rows = reading.entries(first, count)
            return [row for row in rows if row.sequence < first + count]
        except UNREADABLE as fault:
            if count == 1:
                self._fault(first, None, f"{self.store.where} cannot be read here: {fault}")
                return []
        half = count // 2
        return self._rows(first, half) + self._rows(first + half, count - half)

    def _leaf(self, sequence: int, row: EntryRow | None) -> None:
        if row is None:
            self._unread(sequence, b"")
            if not any(fault.sequence == sequence for fault in self.seen.faults):
                self._fault(sequence, None, f"there is no entry {sequence} in the store")
            return
        try:
            fields = read_again(row.payload, self.setting.case_id)
        except Malformed as verdict:
            self._unread(sequence, row.payload + row.signature)
            self._fault(sequence, verdict.entry_id, f"its payload is no entry: {verdict.reason}")
            return
        self.leaves.append(leaf_hash(row.payload, row.signature))
        keys = (hashlib.sha256(row.payload).digest(), fields.entry_key, fields.place_key)
        wrong = self._signature(row, fields, keys[0]) or _columns(row, fields, keys)
        if wrong:
            self._fault(sequence, fields.entry_id, wrong)
        self._chain(fields, keys)
        self._tell(row, fields, is_program=fields.device_id == PROGRAM and wrong is None)

    def _unread(self, sequence: int, content: bytes) -> None:
        self.leaves.append(hashlib.sha256(b"\x00" + content).digest())
        self.codes.append(-1)
        self.numbers.append(0)
        self.hashes += bytes(32)
        self.befores += bytes(32)
        self.keys += hashlib.sha256(f"unread {sequence}".encode()).digest()[:16]

    def _signature(self, row: EntryRow, fields: Glance, sha256: bytes) -> str | None:
        name = fields.device_id
        device = self.setting.devices.get(name)
        if device is None:
            return f"no entry enrols its device {name!r}"
        if not _fits(device.public_key, row.signature, row.payload):
            return "the signature does not fit: payload, signature or key were changed"
        if row.sequence < device.since:
            return f"its device {name!r} was enrolled after it"
        is_late = device.until is not None and row.sequence > device.until
        if is_late and self.setting.admitted.get(sha256, row.sequence) >= row.sequence:
            return f"its device {name!r} was revoked before it, and nothing lets it in"
        return None

    def _chain(self, fields: Glance, keys: Keys) -> None:
        code = self.code_of.setdefault(fields.device_id, len(self.code_of))
        self.codes.append(code)
        self.numbers.append(max(-ODD, min(fields.device_seq, ODD)))
        self.hashes += keys[0]
        before = fields.prev_device_hash
        self.befores += bytes.fromhex(before) if SHA256_HEX.fullmatch(before) else NO_HASH
        self.keys += keys[1][:16]

    def _tell(self, row: EntryRow, fields: Glance, *, is_program: bool) -> None:
        seen, sequence, at_utc = self.seen, row.sequence, row.received_at_utc
        for name in dict.fromkeys(each.sha256 for each in fields.attachments):
            seen.named.append((sequence, name))
        if row.is_conflict:
            seen.conflicts.append(sequence)
        if fields.kind == CORRECTION:
            seen.corrections.append(sequence)
        if fields.kind == CLOSE_OUT:
            seen.closed.add(fields.device_id)
        if is_program:
            if at_utc != fields.occurred_at_utc:
                what = "received_at_utc is not the program's own time of the entry"
                self._fault(sequence, fields.entry_id, what)
            if fields.kind in TOLD:
                seen.told.append(Told(sequence, fields.entry_id, fields.kind, fields.body))
        elif seen.receipts and seen.receipts[-1][1:] == (sequence - 1, at_utc):
            seen.receipts[-1] = (seen.receipts[-1][0], sequence, at_utc)
        else:
            seen.receipts.append((sequence, sequence, at_utc))

    def _compare_nodes(self, levels: list[list[bytes]]) -> None:
        first = self.stretch.first
        for level, hashes in enumerate(levels):
            try:
                with self.store.reading() as reading:
                    stored = reading.node_span(level, first >> level, len(hashes))
            except UNREADABLE as fault:
                self._fault(None, None, f"{self.store.where}: nodes cannot be read: {fault}")
                return
            if stored != hashes:
                place = next((n for n, pair in enumerate(_pairs(stored, hashes)) if not pair), 0)
                what = (
                    f"the stored hash of node {(first >> level) + place} on level {level} differs"
                )
                self._fault(first + (place << level), None, what)
                return

    def _parts(self, levels: list[list[bytes]], count: int) -> list[bytes]:
        return [levels[level][index] for level, index in whole_parts(0, count)]

    def _note(self, where: str, note: str, levels: list[list[bytes]]) -> None:
        try:
            if self.setting.signer is None:
                raise NoCheckpoint("there is no public key to hold it against")
            said = verify(note, self.setting.signer)
        except NoCheckpoint as fault:
            self._fault(None, None, f"{where}: {fault}")
            return
        parts = self._parts(levels, said.size - self.stretch.first)
        self.seen.checkpoints.append((where, said, parts))

    def _fault(self, sequence: int | None, entry_id: str | None, what: str) -> None:
        self.seen.faults.append(Fault(sequence, entry_id, what))


def _columns(row: EntryRow, fields: Glance, keys: Keys) -> str | None:
    """Return which column of the store is not what the payload says; None: none."""
    kind = fields.kind if fields.device_id == PROGRAM else None
    if row[4:7] == keys and row.program_kind == kind and isinstance(row.received_at_utc, str):
        return None
    pairs = zip(row._fields[4:7], row[4:7], keys, strict=True)
    wrong = [name for name, stored, right in pairs if stored != right] or ["program_kind"]
    return f"the column {wrong[0]} of the store is not what its payload says"


def _pairs(stored: list[bytes], hashes: list[bytes]) -> Iterable[bool]:
    yield from (one == other for one, other in zip(stored, hashes, strict=False))
    yield False


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Return the whole subtrees over some leaves, level by level."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)]
        levels.append(above)
    return levels


@lru_cache(maxsize=4096)
def _key(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


def _fits(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        _key(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


_reader: list[Reader] = []


def begin(setting: Setting) -> None:
    """Open the store in a worker process."""
    gc.disable()  # what a range makes is freed by counting; looking for cycles costs a tenth
    _reader[:] = [Reader(setting)]


def read_range(stretch: Stretch) -> Seen:
    """Read one range in a worker process that has begun."""
    return _reader[0].read(stretch)
