"""Rights: every command and every route has its roles, as a table written from the roles' page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import click
import pytest

from portique.cli.main import command_line
from portique.core.clock import Span
from portique.core.errors import Refused
from portique.flow.permissions import (
    ACCESS_OF_ROUTE,
    DEFENCE,
    DEVICE,
    NO_CASE_DATA,
    OPEN,
    OWN_SITE_ONLY,
    PROSECUTION,
    READERS_OF_LOG,
    ROLES,
    ROLES_OF_COMMAND,
    Ask,
    Grant,
    Person,
    may,
    require,
    require_site,
    side_of,
)
from portique.web.routes import ROUTES, Route, urlpatterns

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
PERIOD = Span(NOW - timedelta(hours=1), NOW + timedelta(hours=1))

# Written by hand from the page of roles, and not from the code: one letter a verb that a role
# may give. m magistrate, l lead investigator, a analyst, s site coordinator, t search team,
# c exhibit custodian, e examiner, p prison liaison, d defence expert, u auditor, x administrator.
LETTERS = dict(zip("mlastcepdux", ROLES, strict=True))
WRITTEN = {
    "GET entries": "mlad",
    "check": "mlad",
    "why": "mlad",
    "run": "la",
    "sectors": "la",
    "init": "lax",
    "examine": "eld",
    "unpack": "eld",
    "serve": "lx",
    "token": "lm",
    "token list": "lmu",
    "token revoke": "lmx",
    "verify": "mlastcepdux",
    "reads": "mdu",
    "device enrol": "lx",
    "device revoke": "lx",
    "device admit": "l",
    "device list": "lxmspdu",
    "journal backup": "lx",
    "journal restore": "lx",
    "journal checkpoint": "mlastcepdux",
    "journal witness": "mlx",
    "journal time-request": "mlx",
    "journal time-stamp": "mlx",
    "journal purge": "ml",
    "device prepare": "ls",
    "journal alarms": "mladsux",
    "journal correct": "mlastce",
    "exhibit seize": "lstce",
    "exhibit seal": "lstce",
    "exhibit hand-over": "lstce",
    "exhibit take-over": "lstce",
    "exhibit reseal": "lstce",
    "exhibit provisional-seal": "lstce",
    "exhibit damaged": "lstce",
    "exhibit lost": "lstce",
    "exhibit disputed": "lstcema",
    "exhibit open": "lce",
    "exhibit examine": "le",
    "exhibit unlock-attempt": "le",
    "exhibit link": "lame",
    "exhibit unlink": "lame",
    "exhibit return": "lcm",
    "exhibit destroy": "lcm",
    "exhibit show": "lstcemad",
    "exhibit list": "lstcemadp",
    "exhibit labels": "lstce",
    "exhibit sheet": "lstcemad",
    "exhibit close-out": "lcs",
    "search start": "lst",
    "search found": "lst",
    "search not-found": "lst",
    "search aborted": "lst",
    "search opportunistic": "lst",
    "search premises": "lstm",
    "search site-closed": "lstm",
    "search close-out": "ls",
    "search figures": "mlads",
    "authorise request": "lam",
    "authorise sign": "lm",
    "authorise revoke": "lm",
    "authorise declare": "mla",
    "authorise status": "mladst",
    "simulate": "mlastcepdux",
    "mark": "mlastcepdux",
    "demo": "mlastcepdux",
}
CASE_DATA = ("GET entries", "check", "why", "run")


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name)


def test_every_command_has_its_roles() -> None:
    """By its whole name, or by the first or last word of it where a group shares one."""
    for path in _commands(command_line):
        names = {" ".join(path), path[0], path[-1]}
        assert names & ROLES_OF_COMMAND.keys(), f"{path} has no entry in ROLES_OF_COMMAND"


def test_every_method_of_every_route_has_its_access() -> None:
    """Django's own patterns are crawled; an entry for a route that is not there fails too."""
    served = set()
    for pattern in urlpatterns:
        route = pattern.callback
        assert isinstance(route, Route), f"{pattern} goes past the check of access"
        assert pattern.name == route.name
        served |= {f"{method} {route.name}" for method in route.verbs}
    assert served == ACCESS_OF_ROUTE.keys()
    assert len(ROUTES) == len(urlpatterns)


def test_what_is_open_shows_no_case_data() -> None:
    """Hashes, and what stands on the front page; devices bring and never read."""
    is_open = {name for name, access in ACCESS_OF_ROUTE.items() if access == OPEN}
    assert is_open == {"GET front", "GET style", "GET checkpoint", "GET proof", "GET consistency"}
    for name, access in ACCESS_OF_ROUTE.items():
        assert (access == DEVICE) == (name in {"POST entries", "PUT attachment"})


@pytest.mark.parametrize("verb", sorted(WRITTEN))
def test_the_matrix_is_the_written_table(verb: str) -> None:
    """Role x case x site x purpose x period x verb: each cell by a rule written down here."""
    allowed = {LETTERS[letter] for letter in WRITTEN[verb]}
    for role, case_id, granted_site, asked_site, purpose, later in product(
        ROLES, ("a", "b"), (None, "MA-1"), (None, "MA-1", "MA-2"), ("search", "curiosity"), (0, 2)
    ):
        grant = Grant(role, "a", granted_site, "search", PERIOD)
        ask = Ask(verb, case_id, asked_site, purpose, NOW + timedelta(hours=later))
        whole_case = granted_site is None and role != "prison_liaison"
        reaches = whole_case or (granted_site is not None and asked_site == granted_site)
        wanted = (
            role in allowed and case_id == "a" and reaches and purpose == "search" and later == 0
        )
        assert may(grant, ask) == wanted, (grant, ask)


def test_the_written_table_leaves_out_nothing_of_these_rooms() -> None:
    """A command of the server, or a route by role, that the table does not know, fails."""
    by_role = {name for name, access in ACCESS_OF_ROUTE.items() if not isinstance(access, str)}
    rooms = {"serve", "token", "reads", "device", "journal", "exhibit", "search", "authorise"}
    ours = {name for name in ROLES_OF_COMMAND if name.split()[0] in rooms}
    assert by_role | ours <= WRITTEN.keys()


def test_nobody_without_case_data_reads_it() -> None:
    """The administrator, the auditor, the liaison: machines, logs, logistics of one site."""
    assert {"administrator", "auditor", "prison_liaison"} == NO_CASE_DATA
    for verb, role in product(CASE_DATA, sorted(NO_CASE_DATA)):
        assert not may(Grant(role, "a", None, "p", PERIOD), Ask(verb, "a", None, "p", NOW))
        assert not may(Grant(role, "a", "MA-1", "p", PERIOD), Ask(verb, "a", "MA-1", "p", NOW))


def test_an_unknown_verb_is_given_to_nobody() -> None:
    """What is not listed is not let in."""
    for role in ROLES:
        assert not may(Grant(role, "a", None, "p", PERIOD), Ask("purge", "a", None, "p", NOW))
        with pytest.raises(Refused, match="may not give the command purge"):
            require(Person("anna", role), "purge")


def test_the_prosecution_never_sees_what_the_defence_read() -> None:
    """Each side its own, the auditor both."""
    assert READERS_OF_LOG[DEFENCE] == {"defence_expert", "auditor"}
    assert "defence_expert" not in READERS_OF_LOG[PROSECUTION]
    assert {role for role in ROLES if side_of(role) == DEFENCE} == {"defence_expert"}


def test_a_role_of_one_site_has_to_name_it() -> None:
    """And sees what concerns that site alone."""
    for role in OWN_SITE_ONLY:
        with pytest.raises(Refused, match="sees one site only"):
            require_site(Person("paul", role))
        assert require_site(Person("paul", role, "MA-1")) == "MA-1"
    assert require_site(Person("anna", "analyst")) is None
