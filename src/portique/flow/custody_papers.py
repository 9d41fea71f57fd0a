"""Papers of custody: labels, the sheet of an exhibit, the close-out against a paper tally."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portique.core.case import read_case
from portique.core.errors import Refused
from portique.flow.access import Read, log_read
from portique.flow.custody import one
from portique.flow.folder import CaseFolder
from portique.flow.journal_state import Reader, standing_of
from portique.flow.permissions import Person, require
from portique.ledger.journal import Journal, ProgramEntry


def labels(case: Path, seals: tuple[str, ...], out: Path, purpose: str, person: Person) -> int:
    """Write labels for seal numbers, or for every seal in use, and return how many.

    The read is logged.

    Raises:
        Refused: a number that Code 128 cannot hold.
    """
    from portique.report.labels import labels_pdf  # noqa: PLC0415

    require(person, "exhibit labels")
    settings = read_case(case)
    log_read(CaseFolder(case), person, Read("exhibit labels", "exhibit", "", purpose))
    if seals:
        wanted = [{"seal": seal, "exhibit_id": ""} for seal in seals]
    else:
        exhibits = standing_of(case).state.value["exhibits"]
        wanted = [{"seal": x["seal"], "exhibit_id": n} for n, x in exhibits.items() if x["seal"]]
    try:
        out.write_bytes(labels_pdf(settings.case_id, wanted))
    except ValueError as fault:
        raise Refused(
            f"a label cannot be printed: {fault}",
            where="the seal numbers",
            mend="seal numbers have letters without accents, digits and punctuation",
            code="CUS-004",
        ) from fault
    return len(wanted)


def sheet(case: Path, exhibit_id: str, out: Path, purpose: str, person: Person) -> dict[str, Any]:
    """Write the sheet of an exhibit and return the checkpoint that it quotes; the read is logged.

    Raises:
        Refused: the role may not read it, or no such exhibit.
    """
    from portique.report.exhibit_sheet import sheet_pdf  # noqa: PLC0415

    settings = read_case(case)
    told = one(case, exhibit_id, purpose, person, command="exhibit sheet")
    about = {
        "id": settings.case_id,
        "title": settings.title,
        "timezone": settings.timezone.key,
    }
    out.write_bytes(sheet_pdf(about, exhibit_id, told))
    checkpoint: dict[str, Any] = told["checkpoint"]
    return checkpoint


def close_out(case: Path, tally: Path, purpose: str, person: Person) -> dict[str, Any]:
    """Compare a typed paper tally with the journal, and enter that it was done and what came out.

    Returns:
        `checkpoint` of the counts, `differences` by site, `open`: exhibits handed over and taken
        over by nobody.

    Raises:
        Refused: a tally that cannot be read.
    """
    from portique.report.paper_tally import differences, read_tally  # noqa: PLC0415

    require(person, "exhibit close-out")
    sha256, counts = read_tally(tally)
    with Journal.open(case) as journal:
        standing = Reader(journal).standing()
        value = standing.state.value
        found = differences(counts, value["sites"])
        log_read(CaseFolder(case), person, Read("exhibit close-out", "exhibit", "", purpose))
        journal.append(
            ProgramEntry(
                kind="reconciled",
                subject_type="document",
                subject_id=sha256,
                body={
                    "tally_sha256": sha256,
                    "differences": len(found),
                    "size": standing.size,
                    "by_site": found,
                },
                actor=person.actor,
                role=person.role,
                purpose=purpose,
            )
        )
    under_way = [name for name, x in value["exhibits"].items() if x["handed_over_to"]]
    return {"checkpoint": standing.checkpoint, "differences": found, "open": under_way}
