"""What in a journal needs a person's eye now, at one place.

Alarms, what lies in quarantine, clocks that are off, and contradictions with who settled them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from portique.flow.access import NOT_STATED, Read, log_read
from portique.flow.folder import CaseFolder
from portique.flow.journal import opened
from portique.flow.journal_state import Reader, Standing, entries_from
from portique.flow.permissions import NO_CASE_DATA, NO_NAMES, Person, require
from portique.ledger.act import Act
from portique.ledger.alarms import Alarm
from portique.ledger.clocks import clocks_of


def open_alarms(case: Path, person: Person, purpose: str = NOT_STATED) -> dict[str, Any]:
    """Return what needs an eye; the read is logged.

    Returns:
        `checkpoint`; `alarms` [{kind, rule, sequences, what}]; `counts` by kind; `gaps`;
        `quarantine` {reason: count}; `clocks` {device: {entries, ahead_s, least_delay_s,
        set_back, set_back_at}}; `contradictions` [{entries, counts, settled_by}].

    Raises:
        Refused: the role may not see it, or there is no journal.
    """
    require(person, "journal alarms")
    with opened(case) as journal:
        log_read(CaseFolder(case), person, Read("journal alarms", "journal", "", purpose))
        reader = Reader(journal)
        standing = reader.standing()
        alarms = [*journal.alarms(rules=False), *standing.state.alarms()]
        clocks = clocks_of(entries_from(journal, 0))
        gaps, quarantine = journal.gaps(), journal.quarantine()
        contradictions = _contradictions(reader, standing, person)
    ordered = sorted(alarms, key=lambda each: (each.sequences, each.kind, each.what))
    return {
        "checkpoint": standing.checkpoint,
        "alarms": [_told(each) for each in for_eyes_of(person, ordered)],
        "counts": dict(sorted(Counter(each.kind for each in alarms).items())),
        "gaps": {name: [list(span) for span in spans] for name, spans in gaps.items()},
        "quarantine": dict(sorted(quarantine.items())),
        "clocks": {name: clock.as_dict() for name, clock in clocks.items()},
        "contradictions": contradictions,
    }


def for_eyes_of(person: Person, alarms: list[Alarm]) -> list[Alarm]:
    """Return alarms as a role may see them: without case data, of a broken rule the name alone.

    >>> from portique.ledger.alarms import Alarm
    >>> alarm = Alarm("rule", (3,), "exhibit E1: sealed while sealed", "seal")
    >>> for_eyes_of(Person("x", "administrator"), [alarm])[0].what
    'an act breaks a rule: seal'
    """
    if person.role not in NO_CASE_DATA:
        return alarms
    return [
        Alarm(each.kind, each.sequences, f"an act breaks a rule: {each.rule}", each.rule)
        if each.rule
        else each
        for each in alarms
    ]


def _told(alarm: Alarm) -> dict[str, Any]:
    return {
        "kind": alarm.kind,
        "rule": alarm.rule or None,
        "sequences": list(alarm.sequences),
        "what": alarm.what,
    }


def _contradictions(reader: Reader, standing: Standing, person: Person) -> list[dict[str, Any]]:
    """Return each contradiction: its entries, the one that counts, and who said so."""
    places = standing.state.sequences
    told = []
    for each in standing.state.value["contested"]:
        refs, preferred = each["entries"], each["preferred"]
        choice = reader.choice(refs) if preferred else None
        told.append(
            {
                "entries": sorted(places[ref] for ref in refs),
                "counts": places[preferred] if preferred else None,
                "settled_by": _choice(choice, person) if choice else None,
            }
        )
    return sorted(told, key=lambda each: each["entries"])


def _choice(act: Act, person: Person) -> dict[str, Any]:
    said = {"sequence": act.sequence, "role": act.role, "at_utc": act.moment_text}
    if person.role in NO_NAMES:
        return said
    names = {"actor": act.actor, "approved_by": act.text("approved_by")}
    return said | names | {"reason": act.text("reason")}
