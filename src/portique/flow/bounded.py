"""A store that holds a stage to what it declared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from portique.engine.store import Store
from portique.flow.folder import CaseFolder
from portique.flow.stages import Stage


class BoundedStore(Store):
    """The derived tables of a case, as far as one stage says that it reads and writes them.

    A table that a stage read without saying so would not count when the program decides whether
    the stage has to run again, and the case would keep old figures without a word.

    What the stage writes lies in a folder of its own until all of it is there: a stage that fails,
    on a full disk for one, leaves the tables of the last run as they were.

    Args:
        folder: the case.
        stage: whose reads and writes are allowed.
        memory_gib: memory the engine may use before it spills.
    """

    def __init__(self, folder: CaseFolder, stage: Stage, *, memory_gib: float = 4.0) -> None:
        super().__init__(folder.staged, folder.scratch, memory_gib=memory_gib)
        self._derived = folder.derived
        self._stage = stage

    def path(self, name: str) -> Path:
        """Return where a derived table lies: what the stage writes apart from what it reads.

        Raises:
            AssertionError: the stage does not say that it reads or writes it: a fault of ours.
        """
        if name not in self._stage.reads + self._stage.writes:
            raise AssertionError(f"the stage {self._stage.name} does not say that it reads {name}")
        own = super().path(name)
        return own if name in self._stage.writes else self._derived / own.name

    def write_batches(self, name: str, batches: Iterator[pa.RecordBatch]) -> None:
        """Write a derived table that is the stage's own.

        Raises:
            AssertionError: another stage writes it: a fault of ours.
        """
        if name not in self._stage.writes:
            raise AssertionError(f"the stage {self._stage.name} does not say that it writes {name}")
        super().write_batches(name, batches)
