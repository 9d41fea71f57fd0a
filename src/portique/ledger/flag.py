"""A rule that entries break: which, in words, and by which entries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Flag:
    """One breach: recorded beside what happened, never in place of it.

    Args:
        rule: stable name, e.g. "transition", "seal", "authority".
        what: one sentence.
        refs: payload hashes of the entries concerned, in order.
    """

    rule: str
    what: str
    refs: tuple[str, ...]


@dataclass(frozen=True)
class Alarm:
    """A flag as `verify` and the pages show it.

    Args:
        kind: always "rule" here; the store's own alarms have kinds of their own.
        rule: stable name of the rule.
        sequences: of the entries concerned, in order.
        what: one sentence.
    """

    kind: str
    rule: str
    sequences: tuple[int, ...]
    what: str
