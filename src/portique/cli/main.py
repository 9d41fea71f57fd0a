"""The command `portique`: reads the command line, calls the flow, prints, exits."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import Any

import click

import portique
from portique.cli import faults
from portique.cli.shelf import Shelf
from portique.core.errors import Problem, Taken


class Portique(click.Group):
    """A group of commands whose faults are told in one form, with the documented exit codes."""

    def main(  # type: ignore[override]  # always ends the process, as click's own standalone mode
        self, args: Sequence[str] | None = None, **options: Any
    ) -> None:
        """Run a command line and exit: 0 done, 1 a fault of ours, 2 refused, 130 interrupted."""
        words = list(sys.argv[1:] if args is None else args)
        options.pop("standalone_mode", None)
        sys.exit(self._exit_code(words, options))

    def _exit_code(self, words: list[str], options: dict[str, Any]) -> int:
        try:
            code = super().main(words, standalone_mode=False, **options)
        except (Problem, click.ClickException, click.Abort, OSError) as fault:
            problem = _problem(fault)
            if problem is None:
                raise
            faults.tell(problem, as_json="--json" in words)
            if isinstance(fault, Taken):
                return faults.TAKEN
            return faults.INTERRUPTED if isinstance(fault, click.Abort) else faults.REFUSED
        return code if isinstance(code, int) else faults.DONE


def _problem(fault: BaseException) -> Problem | None:
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, click.ClickException):
        return faults.from_usage(fault)
    if isinstance(fault, OSError):
        return faults.from_operating_system(fault)
    return faults.interrupted()


@click.group(cls=Portique, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(portique.__version__, prog_name="portique", message="%(prog)s %(version)s")
def command_line() -> None:
    """Where a supplier's contraband phones are, and how strongly the records say so.

    Exit codes: 0 done, 1 a fault of the program (of journal commands also: taken already, or does
    not verify), 2 a refused source or a request that cannot be met, 130 interrupted.
    """


command_line.commands = Shelf()  # a mapping; each is read when taken


def main() -> None:
    """Start the program."""
    sys.excepthook = faults.tell_our_fault
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `portique why ... | head` is no fault
    command_line.main()
