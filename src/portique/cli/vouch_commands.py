"""Commands of what others say of a journal, and of what has to go: witness, time, purge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from portique.cli.exhibit_commands import acting
from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.flow.permissions import Person

_file = click.Path(path_type=Path, dir_okay=False, exists=True)
_out = click.Path(path_type=Path, dir_okay=False)


@click.command()
@case_argument
@click.argument("note", type=_file)
@click.option("--key", required=True, metavar="VKEY", help="The witness's public key.")
@role_option
@json_option
def witness(case: Path, note: Path, key: str, role: str | None, *, as_json: bool) -> None:
    """Keep NOTE, a checkpoint of CASE that a witness signed too, beside the checkpoints.

    A second root of one size, signed by both, is told as a fork and exits with 2.
    """
    from portique.flow.vouching import keep_witness  # noqa: PLC0415 - loads the ledger

    told = keep_witness(case, note, key, Person.here(role))
    said = f"{told['witness']} saw {told['size']} entries at {told['at_utc']}"
    print_json(told) if as_json else click.echo(said)


@click.command("time-request")
@case_argument
@click.argument("out", type=_out)
@role_option
@json_option
def time_request(case: Path, out: Path, role: str | None, *, as_json: bool) -> None:
    """Write to OUT the request for a time stamp (RFC 3161) over the newest checkpoint of CASE."""
    from portique.flow.vouching import ask_for_time  # noqa: PLC0415 - loads the ledger

    told = ask_for_time(case, out, Person.here(role))
    print_json(told) if as_json else click.echo(f"{out}: for {told['size']} entries")


@click.command("time-stamp")
@case_argument
@click.argument("answer", type=_file)
@click.option(
    "--root", "roots", multiple=True, required=True, type=_file, help="A trusted certificate, PEM."
)
@role_option
@json_option
def time_stamp(
    case: Path, answer: Path, roots: tuple[Path, ...], role: str | None, *, as_json: bool
) -> None:
    """Keep ANSWER, an authority's time stamp over a checkpoint of CASE, beside the checkpoints."""
    from portique.flow.vouching import keep_time  # noqa: PLC0415 - loads the ledger

    told = keep_time(case, answer, roots, Person.here(role))
    print_json(told) if as_json else click.echo(f"{told['size']} entries at {told['at_utc']}")


@click.command()
@case_argument
@click.option("--key", metavar="KEY_ID", help="A person's key: what is sealed under it is closed.")
@click.option("--file", "sha256", metavar="SHA256", help="An attachment.")
@click.option("--reason", required=True, help="Why it may go; it stands in the log.")
@click.option("--second", required=True, metavar="NAME", help="The second person.")
@click.option("--actor", metavar="NAME", help="Who does it; you when not stated.")
@purpose_option
@role_option
@json_option
def purge(case: Path, key: str | None, sha256: str | None, **said: Any) -> None:
    """Destroy a person's key or a file of CASE, for good; the log says so first."""
    from portique.flow import purging  # noqa: PLC0415 - loads the ledger

    if (key is None) == (sha256 is None):
        raise click.UsageError("name one of --key and --file")
    asked = purging.Purge(
        case, key or sha256 or "", said["reason"], said["second"], said["purpose"]
    )
    done = (purging.purge_key if key else purging.purge_file)(asked, acting(said))
    print_json(done) if said["as_json"] else click.echo(f"destroyed: {done['destroyed']}")


@click.command()
@case_argument
@click.argument("device_id")
@click.option("--person", "people", multiple=True, required=True, metavar="ID", help="Of whom.")
@click.option("--out", type=_out, required=True, help="File to write, for its owner alone.")
@role_option
@json_option
def prepare(
    case: Path,
    device_id: str,
    people: tuple[str, ...],
    out: Path,
    role: str | None,
    *,
    as_json: bool,
) -> None:
    """Write the keys under which DEVICE_ID seals what it says of persons of CASE."""
    from portique.flow.purging import prepare_device  # noqa: PLC0415 - loads the ledger

    told = prepare_device(case, device_id, people, out, Person.here(role))
    print_json(told) if as_json else click.echo(f"{out}: {told['keys']} keys, {told['made']} new")
