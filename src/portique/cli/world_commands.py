"""Commands on invented worlds: simulate, mark, demo. They hold nobody's data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from portique.cli.options import json_option, print_json, role_option
from portique.cli.progress import shown
from portique.cli.summary import summary_lines
from portique.core.errors import Refused
from portique.core.progress import Progress
from portique.flow import handlers
from portique.flow.commands import Run
from portique.flow.permissions import Person, require

if TYPE_CHECKING:
    from portique.simulation.mark import Marks

SCALES = ("tiny", "small", "full")
MADE = "simulated.json"
"""Stands in a folder that `simulate` made, and says from what: only such a folder is replaced."""


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--scale", type=click.Choice(SCALES), default="tiny", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--vary",
    multiple=True,
    metavar="RECIPE|NAME=VALUE",
    help="A named recipe or one parameter; may be given several times.",
)
@role_option
@json_option
def simulate(
    out: Path, scale: str, seed: int, role: str | None, *, as_json: bool, **asked: Any
) -> None:
    """Write an invented operation to OUT: OUT/case as delivered, OUT/truth as it was."""
    require(Person.here(role), "simulate")
    vary = list(asked["vary"])
    with shown() as progress:
        make_world(out, {"scale": scale, "seed": seed, "vary": vary}, progress)
    if as_json:
        print_json({"case": str(out / "case"), "truth": str(out / "truth")})
        return
    click.echo(f"An invented operation ({scale}, seed {seed}) lies in {out}.")
    click.echo("Next:")
    click.echo(f"  portique run {out / 'case'}")
    click.echo(f"  portique mark {out / 'case'} {out / 'truth'}")


@click.command()
@click.argument("case", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("truth", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--plots", type=click.Path(path_type=Path, file_okay=False), help="Write plots here.")
@role_option
@json_option
def mark(case: Path, truth: Path, plots: Path | None, role: str | None, *, as_json: bool) -> None:
    """Compare the derived tables of CASE with the TRUTH of its world."""
    require(Person.here(role), "mark")
    marks = _marks(case, truth)
    if plots is not None:
        from portique.simulation.plots import write_plots  # noqa: PLC0415 - loads the analysis

        write_plots(marks, plots)
    if as_json:
        print_json(marks.as_dict())
        return
    for line in mark_lines(marks):
        click.echo(line)
    if plots is not None:
        click.echo(f"Plots: {plots}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="demo")
@role_option
@json_option
def demo(folder: Path, role: str | None, *, as_json: bool) -> None:
    """Write a small invented operation to FOLDER (./demo), run it, and mark it."""
    person = Person.here(role)
    require(person, "demo")
    case, truth = folder / "case", folder / "truth"
    with shown() as progress:
        make_world(folder, {"scale": "tiny", "seed": 1, "vary": []}, progress)
        result = handlers.run(
            Run(case, purpose="demonstration on an invented world"), person, progress
        )
    marks = _marks(case, truth)
    if as_json:
        print_json(result.as_dict() | {"marks": marks.as_dict()})
        return
    click.echo(f"An invented operation lies in {folder}: nobody in it exists.")
    click.echo("")
    for line in (*summary_lines(result, case), "", *mark_lines(marks)):
        click.echo(line)


def make_world(out: Path, wanted: dict[str, Any], progress: Progress) -> None:
    """Write an invented operation.

    Args:
        out: the folder; must be missing, empty, or made by this function.
        wanted: scale, seed, and vary (a list of words).
        progress: told what is done.

    Raises:
        Refused: something else lies in the folder, or a recipe does not exist.
    """
    from portique.simulation.operation import simulate as write_world  # noqa: PLC0415
    from portique.simulation.recipe import parse_vary  # noqa: PLC0415

    recipe = parse_vary(wanted["vary"])
    _refuse_what_is_not_ours(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MADE).write_text(json.dumps(wanted, sort_keys=True) + "\n", encoding="utf-8")
    write_world(out, wanted["scale"], wanted["seed"], recipe, progress)


def _refuse_what_is_not_ours(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / MADE).is_file():
        raise Refused(
            "there is something in this folder that `portique simulate` did not make",
            where=str(out),
            mend="name a folder that does not exist or is empty",
            code="CLI-010",
        )


def _marks(case: Path, truth: Path) -> Marks:
    from portique.simulation.mark import mark as marked  # noqa: PLC0415 - loads scipy

    return marked(case, truth)


def mark_lines(marks: Marks) -> Iterator[str]:
    """Yield the lines that say how well a run did."""
    yield from marks.lines()
