"""The state that entries leave: one value, one canonical form, one hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from portique.ledger.alarms import RULE, Alarm
from portique.ledger.authority import Authority
from portique.ledger.flag import Flag

FORMAT = 1
"""Of the state's value; a stored state of another format is made anew."""


@dataclass(frozen=True)
class State:
    """What the entries say in all, whatever order they came in.

    Args:
        value: handsets, cells, exhibits, seals, sites, teams, authorities, links, devices,
            contested, flags; JSON.
        authorities: the authorities by their id, to ask them what they cover.
        flags: what breaks a rule, in a fixed order.
        sequences: where each entry lies in the log, by payload hash. Not part of the value.
    """

    value: dict[str, Any]
    authorities: Mapping[str, Authority]
    flags: tuple[Flag, ...]
    sequences: Mapping[str, int]

    @property
    def canonical(self) -> bytes:
        """The value as bytes: names in order, no spaces, ASCII."""
        return canonical(self.value)

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical form, hex."""
        return hashlib.sha256(self.canonical).hexdigest()

    def alarms(self) -> list[Alarm]:
        """Return the flags as alarms, by the first entry concerned."""
        return alarms(self.flags, self.sequences)

    def flags_of(self, sequence: int) -> list[Flag]:
        """Return the flags that concern one entry, in a fixed order."""
        return [f for f in self.flags if any(self.sequences[ref] == sequence for ref in f.refs)]


def alarms(
    flags: Iterable[Flag],
    sequences: Mapping[str, int],
    breaches: Mapping[tuple[str, str], AbstractSet[str]] | None = None,
) -> list[Alarm]:
    """Return flags as alarms: those that say the same are one, of all their entries.

    Args:
        flags: in any order.
        sequences: where each entry lies in the log, by payload hash.
        breaches: more flags, as rule and words with the entries of each.
    """
    concerned: dict[tuple[str, str], list[int]] = {
        breach: [sequences[ref] for ref in refs] for breach, refs in (breaches or {}).items()
    }
    for rule, what, refs in flags:
        concerned.setdefault((rule, what), []).extend([sequences[ref] for ref in refs])
    made = [
        Alarm(RULE, tuple(sorted(set(places))), what, rule)
        for (rule, what), places in concerned.items()
    ]
    return sorted(made, key=lambda alarm: (alarm.sequences, alarm.rule, alarm.what))


def canonical(value: object) -> bytes:
    """Return JSON in one form: the same value gives the same bytes.

    >>> canonical({"b": 1, "a": "é"})
    b'{"a":"\\\\u00e9","b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
