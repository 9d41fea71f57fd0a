"""Where a journal's rows lie: what a store can do, whichever database it is.

A store knows rows, not their meaning. Reading sees one instant; writing is alone, whole or not at
all, and on the disk when it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

WAIT_S = 5.0
"""How long a store that somebody else holds is waited for before it is said to be busy."""


class StoreBusy(Exception):  # noqa: N818 - a state, and it passes
    """The store cannot be written or reached now: held, full, or gone; nothing was written."""


class StoreDamaged(Exception):  # noqa: N818 - a state of the material
    """The store cannot be read: no database, or one whose structure is broken.

    Args:
        what: in the words of the database.
        where: the file or the URL without its password.
    """

    def __init__(self, what: str, where: str) -> None:
        self.what = what
        self.where = where
        super().__init__(f"{where}: {what}")


class EntryRow(NamedTuple):
    """One leaf of the log, and the keys by which it is found.

    Args:
        sequence: leaf index.
        payload, signature: as received.
        received_at_utc: text.
        payload_sha256, entry_key, place_key: 32 bytes each.
        is_conflict: the verdict when it came.
        program_kind: the kind of an entry that the program made; None: a device's.
    """

    sequence: int
    payload: bytes
    signature: bytes
    received_at_utc: str
    payload_sha256: bytes
    entry_key: bytes
    place_key: bytes
    is_conflict: bool
    program_kind: str | None


class SpokenRow(NamedTuple):
    """What one leaf says, without what proves it: as in `EntryRow`."""

    sequence: int
    payload: bytes
    received_at_utc: str


class SetAside(NamedTuple):
    """One thing in quarantine.

    Args:
        material_sha256: of the payload, or of what came in its place.
        reason: why it is not in the log.
        is_signed: a correct signature of a revoked device.
        seen: how many times it came.
        material, signature: None where only the hash is kept.
        carrier, received_at_utc: who brought it first, and when.
        admitted: sequence under which it was let in; None: not.
    """

    material_sha256: bytes
    reason: str
    is_signed: bool
    seen: int
    material: bytes | None
    signature: bytes | None
    carrier: str
    received_at_utc: str
    admitted: int | None


class FileRow(NamedTuple):
    """One attachment that was received.

    Args:
        sha256: hex.
        size_bytes: its length.
        carrier: who brought it first.
        sequence: of the entry `attachment_received`.
    """

    sha256: str
    size_bytes: int
    carrier: str
    sequence: int


class Reading(Protocol):
    """What can be asked of a store at one instant."""

    def facts(self) -> dict[str, str]:
        """Return the facts of the journal, by name."""

    def latest_note(self) -> tuple[int, str] | None:
        """Return the newest checkpoint: size and note."""

    def notes(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return the checkpoints of a larger size than `after`, smallest first."""

    def size(self) -> int:
        """Return the number of leaves."""

    def entries(self, first: int, limit: int) -> list[EntryRow]:
        """Return the leaves from a sequence on."""

    def payloads(self, first: int, limit: int) -> list[SpokenRow]:
        """Return what is said in the leaves from a sequence on."""

    def program_entries(self, kinds: Sequence[str]) -> list[EntryRow]:
        """Return the program's own entries of some kinds, in the order of the log."""

    def latest_of(self, kinds: Sequence[str]) -> int | None:
        """Return the sequence of the program's newest entry of some kinds."""

    def last_program_entry(self) -> EntryRow | None:
        """Return the newest entry of the program."""

    def held(self, payload_sha256s: Sequence[bytes]) -> dict[bytes, tuple[int, bool]]:
        """Return which payloads are in the log: sequence and whether it was a conflict."""

    def taken_entries(self, entry_keys: Sequence[bytes]) -> set[bytes]:
        """Return which `entry_id`s the log holds."""

    def taken_places(self, place_keys: Sequence[bytes]) -> set[bytes]:
        """Return which places in a device's sequence the log holds."""

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a whole subtree.

        Raises:
            LookupError: it is not there.
        """

    def node_span(self, level: int, first: int, count: int) -> list[bytes]:
        """Return the hashes of some whole subtrees of one level, in order, as far as stored."""

    def counted(self) -> tuple[int, int, int]:
        """Return the least sequence, the largest, and the number of leaves; -1, -1, 0: none."""

    def nodes(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield every node: level, index, hash; in that order."""

    def quarantined(self) -> dict[str, int]:
        """Return how many were set aside under each reason and not let in since."""

    def set_aside(self, material_sha256: bytes) -> list[SetAside]:
        """Return what is in quarantine under one hash."""

    def quarantine_bytes(self, *, is_signed: bool) -> int:
        """Return how many bytes one part of the quarantine holds."""

    def file(self, sha256: str) -> FileRow | None:
        """Return an attachment that was received."""

    def files(self) -> list[FileRow]:
        """Return every attachment that was received, by hash."""

    def unnamed_bytes(self, carrier: str) -> int:
        """Return how many bytes of files of one carrier no entry names."""

    def is_named(self, sha256: str) -> bool:
        """Return whether an entry names this file."""


class Writing(Reading, Protocol):
    """One transaction: reads see what it wrote, others see it when it has ended."""

    def add_fact(self, name: str, value: str) -> None:
        """Add a fact of the journal; one that is there stays."""

    def add_entries(self, rows: Sequence[EntryRow]) -> None:
        """Add leaves."""

    def add_nodes(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        """Add hashes of whole subtrees."""

    def add_note(self, size: int, note: str) -> None:
        """Add a checkpoint."""

    def add_set_aside(self, rows: Sequence[SetAside]) -> None:
        """Add to the quarantine, or count once more what is there for the same reason."""

    def mark_admitted(self, material_sha256: bytes, sequence: int) -> None:
        """Say that something was let in out of the quarantine."""

    def add_file(self, row: FileRow) -> None:
        """Add an attachment that was received."""

    def add_named(self, sha256s: Iterable[str]) -> None:
        """Say that entries name these files."""


class JournalStore(Protocol):
    """A store of one journal; safe to use from many threads, and by several processes."""

    where: str
    """The file or the URL without its password."""

    def exists(self) -> bool:
        """Return whether a journal was made here."""

    def make(self) -> None:
        """Make the tables that are missing."""

    def reading(self) -> AbstractContextManager[Reading]:
        """Read one instant."""

    def writing(self) -> AbstractContextManager[Writing]:
        """Write alone: on the disk at the end, nothing at all after a fault.

        Raises:
            StoreBusy: somebody else holds it for longer than `WAIT_S`, or it cannot be written.
        """

    def copy_to(self, target: Path) -> None:
        """Write one instant of the journal as an SQLite file, while others write."""

    def load_from(self, source: Path) -> None:
        """Take over such a file, all of it or nothing; the store has to be empty or missing."""

    def close(self) -> None:
        """Close every connection."""
