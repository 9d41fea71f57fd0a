"""Commands on sealed phones: what a capture of one shows, what an image of one holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from portique.cli.firmware_lines import firmware_lines
from portique.cli.options import (
    flag_lines,
    json_option,
    print_json,
    role_option,
    under_case_options,
)
from portique.cli.progress import shown
from portique.flow import handlers
from portique.flow.commands import ExamineFirmware, ExamineTraffic, UnpackFirmware
from portique.flow.examined import UnderCase
from portique.flow.permissions import Person

_SHOWN = 40
_SHOWN_FRAMES = 12


@click.group()
def examine() -> None:
    """Examine what was seized: images of phones, and captures of one that ran alone in a lab."""


@examine.command()
@click.argument("capture", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The capture record; CAPTURE.toml beside the capture when not named.",
)
@click.option(
    "--without-record",
    is_flag=True,
    help="Go on without a record; the answer is then inconclusive.",
)
@click.option(
    "--countries",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="PORTIQUE_COUNTRIES",
    help="Folder of *.mmdb files that say where addresses are registered.",
)
@click.option(
    "--cross-check",
    is_flag=True,
    help="Compare with tshark, where it is installed; needs no record.",
)
@click.option(
    "--indicators",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A STIX 2 bundle of known hosts and addresses.",
)
@click.option(
    "--triage", is_flag=True, help="Count who was spoken to and how much; read no content."
)
@under_case_options
@role_option
@json_option
def traffic(capture: Path, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Say what left the phone in CAPTURE without its user, to whom, to which country.

    CAPTURE is a pcap or pcapng file of a phone that ran alone in an isolated lab, with planted
    identifiers that its record names. The verdict is a grade from 1 (exfiltration demonstrated) to
    6 (inconclusive), always with what could not be looked at.
    """
    request = ExamineTraffic(capture, **asked)
    with shown() as progress:
        told = handlers.examine_traffic(request, Person.here(role), progress)
    if as_json:
        print_json(told)
        return
    for line in answer_lines(told):
        click.echo(line)


@examine.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--rules",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file of YARA rules of known indicators, beside those of the package.",
)
@under_case_options
@role_option
@json_option
def firmware(images: tuple[Path, ...], role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Say what the firmware in each of IMAGES is able to do without its user, and by which code.

    IMAGES are flash images of mini-phones, or files of their firmware. The verdict is a grade from
    2 (known indicator, or a full chain in the code) to 6 (not examined). That data was sent follows
    from no firmware: it takes a capture. With --json and several images, one list is printed; with
    --exhibit, all IMAGES are of that exhibit.
    """
    told = []
    for image in images:
        with shown() as progress:
            request = ExamineFirmware(image, **asked)
            told.append(handlers.examine_firmware(request, Person.here(role), progress))
    if as_json:
        print_json(told[0] if len(told) == 1 else told)
        return
    for each, image in zip(told, images, strict=True):
        for line in firmware_lines(each, image.name):
            click.echo(line)


@examine.command()
@click.argument("image", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@under_case_options
@role_option
@json_option
def unpack(
    image: Path, out: Path, role: str | None, *, as_json: bool, under: UnderCase | None
) -> None:
    """Unpack the firmware in IMAGE into the folder OUT, which must be missing or empty.

    IMAGE is the flash of a mini-phone, or one file of its firmware. Each part becomes a file, and
    OUT/manifest.json says where it lies, how it was made, and what was not examined and why.
    """
    with shown() as progress:
        request = UnpackFirmware(image, out, under)
        told = handlers.unpack_firmware(request, Person.here(role), progress)
    if as_json:
        print_json(told)
        return
    for line in unpacked_lines(told):
        click.echo(line)


def unpacked_lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of what was unpacked.

    Args:
        told: as `--json` prints it.
    """
    yield f"Image:    sha256 {told['image_sha256']}  ({told['image_bytes']:,} bytes)"
    yield f"Formats:  {', '.join(told['formats']) or 'none known'}  ({told['authority']})"
    yield from flag_lines(told)
    yield (
        f"Bytes:    {told['explained_share']:.1%} explained, {told['erased_share']:.1%} erased, "
        f"{told['unexplained_share']:.1%} unexplained"
    )
    yield from _listed("Unpacked:", [_segment(each) for each in told["segments"]])
    yield from _listed("Not examined:", [_left(each) for each in told["not_examined"]])


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from lines[:_SHOWN] or ["  nothing"]
    if len(lines) > _SHOWN:
        yield f"  {len(lines) - _SHOWN} more (--json prints every one)"


def _segment(each: dict[str, Any]) -> str:
    address = each["address"] or "no address"
    return f"  {each['file']:<24} {each['length_out']:>12,} bytes  {address:<10}  {each['method']}"


def _left(each: dict[str, Any]) -> str:
    place = "" if each["offset"] is None else f" at {each['offset']:#x}"
    return f"  {each['what']}{place}, {each['length']:,}: {each['why']}"


def answer_lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of an answer.

    Args:
        told: as `--json` prints it.
    """
    yield f"Exhibit:  {told['exhibit'] or 'not stated'}  ({told['authority']})"
    yield from flag_lines(told)
    yield f"Capture:  sha256 {told['capture_sha256']}"
    yield f"Grade:    {told['grade']} (1 is demonstrated, 6 is inconclusive)"
    yield f"  fr: {told['verdict']['fr']}"
    yield f"  en: {told['verdict']['en']}"
    yield ""
    yield f"Observations: {len(told['observations'])}"
    for each in told["observations"][:_SHOWN]:
        yield from _observation(each)
    if len(told["observations"]) > _SHOWN:
        yield f"  {len(told['observations']) - _SHOWN} more (--json prints every one)"
    yield ""
    yield "Bytes by country of registration:"
    for row in told["bytes_by_country"]:
        sources = ", ".join(f"{name}: {code}" for name, code in row["by_source"].items())
        name = row["country"] or "not agreed"
        yield f"  {name:<10} up {row['bytes_up']:>12,}  down {row['bytes_down']:>12,}  {sources}"
    yield ""
    yield "Coverage lost:"
    for lost in told["coverage"]["lost"]:
        counted = f"  ({lost['count']:,} times, {lost['bytes']:,} bytes)" if lost["count"] else ""
        yield f"  {lost['reason']}{counted}"
    for each in told.get("peers", [])[:_SHOWN]:
        name = f"{each['ip']}:{each['port']}"
        yield f"  {name:<46} up {each['bytes_up']:>12,}  down {each['bytes_down']:>12,}"
    if "cross_check" in told:
        yield from _cross_check(told["cross_check"])


def _observation(each: dict[str, Any]) -> Iterator[str]:
    countries = ", ".join(sorted({code for code in each["peer_country"].values() if code}))
    yield f"  [{each['grade']}] {each['words']['en']}" + (f" ({countries})" if countries else "")
    frames = each["frames"][:_SHOWN_FRAMES]
    more = " ..." if len(each["frames"]) > _SHOWN_FRAMES else ""
    yield f"      {each['first_utc']}  frames {', '.join(map(str, frames))}{more}"


def _cross_check(check: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"Cross-check: {check['state']} ({check['decoder']})"
    for each in check["disagreements"]:
        yield f"  {each['what']}: ours {each['ours']}, theirs {each['theirs']}"
