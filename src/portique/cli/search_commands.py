"""Commands of the search day: what a team does in a cell, a site's close, the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from portique.cli.exhibit_commands import acting, checkpoint_line
from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.flow import search_day
from portique.flow.permissions import Person
from portique.flow.search_day import SearchAct

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_ACTING = ("role", "actor", "as_json", "purpose", "authority", "acted_at")
_PLACES = ("targeted", "seized", "not_found", "not_searched", "aborted")


@click.group()
def search() -> None:
    """Enter what is done on the search day, close a site, and print the figures."""


def _act(command: Decorated) -> Decorated:
    """Add what every act in a cell takes."""
    options = (
        case_argument,
        click.argument("cell_id", metavar="CELL"),
        click.option("--site", help="The prison."),
        click.option("--team", help="The team; the device when not stated."),
        click.option("--actor", metavar="NAME", help="Who does it; you when not stated."),
        click.option("--authority", metavar="ID", help="The order it rests on."),
        click.option(
            "--at", "acted_at", metavar="UTC", help="When it was done; now when not stated."
        ),
        purpose_option,
        role_option,
        json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def _find(command: Decorated) -> Decorated:
    """Add what a find takes."""
    options = (
        click.option("--handset", "handset_id", help="The handset that it is said to be."),
        click.option("--exhibit", "exhibit_id", help="The exhibit that it becomes."),
        click.option("--imei", help="As read from it."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _record(verb: str, case: Path, cell_id: str, said: dict[str, Any]) -> None:
    body = {name: value for name, value in said.items() if name not in _ACTING}
    body["acted_at_utc"] = said["acted_at"]
    request = SearchAct(case, verb, cell_id, body, said["authority"], said["purpose"])
    done = search_day.record(request, acting(said))
    for flag in done["flags"]:
        click.echo(f"warning: {flag['what']} (entered, and flagged: {flag['rule']})", err=True)
    if said["as_json"]:
        print_json(done)
        return
    cell = done["cell"]
    click.echo(f"{cell_id}: {cell['state']}, {cell['outcome']}" if cell else f"{cell_id}: entered")
    click.echo(checkpoint_line(done["checkpoint"]))


@search.command()
@_act
@click.option("--present", multiple=True, help="Who is there; several times for several.")
@click.option("--handset", "handset_ids", multiple=True, help="A handset that is sought.")
def start(case: Path, cell_id: str, **said: Any) -> None:
    """Enter that the search of CELL began."""
    said |= {name: list(said[name]) for name in ("present", "handset_ids")}
    _record("start", case, cell_id, said)


@search.command()
@_act
@_find
def found(case: Path, cell_id: str, **said: Any) -> None:
    """Enter that a phone was found in CELL."""
    _record("found", case, cell_id, said)


@search.command("not-found")
@_act
def not_found(case: Path, cell_id: str, **said: Any) -> None:
    """Enter that CELL was searched and nothing was found."""
    _record("not-found", case, cell_id, said)


@search.command()
@_act
@click.option("--reason", required=True, help="Why.")
def aborted(case: Path, cell_id: str, **said: Any) -> None:
    """Enter that the search of CELL was broken off."""
    _record("aborted", case, cell_id, said)


@search.command()
@_act
@_find
def opportunistic(case: Path, cell_id: str, **said: Any) -> None:
    """Enter that a phone was found in CELL which nobody looked for; it is counted apart."""
    _record("opportunistic", case, cell_id, said)


@search.command("close-out")
@case_argument
@click.argument("site")
@click.option("--actor", metavar="NAME", help="Who closes it; you when not stated.")
@purpose_option
@role_option
@json_option
def close_out(case: Path, site: str, **said: Any) -> None:
    """Enter that the search day of SITE is over, with its counts, and say what is still open."""
    told = search_day.close_out(case, site, said["purpose"], acting(said))
    if said["as_json"]:
        print_json(told)
        return
    click.echo(_sum_line(site, told["counts"]))
    for what, names in told["open"].items():
        if names:
            click.echo(f"  open, {what.replace('_', ' ')}: {', '.join(names)}")
    click.echo(checkpoint_line(told["checkpoint"]))


@search.command()
@case_argument
@click.option("--at", "size", type=click.IntRange(0), help="Size of an earlier checkpoint.")
@purpose_option
@role_option
@json_option
def figures(case: Path, size: int | None, purpose: str, role: str | None, *, as_json: bool) -> None:
    """Print the figures of CASE with their checkpoint; the same size gives the same bytes."""
    told = search_day.figures(case, size, purpose, Person.here(role))
    if as_json:
        click.echo(search_day.figures_line(told))
        return
    for line in _figure_lines(told):
        click.echo(line)


def _figure_lines(told: dict[str, Any]) -> Iterator[str]:
    for site, counts in told["sites"].items():
        yield _sum_line(site or "(site not stated)", counts)
    for what in ("cells", "handsets"):
        yield _sum_line(f"all {what}", told["figures"][what])
    left = told["left_out"]
    if left["entries"]:
        yield f"left out: {left['entries']} entries that contradict each other"
    for rule, count in told["flags"].items():
        yield f"flags ({rule}): {count}"
    yield checkpoint_line(told["checkpoint"])


def _sum_line(what: str, counts: dict[str, int]) -> str:
    targeted, *parts = (counts[name] for name in _PLACES)
    named = zip(parts, _PLACES[1:], strict=True)
    summed = " + ".join(f"{count} {name.replace('_', ' ')}" for count, name in named)
    beside = f"; beside them {counts['opportunistic']} opportunistic"
    exhibits = f"; {counts['exhibits']} exhibits" if "exhibits" in counts else ""
    return f"{what}: {targeted} targeted = {summed}{beside}{exhibits}"
