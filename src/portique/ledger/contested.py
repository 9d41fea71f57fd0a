"""Entries that contradict each other, and the corrections that choose between them.

Two payloads with one `entry_id`, or with one number on one device, cannot both be what the device
meant. Neither is preferred until somebody says so: figures leave both out, and say so.
"""

from __future__ import annotations

from collections.abc import Iterable

from portique.ledger.act import Act
from portique.ledger.ordering import Ordering

Group = tuple[str, str | int]
PREFERENCE = "payload_sha256"
"""`field` of a correction that chooses: `new` is the payload hash of the side that counts."""


class Contested:
    """Which acts contradict which, over a growing set.

    Args:
        ordering: of the same acts; of two choices the later one counts.
    """

    def __init__(self, ordering: Ordering) -> None:
        self._ordering = ordering
        self._first_of: dict[Group, str] = {}
        self._groups: dict[Group, dict[str, None]] = {}
        """Those that more than one act is in."""
        self._of: dict[str, list[Group]] = {}
        """Of the acts in them: which."""
        self._choices: dict[str, Act] = {}

    def add(self, act: Act) -> set[str]:
        """Take in an act and return the refs whose standing may have changed."""
        touched: set[str] = set()
        ref, first_of = act.ref, self._first_of
        for group in _groups(act):
            first = first_of.setdefault(group, ref)
            if first is ref:
                continue
            if group not in self._groups:
                self._groups[group] = {first: None}
                self._of.setdefault(first, []).append(group)
                touched.add(first)
            self._groups[group][ref] = None
            self._of.setdefault(ref, []).append(group)
            touched.add(ref)
            if self._choices:  # without one, those that were left out before still are
                touched.update(self._groups[group])
        return touched

    def choose(self, correction: Act) -> set[str]:
        """Take in a correction that prefers one side, and return the refs it may concern."""
        self._choices[correction.ref] = correction
        return self._beside(correction.text("new"))

    def forget_choice(self, ref: str) -> set[str]:
        """Drop a correction that does not count any more, and return the refs it concerned."""
        gone = self._choices.pop(ref, None)
        return self._beside(gone.text("new")) if gone else set()

    def choices(self) -> list[str]:
        """Return the corrections that prefer a side."""
        return list(self._choices)

    def choice(self, refs: Iterable[str]) -> Act | None:
        """Return the correction that counts among those that prefer one of some acts."""
        wanted = set(refs)
        chosen = [c for c in self._choices.values() if c.text("new") in wanted]
        return max(chosen, key=lambda c: self._ordering.key(c.ref), default=None)

    def is_contested(self, ref: str) -> bool:
        """Return whether another entry contradicts it, whoever was preferred since."""
        return ref in self._of

    def counts(self, ref: str) -> bool:
        """Return whether figures may use it: nothing contradicts it, or it was preferred."""
        return all(self._preferred(group) == ref for group in self._of.get(ref, ()))

    def groups(self) -> list[tuple[str, ...]]:
        """Return the refs of each set of contradicting entries, in a fixed order."""
        return sorted({tuple(sorted(refs)) for refs in self._groups.values()})

    def _beside(self, ref: str) -> set[str]:
        refs: set[str] = set()
        for group in self._of.get(ref, ()):
            refs.update(self._groups[group])
        return refs

    def _preferred(self, group: Group) -> str | None:
        chosen = self.choice(self._groups[group])
        return chosen.text("new") if chosen else None


def _groups(act: Act) -> tuple[Group, ...]:
    place = (act.device_id, act.device_seq)
    if act.entry_id and place[0] and place[1] > 0:
        return ("", act.entry_id), place
    if act.entry_id:
        return (("", act.entry_id),)
    return (place,) if place[0] and place[1] > 0 else ()
