"""Options that several commands share."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from portique.core.errors import Refused
from portique.flow.access import NOT_STATED, STATED
from portique.flow.examined import UnderCase
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
    """Add `--purpose`, and what the access log keeps beside it: `--justification`, `--recipient`.

    The last two are not handed on: what the command reads is logged with them.
    """
    return grounds_option(_stated_option("recipient", "For whom, when not for you.")(command))


def grounds_option(command: Decorated) -> Decorated:
    """Add `--purpose` and `--justification`, of a command that has its own `--recipient`."""
    justified = _stated_option("justification", "On what ground you look at them.")(command)
    return click.option(
        "--purpose",
        default=NOT_STATED,
        show_default=True,
        metavar="TEXT",
        help="Why you look at personal data; kept in the access log.",
    )(justified)


def _stated_option(name: str, why: str) -> Callable[[Decorated], Decorated]:
    def keep(context: click.Context, _: click.Parameter, value: str) -> str:
        token = STATED.set(replace(STATED.get(), **{name: value}))
        context.call_on_close(lambda: STATED.reset(token))
        return value

    return click.option(
        f"--{name}",
        default=NOT_STATED,
        envvar=f"PORTIQUE_{name.upper()}",
        metavar="TEXT",
        help=why,
        callback=keep,
        expose_value=False,
    )


def under_case_options(command: Decorated) -> Decorated:
    """Add `--case`, `--exhibit`, `--authority` and `--purpose`, handed on as one `under`.

    `under` is an `UnderCase`, or None where none of the three is given. Some of the three and not
    the others are refused.
    """

    @functools.wraps(command)
    def called(
        *args: Any, case: Path | None, exhibit: str | None, authority: str | None, **asked: Any
    ) -> Any:
        under = _under_case(case, exhibit, authority, asked.pop("purpose"))
        return command(*args, under=under, **asked)

    wrapped = click.option(
        "--authority",
        metavar="ID",
        help="The [[authority]] of the case under which you examine.",
    )(purpose_option(called))
    wrapped = click.option("--exhibit", metavar="ID", help="The exhibit that is examined.")(wrapped)
    return cast(
        "Decorated",
        click.option(
            "--case",
            type=click.Path(path_type=Path, file_okay=False),
            help="Keep the answer in this case, under an authority; also in its journal.",
        )(wrapped),
    )


def _under_case(
    case: Path | None, exhibit: str | None, authority: str | None, purpose: str
) -> UnderCase | None:
    if case is None and exhibit is None and authority is None:
        return None
    if case is None or exhibit is None or authority is None:
        raise Refused(
            "a case, an exhibit and an authority belong together",
            where="--case, --exhibit, --authority",
            mend="give all three, or none: the answer then says that no authority was shown",
            code="EXC-003",
        )
    return UnderCase(case, exhibit, authority, purpose)


def flag_lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each way in which an examination goes beyond its authority.

    Args:
        told: an answer, as `--json` prints it.
    """
    for each in told.get("authority_flags", ()):
        yield f"Flag:     {each['what']}"


def print_json(value: object) -> None:
    """Print one object, names in order."""
    click.echo(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str))
