"""The journal of one case: the one object through which it is read and lengthened."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from portique.core.case import read_case
from portique.core.errors import Refused
from portique.engine.files import settle, write_new
from portique.engine.journal_place import open_store
from portique.engine.journal_store import JournalStore, Reading
from portique.ledger import enrolment, tree
from portique.ledger.admission import admitting
from portique.ledger.alarms import Alarm, Ranges
from portique.ledger.attachments import check_name, check_room, keeping, read_in, sweep
from portique.ledger.checkpoint import Checkpoint, Vkey, sign, vkey_of
from portique.ledger.devices import ENROLLED, REVOKED, Device, NewDevice
from portique.ledger.entry import read_json
from portique.ledger.growth import Held, enrolled
from portique.ledger.intake import Accepted, take_in
from portique.ledger.judge import Candidate, Judged, Posted, read_posted
from portique.ledger.keys import Keys, load_keys, make_keys, making
from portique.ledger.notes import NotesFile
from portique.ledger.program import ProgramEntry
from portique.ledger.sequencer import Busy, Job, Sequencer, telling
from portique.ledger.subject_keys import KEY_DESTROYED, destruction, remove_key
from portique.ledger.watching import Watching

__all__ = [
    "Accepted",
    "Busy",
    "Device",
    "Held",
    "Journal",
    "Judged",
    "NewDevice",
    "Posted",
    "ProgramEntry",
]

CASE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ROWS_AT_ONCE = 1000


class Journal:
    """What people decided and did in one case; safe for many threads and several processes.

    Args:
        folder: the case folder.
        case_id: of the case.
        store: where its rows lie.
    """

    def __init__(self, folder: Path, case_id: str, store: JournalStore) -> None:
        self.folder = folder
        self.case_id = case_id
        self.origin = f"portique/{case_id}"
        self.store = store
        self.notes = NotesFile(folder / "checkpoints")
        self.attachments = folder / "attachments"
        self._sequencer = Sequencer(store, case_id, lambda: self._keys, self.notes)
        self._watching = Watching(case_id, store.where, self._reading)
        self._devices: tuple[int | None, dict[str, Device]] | None = None

    @classmethod
    def open(cls, folder: Path, *, create: bool = False) -> Journal:
        """Open the journal of a case.

        Args:
            folder: the case folder, with its `case.toml`.
            create: make journal, keys and `journal.pub` where they are missing.

        Raises:
            Refused: no case, no journal, or the journal of another case.
            Problem: the store cannot be read.
            Busy: the store cannot be reached.
        """
        settings = read_case(folder)
        if not CASE_ID.fullmatch(settings.case_id):
            raise Refused(
                f"the id of a case with a journal has 1 to 64 letters, digits and . _ -, not "
                f"{settings.case_id!r}",
                where=str(folder / "case.toml"),
                mend="choose another case.id before the journal is made",
                code="LED-005",
            )
        store = open_store(folder, settings.journal_url)
        journal = cls(folder, settings.case_id, store)
        try:
            with telling():
                journal._ready(create=create)
        except BaseException:
            store.close()
            raise
        return journal

    def close(self) -> None:
        """Close the store; entries that were acknowledged are on the disk already."""
        self.store.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What is written.

    def accept(self, posts: Sequence[Posted], carrier: str) -> Accepted:
        """Judge a batch and store what is valid; all of it is on the disk at return.

        Raises:
            Busy: nothing is acknowledged; the same bytes have to be sent again.
        """
        candidates = [read_posted(each, self.case_id) for each in posts]
        self._try_signatures(candidates)
        job = Job(lambda growth: take_in(growth, candidates, carrier), len(candidates))
        results, checkpoint = self._sequencer.do(job)
        return Accepted(results, checkpoint)

    def append(self, new: ProgramEntry) -> Held:
        """Write one entry of the program."""
        return self.append_all([new])[0]

    def append_all(self, new: Sequence[ProgramEntry]) -> list[Held]:
        """Write entries of the program, all or none, under one checkpoint.

        Raises:
            Malformed: something in one that an entry must not hold.
            Busy: nothing is acknowledged.
        """
        return self._sequencer.do(Job(lambda growth: growth.write_all(new), len(new)))[0]

    def enrol(self, new: Sequence[NewDevice], actor: str) -> list[Held]:
        """Enrol devices, all or none, under one checkpoint.

        Raises:
            Refused: an id or key that is known, also a revoked one, or no id or key at all.
        """
        return self._sequencer.do(Job(enrolment.enrolling(new, actor), len(new)))[0]

    def revoke(self, device_id: str, actor: str) -> Held:
        """Revoke a device: what it sends from now on goes into quarantine.

        Raises:
            Refused: there is no such device, or it is revoked already.
        """
        return self._sequencer.do(Job(enrolment.revoking(device_id, actor)))[0]

    def admit(self, payload_sha256: str, actor: str, ground: str) -> Held:
        """Let in an entry that a revoked device signed, out of the quarantine.

        Raises:
            Refused: nothing of that hash is there, or it cannot be let in.
        """
        return self._sequencer.do(Job(admitting(payload_sha256, actor, ground), 3))[0]

    def put_attachment(
        self, sha256: str, content: BinaryIO, carrier: str, *, counted_as: str | None = None
    ) -> str:
        """Receive a file; it is on the disk, and its receipt in the log, at return.

        Args:
            sha256: its name: 64 lower-case hex digits.
            content: read once, to its end.
            carrier: who brings it.
            counted_as: in whose count of files that no entry names; None: the carrier's.

        Returns:
            "created", or "known" when the log has its receipt already.

        Raises:
            OtherHash: a name that is no hash, or not this content's.
            TooLarge: over 64 MiB.
            TooManyUnnamed: over 1 GiB of this carrier's files that no entry names.
            Busy: the store is held, or a disk is full; nothing is acknowledged.
        """
        check_name(sha256)
        with self._reading() as reading:
            check_room(reading, sha256, 0, counted_as or carrier)
        with telling():
            partial = read_in(self.attachments, sha256, content)
        try:
            return self._sequencer.do(
                Job(keeping(self.attachments, partial, carrier, counted_as or carrier))
            )[0]
        finally:
            partial.path.unlink(missing_ok=True)

    def destroy_key(self, key_id: str, actor: str, ground: str) -> Held:
        """Destroy the key of a person: first the log says so, then the key goes.

        Raises:
            Refused: no such key is kept.
        """
        held = self.append(destruction(self.folder, key_id, actor, ground))
        remove_key(self.folder, key_id)
        return held

    # What is read.

    def checkpoint(self) -> str:
        """Return the newest signed checkpoint; it is in the file of checkpoints already."""
        with self._reading() as reading:
            size, note = reading.latest_note() or (0, "")
        with telling():
            self._sequencer.publish_up_to(size)
        return note

    def checkpoints(self) -> Iterator[str]:
        """Yield every checkpoint that was signed, smallest first."""
        last = -1
        while True:
            with self._reading() as reading:
                notes = reading.notes(last, _ROWS_AT_ONCE)
            if not notes:
                return
            yield from (note for _, note in notes)
            last = notes[-1][0]

    def size(self) -> int:
        """Return the number of entries."""
        with self._reading() as reading:
            return reading.size()

    def inclusion(self, sequence: int, size: int) -> tuple[str, list[str]]:
        """Return the leaf's hash and the proof that it is in the tree of `size` leaves, in hex.

        Raises:
            LookupError: no such leaf, or a tree larger than the log.
        """
        with self._reading() as reading:
            if size > reading.size():
                raise LookupError(f"the log has no {size} entries")
            path = tree.inclusion_path(sequence, size, reading.node)
            return reading.node(0, sequence).hex(), [each.hex() for each in path]

    def consistency(self, first: int, second: int) -> list[str]:
        """Return the proof that one tree begins another, in hex.

        Raises:
            LookupError: `first` is larger than `second`, or `second` than the log.
        """
        with self._reading() as reading:
            if second > reading.size():
                raise LookupError(f"the log has no {second} entries")
            return [each.hex() for each in tree.consistency_path(first, second, reading.node)]

    def entries(self, first: int, limit: int) -> list[Held]:
        """Return at most `limit` entries from a sequence on."""
        with self._reading() as reading:
            rows = reading.entries(first, limit)
        return [Held(row.sequence, row.payload, row.signature, row.received_at_utc) for row in rows]

    def devices(self) -> list[Device]:
        """Return the devices that were enrolled, in that order, also revoked ones."""
        return list(self._known_devices().values())

    def device(self, device_id: str) -> Device | None:
        """Return one device."""
        return self._known_devices().get(device_id)

    def program_key(self) -> bytes:
        """Return the public key of the device `portique`: 32 bytes."""
        return bytes.fromhex(self._facts()["program_key"])

    def vkey(self) -> Vkey:
        """Return the public checkpoint key."""
        return Vkey.parse(self._facts()["vkey"])

    def quarantine(self) -> dict[str, int]:
        """Return how many elements are set aside under each reason."""
        with self._reading() as reading:
            return reading.quarantined()

    def alarms(self, *, rules: bool = True) -> list[Alarm]:
        """Return what in the log needs a person's eye, by sequence.

        Args:
            rules: also what is against a rule of the domain.
        """
        return self._watching.alarms(rules=rules)

    def gaps(self) -> dict[str, Ranges]:
        """Return the numbers that are missing of each device, as ranges [from, to]."""
        return self._watching.gaps()

    def edge(self, size: int) -> tree.Frontier:
        """Return the right edge of the tree of the first `size` entries.

        Raises:
            LookupError: the log is shorter.
        """
        with self._reading() as reading:
            return tree.Frontier(size, reading.node)

    def secret(self, name: str) -> bytes:
        """Return 32 secret bytes of this case for one use; only who has its keys can make them.

        Raises:
            Problem: the keys of the case are not there.
        """
        return hmac.digest(self._keys.program.private_bytes_raw(), name.encode(), "sha256")

    # How it is done.

    @cached_property
    def _keys(self) -> Keys:
        return load_keys(self.folder)

    @contextmanager
    def _reading(self) -> Iterator[Reading]:
        with telling(), self.store.reading() as reading:
            yield reading

    def _facts(self) -> dict[str, str]:
        with self._reading() as reading:
            return reading.facts()

    def _known_devices(self) -> dict[str, Device]:
        with self._reading() as reading:
            latest = reading.latest_of((ENROLLED, REVOKED))
            if self._devices is None or self._devices[0] != latest:
                self._devices = (latest, enrolled(reading))
            return self._devices[1]

    def _try_signatures(self, candidates: Sequence[Candidate]) -> None:
        """Try the signatures of what is new, in the thread that received it."""
        devices = self._known_devices()
        with self._reading() as reading:
            held = reading.held([each.fields.payload_sha256 for each in candidates if each.fields])
        for each in candidates:
            if each.fields is None or each.fields.payload_sha256 in held:
                continue
            device = devices.get(each.fields.device_id)
            if device is not None:
                each.is_signed_by(device.public_key)

    def _ready(self, *, create: bool) -> None:
        if create:
            with making(self.folder) as folder:
                if not self.store.exists() or "case_id" not in self._facts():
                    self._make(folder)
        elif not self.store.exists() or "case_id" not in self._facts():
            raise Refused(
                "this case has no journal yet",
                where=str(self.folder),
                mend="`portique init`, `portique device enrol` and `portique serve` make one",
                code="LED-001",
            )
        facts = self._facts()
        if facts["case_id"] != self.case_id:
            raise Refused(
                f"the journal that lies here is of the case {facts['case_id']!r}, not of "
                f"{self.case_id!r}",
                where=self.store.where,
                mend="each case has its own journal: give it its own [journal].url, or put case.id "
                "back as it was",
                code="LED-007",
            )
        public = self.folder / "journal.pub"
        if create and not public.is_file():
            write_new(public, f"{facts['vkey']}\n".encode())
        if create:
            self._mend()

    def _mend(self) -> None:
        """Finish what a process began that ended: checkpoints not in their file, keys to go."""
        sweep(self.attachments)
        with self._reading() as reading:
            size, _ = reading.latest_note() or (0, "")
            for row in reading.program_entries((KEY_DESTROYED,)):
                remove_key(self.folder, read_json(row.payload)["body"]["key_id"])
        self._sequencer.publish_up_to(size)

    def _make(self, folder: Path) -> None:
        make_keys(folder)
        self.store.make()
        keys = load_keys(self.folder)
        with self.store.writing() as writing:
            writing.add_fact("format", "1")
            writing.add_fact("case_id", self.case_id)
            writing.add_fact("vkey", str(vkey_of(self.origin, keys.checkpoint)))
            writing.add_fact("program_key", keys.program.public_key().public_bytes_raw().hex())
            empty = Checkpoint(self.origin, 0, tree.EMPTY_ROOT)
            writing.add_note(0, sign(empty, keys.checkpoint))
        settle(self.folder)
