"""Commands on what was done at the supplier's: premises searched, web site closed."""

from __future__ import annotations

from collections.abc import Callable
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
from portique.flow.search_day import SearchAct

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _act(command: Decorated) -> Decorated:
    """Add what both take."""
    options = (
        case_argument,
        click.argument("place"),
        click.option("--note", help="In words."),
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


@click.command()
@_act
@click.option("--present", multiple=True, help="Who was there; several times for several.")
def premises(case: Path, place: str, **said: Any) -> None:
    """Enter that PLACE, premises of the supplier, was searched."""
    said["present"] = list(said["present"])
    _record("premises", case, place, said)


@click.command("site-closed")
@_act
def site_closed(case: Path, place: str, **said: Any) -> None:
    """Enter that PLACE, a web site of the supplier, was closed."""
    _record("site-closed", case, place, said)


def _record(verb: str, case: Path, place: str, said: dict[str, Any]) -> None:
    body = {"note": said["note"], "present": said.get("present"), "acted_at_utc": said["acted_at"]}
    request = SearchAct(case, verb, place, body, said["authority"], said["purpose"])
    done = search_day.record(request, acting(said))
    for flag in done["flags"]:
        click.echo(f"warning: {flag['what']} (entered, and flagged: {flag['rule']})", err=True)
    if said["as_json"]:
        print_json(done)
        return
    click.echo(f"{place}: entered")
    click.echo(checkpoint_line(done["checkpoint"]))
