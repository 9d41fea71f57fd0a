"""A rule that entries break: which, in words, and by which entries."""

from __future__ import annotations

from typing import NamedTuple


class Flag(NamedTuple):
    """One breach: recorded beside what happened, never in place of it.

    Args:
        rule: stable name, e.g. "transition", "seal", "authority".
        what: one sentence.
        refs: payload hashes of the entries concerned, in order.
    """

    rule: str
    what: str
    refs: tuple[str, ...]
