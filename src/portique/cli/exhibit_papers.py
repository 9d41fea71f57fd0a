"""Commands that print papers of custody: labels, sheet, close-out."""

from __future__ import annotations

from pathlib import Path

import click

from portique.cli.exhibit_commands import checkpoint_line, exhibit
from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.flow import custody_papers
from portique.flow.permissions import Person

_PDF = click.Path(path_type=Path, dir_okay=False)


@exhibit.command()
@case_argument
@click.argument("out", type=_PDF)
@click.option("--seal", "seals", multiple=True, help="A number to print; all in use when none.")
@purpose_option
@role_option
@json_option
def labels(
    case: Path,
    out: Path,
    seals: tuple[str, ...],
    purpose: str,
    role: str | None,
    *,
    as_json: bool,
) -> None:
    """Write labels for seals to OUT, a PDF: number, Code 128 and QR."""
    count = custody_papers.labels(case, seals, out, purpose, Person.here(role))
    print_json({"labels": count}) if as_json else click.echo(f"{count} labels in {out}")


@exhibit.command()
@case_argument
@click.argument("exhibit_id", metavar="EXHIBIT")
@click.argument("out", type=_PDF)
@purpose_option
@role_option
@json_option
def sheet(
    case: Path, exhibit_id: str, out: Path, purpose: str, role: str | None, *, as_json: bool
) -> None:
    """Write the sheet of EXHIBIT to OUT, a PDF: its line of holders and its seals."""
    mark = custody_papers.sheet(case, exhibit_id, out, purpose, Person.here(role))
    print_json({"checkpoint": mark}) if as_json else click.echo(checkpoint_line(mark))


@exhibit.command("close-out")
@case_argument
@click.argument("tally", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@purpose_option
@role_option
@json_option
def close_out(case: Path, tally: Path, purpose: str, role: str | None, *, as_json: bool) -> None:
    """Compare TALLY, what the sites counted on paper, with the journal of CASE.

    TALLY is CSV: site, targeted, seized, not_found, not_searched, aborted, opportunistic,
    exhibits. What differs is listed for each site, and the journal says that it was compared.
    """
    told = custody_papers.close_out(case, tally, purpose, Person.here(role))
    if as_json:
        print_json(told)
        return
    for each in told["differences"]:
        site = each["site"] or "(site not stated)"
        click.echo(f"{site}: {each['count']}: paper {each['paper']}, journal {each['journal']}")
    for name in told["open"]:
        click.echo(f"{name}: handed over, and taken over by nobody")
    if not told["differences"]:
        click.echo("Paper and journal agree.")
    click.echo(checkpoint_line(told["checkpoint"]))
