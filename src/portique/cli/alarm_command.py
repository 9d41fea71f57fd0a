"""The command that shows what in a journal needs a person's eye."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from portique.cli.exhibit_commands import checkpoint_line
from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.flow.permissions import Person

AHEAD_S, SHOWN = 60.0, 20


@click.command()
@case_argument
@purpose_option
@role_option
@json_option
def alarms(case: Path, purpose: str, role: str | None, *, as_json: bool) -> None:
    """Show what in the journal of CASE needs a person's eye now.

    Alarms that nothing settled, what lies in quarantine, devices whose clock was ahead or set back,
    and contradictions with who settled them. None of it is a fault of the log: see `verify`.
    """
    from portique.flow.alarms import open_alarms  # noqa: PLC0415 - loads the ledger

    told = open_alarms(case, Person.here(role), purpose)
    if as_json:
        print_json(told)
        return
    for line in _lines(told):
        click.echo(line)
    click.echo(checkpoint_line(told["checkpoint"]))


def _lines(told: dict[str, Any]) -> Iterator[str]:
    counts = ", ".join(f"{count} {kind}" for kind, count in told["counts"].items())
    yield f"alarms: {counts or 'none'}"
    for each in told["alarms"]:
        kind = f"{each['kind']} ({each['rule']})" if each["rule"] else each["kind"]
        yield f"  {kind}: {each['what']}{_places(each['sequences'])}"
    waiting = ", ".join(f"{count} {reason}" for reason, count in told["quarantine"].items())
    yield f"quarantine: {waiting or 'nothing'}"
    odd = {n: c for n, c in told["clocks"].items() if c["ahead_s"] >= AHEAD_S or c["set_back"]}
    yield f"clocks: {len(told['clocks'])} devices, {len(odd)} ahead by a minute or set back"
    for name, clock in odd.items():
        back = f", set back {clock['set_back']} times" if clock["set_back"] else ""
        yield f"  {name}: ahead by at least {clock['ahead_s']:.0f} s{back}"
    yield f"contradictions: {len(told['contradictions'])}"
    for each in told["contradictions"]:
        yield f"  {_settled(each)}{_places(each['entries'])}"


def _settled(each: dict[str, Any]) -> str:
    said = each["settled_by"]
    if said is None:
        return "open, left out of figures"
    who = f"{said['actor']} with {said['approved_by']}" if "actor" in said else said["role"]
    return f"entry {each['counts']} counts, by {who} in entry {said['sequence']}"


def _places(sequences: list[int]) -> str:
    more = f" and {len(sequences) - SHOWN} more" if len(sequences) > SHOWN else ""
    shown = ", ".join(map(str, sequences[:SHOWN]))
    return f" (entries {shown}{more})" if sequences else ""
