"""What is behind the pages and the endpoint of one case: its journal, its tokens, its logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from portique.core.case import read_case
from portique.flow.access import Read, log_read
from portique.flow.folder import CaseFolder
from portique.flow.journal import opened, serving_alone
from portique.flow.permissions import Ask, Person, may, require
from portique.flow.tokens import Lent, find
from portique.ledger.attachments import CREATED, OtherHash, TooManyUnnamed
from portique.ledger.journal import Accepted, Busy, Device, Held, Journal, Posted

__all__ = ["Accepted", "Busy", "Desk", "Device", "Held", "NotLent", "OtherHash", "TooManyUnnamed"]

MOST_BYTES_OF_AN_ANSWER = 16 << 20
_AT_ONCE = 50


class NotLent(Exception):  # noqa: N818 - a state of what was asked
    """A read without a token that counts, or with one of a role that may not.

    Args:
        is_known: the token counts, its role does not reach.
    """

    def __init__(self, *, is_known: bool) -> None:
        self.is_known = is_known
        super().__init__()


@dataclass(frozen=True)
class Page:
    """Some entries, and where to go on.

    Args:
        held: in the log's order.
        next: sequence of the first entry that is left; None: none is.
    """

    held: list[Held]
    next: int | None


class Desk:
    """What the routes of one case ask for; thread-safe as its journal is.

    Args:
        journal: of the case.
        folder: of the case.
    """

    def __init__(self, journal: Journal, folder: CaseFolder) -> None:
        self.journal = journal
        self.folder = folder

    def carrier(self, device_id: str) -> Device | None:
        """Return an enrolled device that is not revoked; None: it is no such device."""
        device = self.journal.device(device_id)
        return None if device is None or device.revoked_at_utc else device

    def public_key_text(self) -> str:
        """Return the vkey of the checkpoints, as `CASE/journal.pub` holds it."""
        return (self.folder.root / "journal.pub").read_text(encoding="utf-8").strip()

    def accept(self, pairs: Sequence[tuple[object, object]], carrier: str) -> Accepted:
        """Judge entries and keep them; on the disk when this returns.

        Args:
            pairs: payload and signature of each, as they came.
            carrier: device that brought them.

        Raises:
            Busy: nothing is acknowledged; the same bytes may be sent again.
        """
        return self.journal.accept([Posted(*pair) for pair in pairs], carrier)

    def keep(self, sha256: str, content: BinaryIO, carrier: str, *, proven: bool) -> bool:
        """Keep an attachment; return whether it is new.

        What proven and unproven requests of one carrier leave without an entry that names it is
        counted apart, so nobody uses up a device's room in its name.

        Raises:
            OtherHash: a name that is no hash, or another file's.
            TooManyUnnamed: the carrier has sent too much that no entry names.
            Busy: it could not be kept now.
        """
        counted_as = f"{carrier} (proven)" if proven else carrier
        answer = self.journal.put_attachment(sha256, content, carrier, counted_as=counted_as)
        return answer == CREATED

    def lent(self, token: str | None, verb: str) -> Lent:
        """Return what a token lends, if it reaches as far as a route.

        Raises:
            NotLent: it does not.
        """
        now = datetime.now(UTC)
        lent = None if token is None else find(self.folder, token, now)
        if lent is None or lent.case_id != self.journal.case_id:
            raise NotLent(is_known=False)
        if not may(lent.grant, Ask(verb, self.journal.case_id, None, lent.purpose, now)):
            raise NotLent(is_known=True)
        return lent

    def read_entries(self, lent: Lent, first: int, limit: int) -> Page:
        """Return entries of the log; the read is logged before they are handed over.

        Args:
            lent: who reads, and why.
            first: sequence of the first.
            limit: how many at most; fewer come where they are large.
        """
        span = f"{first}+{limit}"
        log_read(
            self.folder,
            lent.person,
            Read("GET entries", "journal", span, lent.purpose, lent.justification, lent.recipient),
        )
        size = self.journal.size()
        found: list[Held] = []
        room, place = MOST_BYTES_OF_AN_ANSWER, first
        until = min(first + limit, size)
        while place < until and room > 0:
            some = self.journal.entries(place, min(_AT_ONCE, until - place))
            for each in some:
                if found and room < len(each.payload):
                    return Page(found, each.sequence)
                found.append(each)
                room -= len(each.payload)
            place += len(some)
        return Page(found, place if place < size else None)


@contextmanager
def desk_of(case: Path, person: Person) -> Iterator[Desk]:
    """Hold a case for serving, with its journal open; it is made where there is none.

    Raises:
        Taken: another process serves this case.
        Refused: no case.
    """
    require(person, "serve")
    read_case(case)
    folder = CaseFolder(case)
    with (
        serving_alone(folder, "portique serve"),
        opened(case, create=True) as journal,
    ):
        yield Desk(journal, folder)
