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

    >>> Projection().state().value["exhibits"]
    {}
    """

    def __init__(self) -> None:
        self._signed: dict[str, Act] = {}
        self._corrected: dict[str, Act] = {}
        """Those that say something else than their device signed."""
        self._by_entry_id: dict[str, list[str]] = defaultdict(list)
        self._ordering = Ordering()
        self._contested = Contested(self._ordering)
        self._corrections: dict[str, set[str]] = defaultdict(set)
        self._misfits: dict[str, list[tuple[str, Act]]] = {}
        self._about: dict[Subject, dict[str, None]] = defaultdict(dict)
        self._breaches: dict[Breach, set[str]] = defaultdict(set)
        self._folded: dict[Subject, Folded] = {}
        self._dirty: set[Subject] = set()
        self._placed: set[str] = set()

    @property
    def size(self) -> int:
        """How many entries were added."""
        return len(self._signed)

    def add(self, rows: Iterable[Row]) -> None:
        """Take in entries; one that is held already changes nothing.

        Args:
            rows: leaves of the log, in any order.
        """
        for row in rows:
            act = read_act(row)
            if act.ref not in self._signed:
                self._add(act)

    def state(self) -> State:
        """Return what all entries added so far say; only what they touched is computed anew."""
        return assemble(self._material())

    def alarms(self) -> list[Alarm]:
        """Return what breaks a rule, as `state().alarms()` does, at half the cost."""
        return alarms_of(self._material())

    def _material(self) -> Material:
        for subject in self._dirty:
            self._fold_again(subject)
        self._dirty.clear()
        return Material(
            folded=self._folded,
            corrected=self._corrected,
            signed=self._signed,
            listed=lambda name: self._sorted(("list", name)),
            gathered=lambda name: [self._act(ref) for ref in self._about.get(("list", name), ())],
            corrections=self._all_corrections(),
            counts=self._contested.counts,
            contested=self._contested.groups(),
            misfits=[misfit for ref in sorted(self._misfits) for misfit in self._misfits[ref]],
            breaches=self._breaches,
            chain=self._ordering.chain,
        )

    def _add(self, act: Act) -> None:
        self._signed[act.ref] = act
        if act.entry_id:
            self._by_entry_id[act.entry_id].append(act.ref)
        moved = self._ordering.add(act)
        contested = self._contested.add(act)
        if len(moved) == 1 and not contested and act.kind != "correction":
            self._place_again(act.ref)
            return
        touched = {act.ref, *contested}
        if act.kind == "correction":
            self._corrections[act.text("target")].add(act.ref)
        for ref in {*moved, *touched}:
            if self._signed[ref].kind == "correction":
                touched |= self._concerned(self._signed[ref])
        for ref in touched:
            self._place_again(ref)
        for ref in moved - touched:
            self._dirty.update(self._subjects(ref))

    def _concerned(self, correction: Act) -> set[str]:
        """Note whether a correction counts, and return the refs that it concerns."""
        target = correction.text("target")
        refs = {*self._by_entry_id.get(target, ()), *({target} & self._signed.keys())}
        if correction.text("field") == PREFERENCE:
            if self._is_counted(correction):
                refs |= self._contested.choose(correction)
            else:
                refs |= self._contested.forget_choice(correction.ref)
        return refs

    def _is_counted(self, correction: Act) -> bool:
        return is_approved(correction) and not self._contested.is_contested(correction.ref)

    def _place_again(self, ref: str) -> None:
        """Compute what an act says as corrected, and list it under what it is about."""
        signed = self._signed[ref]
        if ref in self._placed:
            self._take_out(ref)
        self._placed.add(ref)
        act = self._amend(signed) if self._corrections else signed
        for breach in breaches(act):
            self._breaches[breach].add(ref)
        if not self._contested.is_contested(ref) or self._contested.counts(ref):
            for subject in subjects(act):
                self._dirty.add(subject)
                self._about[subject][ref] = None

    def _take_out(self, ref: str) -> None:
        act = self._act(ref)
        for breach in breaches(act):
            self._breaches[breach].discard(ref)
            if not self._breaches[breach]:
                del self._breaches[breach]
        for subject in subjects(act):
            self._about[subject].pop(ref, None)
            self._dirty.add(subject)

    def _act(self, ref: str) -> Act:
        """Return an act as corrected."""
        return self._corrected.get(ref) or self._signed[ref]

    def _subjects(self, ref: str) -> Iterable[Subject]:
        """Return what an act is listed under: nothing while another contradicts it."""
        return subjects(self._act(ref)) if self._contested.counts(ref) else ()

    def _amend(self, signed: Act) -> Act:
        """Return an act as corrected, and keep that and what did not fit it."""
        ref = signed.ref
        act, misfits = self._amended(signed)
        self._corrected.pop(ref, None)
        self._misfits.pop(ref, None)
        if act is not signed:
            self._corrected[ref] = act
        if misfits:
            self._misfits[ref] = misfits
        return act

    def _amended(self, act: Act) -> tuple[Act, list[tuple[str, Act]]]:
        names = {act.ref, act.entry_id} - {""}
        naming = {ref for name in names for ref in self._corrections.get(name, ())}
        if not naming:
            return act, []
        counted = [
            self._signed[ref]
            for ref in sorted(naming, key=self._ordering.key)
            if self._is_counted(self._signed[ref]) and self._signed[ref].text("field") != PREFERENCE
        ]
        if act.kind == "correction":
            return act, [
                ("corrects a correction, which only another can replace", c) for c in counted
            ]
        return amended(act, counted)

    def _all_corrections(self) -> list[Act]:
        refs = sorted(ref for named in self._corrections.values() for ref in named)
        return [self._signed[ref] for ref in refs]

    def _sorted(self, subject: Subject) -> list[Act]:
        refs = sorted(self._about.get(subject, ()), key=self._ordering.key)
        return [self._act(ref) for ref in refs]

    def _fold_again(self, subject: Subject) -> None:
        acts = self._sorted(subject)
        self._folded.pop(subject, None)
        if acts and subject[0] in _FOLDED:
            self._folded[subject] = fold(subject, acts)


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
    kind = act.kind
    found: list[Subject] = []
    if kind in SEARCH_KINDS or kind == "opportunistic_find":
        if act.subject_type == "cell" and act.subject_id and kind in SEARCH_KINDS:
            found.append(("cell", act.subject_id))
        found += [("handset", handset) for handset in act.handset_ids]
    elif kind in EXHIBIT_KINDS and act.exhibit_id:
        found.append(("exhibit", act.exhibit_id))
    elif kind in AUTHORITY_KINDS and act.subject_id:
        found.append(("authority", act.subject_id))
    found += [("list", name) for name in _LISTS.get(kind, ())]
    if kind in LINKING_KINDS and speaks_of_links(act):
        found.append(("list", "links"))
    if act.authority_id and kind in _DEEDS:
        found.append(("list", "deeds"))
    if act.causes and is_fact_without_author(act):
        found.append(("list", "authorless"))
    return found


_LISTS: dict[str, tuple[str, ...]] = {
    "found": ("found",),
    "opportunistic_find": ("opportunistic",),
    "device_enrolled": ("device_enrolled",),
    "close_out": ("close_out",),
}
_DEEDS = frozenset(name for name, kind in KINDS.items() if kind.scope or kind.needs_authority)
