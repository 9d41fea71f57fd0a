"""The journal's entries, gathered by what they are about; grown entry by entry.

A projection of the same entries is the same value, whether they were added one by one, in
batches, in any order, or all at once: what an act means is computed from the acts about the same
thing in their own order (`ordering`), and again as soon as one of them is added, corrected,
contested or moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from portique.ledger.act import Act, Row, read_act
from portique.ledger.alarms import Alarm
from portique.ledger.assembly import Folded, Material, alarms_of, assemble, fold
from portique.ledger.contested import PREFERENCE, Contested
from portique.ledger.corrections import amended, is_approved
from portique.ledger.kinds import (
    AUTHORITY_KINDS,
    EXHIBIT_KINDS,
    KINDS,
    LINKING_KINDS,
    SEARCH_KINDS,
)
from portique.ledger.links import speaks_of_links
from portique.ledger.ordering import Ordering
from portique.ledger.rules import Breach, breaches, is_fact_without_author
from portique.ledger.state import State

Subject = tuple[str, str]
"""("exhibit", id), ("cell", id), ("handset", id), ("authority", id), or ("list", name)."""

_FOLDED = frozenset({"exhibit", "cell", "handset", "authority"})


class Projection:
    """What a growing set of entries says.

    Its members are for `snapshot`, which keeps them on the disk; others ask for the state.

    >>> Projection().state().value["exhibits"]
    {}
    """

    def __init__(self) -> None:
        self.signed: dict[str, Act] = {}
        self.corrected: dict[str, Act] = {}
        """Those that say something else than their device signed."""
        self._by_entry_id: dict[str, list[str]] = defaultdict(list)
        self.ordering = Ordering()
        self.contested = Contested(self.ordering)
        self.corrections: dict[str, set[str]] = defaultdict(set)
        self.misfits: dict[str, list[tuple[str, Act]]] = {}
        self.about: dict[Subject, dict[str, None]] = defaultdict(dict)
        self.breaches: dict[Breach, set[str]] = defaultdict(set)
        self.folded: dict[Subject, Folded] = {}
        self.dirty: set[Subject] = set()
        self._waiting: set[str] = set()
        """Acts to be placed again before the state is read: once, however often touched."""

    @property
    def size(self) -> int:
        """How many entries were added."""
        return len(self.signed)

    def add(self, rows: Iterable[Row]) -> None:
        """Take in entries; one that is held already changes nothing.

        Args:
            rows: leaves of the log, in any order.
        """
        for row in rows:
            act = read_act(row)
            if act.ref not in self.signed:
                self._add(act)

    def state(self) -> State:
        """Return what all entries added so far say; only what they touched is computed anew."""
        return assemble(self._material())

    def alarms(self) -> list[Alarm]:
        """Return what breaks a rule, as `state().alarms()` does, at half the cost."""
        return alarms_of(self._material())

    def _material(self) -> Material:
        for ref in self._waiting:
            self._place(ref, is_placed=True)
        self._waiting.clear()
        for subject in self.dirty:
            self._fold_again(subject)
        self.dirty.clear()
        return Material(
            folded=self.folded,
            corrected=self.corrected,
            signed=self.signed,
            listed=lambda name: self._sorted(("list", name)),
            gathered=lambda name: self._acts(self.about.get(("list", name), ())),
            corrections=self._all_corrections(),
            counts=self.contested.counts,
            contested=self.contested.groups(),
            misfits=[misfit for ref in sorted(self.misfits) for misfit in self.misfits[ref]],
            breaches=self.breaches,
            chain=self.ordering.chain,
        )

    def named(self, target: str) -> list[Act]:
        """Return the acts of an `entry_id`, or the one of a payload hash, as they were signed."""
        refs = [target] if target in self.signed else self._by_entry_id.get(target, [])
        return [self.signed[ref] for ref in refs]

    def hold(self, act: Act) -> set[str]:
        """Keep an act, before its place is known, and return those that contradict it."""
        self.signed[act.ref] = act
        if act.entry_id:
            self._by_entry_id[act.entry_id].append(act.ref)
        if act.kind == "correction":
            self.corrections[act.text("target")].add(act.ref)
        return self.contested.add(act)

    def _add(self, act: Act) -> None:
        contested = self.hold(act)
        moved = self.ordering.add(act)
        if len(moved) == 1 and not contested and act.kind != "correction":
            self._place(act.ref, is_placed=False)
            return
        touched = {act.ref, *contested}
        for ref in {*moved, *touched}:
            if self.signed[ref].kind == "correction":
                touched |= self._concerned(self.signed[ref])
        for ref in touched:
            if ref == act.ref:
                self._place(ref, is_placed=False)
            else:
                self._waiting.add(ref)
        for ref in moved - touched:
            self.dirty.update(self._subjects(ref))

    def _concerned(self, correction: Act) -> set[str]:
        """Note whether a correction counts, and return the refs that it concerns."""
        target = correction.text("target")
        refs = {*self._by_entry_id.get(target, ()), *({target} & self.signed.keys())}
        if correction.text("field") == PREFERENCE:
            if self._is_counted(correction):
                refs |= self.contested.choose(correction)
            else:
                refs |= self.contested.forget_choice(correction.ref)
        return refs

    def _is_counted(self, correction: Act) -> bool:
        return is_approved(correction) and not self.contested.is_contested(correction.ref)

    def _place(self, ref: str, *, is_placed: bool) -> None:
        """Compute what an act says as corrected, and list it under what it is about."""
        signed = self.signed[ref]
        if is_placed:
            self._take_out(ref)
        act = self._amend(signed) if self.corrections else signed
        for breach in breaches(act):
            self.breaches[breach].add(ref)
        if not self.contested.is_contested(ref) or self.contested.counts(ref):
            for subject in subjects(act):
                self.dirty.add(subject)
                self.about[subject][ref] = None

    def _take_out(self, ref: str) -> None:
        act = self._act(ref)
        for breach in breaches(act):
            self.breaches[breach].discard(ref)
            if not self.breaches[breach]:
                del self.breaches[breach]
        for subject in subjects(act):
            self.about[subject].pop(ref, None)
            self.dirty.add(subject)

    def _act(self, ref: str) -> Act:
        """Return an act as corrected."""
        return self.corrected.get(ref) or self.signed[ref]

    def _subjects(self, ref: str) -> Iterable[Subject]:
        """Return what an act is listed under: nothing while another contradicts it."""
        return subjects(self._act(ref)) if self.contested.counts(ref) else ()

    def _amend(self, signed: Act) -> Act:
        """Return an act as corrected, and keep that and what did not fit it."""
        ref = signed.ref
        act, misfits = self._amended(signed)
        self.corrected.pop(ref, None)
        self.misfits.pop(ref, None)
        if act is not signed:
            self.corrected[ref] = act
        if misfits:
            self.misfits[ref] = misfits
        return act

    def _amended(self, act: Act) -> tuple[Act, list[tuple[str, Act]]]:
        names = {act.ref, act.entry_id} - {""}
        naming = {ref for name in names for ref in self.corrections.get(name, ())}
        if not naming:
            return act, []
        counted = [
            self.signed[ref]
            for ref in sorted(naming, key=self.ordering.key)
            if self._is_counted(self.signed[ref]) and self.signed[ref].text("field") != PREFERENCE
        ]
        if act.kind == "correction":
            return act, [
                ("corrects a correction, which only another can replace", c) for c in counted
            ]
        return amended(act, counted)

    def _all_corrections(self) -> list[Act]:
        refs = sorted(ref for named in self.corrections.values() for ref in named)
        return [self.signed[ref] for ref in refs]

    def _sorted(self, subject: Subject) -> list[Act]:
        return self._acts(sorted(self.about.get(subject, ()), key=self.ordering.key))

    def _acts(self, refs: Iterable[str]) -> list[Act]:
        signed = self.signed
        if not self.corrected:
            return [signed[ref] for ref in refs]
        return [self._act(ref) for ref in refs]

    def _fold_again(self, subject: Subject) -> None:
        acts = self._sorted(subject)
        self.folded.pop(subject, None)
        if acts and subject[0] in _FOLDED:
            self.folded[subject] = fold(subject, acts)


def rule_alarms(rows: Iterable[Row]) -> list[Alarm]:
    """Return what in a log is against a rule of the domain, by the first entry concerned.

    >>> rule_alarms([])
    []
    """
    projection = Projection()
    projection.add(rows)
    return projection.alarms()


def subjects(act: Act) -> list[Subject]:
    """Return everything that an act says something about.

    A search of a cell is the cell's own step, and a step of every handset that it names.
    """
    kind, body = act.kind, act.body
    names_handset = act.subject_type == "handset" or "handset_id" in body or "handset_ids" in body
    found: list[Subject] = []
    if kind in SEARCH_KINDS or kind == "opportunistic_find":
        if act.subject_type == "cell" and act.subject_id and kind in SEARCH_KINDS:
            found.append(("cell", act.subject_id))
        if names_handset:
            found += [("handset", handset) for handset in act.handset_ids]
    elif kind in EXHIBIT_KINDS and act.exhibit_id:
        found.append(("exhibit", act.exhibit_id))
    elif kind in AUTHORITY_KINDS and act.subject_id:
        found.append(("authority", act.subject_id))
    if kind in _LISTS:
        found.append(("list", _LISTS[kind]))
    if kind in LINKING_KINDS and (names_handset or act.exhibit_id) and speaks_of_links(act):
        found.append(("list", "links"))
    if act.authority_id and kind in _DEEDS:
        found.append(("list", "deeds"))
    if act.causes and is_fact_without_author(act):
        found.append(("list", "authorless"))
    return found


_LISTS = {
    "found": "found",
    "opportunistic_find": "opportunistic",
    "device_enrolled": "device_enrolled",
    "close_out": "close_out",
}
_DEEDS = frozenset(name for name, kind in KINDS.items() if kind.scope or kind.needs_authority)
