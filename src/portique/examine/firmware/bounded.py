"""Faults and time of one examination: what goes wrong in a part is a finding, and ends that part.

Two kinds are told apart. Material that cannot be read is "could not be read". A fault of the
program (an index beyond its array is one, whatever bytes led to it) is "fault of the program", with
its type and place: it must be mended, and it never reads as "nothing found".
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from portique.examine.firmware.reading import Damaged

MOST_SECONDS = 900
"""Seconds of the clock for reading the code of one image; a slow machine needs a tenth of it."""
_OURS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
_MOST_NOTES = 200


class Bounded:
    """What went wrong in one examination so far, and how much time is left.

    Args:
        seconds: after which nothing more is begun.
        clock: seconds, from whatever beginning.
    """

    def __init__(
        self, seconds: float = MOST_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds = seconds
        self.notes: list[dict[str, Any]] = []
        self._clock = clock
        self._until = clock() + seconds

    @property
    def is_whole(self) -> bool:
        """Return whether everything was looked at."""
        return not self.notes

    @contextmanager
    def part(self, what: str, doing: str) -> Iterator[None]:
        """Turn what goes wrong inside into a note.

        Args:
            what: the part, e.g. the name of a segment.
            doing: what is done with it.
        """
        try:
            yield
        except Damaged as fault:
            self._note(what, f"could not be read, while {doing}: {fault}")
        except _OURS as fault:
            last = traceback.extract_tb(fault.__traceback__)[-1]
            place = f"{PurePath(last.filename).name}, line {last.lineno}"
            kind = type(fault).__name__
            self._note(what, f"fault of the program, while {doing}: {kind} in {place}: {fault}")

    def is_over(self, what: str) -> bool:
        """Return whether the time is up, and note what was left for it.

        Args:
            what: that is not looked at then.
        """
        if self._clock() < self._until:
            return False
        self._note(what, f"not looked at: {self.seconds:,} seconds are over")
        return True

    def _note(self, what: str, why: str) -> None:
        if len(self.notes) < _MOST_NOTES:
            self.notes.append({"what": what, "offset": None, "length": 0, "why": why})
