"""Commands on exhibits: what was done with one, and where each is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.flow import custody
from portique.flow.custody import ExhibitAct
from portique.flow.examination_answer import answer_of
from portique.flow.permissions import Person

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_ACTING = ("role", "actor", "as_json", "purpose", "authority", "acted_at", "photos")


@click.group()
def exhibit() -> None:
    """Enter what is done with exhibits, and say where each is and who holds it."""


def act(command: Decorated) -> Decorated:
    """Add what every act takes."""
    options = (
        case_argument,
        click.argument("exhibit_id", metavar="EXHIBIT"),
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


def record(verb: str, case: Path, exhibit_id: str, said: dict[str, Any]) -> None:
    """Enter an act, print it, and warn of what breaks a rule."""
    body = {name: value for name, value in said.items() if name not in _ACTING}
    body["acted_at_utc"] = said["acted_at"]
    person = acting(said)
    photos = said.get("photos", ())
    request = ExhibitAct(case, verb, exhibit_id, body, said["authority"], said["purpose"], photos)
    done = custody.record(request, person)
    for flag in done["flags"]:
        click.echo(f"warning: {flag['what']} (entered, and flagged: {flag['rule']})", err=True)
    if said["as_json"]:
        print_json(done)
        return
    if done["exhibit"] is None:
        click.echo(f"{exhibit_id}: nobody seized it yet")
        click.echo(checkpoint_line(done["checkpoint"]))
        return
    for line in exhibit_lines(exhibit_id, done["exhibit"], done["checkpoint"]):
        click.echo(line)


def acting(said: dict[str, Any]) -> Person:
    """Return who acts: the user of this terminal, or who `--actor` names."""
    person = Person.here(said["role"])
    return replace(person, actor=said["actor"]) if said["actor"] else person


@exhibit.command()
@act
@click.option("--cell", "cell_id", help="The cell where it was.")
@click.option("--site", help="The prison.")
@click.option("--handset", "handset_id", help="The handset that it is said to be.")
@click.option("--imei", help="As read from it.")
@click.option("--what", help="What it is.")
@click.option("--team", help="The team that found it.")
def seize(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT was seized; whoever seizes it holds it."""
    record("seize", case, exhibit_id, said)


@exhibit.command()
@act
@click.option("--seal", "seal_number", required=True, help="Number of the seal.")
def seal(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT was sealed."""
    record("seal", case, exhibit_id, said)


@exhibit.command("hand-over")
@act
@click.option("--to", required=True, help="Who is to take it.")
def hand_over(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that the holder gave EXHIBIT away; they hold it until somebody takes it over."""
    record("hand-over", case, exhibit_id, said)


@exhibit.command("take-over")
@act
@click.option("--from", "from", help="Who gave it; its holder when not stated.")
def take_over(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that somebody took EXHIBIT over, and holds it from now on."""
    record("take-over", case, exhibit_id, said)


@exhibit.command("open")
@act
@click.option("--second", help="The second person.")
@click.option("--seal", "seal_number", required=True, help="Number of the seal that is opened.")
@click.option("--reason", required=True, help="Why.")
@click.option(
    "--witness", "witnesses", multiple=True, help="Who saw it; several times for several."
)
@click.option(
    "--photo",
    "photos",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A photograph, kept as an attachment; several times for several.",
)
def open_seal(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that two people opened the seal of EXHIBIT, before whom and why."""
    said["witnesses"] = list(said["witnesses"])
    record("open", case, exhibit_id, said)


@exhibit.command()
@act
@click.option(
    "--answer",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="What `portique examine ... --json` said: tool, version and hashes are taken from it.",
)
@click.option("--tool", help="With what it was examined.")
@click.option("--tool-version", help="Which version of it.")
@click.option("--of", "of_sha256", help="SHA-256 of what was examined.")
@click.option("--result", "result_sha256", help="SHA-256 of what came out.")
@click.option(
    "--source-kind",
    type=click.Choice(("image", "traffic")),
    help="What was examined, as an [[authority]] of case.toml names it.",
)
@click.option("--conclusion", help="In words.")
def examine(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT was examined, with what tool, and what came out."""
    answer = said.pop("answer")
    if answer is not None:
        said |= {name: value for name, value in answer_of(answer).items() if not said.get(name)}
    if not (said["tool"] and said["tool_version"]):
        raise click.UsageError("state --tool and --tool-version, or the --answer that names them")
    record("examine", case, exhibit_id, said)


@exhibit.command()
@act
@click.option("--seal", "seal_number", required=True, help="Number of the new seal.")
def reseal(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT was sealed again, under a new number."""
    record("reseal", case, exhibit_id, said)


@exhibit.command("return")
@act
@click.option("--second", help="The second person.")
@click.option("--to", required=True, help="Who got it.")
def return_to(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that two people gave EXHIBIT back."""
    record("return", case, exhibit_id, said)


@exhibit.command()
@act
@click.option("--second", help="The second person.")
@click.option("--method", required=True, help="How.")
def destroy(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that two people destroyed EXHIBIT."""
    record("destroy", case, exhibit_id, said)


@exhibit.command("list")
@case_argument
@click.option("--site", help="One prison only.")
@purpose_option
@role_option
@json_option
def list_exhibits(
    case: Path, site: str | None, purpose: str, role: str | None, *, as_json: bool
) -> None:
    """Say of each exhibit of CASE its state, its seal and its holder."""
    told = custody.listed(case, site, purpose, Person.here(role))
    if as_json:
        print_json(told)
        return
    for name, each in told["exhibits"].items():
        held = f"  seal {each['seal'] or '-'}  held by {each['holder']}" if "holder" in each else ""
        click.echo(f"{name}  {each['state']}{held}")
    click.echo(checkpoint_line(told["checkpoint"]))


@exhibit.command()
@case_argument
@click.argument("exhibit_id", metavar="EXHIBIT")
@purpose_option
@role_option
@json_option
def show(case: Path, exhibit_id: str, purpose: str, role: str | None, *, as_json: bool) -> None:
    """Say who held EXHIBIT from when to when, its seals, and what breaks a rule."""
    told = custody.one(case, exhibit_id, purpose, Person.here(role))
    if as_json:
        print_json(told)
        return
    for line in exhibit_lines(exhibit_id, told["exhibit"], told["checkpoint"]):
        click.echo(line)
    for flag in told["flags"]:
        click.echo(f"  flag ({flag['rule']}): {flag['what']}")


def exhibit_lines(name: str, told: dict[str, Any], checkpoint: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that say where an exhibit is.

    Args:
        name: of the exhibit.
        told: as `--json` prints it.
        checkpoint: size and root of the log it is read from.
    """
    sealed = f"seal {told['seal']}" if told["seal"] else "no seal"
    yield f"{name}: {told['state'] or 'not seized'}, {sealed}, held by {told['holder'] or 'nobody'}"
    if told["handed_over_to"]:
        yield f"  handed over to {told['handed_over_to']}, who has not taken it over yet"
    for tenure in told["line"]:
        yield f"  {tenure['from_utc'] or 'time not stated'}  {tenure['holder']}"
    yield checkpoint_line(checkpoint)


def checkpoint_line(checkpoint: dict[str, Any]) -> str:
    """Return the checkpoint that what was printed is of."""
    return f"Checkpoint: {checkpoint['size']} entries, root {checkpoint['root']}"
