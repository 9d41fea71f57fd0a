"""Commands of the served journal: serve, reads, journal."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portique.cli.options import case_argument, json_option, print_json, role_option
from portique.flow import read_log
from portique.flow.permissions import DEFENCE, PROSECUTION, Person, require

if TYPE_CHECKING:
    from portique.flow.serving import Desk


@click.command()
@case_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 takes a free one. Which one is printed.",
)
@role_option
def serve(case: Path, host: str, port: int, role: str | None) -> None:
    """Serve the journal of CASE until told to stop (SIGTERM or Ctrl-C).

    A second `serve` of the same case exits with 1 and says which process holds it.
    """
    from portique.flow.serving import desk_of  # noqa: PLC0415 - loads the ledger

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    with desk_of(case, Person.here(role)) as desk:
        is_idle = asyncio.run(_until_told(desk, case, host, port))
        if not is_idle:
            # A thread waits for a store that does not come: nothing of it was acknowledged.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)


async def _until_told(desk: Desk, case: Path, host: str, port: int) -> bool:
    from portique.web import server  # noqa: PLC0415 - loads Django

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    taken = server.free_port(host, port)
    shown = f"[{host}]" if ":" in host else host

    def ready() -> None:
        click.echo(f"{case} is served at http://{shown}:{taken}/ by process {os.getpid()}")

    return await server.serve(desk, host, taken, stop, ready)


@click.command()
@case_argument
@click.option(
    "--side",
    type=click.Choice((PROSECUTION, DEFENCE)),
    default=PROSECUTION,
    show_default=True,
    help="Whose reads.",
)
@role_option
@json_option
def reads(case: Path, side: str, role: str | None, *, as_json: bool) -> None:
    """Print who read personal data of CASE, when, why and for whom.

    The prosecution's roles do not see what the defence read.
    """
    found = read_log.reads_of(case, side, Person.here(role))
    if as_json:
        print_json(found)
        return
    for each in found:
        what = f"{each['command']} {each['table']} {each['key']}".strip()
        click.echo(f"{each['when']}  {each['role']} {each['actor']}: {what} ({each['purpose']})")


@click.group()
def journal() -> None:
    """The journal of a case as a whole."""


@journal.command()
@case_argument
@role_option
def checkpoint(case: Path, role: str | None) -> None:
    """Print the newest signed checkpoint of CASE: size and root, for the paper record."""
    from portique.flow.journal import opened  # noqa: PLC0415 - loads the ledger

    require(Person.here(role), "journal checkpoint")
    with opened(case) as held:
        click.echo(held.checkpoint(), nl=False)


@journal.command()
@case_argument
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@role_option
@json_option
def backup(case: Path, out: Path, role: str | None, *, as_json: bool) -> None:
    """Copy the journal of CASE, as it is now, into the new folder OUT; it may be served meanwhile.

    Keys are not copied: they are kept apart, or made anew (docs/journal.md).
    """
    from portique.flow.journal import back_up  # noqa: PLC0415 - loads the ledger

    done = back_up(case, out, Person.here(role))
    print_json(done) if as_json else click.echo(f"{out}: {done['size']} entries, {done['root']}")


@journal.command()
@case_argument
@click.argument("source", type=click.Path(path_type=Path, file_okay=False, exists=True))
@role_option
@json_option
def restore(case: Path, source: Path, role: str | None, *, as_json: bool) -> None:
    """Put the backup SOURCE in the place of the journal that CASE has lost.

    It is refused where the case knows a checkpoint that the backup lacks, and while it is served.
    """
    from portique.flow.journal import put_back  # noqa: PLC0415 - loads the ledger

    done = put_back(case, source, Person.here(role))
    print_json(done) if as_json else click.echo(f"{case}: {done['size']} entries, {done['root']}")
