"""What one call says: whether it formats, sends or dials, and where what it is given came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portique.examine.firmware.evidence import Evidence
from portique.examine.firmware.given import PLACES, Given, Site, whole

HUB = 40
COPIED = frozenset({"buffer", "record", "result"})
LONGEST_WORD = 20
_FORMAT = re.compile(r"%[-+ #0-9.]*l?[a-zA-Z]")


@dataclass(frozen=True)
class Use:
    """What the arguments of calls say.

    Args:
        kind: of behaviour.
        strength: "full" or "partial".
        parts: names of the parts that it rests on, beside what the calls are given.
        sites: calls that show it.
    """

    kind: str
    strength: str
    parts: tuple[str, ...]
    sites: tuple[Site, ...]


def is_sink(evidence: Evidence, site: Site) -> bool:
    """Return whether a call may send what it is given: it neither formats, fills nor is a hub."""
    if is_sending(evidence, site):
        return True
    is_general = site.callee >= 0 and len(evidence.program.callers[site.callee]) > HUB
    return not (is_general or site.is_kept or formats(site))


def formats(site: Site) -> bool:
    """Return whether a call is given a format directly."""
    return any(
        each.how == "register" and each.what is not None and _FORMAT.search(whole(each))
        for carried in site.arguments
        for each in carried
    )


def is_sending(evidence: Evidence, site: Site) -> bool:
    """Return whether what is called is known, by its name or its traces, to send a message."""
    own = evidence.own.get(site.callee, ())
    return "send_sms" in evidence.named.get(site.callee, ()) or "send_sms" in own


def known_acts(evidence: Evidence, site: Site) -> set[str]:
    """Return what is called does, of sending and dialling, as far as that is known."""
    own = set(evidence.own.get(site.callee, ()))
    return {"send_sms", "dial"} & (evidence.named.get(site.callee, set()) | own)


def is_put_together(site: Site, number: int) -> bool:
    """Return whether an argument is a record: stored field by field, or behind a handle."""
    carried = site.arguments[number]
    is_record = all(each.how == "record" for each in carried)
    is_handle = number == 0 and site.memory is not None and site.memory[1] == "result"
    return (is_record or is_handle) and not site.is_kept


def from_outside(site: Site) -> list[int]:
    """Return the arguments that carry what a call with a destination returned or filled."""
    return [
        at
        for at, carried in enumerate(site.arguments)
        if any(each.part in PLACES and each.how in COPIED for each in carried)
    ]


def words_given(site: Site) -> list[Given]:
    """Return constant words that a call is given directly."""
    return [
        each
        for carried in site.arguments
        for each in carried
        if each.how == "register"
        and each.what is not None
        and 0 < len(whole(each).strip()) <= LONGEST_WORD
    ]
