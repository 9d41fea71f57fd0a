"""Commands on a case folder: check, run, init, sectors."""

from __future__ import annotations

from pathlib import Path

import click

from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.cli.plan import plan_lines
from portique.cli.progress import shown
from portique.cli.summary import summary_lines
from portique.flow import handlers
from portique.flow.commands import Check, Init, Run, Sectors
from portique.flow.incremental import Options
from portique.flow.permissions import Person


@click.command()
@case_argument
@click.option(
    "--leave-out-refused",
    is_flag=True,
    help="Go on without the files that no authority covers, and say so in every figure.",
)
@click.option("--rehash", is_flag=True, help="Read every file again, whatever its time stamps say.")
@click.option(
    "--memory-gib",
    type=click.FloatRange(min=0.5),
    default=4.0,
    show_default=True,
    help="Memory the engine may use before it spills to the disk.",
)
@purpose_option
@role_option
@json_option
def run(
    case: Path, purpose: str, role: str | None, *, as_json: bool, **asked: float | bool
) -> None:
    """Derive every table of CASE whose inputs changed, and print a summary."""
    options = Options(
        leave_out_refused=bool(asked["leave_out_refused"]),
        rehash=bool(asked["rehash"]),
        memory_gib=float(asked["memory_gib"]),
    )
    with shown() as progress:
        result = handlers.run(Run(case, options, purpose), Person.here(role), progress)
    if as_json:
        print_json(result.as_dict())
        return
    for line in summary_lines(result, case):
        click.echo(line)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@role_option
@json_option
def init(folder: Path, role: str | None, *, as_json: bool) -> None:
    """Make an empty case folder in FOLDER, with a commented case.toml."""
    made = handlers.init(Init(folder), Person.here(role))
    if as_json:
        print_json({"case": str(folder), "made": made})
        return
    click.echo(f"An empty case lies in {folder}.")
    click.echo("Next: set case.toml, put the files into sources/<kind>/, then")
    click.echo(f"  portique check {folder}")


@click.command()
@case_argument
@role_option
@json_option
def check(case: Path, role: str | None, *, as_json: bool) -> None:
    """Say what a run of CASE would use, refuse, set aside and lack, without deriving anything."""
    with shown():
        plan = handlers.check(Check(case), Person.here(role))
    if as_json:
        print_json(plan)
        return
    for line in plan_lines(plan):
        click.echo(line)


@click.command()
@click.argument("delivered", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("register", type=click.Path(path_type=Path, dir_okay=False))
@role_option
@json_option
def sectors(delivered: Path, register: Path, role: str | None, *, as_json: bool) -> None:
    """Make the sector register REGISTER of a case from a DELIVERED list of sites."""
    made = handlers.sectors(Sectors(delivered, register), Person.here(role))
    print_json(made) if as_json else click.echo(f"{made}")
