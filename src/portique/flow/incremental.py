"""Runs the stages whose inputs changed or whose outputs were damaged, and no other."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portique.core.case import CaseSettings
from portique.core.errors import Refused
from portique.core.progress import Progress
from portique.flow.fingerprint import Inputs, difference, fingerprint, inputs_of
from portique.flow.folder import CaseFolder, settle
from portique.flow.manifest import Entry, read_manifest
from portique.flow.seen import Seen
from portique.flow.stages import Call, Stage

if TYPE_CHECKING:
    from portique.engine.store import Store


@dataclass(frozen=True)
class Options:
    """How a run is asked for.

    Args:
        leave_out_refused: go on without the files that no authority covers.
        rehash: read every file again, whatever the file system says.
        memory_gib: memory the engine may use before it spills.
    """

    leave_out_refused: bool = False
    rehash: bool = False
    memory_gib: float = 4.0


@dataclass(frozen=True)
class StageRun:
    """What a run did with one stage.

    Args:
        name: of the stage.
        reason: why it ran, in words; empty: nothing had changed.
        seconds: how long it took.
    """

    name: str
    reason: str
    seconds: float


class Runner:
    """One run of one case, which holds the case's lock.

    Args:
        folder: the case.
        settings: its settings, checked.
        options: how the run is asked for.
        progress: told what is done.
    """

    def __init__(
        self, folder: CaseFolder, settings: CaseSettings, options: Options, progress: Progress
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._options = options
        self._progress = progress
        self._seen = Seen(folder, trust=not options.rehash)
        self._manifest = read_manifest(folder)

    def bring_up_to_date(self, stages: tuple[Stage, ...]) -> Iterator[StageRun]:
        """Run what has to run, in order, and yield what was done with each stage.

        After each stage the manifest is on the disk, so a run that is killed goes on behind the
        last stage that ended. What a stage writes is moved to `derived/` when all of it is there;
        a run that is killed within the move leaves old files beside new ones, which the manifest
        does not know, and the stage runs again.

        Raises:
            Refused: a source changed while it was read.
        """
        self._clear_remains()
        names = [stage.name for stage in stages]
        hashes = self._seen.sha256_of(self._folder.inputs(), self._progress)
        self._seen.save()
        for stage in stages:
            started = time.monotonic()
            inputs = self._inputs(stage, hashes)
            reason = self._why_stale(stage, inputs)
            if reason:
                self._run(stage, hashes)
                self._manifest.entries[stage.name] = self._entry(stage, inputs)
                self._manifest.write(self._folder, names)
            self._seen.save()
            yield StageRun(stage.name, reason, time.monotonic() - started)

    def _inputs(self, stage: Stage, hashes: dict[str, str]) -> Inputs:
        options, files = {}, {}
        if stage.takes_sources:
            options["leave_out_refused"] = "yes" if self._options.leave_out_refused else "no"
            files.update(hashes)
        for name in (f"{table}.parquet" for table in stage.reads):
            files[name] = self._manifest.sha256(name) or "missing"
        return inputs_of(stage, self._settings, options, files)

    def _why_stale(self, stage: Stage, inputs: Inputs) -> str:
        entry = self._manifest.entries.get(stage.name)
        if entry is None:
            return "it had not run"
        if entry.fingerprint != fingerprint(inputs):
            return difference(entry.inputs, inputs) or "its record was damaged"
        damaged = [n for n in stage.outputs if self._sha256(n) != entry.outputs.get(n)]
        return f"missing or damaged: {', '.join(damaged)}" if damaged else ""

    def _sha256(self, name: str) -> str | None:
        path = self._folder.derived / name
        return self._seen.sha256(path) if path.is_file() else None

    def _run(self, stage: Stage, hashes: dict[str, str]) -> None:
        from portique.flow.bounded import BoundedStore  # noqa: PLC0415 - loads pyarrow

        self._progress(stage.name, 0, 0)
        self._require_writable()
        self._folder.staged.mkdir(parents=True)
        try:
            with closing(
                BoundedStore(self._folder, stage, memory_gib=self._options.memory_gib)
            ) as store:
                stage.run(self._call(store, hashes))
            if stage.takes_sources:
                self._check_sources_stood_still(hashes)
            self._move_in(stage)
        finally:
            self._clear_remains()

    def _require_writable(self) -> None:
        """Find out before hours of work, not after them, that nothing may be written."""
        derived = self._folder.derived
        if derived.exists() and not os.access(derived, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(derived))

    def _call(self, store: Store, hashes: dict[str, str]) -> Call:
        return Call(
            case_folder=self._folder.root,
            settings=self._settings,
            store=store,
            progress=self._progress,
            leave_out_refused=self._options.leave_out_refused,
            hashes=hashes,
        )

    def _move_in(self, stage: Stage) -> None:
        """Move what a stage wrote to `derived/`, once all of it is there."""
        staged = {name: self._folder.staged / name for name in stage.outputs}
        for name, path in staged.items():
            if not path.is_file():
                raise AssertionError(f"the stage {stage.name} did not write {name}")
        self._folder.derived.mkdir(exist_ok=True)
        for name, path in staged.items():
            path.replace(self._folder.derived / name)
        settle(self._folder.derived)

    def _check_sources_stood_still(self, hashes: dict[str, str]) -> None:
        now = {self._folder.relative(path) for path in self._folder.inputs()}
        moved = sorted(now ^ hashes.keys())
        moved += [n for n in sorted(hashes) if not self._seen.is_as_read(self._folder.root / n)]
        if moved:
            raise Refused(
                f"{len(set(moved))} sources changed while they were read",
                where=", ".join(sorted(set(moved))[:3]),
                mend="run again when nobody writes to the sources; nothing derived was kept",
                code="FLOW-002",
            )

    def _entry(self, stage: Stage, inputs: Inputs) -> Entry:
        outputs = {n: self._seen.sha256(self._folder.derived / n) for n in stage.outputs}
        return Entry(fingerprint(inputs), inputs, outputs)

    def _clear_remains(self) -> None:
        """Remove what a stage that failed, or was killed, left half written."""
        for folder in (self._folder.scratch, self._folder.staged):
            if folder.exists():
                shutil.rmtree(folder)
        for remains in self._folder.derived.glob("*.partial"):
            remains.unlink()
