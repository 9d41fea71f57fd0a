"""One function per command: may this person ask it, do it, and log what was read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portique.core.case import CaseSettings, read_case
from portique.core.progress import Progress, silent
from portique.flow.access import Read, log_read
from portique.flow.commands import (
    Check,
    ExamineFirmware,
    ExamineTraffic,
    Init,
    Run,
    Sectors,
    UnpackFirmware,
    Why,
)
from portique.flow.examined import Act, examined
from portique.flow.folder import CaseFolder
from portique.flow.incremental import Runner, StageRun
from portique.flow.joined import examine_report
from portique.flow.lock import held, refuse_if_held
from portique.flow.permissions import Person, require
from portique.flow.stages import STAGES, Stage

if TYPE_CHECKING:
    from portique.flow.why.answer import Answer


__all__ = [
    "RunResult",
    "check",
    "examine_report",
    "examine_traffic",
    "init",
    "read_figures",
    "run",
    "sectors",
    "unpack_firmware",
    "why",
]


@dataclass(frozen=True)
class RunResult:
    """What a run did and what came out.

    Args:
        stages: what was done with each stage.
        figures: the figures of the case, as `derived/figures.json` holds them.
    """

    stages: tuple[StageRun, ...]
    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return both, for `--json`."""
        ran = [{"stage": s.name, "ran": bool(s.reason), "reason": s.reason} for s in self.stages]
        return {"stages": ran, "figures": self.figures}


def run(
    request: Run,
    person: Person,
    progress: Progress = silent,
    *,
    stages: tuple[Stage, ...] = STAGES,
) -> RunResult:
    """Bring a case up to date and return its figures.

    Raises:
        Refused: the case cannot be read, a source is refused, or another run holds the case.
    """
    require(person, "run")
    settings = read_case(request.case)
    folder = CaseFolder(request.case)
    with held(folder, "portique run"):
        runner = Runner(folder, settings, request.options, progress)
        done = tuple(runner.bring_up_to_date(stages))
        _tell_of_sources(folder, settings, person, request.purpose)
    log_read(folder, person, Read("run", "overview", "", request.purpose))
    return RunResult(done, read_figures(folder))


def _tell_of_sources(
    folder: CaseFolder, settings: CaseSettings, person: Person, purpose: str
) -> None:
    """Say in the journal, where there is one, what was taken in under which authority."""
    if (folder.root / "journal.pub").is_file():
        from portique.flow import declaring  # noqa: PLC0415 - loads the cryptography

        words = declaring.Words(person, purpose)
        declaring.tell_of_sources(folder, settings, words)


def read_figures(folder: CaseFolder) -> dict[str, Any]:
    """Return the stored figures of a case."""
    figures = json.loads((folder.derived / "figures.json").read_text(encoding="utf-8"))
    assert isinstance(figures, dict)  # noqa: S101 - written by our own last stage
    return figures


def init(request: Init, person: Person) -> list[str]:
    """Make an empty case folder with its journal, and return what was made.

    Raises:
        Refused: the folder holds something already.
    """
    from portique.flow.journal import opened  # noqa: PLC0415 - loads the cryptography
    from portique.flow.starter import make_case  # noqa: PLC0415 - loads pyarrow

    require(person, "init")
    made = make_case(request.folder)
    with opened(request.folder, create=True):
        return [*made, "journal.db", "journal.pub"]


def why(request: Why, person: Person) -> Answer:
    """Return what one row of a derived table follows from; the read is logged before it is shown.

    Raises:
        Refused: no such table or row, a run is going on, or a source was altered since.
    """
    from portique.flow.why.answer import answer  # noqa: PLC0415 - loads pyarrow

    require(person, "why")
    read_case(request.case)
    folder = CaseFolder(request.case)
    refuse_if_held(folder)
    found = answer(folder, request.table, request.key, all_rows=request.all_rows)
    log_read(folder, person, Read("why", request.table, found.step.key, request.purpose))
    return found


def check(request: Check, person: Person) -> dict[str, Any]:
    """Return what a run would use, refuse, set aside and lack.

    Raises:
        Refused: the case cannot be read.
    """
    from portique.collect.stage import plan  # noqa: PLC0415 - loads pyarrow

    require(person, "check")
    return plan(request.case, read_case(request.case))


def sectors(request: Sectors, person: Person) -> dict[str, Any]:
    """Make a sector register from a delivered list of sites.

    Raises:
        Refused: a list that cannot be read.
    """
    from portique.collect.sectors import build_register  # noqa: PLC0415 - loads pyarrow

    require(person, "sectors")
    return build_register(request.delivered, request.register)


def examine_traffic(
    request: ExamineTraffic, person: Person, progress: Progress = silent
) -> dict[str, Any]:
    """Return what a phone sent in a capture, to whom, to which country.

    Without a case no authority is shown and no access log is at hand: the answer says so.

    Raises:
        Refused: the capture, its record, the country files or the authority cannot be used.
    """
    require(person, "examine")
    act = Act("triage", "traffic")
    if not request.triage:
        record = request.record or Path(f"{request.capture}.toml")
        act = Act("traffic", "traffic", {"record": record, "indicators": request.indicators})
    return examined(act, request.under, person, lambda: _traffic(request, progress))


def _traffic(request: ExamineTraffic, progress: Progress) -> dict[str, Any]:
    if request.triage:
        # Triage adds whole numbers; numpy's threads for matrices would cost it a tenth of its time.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from portique.examine.traffic.triage import triage  # noqa: PLC0415 - loads numpy

        return triage(request.capture, request.countries, progress)
    from portique.examine.traffic.crosscheck import cross_check  # noqa: PLC0415
    from portique.examine.traffic.examine import Asked, examine  # noqa: PLC0415 - loads hyperscan

    asked = Asked(
        record=request.record,
        without_record=request.without_record or request.cross_check,
        countries=request.countries,
        indicators=request.indicators,
        cross_check=cross_check if request.cross_check else None,
    )
    return examine(request.capture, asked, progress)


def examine_firmware(
    request: ExamineFirmware, person: Person, progress: Progress = silent
) -> dict[str, Any]:
    """Return what the firmware of an image is able to do, with the code behind each statement.

    Without a case no authority is shown and no access log is at hand: the answer says so.

    Raises:
        Refused: the image, a file of rules or the authority cannot be used.
    """
    from portique.examine.firmware.examine import examine  # noqa: PLC0415 - loads numba

    require(person, "examine")
    rules = {f"rules {number}": path for number, path in enumerate(request.rules, 1)}
    return examined(
        Act("firmware", "image", rules),
        request.under,
        person,
        lambda: examine(request.image, request.rules, progress),
    )


def unpack_firmware(
    request: UnpackFirmware, person: Person, progress: Progress = silent
) -> dict[str, Any]:
    """Unpack an image and return what it gave, and what of it was not examined.

    Without a case no authority is shown and no access log is at hand: the answer says so.

    Raises:
        Refused: the image cannot be used, or the folder holds something already.
    """
    from portique.examine.firmware.unpack import unpack  # noqa: PLC0415 - loads numpy

    require(person, "unpack")
    return examined(
        Act("unpack", "image"),
        request.under,
        person,
        lambda: unpack(request.image, request.out, progress),
    )
