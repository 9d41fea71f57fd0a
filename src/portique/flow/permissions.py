"""Who may do what: every command, every route, every role; decided here and nowhere else."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from datetime import datetime

from portique.core.clock import Span
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
_CASE_READERS = _INVESTIGATION | {"magistrate", "defence_expert"}
_CUSTODIANS = frozenset({"exhibit_custodian", "lead_investigator"})
_KEEPERS = _CUSTODIANS | {"search_team", "site_coordinator", "examiner"}
_ON_SITE = frozenset({"search_team", "site_coordinator", "lead_investigator"})
_TECHNICAL = frozenset({"lead_investigator", "administrator"})

ROLES_OF_COMMAND: dict[str, frozenset[str]] = {
    "check": _CASE_READERS,
    "run": _INVESTIGATION,
    "why": _CASE_READERS,
    "init": _INVESTIGATION | {"administrator"},
    "sectors": _INVESTIGATION,
    "examine": frozenset({"examiner", "lead_investigator", "defence_expert"}),
    "unpack": frozenset({"examiner", "lead_investigator", "defence_expert"}),
    # What is kept in a case is written by the examination, not by the defence's expert.
    "examine in case": frozenset({"examiner", "lead_investigator"}),
    "examine report": _INVESTIGATION | {"examiner", "magistrate", "defence_expert"},
    # Keys, devices and the server: names of machines, nothing of the case.
    "serve": _TECHNICAL,
    "device enrol": _TECHNICAL,
    "device revoke": _TECHNICAL,
    "device list": _TECHNICAL
    | {"magistrate", "site_coordinator", "prison_liaison", "defence_expert", "auditor"},
    "journal backup": _TECHNICAL,
    "journal restore": _TECHNICAL,
    "journal checkpoint": _EVERYBODY,
    # Whoever has to act on one sees it; names and case data are left out for those who see none.
    # What others say of a checkpoint, by file: hashes and times.
    "journal witness": _TECHNICAL | {"magistrate"},
    "journal time-request": _TECHNICAL | {"magistrate"},
    "journal time-stamp": _TECHNICAL | {"magistrate"},
    # Whoever destroys for good decides over the case, with a second person; machines do not.
    "journal purge": frozenset({"magistrate", "lead_investigator"}),
    # Who seals under a person's key can read under it.
    "device prepare": frozenset({"lead_investigator", "site_coordinator"}),
    "journal alarms": _CASE_READERS | {"site_coordinator", "auditor", "administrator"},
    # What was refused comes into the log by a decision of the investigation.
    "device admit": frozenset({"lead_investigator"}),
    # A token is a grant, and who grants reads of case data must be able to read it.
    "token": frozenset({"lead_investigator", "magistrate"}),
    "token list": frozenset({"lead_investigator", "magistrate", "auditor"}),
    # Taking a read away shows nothing, and must not wait for an investigator.
    "token revoke": frozenset({"lead_investigator", "magistrate", "administrator"}),
    "reads": frozenset({"magistrate", "defence_expert", "auditor"}),
    # Exhibits: who handles one enters what was done; disposal is never the examiner's.
    **dict.fromkeys(
        ("exhibit seize", "exhibit seal", "exhibit hand-over", "exhibit take-over"), _KEEPERS
    ),
    "exhibit reseal": _KEEPERS,
    "exhibit open": _CUSTODIANS | {"examiner"},
    "exhibit examine": frozenset({"examiner", "lead_investigator"}),
    "exhibit return": _CUSTODIANS | {"magistrate"},
    "exhibit destroy": _CUSTODIANS | {"magistrate"},
    "exhibit show": _KEEPERS | _CASE_READERS,
    # A prison liaison sees of the own site what lies where, and no name.
    "exhibit list": _KEEPERS | _CASE_READERS | {"prison_liaison"},
    "exhibit labels": _KEEPERS,
    "exhibit sheet": _KEEPERS | _CASE_READERS,
    **dict.fromkeys(("exhibit provisional-seal", "exhibit damaged", "exhibit lost"), _KEEPERS),
    "exhibit disputed": _KEEPERS | _INVESTIGATION | {"magistrate"},
    "exhibit unlock-attempt": frozenset({"examiner", "lead_investigator"}),
    "exhibit link": _INVESTIGATION | {"examiner", "magistrate"},
    "exhibit unlink": _INVESTIGATION | {"examiner", "magistrate"},
    # The search day: entered by who is on the site; the figures name no person.
    **dict.fromkeys(
        ("search start", "search found", "search not-found", "search aborted"), _ON_SITE
    ),
    "search opportunistic": _ON_SITE,
    # The supplier's premises and web site: by whom, as the kinds of entry say.
    "search premises": _ON_SITE | {"magistrate"},
    "search site-closed": _ON_SITE | {"magistrate"},
    "search close-out": frozenset({"site_coordinator", "lead_investigator"}),
    "search figures": _CASE_READERS | {"site_coordinator"},
    "journal correct": _KEEPERS | _INVESTIGATION | {"magistrate"},
    "exhibit close-out": _CUSTODIANS | {"site_coordinator"},
    "authorise request": _INVESTIGATION | {"magistrate"},
    "authorise sign": frozenset({"magistrate", "lead_investigator"}),
    "authorise revoke": frozenset({"magistrate", "lead_investigator"}),
    # The case file is the investigation's; entering what it says grants nothing that it did not.
    "authorise declare": _INVESTIGATION | {"magistrate"},
    "authorise status": _CASE_READERS | {"site_coordinator", "search_team"},
    # What it prints is hashes, numbers and names of devices; who restores has to check, too.
    "verify": _EVERYBODY,
    "export": frozenset({"magistrate", "lead_investigator", "defence_expert"}),
    # Invented worlds hold nobody's data.
    "simulate": _EVERYBODY,
    "mark": _EVERYBODY,
    "demo": _EVERYBODY,
}
"""Roles that may give each command; a command that is not listed may be given by nobody."""

OPEN = "open"
"""Access of a route that shows hashes and signatures of the program only: anybody's."""
DEVICE = "device"
"""Access of a route for enrolled devices that are not revoked."""

ACCESS_OF_ROUTE: dict[str, str | frozenset[str]] = {
    "GET front": OPEN,
    "GET style": OPEN,
    "GET checkpoint": OPEN,
    "GET proof": OPEN,
    "GET consistency": OPEN,
    "POST entries": DEVICE,
    "PUT attachment": DEVICE,
    "GET entries": _CASE_READERS,
}
"""Access to each method of each route: `OPEN`, `DEVICE`, or the roles whose token is let in."""

PROSECUTION, DEFENCE = "prosecution", "defence"
READERS_OF_LOG: dict[str, frozenset[str]] = {
    PROSECUTION: frozenset({"magistrate", "auditor"}),
    DEFENCE: frozenset({"defence_expert", "auditor"}),
}
"""Who may read the log of the reads of each side; the prosecution never sees the defence's."""

OWN_SITE_ONLY = frozenset({"prison_liaison"})
"""Roles that see nothing but what concerns one site, which their grant must name."""
NO_NAMES = frozenset({"examiner", "prison_liaison", "auditor", "administrator"})
"""Roles to which nothing that names or numbers a person is shown."""
NO_CASE_DATA = frozenset({"administrator", "auditor", "prison_liaison"})
"""Roles to which no row of sources, tables or journal is shown: machines, logs, logistics."""


def side_of(role: str) -> str:
    """Return whose reads those of a role are: the log in which they are written.

    >>> side_of("analyst"), side_of("defence_expert")
    ('prosecution', 'defence')
    """
    return DEFENCE if role == "defence_expert" else PROSECUTION


@dataclass(frozen=True)
class Person:
    """Who gives a command: the user of the operating system, and the role stated.

    Args:
        actor: name of the user.
        role: one of `ROLES`.
        site: prison for which they act; None: the whole case.
    """

    actor: str
    role: str
    site: str | None = None

    @classmethod
    def here(cls, role: str | None = None) -> Person:
        """Return the person at this terminal; no role stated means the lead investigator.

        The site is what `$PORTIQUE_SITE` says.

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
        return cls(_user(), stated, os.environ.get("PORTIQUE_SITE") or None)


@dataclass(frozen=True)
class Grant:
    """A role given for one case, one site or all, one purpose, one period.

    Args:
        role: one of `ROLES`.
        case_id: the case.
        site: prison; None: every site of the case.
        purpose: why it was given, as stated.
        period: when it counts.
    """

    role: str
    case_id: str
    site: str | None
    purpose: str
    period: Span


@dataclass(frozen=True)
class Ask:
    """One thing that is asked for: a command or a route, on a case, for a site, at an instant.

    Args:
        verb: a key of `ROLES_OF_COMMAND` or `ACCESS_OF_ROUTE`.
        case_id: the case.
        site: the prison that it is about; None: the whole case.
        purpose: why it is asked, as stated.
        asked_at_utc: when.
    """

    verb: str
    case_id: str
    site: str | None
    purpose: str
    asked_at_utc: datetime


def may(grant: Grant, ask: Ask) -> bool:
    """Return whether a grant covers what is asked: role, case, site, purpose and period.

    A grant for one site covers nothing that is about the whole case. What is open to all needs no
    grant; what is for devices is never given to a person.
    """
    access = ROLES_OF_COMMAND.get(ask.verb) or ACCESS_OF_ROUTE.get(ask.verb, frozenset[str]())
    if isinstance(access, str):
        return access == OPEN
    return (
        grant.role in access
        and grant.case_id == ask.case_id
        and _site_fits(grant, ask.site)
        and grant.purpose == ask.purpose
        and grant.period.holds(ask.asked_at_utc)
    )


def _site_fits(grant: Grant, site: str | None) -> bool:
    if grant.site is None:
        return grant.role not in OWN_SITE_ONLY
    return grant.site == site


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


def require_site(person: Person) -> str | None:
    """Return the site to which what is shown to a person is cut down; None: every site.

    Raises:
        Refused: a role of one site, and none is stated.
    """
    if person.role in OWN_SITE_ONLY and person.site is None:
        raise Refused(
            f"the role {person.role} sees one site only, and none is stated",
            where="$PORTIQUE_SITE",
            mend="state the prison for which you act",
            code="ACC-003",
        )
    return person.site


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
