"""From targets to orders: requests with their grounds, signatures of two people, revocation."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from portique.core.case import CaseSettings, read_case
from portique.core.clock import utc_text
from portique.core.errors import Refused
from portique.core.progress import Progress, silent
from portique.flow.access import NOT_STATED, Read, log_read
from portique.flow.folder import CaseFolder, swap_in
from portique.flow.journal_state import Reader, Standing, standing_of
from portique.flow.lock import held
from portique.flow.permissions import NO_NAMES, Person, require
from portique.ledger.journal import Journal, ProgramEntry

SCOPE = ("search", "seize")
FIRST_HOUR, LAST_HOUR = time(6), time(21)
FOLDER = "authorities"
"""Requests lie here, one folder an authority: what was asked is evidence, not disposable."""


@dataclass(frozen=True)
class Asking:
    """What `authorise request` is asked for.

    Args:
        case: the case folder.
        from_utc, until_utc: the period asked for; None: the day after the horizon, 6 to 21 h.
        basis: legal basis as the magistrate is to read it; empty: left for them to state.
        purpose: why.
    """

    case: Path
    from_utc: datetime | None = None
    until_utc: datetime | None = None
    basis: str = ""
    purpose: str = NOT_STATED


def request(asked: Asking, person: Person, progress: Progress = silent) -> dict[str, Any]:
    """Make one request for each target cell: journal, JSON, and a PDF in French and in English.

    A request that was made before in the same words is not made again.

    Raises:
        Refused: the case was not run, or another process holds it.
    """
    from portique.authorise.grounds import requests_from  # noqa: PLC0415 - loads pyarrow
    from portique.engine.store import Store  # noqa: PLC0415

    require(person, "authorise request")
    settings, folder = read_case(asked.case), CaseFolder(asked.case)
    if not (folder.derived / "target.parquet").is_file():
        raise Refused(
            "no cells are proposed yet",
            where=str(folder.derived),
            mend=f"derive them with `portique run {asked.case}`",
            code="AUT-001",
        )
    with held(folder, "portique authorise request"):
        sha256 = hashlib.sha256((folder.derived / "target.parquet").read_bytes()).hexdigest()
        outer = period_of(settings, asked) | {"basis": asked.basis, "target_sha256": sha256}
        with Store(folder.derived, folder.scratch) as store:
            wanted = [r | outer | {"scope": list(SCOPE)} for r in requests_from(settings, store)]
        log_read(folder, person, Read("authorise request", "target", "", asked.purpose))
        with Journal.open(asked.case, create=True) as journal:
            standing = Reader(journal).standing()
            made, known = _numbered(wanted, standing)
            for count, each in enumerate(made):
                progress("setting requests", count, len(made))
                _write(folder, each)
            entries = [e for each in made for e in _entries(folder, each, person, asked.purpose)]
            if entries:
                journal.append_all(entries)
    return {"requested": [r["authority_id"] for r in made], "known": known}


def period_of(settings: CaseSettings, asked: Asking) -> dict[str, str]:
    """Return the period that is asked for: hours of the case's own day, also where clocks change.

    Args:
        settings: of the case: horizon and time zone.
        asked: what was stated.
    """
    day = (settings.as_of_utc.astimezone(settings.timezone) + timedelta(days=1)).date()
    start = datetime.combine(day, FIRST_HOUR, settings.timezone)
    end = datetime.combine(day, LAST_HOUR, settings.timezone)
    return {
        "from_utc": utc_text(asked.from_utc or start),
        "until_utc": utc_text(asked.until_utc or end),
    }


def _numbered(
    wanted: list[dict[str, Any]], standing: Standing
) -> tuple[list[dict[str, Any]], list[str]]:
    """Give each request its number; other words for the same cell and day are another request."""
    earlier = {n: a.request_sha256 for n, a in standing.state.authorities.items()}
    made, known = [], []
    for each in wanted:
        said = hashlib.sha256(json.dumps(each, sort_keys=True).encode()).hexdigest()
        base = f"DA-{each['cell_id']}-{each['from_utc'][:10].replace('-', '')}"
        names = [base, *(f"{base}-{n}" for n in range(2, len(earlier) + 3))]
        same = [name for name in names if earlier.get(name) == said]
        if same:
            known.append(same[0])
            continue
        name = next(name for name in names if name not in earlier)
        numbered = {"authority_id": name, "request_sha256": said}
        made.append(each | numbered | {"checkpoint": standing.checkpoint})
    return made, known


def _write(folder: CaseFolder, each: dict[str, Any]) -> None:
    from portique.authorise.document import LANGUAGES, pdf  # noqa: PLC0415 - loads typst

    place = folder.root / FOLDER / each["authority_id"]
    place.mkdir(parents=True, exist_ok=True)
    text = json.dumps(each, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    swap_in(place / "request.json", text)
    for language in LANGUAGES:
        (place / f"request.{language}.pdf").write_bytes(pdf(each, language))


def _entries(
    folder: CaseFolder, each: dict[str, Any], person: Person, purpose: str
) -> list[ProgramEntry]:
    """Return the entries of one request: the cell is targeted, and an authority asked for."""
    document = folder.root / FOLDER / each["authority_id"] / "request.fr.pdf"
    handsets = [h["handset_id"] for h in each["handsets"]]
    targeted = ProgramEntry(
        kind="targeted",
        subject_type="cell",
        subject_id=each["cell_id"],
        body={"site": each["prison_id"], "handset_ids": handsets, "rank": each["rank"]},
        actor=person.actor,
        role=person.role,
        purpose=purpose,
        status="assessment",
    )
    body = {
        "scope": each["scope"],
        "sites": [each["prison_id"]],
        "cells": [each["cell_id"]],
        "from_utc": each["from_utc"],
        "until_utc": each["until_utc"],
        "basis": each["basis"],
        "request_sha256": each["request_sha256"],
        "document_sha256": hashlib.sha256(document.read_bytes()).hexdigest(),
    }
    asked = ProgramEntry(
        kind="authority_requested",
        subject_type="document",
        subject_id=each["authority_id"],
        body=body,
        actor=person.actor,
        role=person.role,
        purpose=purpose,
    )
    return [targeted, asked]


def sign(case: Path, authority_id: str, purpose: str, person: Person) -> dict[str, Any]:
    """Enter one person's signature; with the second, the authority is in force.

    Raises:
        Refused: the role may not sign, or nobody asked for this authority.
    """
    require(person, "authorise sign")
    return _enter(case, authority_id, ("authority_signed", {}), purpose, person)


def revoke(
    case: Path, authority_id: str, reason: str, purpose: str, person: Person
) -> dict[str, Any]:
    """Enter that an authority holds no more, from now on.

    Raises:
        Refused: the role may not revoke, or nobody asked for this authority.
    """
    require(person, "authorise revoke")
    said = ("authority_revoked", {"reason": reason})
    return _enter(case, authority_id, said, purpose, person)


def _enter(
    case: Path, authority_id: str, said: tuple[str, dict[str, Any]], purpose: str, person: Person
) -> dict[str, Any]:
    kind, body = said
    with Journal.open(case) as journal:
        reader = Reader(journal)
        before = _known(reader.standing(), authority_id, case)
        entry = ProgramEntry(
            kind, "document", authority_id, body, person.actor, person.role, purpose
        )
        entered = journal.append(entry)
        now = reader.standing().state.authorities[authority_id]
        if before["in_force_utc"] is None and now.in_force_utc is not None:
            journal.append_all(
                [
                    ProgramEntry(
                        kind="authorised",
                        subject_type="cell",
                        subject_id=cell,
                        body={"site": now.sites[0] if now.sites else ""},
                        actor=person.actor,
                        role=person.role,
                        purpose=purpose,
                        authority_id=authority_id,
                    )
                    for cell in now.cells
                ]
            )
        standing = reader.standing()
    said_as = {"authority_signed": "authorise sign", "authority_revoked": "authorise revoke"}[kind]
    log_read(CaseFolder(case), person, Read(said_as, "authority", authority_id, purpose))
    told = _told(standing, authority_id, person)
    flags = standing.state.flags_of(entered.sequence)
    return told | {"flags": [{"rule": a.rule, "what": a.what} for a in flags]}


def status(case: Path, purpose: str, person: Person) -> dict[str, Any]:
    """Return every authority of a case with its status now; the read is logged."""
    require(person, "authorise status")
    standing = standing_of(case)
    log_read(CaseFolder(case), person, Read("authorise status", "authority", "", purpose))
    names = sorted(standing.state.authorities)
    return {
        "checkpoint": standing.checkpoint,
        "authorities": [_told(standing, name, person) for name in names],
    }


def _told(standing: Standing, authority_id: str, person: Person) -> dict[str, Any]:
    value = standing.state.value["authorities"][authority_id]
    now = standing.state.authorities[authority_id].status_at(datetime.now(UTC))
    signatures = value["signatures"]
    if person.role in NO_NAMES:
        signatures = [{"role": s["role"], "at_utc": s["at_utc"]} for s in signatures]
    told = {"authority_id": authority_id, "status": now, "uses": len(value["used_by"])}
    return dict(value) | told | {"signatures": signatures}


def _known(standing: Standing, authority_id: str, case: Path) -> dict[str, Any]:
    found = standing.state.value["authorities"].get(authority_id)
    if found is None:
        raise Refused(
            f"nobody asked for an authority {authority_id}",
            where=str(case),
            mend="`portique authorise status` names those that were asked for",
            code="AUT-002",
        )
    return dict(found)
