"""Commands on the devices of a case: enrol, revoke, admit, list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from portique.cli.options import case_argument, json_option, print_json, role_option
from portique.flow import devices
from portique.flow.devices import DeviceLine
from portique.flow.permissions import Person


def actor_option(command: Any) -> Any:
    """Add `--actor`."""
    return click.option(
        "--actor", metavar="NAME", help="Who does it, as the log says it; you when not stated."
    )(command)


@click.group()
def device() -> None:
    """Devices that may sign entries of a case: who is let in, who is not any more."""


@device.command()
@case_argument
@click.option("--device-id", metavar="ID", help="Its name in entries.")
@click.option("--public-key", metavar="BASE64", help="Its Ed25519 public key: 32 bytes.")
@click.option("--label", metavar="TEXT", help="What people call it.")
@click.option("--site", metavar="PRISON_ID", help="The prison for which it is prepared.")
@click.option(
    "--from",
    "from_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A CSV file (device_id,public_key,label,site) instead: all of it or nothing.",
)
@actor_option
@role_option
@json_option
def enrol(case: Path, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Let devices sign entries of CASE; an id or key that is known exits with 1."""
    done = devices.enrol(case, _lines(asked), Person.here(role), asked["actor"])
    if as_json:
        print_json(done)
        return
    many = len(done["devices"])
    click.echo(f"enrolled: {done['devices'][0] if many == 1 else f'{many} devices'}")
    click.echo(done["checkpoint"])


@device.command()
@case_argument
@click.argument("device_id")
@actor_option
@role_option
@json_option
def revoke(case: Path, device_id: str, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Take DEVICE_ID out of use: what the log of CASE holds of it stays, nothing more comes in."""
    done = devices.revoke(case, device_id, Person.here(role), asked["actor"])
    if as_json:
        print_json(done)
        return
    click.echo(f"revoked: {device_id}")
    click.echo(done["checkpoint"])


@device.command()
@case_argument
@click.argument("payload_sha256")
@click.option("--actor", required=True, metavar="NAME", help="Who decides it.")
@click.option("--ground", required=True, metavar="TEXT", help="Why; it stands in the log.")
@role_option
@json_option
def admit(
    case: Path, payload_sha256: str, role: str | None, *, as_json: bool, **asked: Any
) -> None:
    """Let in the entry PAYLOAD_SHA256 that a device signed and CASE put into quarantine."""
    person = Person.here(role)
    done = devices.admit(case, payload_sha256, person, asked["actor"], asked["ground"])
    if as_json:
        print_json(done)
        return
    click.echo(f"admitted as entry {done['sequence']}")
    click.echo(done["checkpoint"])


@device.command("list")
@case_argument
@role_option
@json_option
def list_devices(case: Path, role: str | None, *, as_json: bool) -> None:
    """List the devices of CASE, also revoked ones."""
    found = devices.listed(case, Person.here(role))
    if as_json:
        print_json(found)
        return
    for each in found:
        state = f"revoked {each['revoked_at_utc']}" if each["revoked_at_utc"] else "in use"
        click.echo(f"{each['device_id']:<24}  {each['site'] or '-':<12}  {state}  {each['label']}")


def _lines(asked: dict[str, Any]) -> list[DeviceLine]:
    device_id, key, label = asked["device_id"], asked["public_key"], asked["label"]
    if asked["from_file"] is not None:
        if any(value is not None for value in (device_id, key, label, asked["site"])):
            raise click.UsageError("--from takes the place of --device-id and what goes with it")
        return devices.read_lines(asked["from_file"])
    if device_id is None or key is None or label is None:
        raise click.UsageError("--device-id, --public-key and --label are wanted, or --from")
    return [DeviceLine(device_id, key, label, asked["site"] or "", "the command line")]
