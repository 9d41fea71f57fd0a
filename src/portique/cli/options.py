"""Options that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from portique.flow.access import NOT_STATED
from portique.flow.permissions import DEFAULT_ROLE

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

case_argument = click.argument("case", type=click.Path(path_type=Path, file_okay=False))


def role_option(command: Decorated) -> Decorated:
    """Add `--role`."""
    return click.option(
        "--role",
        envvar="PORTIQUE_ROLE",
        metavar="ROLE",
        help=f"The role you act in (or $PORTIQUE_ROLE); {DEFAULT_ROLE} when not stated.",
    )(command)


def json_option(command: Decorated) -> Decorated:
    """Add `--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the result as one JSON object."
    )(command)


def purpose_option(command: Decorated) -> Decorated:
    """Add `--purpose`."""
    return click.option(
        "--purpose",
        default=NOT_STATED,
        show_default=True,
        metavar="TEXT",
        help="Why you look at personal data; kept in the access log.",
    )(command)


def print_json(value: object) -> None:
    """Print one object, names in order."""
    click.echo(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str))
