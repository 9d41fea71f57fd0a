"""Verifying a case's journal, and the pack with which somebody else can."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import portique
from portique.core.case import CaseSettings, read_case
from portique.core.errors import Refused
from portique.core.progress import Progress, silent
from portique.flow.access import NOT_STATED, Read, log_read
from portique.flow.alarms import for_eyes_of
from portique.flow.folder import CaseFolder
from portique.flow.lock import held
from portique.flow.permissions import Person, require
from portique.ledger.export import Exported, Order, Part, as_json, export, part, part_of
from portique.ledger.journal import Journal
from portique.ledger.projection import rule_alarms
from portique.ledger.verify import Report, verify

CONTRACT = 1
PACKAGES = ("cryptography", "duckdb", "ibis-framework", "numpy", "pyarrow", "scipy")


@dataclass(frozen=True)
class Verify:
    """Read the journal of a case again and say what does not fit.

    Args:
        case: the case folder.
        checkpoints: files with checkpoints that were kept elsewhere.
    """

    case: Path
    checkpoints: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Export:
    """Write the pack with which the defence checks the journal without this program.

    Args:
        case: the case folder.
        out: the ZIP to write.
        recipient: who gets it.
        purpose: why.
        withheld: subject keys that the recipient is not entitled to.
    """

    case: Path
    out: Path
    recipient: str = NOT_STATED
    purpose: str = NOT_STATED
    withheld: tuple[str, ...] = ()


def verify_journal(request: Verify, person: Person, progress: Progress = silent) -> Report:
    """Return what was found in a case's journal; nothing is written.

    Who has no case data is told of a broken rule its name alone, and where.

    Raises:
        Refused: no journal, or a checkpoint that cannot be opened.
    """
    require(person, "verify")
    outside = [(str(path), _note(path)) for path in request.checkpoints]
    report = verify(request.case, outside, rules=rule_alarms, progress=progress)
    report.alarms = for_eyes_of(person, report.alarms)
    return report


def export_pack(request: Export, person: Person) -> Exported:
    """Write the pack for the defence and return what was written.

    Raises:
        Refused: no journal, a run that holds the case, or no folder to write into.
        Problem: a file of the case that changed meanwhile.
    """
    require(person, "export")
    settings = read_case(request.case)
    if not request.out.absolute().parent.is_dir():
        raise Refused(
            "there is no folder to write the pack into",
            where=str(request.out),
            mend="make the folder, or name another place",
            code="LED-052",
        )
    folder = CaseFolder(request.case)
    order = Order(
        person.actor, person.role, request.recipient, request.purpose, frozenset(request.withheld)
    )
    with Journal.open(request.case) as journal, held(folder, "portique export"):
        log_read(
            folder,
            person,
            Read("export", "journal", "", request.purpose, recipient=request.recipient),
        )
        return export(journal, request.out, order, _parts(folder, settings))


def _note(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as fault:
        raise Refused(
            f"this checkpoint cannot be opened: {fault.strerror}",
            where=str(path),
            mend="name a file with a signed checkpoint",
            code="LED-053",
        ) from fault


def _parts(folder: CaseFolder, settings: CaseSettings) -> Iterator[Part]:
    yield part("sources.json", as_json(_sources(folder, settings)))
    yield part("versions.json", as_json(_versions()))
    for path in sorted(folder.derived.rglob("*")):
        if path.is_file():
            yield part_of(f"derived/{path.relative_to(folder.derived).as_posix()}", path)


def _sources(folder: CaseFolder, settings: CaseSettings) -> list[dict[str, Any]]:
    """Return every file of sources/: its hash as the last run read it, else as it lies there."""
    known = _hashes_of_the_last_run(folder)
    root = folder.root / "sources"
    listed = []
    for path in sorted(root.rglob("*")) if root.is_dir() else []:
        if not path.is_file():
            continue
        name = path.relative_to(root).as_posix()
        covering = settings.covering(name.split("/", maxsplit=1)[0])
        listed.append(
            {
                "file": name,
                "sha256": known.get(name) or part_of(name, path).sha256,
                "authority": [authority.id for authority in covering],
            }
        )
    return listed


def _hashes_of_the_last_run(folder: CaseFolder) -> dict[str, str]:
    table = folder.derived / "source.parquet"
    if not table.is_file():
        return {}
    import pyarrow.parquet as pq  # noqa: PLC0415 - takes a quarter of a second to load

    rows = pq.read_table(table, columns=["path", "sha256"]).to_pylist()
    return {row["path"]: row["sha256"] for row in rows}


def _versions() -> dict[str, Any]:
    return {
        "portique": portique.__version__,
        "journal_contract": CONTRACT,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }
