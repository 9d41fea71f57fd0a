"""What `case.toml` says of authorities and what a run took in, told to the journal.

An act that rests on an authority of the case file brings its declaration along, in one transaction
with the act. A declaration that changed is a new entry; one that is gone is entered as gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portique.core.case import Authority, CaseSettings, read_case
from portique.core.clock import utc_text
from portique.core.errors import Problem
from portique.flow.access import NOT_STATED
from portique.flow.folder import CaseFolder
from portique.flow.permissions import Person, require
from portique.ledger.declared import DECLARED, UNDECLARED
from portique.ledger.journal import Busy, Held, Journal
from portique.ledger.program import ProgramEntry
from portique.ledger.said import said_by_program

RECEIVED = "source_received"


@dataclass(frozen=True)
class Words:
    """Who lets the program say something, and why.

    Args:
        person: whose act makes it.
        purpose: why.
    """

    person: Person
    purpose: str = NOT_STATED

    def entry(
        self, kind: str, name: str, body: Mapping[str, Any], authority_id: str | None = None
    ) -> ProgramEntry:
        """Return an entry about a document."""
        who = (self.person.actor, self.person.role, self.purpose)
        return ProgramEntry(kind, "document", name, body, *who, authority_id)


def declare(case: Path, purpose: str, person: Person) -> dict[str, list[str]]:
    """Enter every authority of the case file that the journal does not know as it stands there.

    Returns:
        `declared` and `withdrawn`: ids of what was entered now.

    Raises:
        Refused: the role may not, or there is no journal.
    """
    require(person, "authorise declare")
    settings = read_case(case)
    with Journal.open(case) as journal:
        new = declarations(journal, settings, None, Words(person, purpose))
        if new:
            journal.append_all(new)
    return {
        "declared": [each.subject_id for each in new if each.kind == DECLARED],
        "withdrawn": [each.subject_id for each in new if each.kind == UNDECLARED],
    }


def declarations(
    journal: Journal, settings: CaseSettings, wanted: str | None, words: Words
) -> list[ProgramEntry]:
    """Return the entries by which the journal would know authorities as the case file has them.

    Args:
        journal: of the case.
        settings: of the case, as read now.
        wanted: id of the authority on which an act rests; None: all of them, and those gone.
        words: who, and why.

    Returns:
        Nothing where the journal knows them already, or where the case file has no `wanted`.
    """
    listed = [each for each in settings.authorities if wanted in (None, each.id)]
    if wanted is not None and not listed:
        return []
    known = _known(journal)
    file = {"case_toml_sha256": _sha256(journal.folder / "case.toml")}
    said = [(each.id, _body(each)) for each in listed]
    new = [
        words.entry(DECLARED, name, body | file) for name, body in said if known.get(name) != body
    ]
    if wanted is None:
        gone = known.keys() - {name for name, _ in said}
        new += [
            words.entry(UNDECLARED, name, file) for name in sorted(gone) if known[name] is not None
        ]
    return new


def append_resting(journal: Journal, entry: ProgramEntry) -> Held:
    """Write one entry, and before it what the case file says of the authority that it names."""
    return append_all_resting(journal, [entry])[0]


def append_all_resting(journal: Journal, entries: Sequence[ProgramEntry]) -> list[Held]:
    """Write entries, all or none, after the declarations of the authorities that they name.

    Returns:
        The entries as the log holds them, without the declarations.
    """
    named = {each.authority_id: each for each in reversed(entries) if each.authority_id}
    settings = read_case(journal.folder) if named else None
    new = [
        declaration
        for name, each in sorted(named.items())
        if settings is not None
        for declaration in declarations(journal, settings, name, _words_of(each))
    ]
    return journal.append_all([*new, *entries])[len(new) :]


def _words_of(entry: ProgramEntry) -> Words:
    return Words(Person(entry.actor, entry.role), entry.purpose)


def tell_of_sources(folder: CaseFolder, settings: CaseSettings, words: Words) -> int:
    """Enter each source that the last run holds, once: its hash, and the authority it rests on.

    Args:
        folder: of the case; it has a journal, for a run makes none.
        settings: of the case.
        words: who ran, and why.

    Returns:
        How many entries were made, declarations among them.

    Raises:
        Problem: everything was derived, and the journal could not be written.
    """
    rows = _source_rows(folder)
    try:
        with Journal.open(folder.root) as journal:
            new = declarations(journal, settings, None, words)
            held = _held(journal)
            received = [
                words.entry(RECEIVED, body["path"], body, authority)
                for authority, body in _received(settings, rows)
                if (authority, body["path"], _identity(body)) not in held
            ]
            if new or received:
                journal.append_all([*new, *received])
    except Busy as fault:
        raise Problem(
            f"everything is derived, and the journal does not know of the sources: {fault}",
            where=str(folder.root),
            mend="give the same command again; it derives nothing twice and tells the journal",
            code="FLOW-022",
        ) from fault
    return len(new) + len(received)


def _source_rows(folder: CaseFolder) -> list[dict[str, Any]]:
    """Return the table `source` of the last run; none was: nothing."""
    table = folder.derived / "source.parquet"
    if not table.is_file():
        return []
    import pyarrow.parquet as pq  # noqa: PLC0415 - takes a quarter of a second to load

    rows: list[dict[str, Any]] = pq.read_table(table).to_pylist()
    return rows


def _received(
    settings: CaseSettings, rows: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield authority and body of each file, one for each authority that covers its kind.

    Reference data needs no authority, and a refused file was not taken in: neither is entered.
    The period is the authority's: rows outside every authority's were set aside by the run.
    """
    periods = {each.id: each for each in settings.authorities}
    for row in rows:
        for authority in row["authority_ids"] or () if row["status"] != "refused" else ():
            body = {
                "path": row["path"],
                "sha256": row["sha256"],
                "source_kind": row["kind"],
                "status": row["status"],
                "size_bytes": row["size_bytes"],
                "rows_read": row["rows_read"],
                "rows_used": row["rows_used"],
            }
            if authority in periods:
                yield authority, body | _period(periods[authority])


def _identity(body: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("sha256", "source_kind", "status", "from_utc", "until_utc")
    return tuple(body.get(name) for name in names)


def _held(journal: Journal) -> set[tuple[Any, ...]]:
    return {
        (said["authority_id"], said["subject"]["id"], _identity(said["body"]))
        for said in said_by_program(journal, (RECEIVED,))
    }


def _known(journal: Journal) -> dict[str, dict[str, Any] | None]:
    """Return what the journal was told last of each authority; None: that it is gone."""
    known: dict[str, dict[str, Any] | None] = {}
    for said in said_by_program(journal, (DECLARED, UNDECLARED)):
        body = {n: v for n, v in said["body"].items() if n != "case_toml_sha256"}
        known[said["subject"]["id"]] = body if said["kind"] == DECLARED else None
    return known


def _body(authority: Authority) -> dict[str, Any]:
    issued = authority.issued_utc
    return {
        "document_kind": authority.kind,
        "source_kinds": sorted(authority.covers),
        **_period(authority),
        **({"issued_utc": utc_text(issued)} if issued else {}),
        **({"basis": authority.basis} if authority.basis else {}),
    }


def _period(authority: Authority) -> dict[str, str]:
    start, end = authority.period.from_utc, authority.period.until_utc
    assert start is not None  # noqa: S101 - read_case asks for both
    assert end is not None  # noqa: S101
    return {"from_utc": utc_text(start), "until_utc": utc_text(end)}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
