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
_NAME_DIGITS = 16


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
        second: who agreed to it beside who made it, or `NOT_STATED`.
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
    second: str = NOT_STATED

    @property
    def person(self) -> Person:
        """Who reads."""
        return Person(self.actor, self.role, self.site)

    @property
    def grant(self) -> Grant:
        """The grant that a token is."""
        period = Span(parse_utc(self.issued_at_utc), parse_utc(self.until_utc))
        return Grant(self.role, self.case_id, self.site, self.purpose, period)


@dataclass(frozen=True)
class Kept:
    """What a case keeps of one token.

    Args:
        sha256: of the token, in hex.
        lent: what it lends.
        revoked_at_utc: when it was taken back; None: it was not.
    """

    sha256: str
    lent: Lent
    revoked_at_utc: str | None

    @property
    def name(self) -> str:
        """What people call it by: enough of its hash that no two share it."""
        return self.sha256[:_NAME_DIGITS]


def file_of(folder: CaseFolder) -> Path:
    """Return the file of a case's tokens: their hashes and what they lend."""
    return folder.private / "tokens.jsonl"


def lend(folder: CaseFolder, lent: Lent) -> str:
    """Keep what is lent, and return the token, which nobody can show again.

    Raises:
        Refused: no such role, an instant that is past or none, a text that is empty.
    """
    check(lent)
    token = _PREFIX + secrets.token_urlsafe(32)
    append_line(file_of(folder), {"sha256": _hash(token)} | asdict(lent))
    return token


def find(folder: CaseFolder, token: str, now: datetime) -> Lent | None:
    """Return what a token lends; None: no such token, or its time is over.

    The file is read each time: a token made while the case is served counts at once, and one whose
    line is taken out counts no more.
    """
    wanted = _hash(token)
    for each in kept(folder):
        if secrets.compare_digest(each.sha256, wanted):
            counts = each.revoked_at_utc is None and now < parse_utc(each.lent.until_utc)
            return each.lent if counts else None
    return None


def kept(folder: CaseFolder) -> list[Kept]:
    """Return every token that was made, oldest first, with what became of it."""
    made: dict[str, Lent] = {}
    taken_back: dict[str, str] = {}
    for said in lines_of(file_of(folder)):
        sha256 = said.pop("sha256")
        if "revoked_at_utc" in said:
            taken_back.setdefault(sha256, said["revoked_at_utc"])
        else:
            made[sha256] = Lent(**said)
    return [Kept(sha256, lent, taken_back.get(sha256)) for sha256, lent in made.items()]


def take_back(folder: CaseFolder, named: str, actor: str, now_utc: str) -> Kept:
    """Take a token back: a line more, none less, so that it stays known who had it.

    Args:
        folder: of the case.
        named: the token itself, or its name.
        actor: who takes it back.
        now_utc: when.

    Raises:
        Refused: there is no such token, or it was taken back already.
    """
    sha256 = _hash(named)
    for each in kept(folder):
        if named != each.name and sha256 != each.sha256:
            continue
        if each.revoked_at_utc is not None:
            raise _no_token(each.name, f"it was taken back at {each.revoked_at_utc}")
        line = {"sha256": each.sha256, "revoked_at_utc": now_utc, "revoked_by": actor}
        append_line(file_of(folder), line)
        return Kept(each.sha256, each.lent, now_utc)
    raise _no_token("the token", "nothing of that name was lent")


def _no_token(where: str, what: str) -> Refused:
    return Refused(
        f"this token cannot be taken back: {what}",
        where=where,
        mend="`portique token list` names those that count; a name has 16 digits",
        code="ACC-006",
    )


def check(lent: Lent) -> None:
    """Refuse what cannot be lent.

    Raises:
        Refused: no such role, an instant that is past or none, a text that is empty.
    """
    if lent.role not in ROLES:
        raise _wrong("--role", f"there is no role {lent.role!r}", "one of: " + ", ".join(ROLES))
    for name in ("actor", "purpose"):
        if not getattr(lent, name).strip():
            raise _wrong(f"--{name}", "the text is empty", "say who, and why")
    if lent.second.strip() in {"", lent.actor, lent.issued_by}:
        what = "the second person is nobody, the one who lends or the one who reads"
        raise _wrong("--second", what, "another person, or leave it out")
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
