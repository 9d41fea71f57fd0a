"""Lending a role to a program, and taking it back: who may, and of which case."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portique.core.case import read_case
from portique.core.clock import parse_utc, utc_text
from portique.flow.access import NOT_STATED
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person, require
from portique.flow.tokens import Kept, Lent, check, kept, lend, take_back


def lend_token(case: Path, lent: Lent, person: Person) -> str:
    """Return a token for what is lent; it is shown to nobody again.

    With a second person it is a role granted by two, and the journal says so before it counts. By
    one alone it is a token that the list shows as such.

    Args:
        case: the case folder.
        lent: what; its case, issuer and instant of issue are filled in here.
        person: who lends.

    Raises:
        Refused: the role may not lend, or what is lent makes no sense.
    """
    require(person, "token")
    made = replace(
        lent,
        case_id=read_case(case).case_id,
        issued_by=person.actor,
        issued_at_utc=utc_text(datetime.now(UTC)),
    )
    check(made)
    if made.second != NOT_STATED and (case / "journal.pub").is_file():
        _grant(case, made, person)
    return lend(CaseFolder(case), made)


def _grant(case: Path, made: Lent, person: Person) -> None:
    from portique.flow.journal import opened  # noqa: PLC0415 - loads the cryptography
    from portique.ledger.program import ProgramEntry  # noqa: PLC0415

    body = {
        "role": made.role,
        "second": made.second,
        "from_utc": made.issued_at_utc,
        "until_utc": utc_text(parse_utc(made.until_utc)),
        **({"site": made.site} if made.site else {}),
    }
    who = (person.actor, person.role, made.purpose)
    with opened(case) as journal:
        journal.append(ProgramEntry("role_granted", "person", made.actor, body, *who))


def listed(case: Path, person: Person) -> list[dict[str, Any]]:
    """Return what was lent, oldest first, also what counts no more; no token is among it.

    Raises:
        Refused: the role may not see it.
    """
    require(person, "token list")
    read_case(case)
    return [_shown(each) for each in kept(CaseFolder(case))]


def revoke_token(case: Path, named: str, person: Person, actor: str | None) -> dict[str, Any]:
    """Take back what was lent; the next read with that token is refused.

    Args:
        case: the case folder.
        named: the token, or its name in the list of tokens.
        person: who asks.
        actor: who takes it back, as it is written down; None: the person.

    Raises:
        Refused: the role may not, or there is no such token, or it was taken back already.
    """
    require(person, "token revoke")
    read_case(case)
    now = utc_text(datetime.now(UTC))
    return _shown(take_back(CaseFolder(case), named, actor or person.actor, now))


def _shown(each: Kept) -> dict[str, Any]:
    return {"token": each.name} | asdict(each.lent) | {"revoked_at_utc": each.revoked_at_utc}
