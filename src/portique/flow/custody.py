"""What is done with an exhibit: entered as it was done, and flagged where it breaks a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from portique.core.errors import Refused
from portique.flow.access import NOT_STATED, Read, log_read
from portique.flow.declaring import append_resting
from portique.flow.folder import CaseFolder
from portique.flow.journal_state import Reader, Standing, standing_of
from portique.flow.kept_files import keep_files
from portique.flow.permissions import NO_NAMES, OWN_SITE_ONLY, Person, require, require_site
from portique.ledger.custody import UNTAKEN
from portique.ledger.journal import Journal, ProgramEntry

KIND_OF_VERB = {
    "seize": "seized",
    "seal": "sealed",
    "hand-over": "handed_over",
    "take-over": "taken_over",
    "open": "seal_opened",
    "examine": "examined",
    "reseal": "resealed",
    "return": "returned",
    "destroy": "destroyed",
    "provisional-seal": "provisional_seal",
    "damaged": "damaged",
    "lost": "lost",
    "disputed": "disputed",
    "unlock-attempt": "unlock_attempt",
    "link": "linked",
    "unlink": "link_withdrawn",
}
JUDGEMENTS = frozenset({"link"})
"""Verbs whose entry is an assessment of who enters it."""
TWO_PEOPLE = frozenset({"open", "return", "destroy"})


@dataclass(frozen=True)
class ExhibitAct:
    """One act on an exhibit.

    Args:
        case: the case folder.
        verb: a key of `KIND_OF_VERB`.
        exhibit_id: of the exhibit.
        body: what the entry says beside; members that are None or empty are left out.
        authority_id: the order it rests on; None: none is named, which is flagged where needed.
        purpose: why.
        photos: files to keep with it, as attachments.
    """

    case: Path
    verb: str
    exhibit_id: str
    body: Mapping[str, Any]
    authority_id: str | None = None
    purpose: str = NOT_STATED
    photos: tuple[Path, ...] = ()


def record(request: ExhibitAct, person: Person) -> dict[str, Any]:
    """Enter an act and return where it lies, the exhibit after it, and what is wrong with it.

    Nothing that was done is refused: what breaks a rule is entered and told.

    Raises:
        Refused: the role may not enter it, or an act of two people names one.
    """
    require(person, f"exhibit {request.verb}")
    if request.verb in TWO_PEOPLE and not request.body.get("second"):
        raise Refused(
            f"`exhibit {request.verb}` is entered by two people, and one is named",
            where="--second",
            mend="name the second person with --second",
            code="CUS-001",
        )
    with Journal.open(request.case, create=True) as journal:
        reader = Reader(journal)
        before = reader.standing().state.value["exhibits"].get(request.exhibit_id)
        photos = keep_files(journal, request.photos)
        entry = replace(_entry(request, person, before), attachments=photos)
        held = append_resting(journal, entry)
        after = reader.standing()
    verb = f"exhibit {request.verb}"
    log_read(CaseFolder(request.case), person, _read(verb, request.exhibit_id, request.purpose))
    found = after.state.value["exhibits"].get(request.exhibit_id)
    flags = after.state.flags_of(held.sequence)
    if request.verb == "hand-over":  # that nobody took it yet is so after every hand-over
        flags = [a for a in flags if not a.what.endswith(UNTAKEN)]
    return {
        "sequence": held.sequence,
        "exhibit_id": request.exhibit_id,
        "exhibit": shown(found, person) if found else None,
        "flags": [{"rule": a.rule, "what": a.what} for a in flags],
        "checkpoint": after.checkpoint,
    }


def _entry(request: ExhibitAct, person: Person, before: Mapping[str, Any] | None) -> ProgramEntry:
    body = {name: value for name, value in request.body.items() if value not in (None, "", (), [])}
    causes = []
    if request.verb == "take-over" and before is not None:
        body.setdefault("from", before["holder"])
        causes = [before["handed_over_in"]] if before["handed_over_in"] else []
    return ProgramEntry(
        kind=KIND_OF_VERB[request.verb],
        subject_type="exhibit",
        subject_id=request.exhibit_id,
        body=body,
        actor=person.actor,
        role=person.role,
        purpose=request.purpose,
        authority_id=request.authority_id,
        causes=causes,
        status="assessment" if request.verb in JUDGEMENTS else "fact",
    )


def _read(verb: str, exhibit_id: str, purpose: str) -> Read:
    return Read(verb, "exhibit", exhibit_id, purpose)


def listed(case: Path, site: str | None, purpose: str, person: Person) -> dict[str, Any]:
    """Return every exhibit of a case, or of one site, with the checkpoint; the read is logged.

    Raises:
        Refused: the role may not read it, or stands for one site and asks for another.
    """
    require(person, "exhibit list")
    own = require_site(person)
    if own is not None and site not in (None, own):
        raise _other_site()
    standing = standing_of(case)
    log_read(CaseFolder(case), person, Read("exhibit list", "exhibit", site or own or "", purpose))
    wanted = site or own
    found = standing.state.value["exhibits"]
    return {
        "checkpoint": standing.checkpoint,
        "exhibits": {
            name: shown(exhibit, person)
            for name, exhibit in found.items()
            if wanted in (None, exhibit["site"])
        },
    }


def one(
    case: Path, exhibit_id: str, purpose: str, person: Person, *, command: str = "exhibit show"
) -> dict[str, Any]:
    """Return one exhibit with the rules that acts on it break; the read is logged.

    Raises:
        Refused: the role may not read it, no such exhibit, or one of another site.
    """
    require(person, command)
    standing = standing_of(case)
    exhibit = exhibit_of(standing, exhibit_id, case)
    if require_site(person) not in (None, exhibit["site"]):
        raise _other_site()
    log_read(CaseFolder(case), person, _read(command, exhibit_id, purpose))
    refs = set(exhibit["entries"])
    flags = [f for f in standing.state.value["flags"] if refs & set(f["entries"])]
    return {
        "checkpoint": standing.checkpoint,
        "exhibit_id": exhibit_id,
        "exhibit": shown(exhibit, person),
        "flags": [{"rule": f["rule"], "what": f["what"]} for f in flags],
    }


def exhibit_of(standing: Standing, exhibit_id: str, case: Path) -> dict[str, Any]:
    """Return an exhibit of a state.

    Raises:
        Refused: the journal knows none of that name.
    """
    found = standing.state.value["exhibits"].get(exhibit_id)
    if found is None:
        raise Refused(
            f"the journal knows no exhibit {exhibit_id}",
            where=str(case),
            mend="`portique exhibit list` names those it knows",
            code="CUS-002",
        )
    return dict(found)


def shown(exhibit: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return an exhibit as a role may see it: without names, holders are roles with a number.

    A prison liaison sees that it is there, and no more.

    >>> held = {"holder": "Anna", "handed_over_to": None, "line": [{"holder": "Anna", "role": "x"}]}
    >>> shown(held | {"notes": [], "what": ""}, Person("e", "examiner"))["holder"]
    'x 1'
    """
    if person.role in OWN_SITE_ONLY:
        return {"state": exhibit["state"], "site": exhibit["site"]}
    if person.role not in NO_NAMES:
        return dict(exhibit)
    names: dict[str, str] = {}
    for tenure in exhibit["line"]:
        names.setdefault(tenure["holder"], f"{tenure['role']} {len(names) + 1}")
    hidden = {
        "holder": names.get(exhibit["holder"], ""),
        "handed_over_to": "somebody" if exhibit["handed_over_to"] else None,
        "line": [t | {"holder": names[t["holder"]]} for t in exhibit["line"]],
        "notes": [{"kind": n["kind"], "at_utc": n["at_utc"]} for n in exhibit["notes"]],
        "what": "",
    }
    return dict(exhibit) | hidden


def _other_site() -> Refused:
    return Refused(
        "this role sees its own site only",
        where="$PORTIQUE_SITE",
        mend="ask for the site for which you act",
        code="CUS-003",
    )
