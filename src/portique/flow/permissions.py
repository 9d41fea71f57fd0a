"""Who may give which command: decided here and nowhere else."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass

from portique.core.errors import Refused

ROLES = (
    "magistrate",
    "lead_investigator",
    "analyst",
    "site_coordinator",
    "search_team",
    "exhibit_custodian",
    "examiner",
    "prison_liaison",
    "defence_expert",
    "auditor",
    "administrator",
)
DEFAULT_ROLE = "lead_investigator"

_EVERYBODY = frozenset(ROLES)
_INVESTIGATION = frozenset({"lead_investigator", "analyst"})

ROLES_OF_COMMAND: dict[str, frozenset[str]] = {
    "check": _INVESTIGATION | {"magistrate", "defence_expert"},
    "run": _INVESTIGATION,
    "why": _INVESTIGATION | {"magistrate", "defence_expert"},
    "init": _INVESTIGATION | {"administrator"},
    "sectors": _INVESTIGATION,
    "examine": frozenset({"examiner", "lead_investigator", "defence_expert"}),
    "unpack": frozenset({"examiner", "lead_investigator", "defence_expert"}),
    # What it prints is hashes, numbers and names of devices; whoever works on the case may check.
    "verify": _EVERYBODY - {"administrator"},
    "export": frozenset({"magistrate", "lead_investigator", "defence_expert"}),
    # Invented worlds hold nobody's data.
    "simulate": _EVERYBODY,
    "mark": _EVERYBODY,
    "demo": _EVERYBODY,
}
"""Roles that may give each command; a command that is not listed may be given by nobody."""


@dataclass(frozen=True)
class Person:
    """Who gives a command: the user of the operating system, and the role stated.

    Args:
        actor: name of the user.
        role: one of `ROLES`.
    """

    actor: str
    role: str

    @classmethod
    def here(cls, role: str | None = None) -> Person:
        """Return the person at this terminal; no role stated means the lead investigator.

        Raises:
            Refused: a role that does not exist.
        """
        stated = role or DEFAULT_ROLE
        if stated not in ROLES:
            raise Refused(
                f"there is no role {stated!r}",
                where="--role or $PORTIQUE_ROLE",
                mend="name one of: " + ", ".join(ROLES),
                code="ACC-002",
            )
        return cls(_user(), stated)


def require(person: Person, command: str) -> None:
    """Let a person give a command, or refuse it.

    Raises:
        Refused: the role may not give it.

    >>> require(Person("anna", "analyst"), "run")
    """
    allowed = ROLES_OF_COMMAND.get(command, frozenset())
    if person.role not in allowed:
        raise Refused(
            f"the role {person.role} may not give the command {command}",
            where="--role or $PORTIQUE_ROLE",
            mend="ask somebody who may: " + (", ".join(sorted(allowed)) or "nobody may"),
            code="ACC-001",
        )


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
