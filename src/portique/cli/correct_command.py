"""The command that corrects an entry by a later one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from portique.cli.exhibit_commands import acting, checkpoint_line
from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.flow.correcting import Correction
from portique.flow.correcting import correct as enter


@click.command()
@case_argument
@click.argument("target")
@click.option("--field", required=True, help="The member that is wrong, e.g. seal_number.")
@click.option("--old", required=True, metavar="JSON", help="What stands there; a text as it is.")
@click.option("--new", required=True, metavar="JSON", help="What should; a text as it is.")
@click.option("--reason", required=True, help="Why.")
@click.option("--approved-by", required=True, metavar="NAME", help="The second person.")
@click.option("--actor", metavar="NAME", help="Who corrects; you when not stated.")
@purpose_option
@role_option
@json_option
def correct(case: Path, target: str, **said: Any) -> None:
    """Enter that one member of TARGET, an entry_id or a payload's SHA-256, should read otherwise.

    The entry stays as it was signed. A correction that no second person approved, or that states
    an old value which does not stand there, is entered, flagged and has no effect.
    """
    change = (_value(said["old"]), _value(said["new"]))
    words = (said["reason"], said["approved_by"], said["purpose"])
    request = Correction(case, target, said["field"], change, *words)
    done = enter(request, acting(said))
    for flag in done["flags"]:
        click.echo(f"warning: {flag['what']} (entered, and flagged: {flag['rule']})", err=True)
    if said["as_json"]:
        print_json(done)
        return
    places = ", ".join(map(str, done["corrects"]))
    click.echo(f"entry {done['sequence']} corrects entry {places}")
    click.echo(checkpoint_line(done["checkpoint"]))


def _value(text: str) -> Any:
    """Return what is JSON as its value, and anything else as the text that it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text
