"""Commands on the tokens of a case: lend one, list them, take one back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from portique.cli.options import case_argument, json_option, print_json, role_option
from portique.flow import lending
from portique.flow.access import NOT_STATED
from portique.flow.permissions import ROLES, Person
from portique.flow.tokens import Lent

LEND = "lend"


class TokenGroup(click.Group):
    """`portique token CASE ...` lends; a case in a folder called like a command is `./list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in where none is named."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [LEND, *args]
        return super().parse_args(ctx, args)


@click.group(cls=TokenGroup)
def token() -> None:
    """Tokens with which programs read the journal: `portique token CASE --role ...` makes one."""


@token.command(LEND)
@case_argument
@click.option("--role", required=True, type=click.Choice(ROLES), help="The role that is lent.")
@click.option("--actor", required=True, metavar="NAME", help="Who reads with it.")
@click.option("--purpose", required=True, metavar="TEXT", help="Why.")
@click.option("--justification", default=NOT_STATED, metavar="TEXT", help="On what ground.")
@click.option("--recipient", default=NOT_STATED, metavar="NAME", help="For whom.")
@click.option("--until", required=True, metavar="UTC", help="It counts before this instant.")
@click.option("--site", metavar="PRISON_ID", help="For one site only.")
@click.option("--second", default=NOT_STATED, metavar="NAME", help="Who agreed beside you.")
@click.option(
    "--acting-role",
    envvar="PORTIQUE_ROLE",
    metavar="ROLE",
    help="The role you act in (or $PORTIQUE_ROLE).",
)
@json_option
def lend(case: Path, acting_role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Print a bearer token with which a program reads the journal of CASE.

    It is shown once: the case keeps its hash alone. Each read with it is logged under its actor,
    role, purpose, justification and recipient. The word `lend` may be left out.
    """
    lent = Lent(
        role=asked["role"],
        actor=asked["actor"],
        purpose=asked["purpose"],
        until_utc=asked["until"],
        justification=asked["justification"],
        recipient=asked["recipient"],
        site=asked["site"],
        second=asked["second"],
    )
    made = lending.lend_token(case, lent, Person.here(acting_role))
    if asked["second"] == NOT_STATED:
        click.echo("warning: a role is granted by two people, and --second names nobody", err=True)
    print_json({"token": made}) if as_json else click.echo(made)


@token.command("list")
@case_argument
@role_option
@json_option
def list_tokens(case: Path, role: str | None, *, as_json: bool) -> None:
    """List what was lent in CASE, also what counts no more; no token is shown."""
    found = lending.listed(case, Person.here(role))
    if as_json:
        print_json(found)
        return
    for each in found:
        ended = each["revoked_at_utc"]
        state = f"revoked {ended}" if ended else f"until {each['until_utc']}"
        said = f"{each['role']} {each['actor']} ({each['purpose']}), second: {each['second']}"
        click.echo(f"{each['token']}  {state}  {said}")


@token.command()
@case_argument
@click.argument("name")
@click.option("--actor", metavar="NAME", help="Who takes it back; you when not stated.")
@role_option
@json_option
def revoke(case: Path, name: str, role: str | None, *, as_json: bool, actor: str | None) -> None:
    """Take back the token NAME of CASE (as `token list` names it, or the token itself)."""
    done = lending.revoke_token(case, name, Person.here(role), actor)
    print_json(done) if as_json else click.echo(f"revoked: {done['token']}")
