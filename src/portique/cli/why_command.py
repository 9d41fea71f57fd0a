"""The command `why`: from a row of a derived table back to the rows as delivered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from portique.cli.options import (
    case_argument,
    json_option,
    print_json,
    purpose_option,
    role_option,
)
from portique.flow import handlers
from portique.flow.access import NOT_STATED
from portique.flow.commands import Why
from portique.flow.permissions import Person

if TYPE_CHECKING:
    from portique.flow.why.answer import Answer, Step

SHOWN_STEPS = 3
"""Rows of one table that are printed behind a row unless all are asked for."""


@click.command()
@case_argument
@click.argument("table")
@click.argument("key")
@click.option("--all", "all_rows", is_flag=True, help="Print every source row, not the first ones.")
@purpose_option
@role_option
@json_option
def why(case: Path, purpose: str, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Say what the row KEY of the derived TABLE follows from, back to the rows as delivered.

    KEY is the key of the table, its parts joined by "/" ("-" stands for an empty part), or its
    first parts where they suffice; of target also the cell. The read is logged with its purpose.
    """
    request = Why(case, asked["table"], asked["key"], purpose, asked["all_rows"])
    found = handlers.why(request, Person.here(role))
    if as_json:
        print_json(found.as_dict() | {"purpose": purpose})
        return
    for line in answer_lines(found, purpose, all_rows=asked["all_rows"]):
        click.echo(line)


def answer_lines(found: Answer, purpose: str, *, all_rows: bool = False) -> Iterator[str]:
    """Yield the lines of an answer.

    Args:
        found: the answer.
        purpose: why it was asked, as logged.
        all_rows: print every row, not the first of each table.
    """
    yield from _step_lines(found.step, 0, None if all_rows else SHOWN_STEPS)
    yield ""
    yield f"Rows as delivered: {found.total:,} stand behind it, {len(found.rows):,} shown"
    if len(found.rows) < found.total:
        yield "  (--all prints every one)"
    file = ""
    for row in found.rows:
        if row.file != file:
            file = row.file
            yield f"  {row.file}"
            yield f"    sha256 {row.sha256}"
        where = f"line {row.line}" if row.line else f"row {row.row}"
        fields = ", ".join(f"{n}={v}" for n, v in row.fields.items() if v not in (None, ""))
        yield f"    {where}: {fields}"
    yield ""
    stated = " (state one with --purpose)" if purpose == NOT_STATED else ""
    yield f"This read was logged; purpose: {purpose}{stated}"


def _step_lines(step: Step, depth: int, most: int | None) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}{step.table} {step.key}"
    yield f"{indent}  {step.words}"
    for table, group in groupby(step.follows_from, key=lambda behind: behind.table):
        rows = list(group)
        for behind in rows[:most]:
            yield from _step_lines(behind, depth + 1, most)
        more = len(rows) - len(rows[:most])
        if more:
            yield f"{indent}  {table}: {more:,} more (--all prints every one)"
