"""The pipeline, in order: what each stage reads, writes and depends on.

A stage is imported when it runs, so that a run with nothing to do loads none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from portique.core.case import CaseSettings
from portique.core.progress import Progress

if TYPE_CHECKING:
    from portique.engine.store import Store


@dataclass(frozen=True)
class Call:
    """What a stage is called with.

    Args:
        case_folder: the case.
        settings: its settings, checked.
        store: its derived tables; only those that the stage names.
        progress: told how far the stage is.
        leave_out_refused: go on without the files that no authority covers.
        hashes: SHA-256 of every file by path below the case folder, e.g. "sources/sale/a.csv".
    """

    case_folder: Path
    settings: CaseSettings
    store: Store
    progress: Progress
    leave_out_refused: bool
    hashes: Mapping[str, str]


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline.

    Args:
        name: the word people use for it.
        run: does the work.
        reads: tables it may read.
        writes: tables it writes, each of them every time.
        settings: fields of `CaseSettings` that it looks at.
        rooms: packages whose code it runs, beside `core` and `engine`.
        files: what it writes to `derived/` that is no table.
        takes_sources: whether it reads `sources/`, and so depends on every file there.
    """

    name: str
    run: Callable[[Call], None]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    settings: tuple[str, ...]
    rooms: tuple[str, ...]
    files: tuple[str, ...] = ()
    takes_sources: bool = False

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the files it writes to `derived/`.

        >>> [stage.outputs for stage in STAGES if stage.name == "link"]
        [('offence_link.parquet',)]
        """
        return tuple(f"{name}.parquet" for name in self.writes) + self.files


def _collect(call: Call) -> None:
    from portique.collect.stage import run  # noqa: PLC0415 - loads pyarrow

    run(
        call.case_folder,
        call.settings,
        call.store,
        call.progress,
        leave_out_refused=call.leave_out_refused,
        hashes=call.hashes,
    )


def _identify(call: Call) -> None:
    from portique.identify.stage import run  # noqa: PLC0415 - loads Ibis

    run(call.settings, call.store, call.progress)


def _locate(call: Call) -> None:
    from portique.locate.stage import run  # noqa: PLC0415 - loads Ibis

    run(call.settings, call.store, call.progress)


def _link(call: Call) -> None:
    from portique.link.stage import run  # noqa: PLC0415 - loads Ibis

    run(call.settings, call.store, call.progress)


def _overview(call: Call) -> None:
    from portique.report.stage import run  # noqa: PLC0415 - loads pyarrow

    data = files("portique.locate")
    measured = data.joinpath("validation.json")
    run(
        call.settings,
        call.store,
        call.progress,
        calibration=data.joinpath("calibration.json").read_bytes(),
        validation=measured.read_bytes() if measured.is_file() else None,
    )


_COLLECTED = (
    "source",
    "set_aside",
    "sale",
    "sector",
    "prison",
    "prison_cell",
    "stay",
    "absence",
    "declared_contact",
    "find",
    "offence",
    "sighting",
    "record",
    "tac_name",
)
_IDENTIFIED = (
    "fleet_imei",
    "fleet_record",
    "clone_split",
    "clock_offset",
    "handset_sim",
    "handset",
    "number_reach",
    "second_contact",
)
_LOCATED = (
    "calibration_check",
    "find_check",
    "presence",
    "placement",
    "attribution",
    "attribution_term",
    "cell_chance",
    "target",
)

STAGES: tuple[Stage, ...] = (
    Stage(
        name="collect",
        run=_collect,
        reads=(),
        writes=_COLLECTED,
        settings=("authorities", "as_of_utc", "tacs", "timezone"),
        rooms=("collect",),
        takes_sources=True,
    ),
    Stage(
        name="identify",
        run=_identify,
        reads=("record", "sale", "sector", "find", "tac_name", "declared_contact"),
        writes=_IDENTIFIED,
        settings=("tacs", "as_of_utc"),
        rooms=("identify",),
    ),
    Stage(
        name="locate",
        run=_locate,
        reads=(
            "sector",
            "prison",
            "prison_cell",
            "stay",
            "absence",
            "declared_contact",
            "find",
            "fleet_record",
            "clock_offset",
            "handset",
            "number_reach",
            "second_contact",
        ),
        writes=_LOCATED,
        settings=("as_of_utc", "timezone", "max_cells", "search"),
        rooms=("locate",),
    ),
    Stage(
        name="link",
        run=_link,
        reads=("offence", "fleet_record", "handset", "number_reach"),
        writes=("offence_link",),
        settings=("as_of_utc",),
        rooms=("link",),
    ),
    Stage(
        name="overview",
        run=_overview,
        reads=(
            "source",
            "set_aside",
            "sale",
            "prison",
            "record",
            "fleet_imei",
            "handset",
            "clone_split",
            *_LOCATED,
            "offence_link",
        ),
        writes=(),
        settings=(
            "case_id",
            "title",
            "timezone",
            "as_of_utc",
            "max_cells",
            "search",
            "authorities",
        ),
        rooms=("report", "locate"),  # of locate, the calibration and validation that are cited
        files=("figures.json", "overview.html", "annex.html"),
    ),
)
"""Every stage in the order of the work; each reads only what an earlier one wrote."""
