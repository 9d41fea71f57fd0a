"""Commands on images of phones: what one holds, what many have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from portique.cli.examine_commands import unpacked_lines
from portique.cli.firmware_lines import firmware_lines
from portique.cli.options import (
    flag_lines,
    json_option,
    print_json,
    purpose_option,
    role_option,
    under_case_options,
)
from portique.cli.progress import shown
from portique.flow import images
from portique.flow.images import ExamineContent, ExamineFleet, ExaminePhone
from portique.flow.permissions import Person

_SHOWN = 40
_TEXT = 70


@click.command()
@click.argument("image", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--label", metavar="IMEI", help="IMEI as printed on the phone.")
@under_case_options
@role_option
@json_option
def content(image: Path, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Say what messages, contacts, calls and IMEIs the flash image IMAGE holds.

    Each line comes with its place in the image and whether it was deleted. No layout of records was
    checked on the real dump of a phone: a line that is shown is whole by its form, one that lacks
    may exist. With --case, IMEIs are compared with its records, and lines with a lawyer's number
    are set aside and not shown.
    """
    with shown() as progress:
        told = images.examine_content(ExamineContent(image, **asked), Person.here(role), progress)
    if as_json:
        print_json(told)
        return
    for line in content_lines(told):
        click.echo(line)


@click.command()
@click.argument("image", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the unpacked parts and manifest.json into this folder, missing or empty.",
)
@click.option("--label", metavar="IMEI", help="IMEI as printed on the phone.")
@click.option(
    "--rules",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file of YARA rules of known indicators, beside those of the package.",
)
@under_case_options
@role_option
@json_option
def phone(image: Path, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Examine the flash image IMAGE as a whole: unpack it, read its firmware and its content.

    The answers are those of `examine unpack` (with --out), `examine firmware` and `examine
    content`, each under its name; a case keeps each of them. The image is read and unpacked once,
    so this takes less time than the three commands.
    """
    with shown() as progress:
        told = images.examine_phone(ExaminePhone(image, **asked), Person.here(role), progress)
    if as_json:
        print_json(told)
        return
    for line in phone_lines(told, image.name):
        click.echo(line)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write fleet.json, clusters.svg and phones/ into this folder, missing or empty.",
)
@click.option(
    "--case",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the answers in this case, under an authority; also in its journal.",
)
@click.option(
    "--authority", metavar="ID", help="The [[authority]] of the case under which you examine."
)
@click.option(
    "--exhibits",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file with the columns file,exhibit; without it an image's name is its exhibit's id.",
)
@purpose_option
@role_option
@json_option
def fleet(folder: Path, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Group the flash images below FOLDER into builds, and say which phones were modified.

    Each build is unpacked once; each phone gets its build's findings and its own content.
    """
    with shown() as progress:
        told = images.examine_fleet(ExamineFleet(folder, **asked), Person.here(role), progress)
    if as_json:
        print_json(told)
        return
    for line in fleet_lines(told):
        click.echo(line)


def content_lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of what an image holds.

    Args:
        told: as `--json` prints it.
    """
    yield f"Exhibit:  {told.get('exhibit') or 'not stated'}  ({told['authority']})"
    yield from flag_lines(told)
    yield f"Image:    sha256 {told['image_sha256']}"
    yield f"Label:    {told['label']['state']}"
    yield f"Clock:    {told['clock']['phone_clock_error']}"
    yield f"Aside:    {_aside(told['set_aside'])}"
    for title, lines in (
        ("IMEIs", [f"{e['imei']}  {e['fleet']['state']}{_place(e)}" for e in told["imeis"]]),
        ("Messages", [_message(each) for each in told["messages"]]),
        ("Contacts", [f"{e['number']:<18}{e['name']}{_place(e)}" for e in told["contacts"]]),
        ("Calls", [_call(each) for each in told["calls"]]),
        ("Not examined", [f"{each['what']}: {each['why']}" for each in told["not_examined"]]),
    ):
        yield from _listed(f"{title}: {len(lines):,}", lines)
    yield ""
    yield told["not_verified"]


def phone_lines(told: dict[str, Any], name: str) -> Iterator[str]:
    """Yield the lines of the whole examination of an image.

    Args:
        told: as `--json` prints it.
        name: of the image.
    """
    if "unpack" in told:
        yield "== Unpacked =="
        yield from unpacked_lines(told["unpack"])
        yield ""
    yield "== Firmware =="
    yield from firmware_lines(told["firmware"], name)
    yield ""
    yield "== Content =="
    yield from content_lines(told["content"])


def _aside(aside: dict[str, Any]) -> str:
    counts = aside["privileged"]
    if counts is None:
        return str(aside["why"])
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    return f"lines with a lawyer's number, not shown: {kinds}"


def _message(each: dict[str, Any]) -> str:
    time = each["time"]["as_written"] if each["time"] else "no time"
    text = " ".join(each["text"].split())[:_TEXT]
    return f"{each['direction']:<9}{each['number']:<16} {time}  {text}{_place(each)}"


def _call(each: dict[str, Any]) -> str:
    time = each["time"]["as_written"]
    return f"{each['list']:<9}{each['number']:<16} {time} (phone's clock){_place(each)}"


def _place(each: dict[str, Any]) -> str:
    offset = "no place" if each["offset"] is None else f"{each['offset']:#x}"
    return f"  [{offset}{', deleted' if each['deleted'] else ''}]"


def fleet_lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a fleet.

    Args:
        told: as `--json` prints it.
    """
    yield f"Dumps:    {told['dumps']:,} ({told['unreadable']:,} could not be read)"
    yield f"Case:     {told['authority']}"
    rows = [
        f"{each['build']:<8}{each['phones']:>6,} phones  {each['build_string'] or 'no name':<32}"
        f"{len(each['codes'])} codes  {each['findings']['state']}"
        for each in told["builds"]
    ]
    yield from _listed(f"Builds: {len(rows):,}", rows)
    rows = [
        f"{each['file']}: {each['build']}, {each['modified']['words']}"
        for each in told["phones"]
        if each["modified"]
    ]
    yield from _listed(f"Modified compared with their build: {len(rows):,}", rows)
    rows = [f"{e['file']}: {e['why']}" for e in told["phones"] if e["state"] != "read"]
    yield from _listed(f"Could not be read: {len(rows):,}", rows)


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from (f"  {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"  {len(lines) - _SHOWN} more (--json prints every one)"
