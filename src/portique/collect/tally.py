"""What was counted while one file was read: rows, reasons, and words for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from portique.collect.reader import FIRST_ROWS, Block, Mask, Rows
from portique.core.tables import REASONS

ODD_IMEI = "rows whose imei is not 14 to 16 digits, or has a wrong check digit: kept, flagged"
"""Words for `Tally.flag`."""

KEPT_REASONS = frozenset({"sector_unknown", "number_undecided"})
"""Reasons whose rows are used nevertheless."""

_KEPT = -1


class Tally:
    """Counts of one file. Words never hold a value that was delivered.

    >>> tally = Tally()
    >>> tally.rows_read = 3
    >>> tally.count("duplicate", 1, [2])
    >>> tally.rows_used, tally.note("duplicate")
    (2, 'row 2')
    """

    def __init__(self) -> None:
        self.rows_read = 0
        self.reasons: Counter[str] = Counter()
        self.first: dict[str, list[int]] = {}
        self.words: dict[str, set[str]] = {}
        self.notes: list[str] = []
        self.flags: Counter[str] = Counter()

    @property
    def rows_used(self) -> int:
        """Rows that went on to the analysis."""
        lost = sum(n for reason, n in self.reasons.items() if reason not in KEPT_REASONS)
        return self.rows_read - lost

    def count(self, reason: str, rows: int, first: Iterable[int] = (), *words: str) -> None:
        """Count rows under a reason, with the numbers of the first and what is wrong."""
        self.reasons[reason] += rows
        known = self.first.setdefault(reason, [])
        known.extend(int(row) for row in first)
        self.first[reason] = sorted(set(known))[:FIRST_ROWS]
        self.words.setdefault(reason, set()).update(words)

    def say(self, *notes: str) -> None:
        """Add what a person should know of the file, once."""
        self.notes += [note for note in dict.fromkeys(notes) if note and note not in self.notes]

    def flag(self, words: str, rows: int) -> None:
        """Count rows that are used and of which a person should know something."""
        if rows:
            self.flags[words] += rows

    def take(self, block: Block) -> None:
        """Count a block's rows, its faulty ones and its notes."""
        self.rows_read += block.rows_in
        for fault in block.faults:
            self.count(fault.reason, fault.count, fault.first, fault.words)
        self.say(*block.notes)

    def note(self, reason: str) -> str:
        """Return words for `set_aside.note`: what is wrong, and the first rows concerned."""
        parts = sorted(self.words.get(reason, ()))
        first = self.first.get(reason, [])
        if first and reason != "privileged":
            more = self.reasons[reason] - len(first)
            numbers = ", ".join(str(row) for row in first)
            rest = f" and {more} more" if more > 0 else ""
            parts.append(f"row{'s' if len(first) > 1 else ''} {numbers}{rest}")
        return "; ".join(parts)


class Verdict:
    """One reason at most for each row of a block: the first that is given stands.

    >>> verdict = Verdict(2)
    >>> verdict.mark(np.array([True, False]), "malformed_time")
    >>> verdict.mark(np.array([True, True]), "privileged")
    >>> [str(reason) for reason in verdict.reasons()]
    ['malformed_time', 'privileged']
    """

    def __init__(self, rows: int) -> None:
        self._code = np.full(rows, _KEPT, np.int8)
        self._words: dict[int, list[str]] = {}

    def mark(self, rows: Mask, reason: str, words: str = "") -> None:
        """Set rows aside that no earlier reason has set aside."""
        code = REASONS.index(reason)
        chosen = rows & (self._code == _KEPT)
        if chosen.any():
            self._code[chosen] = code
            if words:
                self._words.setdefault(code, []).append(words)

    @property
    def kept(self) -> Mask:
        """Rows without a reason."""
        return np.asarray(self._code == _KEPT)

    def reasons(self) -> list[str]:
        """Return the reason of each row; empty: none."""
        return ["" if code == _KEPT else REASONS[code] for code in self._code]

    def count_into(self, tally: Tally, row: Rows) -> None:
        """Count the rows that were set aside, by reason."""
        for code in np.unique(self._code):
            if code != _KEPT:
                rows = row[self._code == code]
                words = self._words.get(int(code), [])
                tally.count(REASONS[code], len(rows), rows[:FIRST_ROWS].tolist(), *words)
