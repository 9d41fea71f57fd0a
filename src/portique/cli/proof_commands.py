"""Commands for whoever distrusts us: verify, export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from portique.cli.options import (
    case_argument,
    grounds_option,
    json_option,
    print_json,
    role_option,
)
from portique.cli.progress import shown
from portique.flow import proof
from portique.flow.access import NOT_STATED
from portique.flow.permissions import Person

SHOWN = 50
"""Faults and alarms that are printed; --json has every alarm."""


@click.command()
@case_argument
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A signed checkpoint that was kept elsewhere; may be given several times.",
)
@role_option
@json_option
def verify(case: Path, checkpoints: tuple[Path, ...], role: str | None, *, as_json: bool) -> int:
    """Read the journal of CASE again: every signature, hash, root, key and time of receipt.

    Exit codes: 0 all fits, 1 something differs that no device signed, 2 there is no journal.
    Conflicts, gaps and broken predecessors are alarms: listed, exit 0.
    """
    request = proof.Verify(case, checkpoints)
    with shown() as progress:
        report = proof.verify_journal(request, Person.here(role), progress)
    if as_json:
        print_json(report.as_dict())
    else:
        for line in _lines(report.as_dict(), [fault.what for fault in report.faults]):
            click.echo(line)
    return 0 if report.ok else 1


@click.command()
@case_argument
@click.option(
    "--defence",
    "out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the pack for the defence to this ZIP.",
)
@click.option("--recipient", default=NOT_STATED, show_default=True, help="Who gets it.")
@click.option(
    "--withhold",
    multiple=True,
    metavar="KEY_ID",
    help="A subject key that the recipient is not entitled to; may be given several times.",
)
@grounds_option
@role_option
@json_option
def export(case: Path, out: Path, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Write the log of CASE with all that checks it, and a verifier that needs no `portique`."""
    request = proof.Export(
        case, out, asked["recipient"], asked["purpose"], tuple(asked["withhold"])
    )
    made = proof.export_pack(request, Person.here(role))
    if as_json:
        print_json(
            {
                "out": str(out),
                "size": made.size,
                "root": made.root,
                "sequence": made.sequence,
                "sha256": made.sha256,
                "bytes": made.size_bytes,
            }
        )
        return
    click.echo(f"pack     {out} ({made.size_bytes:,} bytes, sha256 {made.sha256})")
    click.echo(f"size     {made.size:,} entries")
    click.echo(f"root     {made.root}")
    click.echo("Unpacked, it checks itself: python verify.py")


def _lines(found: dict[str, Any], faults: list[str]) -> Iterator[str]:
    yield f"size         {found['size']:,} entries"
    yield f"root         {found['root']}"
    for alarm in found["alarms"][:SHOWN]:
        places = ", ".join(map(str, alarm["sequences"][:20])) or "none"
        yield f"alarm        {alarm['kind']}: {alarm['what']} (entries {places})"
    if len(found["alarms"]) > SHOWN:
        yield f"alarm        {len(found['alarms']) - SHOWN:,} more (--json has every one)"
    for reason, count in found["quarantine"].items():
        yield f"quarantine   {count:,} {reason}"
    first = found["first_bad"]
    if first is None:
        yield "all fits"
        return
    place = (
        "" if first["sequence"] is None else f"entry {first['sequence']} ({first['entry_id']}): "
    )
    yield f"NOT FITTING  {place}{first['what']}"
    for what in faults[1:SHOWN]:
        yield f"also         {what}"
    if len(faults) > SHOWN:
        yield f"also         {len(faults) - SHOWN:,} more"
    yield "something does not fit"
