"""Tokens for programs: a role, lent for a purpose and until an instant.

A token is shown once, when it is made. What is kept is its SHA-256, in a file readable by its owner
alone: who copies the file cannot read with it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from portique.core.clock import Span, parse_utc, utc_text
from portique.core.errors import Refused
from portique.flow.access import NOT_STATED, append_line, lines_of
from portique.flow.folder import CaseFolder
from portique.flow.permissions import OWN_SITE_ONLY, ROLES, Grant, Person

_PREFIX = "ptq_"


@dataclass(frozen=True)
class Lent:
    """What a token lets its bearer do.

    Args:
        role: one of `ROLES`; the reader acts in it.
        actor: who reads with it.
        purpose: why.
        until_utc: it counts before this instant, ISO 8601.
        justification, recipient: as stated, or `NOT_STATED`.
        site: prison; None: the whole case.
        case_id: of which case.
        issued_by, issued_at_utc: who made it, and when.
    """

    role: str
    actor: str
    purpose: str
    until_utc: str
    justification: str = NOT_STATED
    recipient: str = NOT_STATED
    site: str | None = None
    case_id: str = ""
    issued_by: str = ""
    issued_at_utc: str = ""

    @property
    def person(self) -> Person:
        """Who reads."""
        return Person(self.actor, self.role, self.site)

    @property
    def grant(self) -> Grant:
        """The grant that a token is."""
        period = Span(parse_utc(self.issued_at_utc), parse_utc(self.until_utc))
        return Grant(self.role, self.case_id, self.site, self.purpose, period)


def file_of(folder: CaseFolder) -> Path:
    """Return the file of a case's tokens: their hashes and what they lend."""
    return folder.private / "tokens.jsonl"


def lend(folder: CaseFolder, lent: Lent) -> str:
    """Keep what is lent, and return the token, which nobody can show again.

    Raises:
        Refused: no such role, an instant that is past or none, a text that is empty.
    """
    _check(lent)
    token = _PREFIX + secrets.token_urlsafe(32)
    append_line(file_of(folder), {"sha256": _hash(token)} | asdict(lent))
    return token


def find(folder: CaseFolder, token: str, now: datetime) -> Lent | None:
    """Return what a token lends; None: no such token, or its time is over.

    The file is read each time: a token made while the case is served counts at once, and one whose
    line is taken out counts no more.
    """
    wanted = _hash(token)
    for said in lines_of(file_of(folder)):
        if secrets.compare_digest(said.pop("sha256"), wanted):
            lent = Lent(**said)
            return lent if now < parse_utc(lent.until_utc) else None
    return None


def _check(lent: Lent) -> None:
    if lent.role not in ROLES:
        raise _wrong("--role", f"there is no role {lent.role!r}", "one of: " + ", ".join(ROLES))
    for name in ("actor", "purpose"):
        if not getattr(lent, name).strip():
            raise _wrong(f"--{name}", "the text is empty", "say who, and why")
    if lent.role in OWN_SITE_ONLY and not lent.site:
        raise _wrong("--site", f"the role {lent.role} sees one site only", "a prison")
    try:
        until = parse_utc(lent.until_utc)
    except ValueError as fault:
        raise _wrong("--until", str(fault), "an instant such as 2025-05-20T18:00:00Z") from None
    if until <= datetime.now(UTC):
        raise _wrong("--until", f"{utc_text(until)} is past", "an instant to come, in UTC")


def _wrong(where: str, what: str, wanted: str) -> Refused:
    return Refused(f"no such token: {what}", where=where, mend=f"give {wanted}", code="ACC-004")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
