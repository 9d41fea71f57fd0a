"""`portique examine report`: the joined view of one exhibit, or of a fleet by build."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from portique.cli.options import json_option, print_json, purpose_option, role_option
from portique.core.errors import Refused
from portique.flow import handlers
from portique.flow.commands import ExamineReport
from portique.flow.permissions import Person

_SHOWN = 40


@click.command()
@click.argument("exhibit", required=False)
@click.option(
    "--case",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The case in which the examinations are stored.",
)
@click.option("--fleet", is_flag=True, help="Every exhibit of the case, by build of its firmware.")
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to this file too, in French.",
)
@purpose_option
@role_option
@json_option
def report(exhibit: str | None, role: str | None, *, as_json: bool, **asked: Any) -> None:
    """Join what firmware, content and traffic of EXHIBIT say: one verdict, and where they meet.

    The examinations are those that `portique examine ... --case CASE --exhibit EXHIBIT` stored.
    """
    if asked.pop("fleet") == (exhibit is not None):
        raise Refused(
            "a report is about one exhibit, or about the fleet",
            where="the command line of `portique examine report`",
            mend="name an exhibit, or give --fleet",
            code="EXC-006",
        )
    told = handlers.examine_report(ExamineReport(exhibit=exhibit, **asked), Person.here(role))
    if as_json:
        print_json(told)
        return
    for line in fleet_lines(told) if exhibit is None else report_lines(told):
        click.echo(line)


def report_lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the report on one exhibit.

    Args:
        told: as `--json` prints it.
    """
    yield f"Exhibit:  {told['exhibit']}  (case {told['case_id']})"
    yield f"Grade:    {told['grade']} (1 is demonstrated, 6 is inconclusive)"
    yield f"  fr: {told['verdict']['fr']}"
    yield f"  en: {told['verdict']['en']}"
    yield from _listed("Examined:", [_part(each) for each in told["parts"]])
    yield from _listed("Parts that meet:", [_link(each) for each in told["links"]])
    yield from _listed("Disagreements:", [f"  {each['en']}" for each in told["disagreements"]])
    left = [f"  {each['part']}: {each['what']}: {each['why']}" for each in told["not_examined"]]
    yield from _listed("Not examined:", left)


def fleet_lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the report on a fleet.

    Args:
        told: as `--json` prints it.
    """
    grades = ", ".join(f"{count} of grade {g}" for g, count in told["by_grade"].items() if count)
    yield f"Fleet of the case {told['case_id']}: {told['exhibits']} exhibits ({grades or 'none'})"
    for build in told["builds"]:
        yield ""
        code = f" (code {build['code_id'][:12]})" if build["code_id"] else ""
        yield f"Build {build['build'] or 'not known'}{code}: grade {build['grade']}"
        for each in build["firmware"]["behaviours"]:
            yield f"  firmware: {each['kind']} ({each['strength']})"
        phones = [f"  {p['exhibit']}: [{p['grade']}] {p['verdict']['en']}" for p in build["phones"]]
        yield from phones[:_SHOWN]
        if len(phones) > _SHOWN:
            yield f"  {len(phones) - _SHOWN} more (--json prints every one)"


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from lines[:_SHOWN] or ["  none"]
    if len(lines) > _SHOWN:
        yield f"  {len(lines) - _SHOWN} more (--json prints every one)"


def _part(each: dict[str, Any]) -> str:
    grade = "-" if each["grade"] is None else each["grade"]
    shared = f" of the same build, exhibit {each['of_exhibit']}" if each["of_exhibit"] else ""
    known = {None: "", True: ", in the journal", False: ", NOT in the journal"}[each["in_journal"]]
    flags = "".join(f"; flag: {flag['what']}" for flag in each["authority_flags"] or ())
    return f"  {each['part']}{shared}: [{grade}] under {each['authority']}{known}{flags}"


def _link(each: dict[str, Any]) -> str:
    frames = ", ".join(map(str, each["right"]["frames"][:6]))
    weight = "unexplained" if each["unexplained"] else "explained"
    return f"  {each['kind']}: {each['value']} ({weight}; frames {frames})"
