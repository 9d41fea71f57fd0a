"""Lending a role to a program: who may, and of which case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from portique.core.case import read_case
from portique.core.clock import utc_text
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person, require
from portique.flow.tokens import Lent, lend


def lend_token(case: Path, lent: Lent, person: Person) -> str:
    """Return a token for what is lent; it is shown to nobody again.

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
    return lend(CaseFolder(case), made)
