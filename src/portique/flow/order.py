"""The order under which an examination is made: one of the case file, or one of the journal.

An authority that neither knows is refused; one that does not cover the material is recorded and
flagged. What an order of the journal covers is asked of the journal itself, at the time of the act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from portique.core.case import Authority, CaseSettings
from portique.core.clock import parse_utc
from portique.core.errors import Refused


@dataclass(frozen=True)
class Order:
    """What an examination rests on.

    Args:
        id: as the document is numbered.
        declared: as the case file has it; None: only the journal knows it.
    """

    id: str
    declared: Authority | None

    def flags(self, kind: str, told: Mapping[str, Any]) -> list[dict[str, str]]:
        """Return where an examination goes beyond what the case file says of its order.

        Of an order of the journal nothing is said here: the journal flags the entry `examined`,
        by what the order was when that was done, and the stored answer does not depend on it.

        Args:
            kind: of source that the material is.
            told: the answer; an image has no instant to compare.
        """
        if self.declared is None:
            return []
        flags = []
        if kind not in self.declared.covers:
            covered = ", ".join(sorted(self.declared.covers)) or "-"
            words = f"{self.id} covers {covered}; this is material of the kind {kind}"
            french = f"{self.id} couvre {covered} ; le matériel est du genre {kind}"
            flags.append({"flag": "kind", "what": words, "fr": french})
        outside = [i for i in _ends(told) if not self.declared.period.holds(parse_utc(i))]
        if outside:
            instants = ", ".join(dict.fromkeys(outside))
            words = f"{self.id} does not cover {instants}"
            french = f"{self.id} ne couvre pas {instants}"
            flags.append({"flag": "period", "what": words, "fr": french})
        return flags


def find_order(case: Path, settings: CaseSettings, authority_id: str) -> Order:
    """Return the order of an id.

    Raises:
        Refused: neither the case file nor the journal knows it.
    """
    for each in settings.authorities:
        if each.id == authority_id:
            return Order(each.id, each)
    in_journal = _issued(case)
    if authority_id in in_journal:
        return Order(authority_id, None)
    known = ", ".join([*(each.id for each in settings.authorities), *in_journal]) or "none"
    raise Refused(
        f"the case knows no authority {authority_id!r}",
        where=str(case / "case.toml"),
        mend=f"name one of those it has ({known}), or add the [[authority]] to case.toml",
        code="EXC-001",
    )


def captured_period(told: Mapping[str, Any]) -> dict[str, str]:
    """Return `from_utc` and `until_utc` of what was examined, half-open; {}: it has no instants.

    >>> told = {"captured": {"first_utc": "2026-01-01T10:00:00Z", "last_utc": None}}
    >>> captured_period(told)["until_utc"]
    '2026-01-01T10:00:00.000001Z'
    """
    ends = [parse_utc(each) for each in _ends(told)]
    if not ends:
        return {}
    after = max(ends) + timedelta(microseconds=1)
    return {
        "from_utc": min(ends).isoformat().replace("+00:00", "Z"),
        "until_utc": after.isoformat().replace("+00:00", "Z"),
    }


def _ends(told: Mapping[str, Any]) -> list[str]:
    captured = told.get("captured", {})
    return [i for i in (captured.get("first_utc"), captured.get("last_utc")) if i]


def _issued(case: Path) -> list[str]:
    """Return the orders that were asked for or issued in the journal."""
    if not (case / "journal.pub").is_file():
        return []
    from portique.flow.journal_state import standing_of  # noqa: PLC0415 - loads cryptography

    orders = standing_of(case).state.authorities
    return sorted(name for name, order in orders.items() if order.asked)
