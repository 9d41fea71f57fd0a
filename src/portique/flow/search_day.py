"""The search day: what is done in a cell, entered as it is done; a site's close; the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portique.core.errors import Refused
from portique.flow.access import NOT_STATED, Read, log_read
from portique.flow.declaring import append_resting
from portique.flow.folder import CaseFolder
from portique.flow.journal_state import Reader, entries_from
from portique.flow.permissions import Person, require
from portique.ledger.figures import figures_at, figures_bytes, figures_of
from portique.ledger.journal import Journal, ProgramEntry

KIND_OF_VERB = {
    "start": "search_started",
    "found": "found",
    "not-found": "not_found",
    "aborted": "search_aborted",
    "opportunistic": "opportunistic_find",
    "premises": "supplier_premises_searched",
    "site-closed": "site_closed",
}
OF_THE_SUPPLIER = frozenset({"premises", "site-closed"})
"""Verbs that are about a place or web site of the supplier, and no prison cell."""
COUNTS = ("targeted", "seized", "not_found", "not_searched", "aborted", "opportunistic", "exhibits")


@dataclass(frozen=True)
class SearchAct:
    """One act in a prison cell, or at a place of the supplier.

    Args:
        case: the case folder.
        verb: a key of `KIND_OF_VERB`.
        cell_id: the cell; of what is about the supplier: the premises, or the web site.
        body: what the entry says beside; members that are None or empty are left out.
        authority_id: the order it rests on; None: none is named, which is flagged where needed.
        purpose: why.
    """

    case: Path
    verb: str
    cell_id: str
    body: Mapping[str, Any]
    authority_id: str | None = None
    purpose: str = NOT_STATED


def record(request: SearchAct, person: Person) -> dict[str, Any]:
    """Enter an act of a search and return where it lies, the cell after it, and what is wrong.

    Raises:
        Refused: the role may not enter it.
    """
    command = f"search {request.verb}"
    require(person, command)
    empty: tuple[Any, ...] = (None, "", (), [])
    what = "site" if request.verb in OF_THE_SUPPLIER else "cell"
    with Journal.open(request.case, create=True) as journal:
        entry = ProgramEntry(
            kind=KIND_OF_VERB[request.verb],
            subject_type=what,
            subject_id=request.cell_id,
            body={name: value for name, value in request.body.items() if value not in empty},
            actor=person.actor,
            role=person.role,
            purpose=request.purpose,
            authority_id=request.authority_id,
        )
        held = append_resting(journal, entry)
        after = Reader(journal).standing()
    read = Read(command, what, request.cell_id, request.purpose)
    log_read(CaseFolder(request.case), person, read)
    return {
        "sequence": held.sequence,
        "cell_id": request.cell_id,
        "cell": after.state.value["cells"].get(request.cell_id),
        "flags": [{"rule": f.rule, "what": f.what} for f in after.state.flags_of(held.sequence)],
        "checkpoint": after.checkpoint,
    }


def close_out(case: Path, site: str, purpose: str, person: Person) -> dict[str, Any]:
    """Enter that a site's search day is over, with its counts, and return what is still open.

    Nothing that is open keeps it from being closed: it is listed, and stands in the journal.

    Returns:
        `counts` of the site, `open` {`searching`, `not_searched` cells, `under_way` exhibits,
        `devices` without a whole close-out}, and the `checkpoint` that both are of.

    Raises:
        Refused: the role may not close it, or the journal knows nothing of the site.
    """
    require(person, "search close-out")
    with Journal.open(case) as journal:
        standing = Reader(journal).standing()
        value = standing.state.value
        if site not in value["sites"]:
            raise Refused(
                f"the journal knows no cell and no exhibit of the site {site}",
                where=str(case),
                mend="name one of: " + (", ".join(filter(None, value["sites"])) or "none yet"),
                code="CUS-007",
            )
        log_read(CaseFolder(case), person, Read("search close-out", "cell", site, purpose))
        counts = {name: value["sites"][site][name] for name in COUNTS}
        left = _open(value, site)
        journal.append(
            ProgramEntry(
                kind="search_closed",
                subject_type="site",
                subject_id=site,
                body={**counts, "size": standing.size, "open": left},
                actor=person.actor,
                role=person.role,
                purpose=purpose,
            )
        )
    return {"site": site, "counts": counts, "open": left, "checkpoint": standing.checkpoint}


def _open(value: Mapping[str, Any], site: str) -> dict[str, list[str]]:
    cells = {name: cell for name, cell in value["cells"].items() if cell["site"] == site}
    return {
        "searching": [n for n, c in cells.items() if c["state"] == "search_started"],
        "not_searched": [
            n
            for n, c in cells.items()
            if c["is_targeted"]
            and c["outcome"] == "not_searched"
            and c["state"] != "search_started"
        ],
        "under_way": [
            n for n, x in value["exhibits"].items() if x["site"] == site and x["handed_over_to"]
        ],
        "devices": [
            n
            for n, d in value["devices"].items()
            if d["site"] == site and not (d["closed_out"] and d["closed_out"]["is_whole"])
        ],
    }


def figures(case: Path, size: int | None, purpose: str, person: Person) -> dict[str, Any]:
    """Return the figures of the operation with the checkpoint they are of; the read is logged.

    The same size gives the same bytes (`figures_bytes`), whatever was entered since.

    Args:
        case: the case folder.
        size: how many entries count; None: all that there are now.
        purpose: why.
        person: who asks.

    Raises:
        Refused: the role may not read them, or the journal is shorter.
    """
    require(person, "search figures")
    with Journal.open(case) as journal:
        log_read(CaseFolder(case), person, Read("search figures", "cell", "", purpose))
        if size is None:
            now = Reader(journal).standing()
            return figures_of(now.state, now.checkpoint, now.received_at_utc)
        try:
            return figures_at(entries_from(journal, 0), size)
        except ValueError as fault:
            raise Refused(
                f"there are no figures of {size} entries: {fault}",
                where="--at",
                mend=f"name a size from 0 to {journal.size()}",
                code="CUS-008",
            ) from fault


def figures_line(told: Mapping[str, Any]) -> str:
    """Return figures in their one form: the same figures are the same text."""
    return figures_bytes(told).decode("ascii")
