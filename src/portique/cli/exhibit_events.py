"""Commands on what befalls an exhibit, and on which handset it is said to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from portique.cli.exhibit_commands import act, exhibit, record


@exhibit.command("provisional-seal")
@act
@click.option("--seal", "seal_number", required=True, help="Number of the seal.")
def provisional_seal(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT was sealed for the time being, until `seal` replaces it."""
    record("provisional-seal", case, exhibit_id, said)


@exhibit.command()
@act
@click.option("--what", required=True, help="What is damaged, and how it came about.")
def damaged(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT or its seal is damaged."""
    record("damaged", case, exhibit_id, said)


@exhibit.command()
@act
@click.option("--what", required=True, help="Since when, and where it was last.")
def lost(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT cannot be found."""
    record("lost", case, exhibit_id, said)


@exhibit.command()
@act
@click.option("--what", required=True, help="What is disputed, and by whom.")
def disputed(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that somebody disputes what the journal says of EXHIBIT."""
    record("disputed", case, exhibit_id, said)


@exhibit.command("unlock-attempt")
@act
@click.option("--method", required=True, help="How it was tried.")
@click.option("--succeeded/--failed", required=True, help="Whether it was unlocked.")
def unlock_attempt(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that somebody tried to unlock EXHIBIT; every attempt is an entry."""
    record("unlock-attempt", case, exhibit_id, said)


@exhibit.command()
@act
@click.option("--handset", "handset_id", required=True, help="The handset.")
@click.option("--reason", required=True, help="On what this rests.")
def link(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT is a certain handset, as a judgement of who says so."""
    record("link", case, exhibit_id, said)


@exhibit.command()
@act
@click.option("--handset", "handset_id", help="The handset; every one when not stated.")
@click.option("--reason", required=True, help="Why.")
def unlink(case: Path, exhibit_id: str, **said: Any) -> None:
    """Enter that EXHIBIT is not the handset that it was said to be."""
    record("unlink", case, exhibit_id, said)
