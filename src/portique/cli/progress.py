"""Progress on a terminal: a bar for whatever takes longer than two seconds, else nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from portique.core.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

PATIENCE_S = 2.0
"""Work that ends sooner shows no bar."""

_LINE_EVERY_S = 10.0
"""Where there is no terminal, a line at most this often."""


@contextmanager
def shown() -> Iterator[Progress]:
    """Show progress on standard error while something is done."""
    if not sys.stderr.isatty():
        yield _Lines().told
        return
    bar = _Bar()
    try:
        yield bar.told
    finally:
        bar.close()


class _Lines:
    """Plain lines for a log file: the first after two seconds, then one every ten."""

    def __init__(self) -> None:
        self._next_s = time.monotonic() + PATIENCE_S

    def told(self, what: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + _LINE_EVERY_S
            click.echo(f"{what}{_share(done, total)}", err=True)


class _Bar:
    """One bar on a terminal, opened once the work has taken two seconds, also when it is silent."""

    def __init__(self) -> None:
        self._latest = ("working", 0, 0)
        self._bars: Bars | None = None
        self._is_over = False
        self._guard = threading.Lock()
        self._timer = threading.Timer(PATIENCE_S, self._open)
        self._timer.daemon = True
        self._timer.start()

    def told(self, what: str, done: int, total: int) -> None:
        with self._guard:
            self._latest = (what, done, total)
            self._draw()

    def close(self) -> None:
        self._timer.cancel()
        with self._guard:
            self._is_over = True
            if self._bars is not None:
                self._bars.stop()
                self._bars = None

    def _open(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - not needed by short commands
        from rich.progress import Progress as Bars  # noqa: PLC0415

        with self._guard:
            if self._is_over:
                return
            self._bars = Bars(console=Console(stderr=True), transient=True)
            self._bars.add_task("", total=None)
            self._bars.start()
            self._draw()

    def _draw(self) -> None:
        if self._bars is None:
            return
        what, done, total = self._latest
        task = self._bars.task_ids[0]
        self._bars.update(task, description=what, completed=done, total=total or None)


def _share(done: int, total: int) -> str:
    return f": {done:,} of {total:,}" if total else (f": {done:,}" if done else "")
