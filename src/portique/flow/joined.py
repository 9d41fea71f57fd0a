"""`examine report`: the stored answers of a case, read back and joined for one exhibit or all."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portique.core.case import CaseSettings, read_case
from portique.core.errors import Refused
from portique.flow.access import Read, log_read
from portique.flow.examined import stored_in
from portique.flow.folder import DAMAGED, CaseFolder
from portique.flow.permissions import Person, require

if TYPE_CHECKING:
    from portique.examine.joined.exhibit import Parts
    from portique.flow.commands import ExamineReport

_ENTRIES_AT_ONCE = 1000


def examine_report(request: ExamineReport, person: Person) -> dict[str, Any]:
    """Return what the stored examinations say of one exhibit, or of every phone by build.

    The read is logged before anything is shown.

    Raises:
        Refused: the case cannot be read, or nothing is stored of the exhibit.
    """
    from portique.examine.joined.exhibit import join  # noqa: PLC0415 - loaded when it is asked for
    from portique.examine.joined.fleet import join_fleet  # noqa: PLC0415 - as above

    require(person, "examine report")
    settings = read_case(request.case)
    folder = CaseFolder(request.case)
    read = Read("examine report", "exhibit", request.exhibit or "", request.purpose)
    log_read(folder, person, read)
    exhibits = _stored(folder)
    if request.exhibit is None:
        told = join_fleet(exhibits)
    else:
        told = join(request.exhibit, _of(request.exhibit, exhibits, folder))
    told = {"case_id": settings.case_id, "case_title": settings.title} | told
    if request.pdf is not None:
        _write(request.pdf, told, settings)
    return told


def _of(exhibit: str, exhibits: dict[str, Parts], folder: CaseFolder) -> Parts:
    if exhibit not in exhibits:
        known = ", ".join(sorted(exhibits)[:20]) or "none"
        raise Refused(
            f"no examination of the exhibit {exhibit!r} is stored in this case",
            where=str(stored_in(folder)),
            mend=f"examine it with --case and --exhibit first; stored are: {known}",
            code="EXC-005",
        )
    return exhibits[exhibit]


def _stored(folder: CaseFolder) -> dict[str, Parts]:
    """Return the stored answers by exhibit; what cannot be read is said of every exhibit."""
    from portique.examine.joined.exhibit import Parts, Stored  # noqa: PLC0415 - as above

    exhibits: dict[str, Parts] = {}
    unread: list[dict[str, str]] = []
    known = _in_journal(folder)
    for path in sorted(stored_in(folder).glob("*.json")):
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        try:
            told = json.loads(content)
            exhibit = str(told["exhibit"])
            if not isinstance(told["grade"] if told["examination"] in _GRADED else 6, int):
                raise ValueError("its grade is no number")
        except DAMAGED as fault:
            unread.append({"what": path.name, "why": f"cannot be read: {fault}"})
            continue
        stored = Stored(digest, None if known is None else digest in known, told)
        exhibits.setdefault(exhibit, Parts()).add(stored)
    for parts in exhibits.values():
        parts.unread = unread
    return exhibits


_GRADED = frozenset({"firmware", "traffic"})


def _in_journal(folder: CaseFolder) -> set[str] | None:
    """Return the hashes of answers that the journal names; None: the case has no journal."""
    if not (folder.root / "journal.pub").is_file():
        return None
    from portique.ledger.journal import Journal  # noqa: PLC0415 - loads cryptography

    found: set[str] = set()
    with closing(Journal.open(folder.root)) as journal:
        first = 0
        while rows := journal.entries(first, _ENTRIES_AT_ONCE):
            first += len(rows)
            for row in rows:
                entry = json.loads(row.payload)
                if entry["kind"] == "examined" and isinstance(entry["body"], dict):
                    found.add(str(entry["body"].get("answer_sha256")))
    return found


def _write(path: Path, told: dict[str, Any], settings: CaseSettings) -> None:
    from portique.report.joined_sheet import sheet  # noqa: PLC0415 - loads typst

    path.write_bytes(sheet(told, str(settings.timezone)))
