"""Commands on authorities: ask for one a cell, sign, see what is in force, revoke."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.cli.progress import shown
from portique.core.clock import parse_utc
from portique.flow import authorise as flow
from portique.flow.authorise import Asking
from portique.flow.declaring import declare as declare_authorities
from portique.flow.permissions import Person

actor_option = click.option("--actor", metavar="NAME", help="Who acts; you when not stated.")


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    try:
        return parse_utc(value) if value else None
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from fault


@click.group()
def authorise() -> None:
    """Turn targets into requests, and requests that two people sign into orders."""


@authorise.command()
@case_argument
@click.option("--from", "from_utc", callback=_instant, metavar="UTC", help="Start of the period.")
@click.option("--until", "until_utc", callback=_instant, metavar="UTC", help="End of the period.")
@click.option("--basis", default="", help="Legal basis; left for the magistrate when not stated.")
@actor_option
@purpose_option
@role_option
@json_option
def request(case: Path, *, as_json: bool, **said: Any) -> None:
    """Ask for one authority for each target cell of CASE, with its grounds.

    Writes CASE/authorities/<id>/request.fr.pdf, a reading copy in English, and the same as JSON.
    """
    asked = Asking(case, said["from_utc"], said["until_utc"], said["basis"], said["purpose"])
    with shown() as progress:
        made = flow.request(asked, _person(said), progress)
    if as_json:
        print_json(made)
        return
    click.echo(f"{len(made['requested'])} requested, {len(made['known'])} known already")
    for name in made["requested"]:
        click.echo(f"  {name}")


@authorise.command()
@case_argument
@click.argument("authority")
@actor_option
@purpose_option
@role_option
@json_option
def sign(case: Path, authority: str, *, as_json: bool, **said: Any) -> None:
    """Sign AUTHORITY; two people have to, one of them a magistrate."""
    _tell(flow.sign(case, authority, said["purpose"], _person(said)), as_json=as_json)


@authorise.command()
@case_argument
@click.argument("authority")
@click.option("--reason", required=True, help="Why.")
@actor_option
@purpose_option
@role_option
@json_option
def revoke(case: Path, authority: str, *, as_json: bool, **said: Any) -> None:
    """Say that AUTHORITY holds no more from now on."""
    told = flow.revoke(case, authority, said["reason"], said["purpose"], _person(said))
    _tell(told, as_json=as_json)


@authorise.command()
@case_argument
@actor_option
@purpose_option
@role_option
@json_option
def declare(case: Path, *, as_json: bool, **said: Any) -> None:
    """Enter each [[authority]] of CASE/case.toml that the journal does not know as it stands there.

    It is shown as declared. It covers data and the examination of what it names, and nothing for
    which two people sign. An act that rests on one does this by itself.
    """
    told = declare_authorities(case, said["purpose"], _person(said))
    if as_json:
        print_json(told)
        return
    for word, names in told.items():
        click.echo(f"{word}: {', '.join(names) or 'none'}")


@authorise.command()
@case_argument
@purpose_option
@role_option
@json_option
def status(case: Path, purpose: str, role: str | None, *, as_json: bool) -> None:
    """Say of each authority of CASE whether it is in force, until when, and how often used."""
    told = flow.status(case, purpose, Person.here(role))
    if as_json:
        print_json(told)
        return
    for each in told["authorities"]:
        click.echo(_line(each))
    mark = told["checkpoint"]
    click.echo(f"Checkpoint: {mark['size']} entries, root {mark['root']}")


def _person(said: dict[str, Any]) -> Person:
    person = Person.here(said["role"])
    return replace(person, actor=said["actor"]) if said["actor"] else person


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    for flag in told["flags"]:
        click.echo(f"warning: {flag['what']} (entered, and flagged: {flag['rule']})", err=True)
    print_json(told) if as_json else click.echo(_line(told))


def _line(each: dict[str, Any]) -> str:
    if each.get("declared") and not each["asked"]:
        last = each["declared"][-1]
        covered = (
            f"{', '.join(last['source_kinds'])} from {last['from_utc']} to {last['until_utc']}"
        )
        said = "it is gone from the case file" if last["is_withdrawn"] else f"covers {covered}"
        return (
            f"{each['authority_id']}: {each['status']} (from the case file, signed by nobody "
            f"here), {said}, used {each['uses']} times"
        )
    signed = f"{len(each['signatures'])} of 2 signatures"
    return (
        f"{each['authority_id']}: {each['status']}, {signed}, {each['from_utc']} to "
        f"{each['until_utc']}, used {each['uses']} times"
    )
