"""How a fault is told: what, where, how to mend, code; or one JSON object."""

from __future__ import annotations

import errno
import json
import sys
import traceback
from types import TracebackType

import click

from portique.core.errors import Problem, Refused

DONE = 0
OUR_FAULT = 1
TAKEN = 1
REFUSED = 2
INTERRUPTED = 130


def tell(problem: Problem, *, as_json: bool) -> None:
    """Print a fault of the material or of the request.

    Args:
        problem: the fault.
        as_json: print one object on standard output instead of words on standard error.
    """
    if as_json:
        click.echo(json.dumps({"error": problem.as_dict()}, ensure_ascii=False))
    else:
        click.echo(f"error: {problem}", err=True)


def from_usage(fault: click.ClickException) -> Problem:
    """Return a command line that cannot be understood as a fault of the request."""
    context = getattr(fault, "ctx", None)
    command = context.command_path if context is not None else "portique"
    return Refused(
        fault.format_message(),
        where=f"the command line of `{command}`",
        mend=f"`{command} --help` lists what it takes",
        code="CLI-001",
    )


def from_operating_system(fault: OSError) -> Problem | None:
    """Return what a person can mend of an operating system's fault; None: a fault of ours."""
    if fault.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return Problem(
            "the disk is full, or this user may write no more on it",
            where=str(fault.filename or "the case folder or its scratch folder"),
            mend="free some space and give the same command again; it goes on where it stopped",
            code="CLI-002",
        )
    if fault.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
        return Problem(
            f"the operating system does not allow it: {fault.strerror}",
            where=str(fault.filename2 or fault.filename or "the case folder"),
            mend="give this user the right to read the sources and to write the case folder",
            code="CLI-003",
        )
    if fault.errno in {errno.ENOTDIR, errno.EISDIR, errno.EEXIST}:
        return Problem(
            "a file lies where a folder belongs, or a folder where a file does",
            where=str(fault.filename2 or fault.filename or "the case folder"),
            mend="move it elsewhere and give the same command again",
            code="CLI-005",
        )
    return None


def interrupted() -> Problem:
    """Return what is said after Ctrl-C."""
    return Problem(
        "interrupted",
        where="this command",
        mend="give the same command again; a run goes on where it stopped",
        code="CLI-004",
    )


def tell_our_fault(
    kind: type[BaseException], fault: BaseException, trace: TracebackType | None
) -> None:
    """Print a fault of the program: its traceback, kept whole, and what to do with it."""
    traceback.print_exception(kind, fault, trace, file=sys.stderr)
    if issubclass(kind, Exception):
        if "--json" in sys.argv:
            said = {"code": "PROGRAM", "what": f"{kind.__name__}: {fault}"}
            where = {"where": "the program", "mend": "report it with the text on standard error"}
            click.echo(json.dumps({"error": said | where}, ensure_ascii=False))
        click.echo("this is a fault of the program: report it with the lines above", err=True)
