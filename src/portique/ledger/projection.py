"""The journal's entries, gathered by what they are about; grown entry by entry.

A projection of the same entries is the same value, whether they were added one by one, in
batches, in any order, or all at once: what an act means is computed from the acts about the same
thing in their own order (`ordering`), and again as soon as one of them is added, corrected,
contested or moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from portique.ledger.act import Act, Row, read_act
from portique.ledger.assembly import Folded, Material, assemble, fold
from portique.ledger.contested import PREFERENCE, Contested
from portique.ledger.corrections import amended, is_approved
from portique.ledger.kinds import (
    AUTHORITY_KINDS,
    EXHIBIT_KINDS,
    KINDS,
    LINKING_KINDS,
    SEARCH_KINDS,
)
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
        self._acts: dict[str, Act] = {}
        self._by_entry_id: dict[str, list[str]] = defaultdict(list)
        self._ordering = Ordering()
        self._contested = Contested(self._ordering)
        self._corrections: dict[str, set[str]] = defaultdict(set)
        self._misfits: dict[str, list[tuple[str, Act]]] = {}
        self._about: dict[Subject, set[str]] = defaultdict(set)
        self._breaches: dict[Breach, set[str]] = defaultdict(set)
        self._folded: dict[Subject, Folded] = {}
        self._dirty: set[Subject] = set()

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
        for subject in self._dirty:
            self._fold_again(subject)
        self._dirty.clear()
        material = Material(
            folded=self._folded,
            acts=self._acts,
            signed=self._signed,
            listed=lambda name: self._sorted(("list", name)),
            corrections=self._all_corrections(),
            counts=self._contested.counts,
            contested=self._contested.groups(),
            misfits=[misfit for ref in sorted(self._misfits) for misfit in self._misfits[ref]],
            breaches=self._breaches,
            chain=self._ordering.chain,
        )
        return assemble(material)

    def _add(self, act: Act) -> None:
        self._signed[act.ref] = act
        if act.entry_id:
            self._by_entry_id[act.entry_id].append(act.ref)
        moved = self._ordering.add(act)
        touched = {act.ref, *self._contested.add(act)}
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
        if ref in self._acts:
            self._take_out(ref)
        act, misfits = self._amended(signed)
        self._acts[ref] = act
        self._misfits.pop(ref, None)
        if misfits:
            self._misfits[ref] = misfits
        for breach in breaches(act):
            self._breaches[breach].add(ref)
        for subject in self._subjects(ref):
            self._dirty.add(subject)
            self._about[subject].add(ref)

    def _take_out(self, ref: str) -> None:
        for breach in breaches(self._acts[ref]):
            self._breaches[breach].discard(ref)
            if not self._breaches[breach]:
                del self._breaches[breach]
        for subject in subjects(self._acts[ref]):
            self._about[subject].discard(ref)
            self._dirty.add(subject)

    def _subjects(self, ref: str) -> Iterator[Subject]:
        """Yield what an act is listed under: nothing while another contradicts it."""
        return subjects(self._acts[ref]) if self._contested.counts(ref) else iter(())

    def _amended(self, act: Act) -> tuple[Act, list[tuple[str, Act]]]:
        names = {act.ref, act.entry_id} - {""}
        naming = {ref for name in names for ref in self._corrections.get(name, ())}
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
        return [self._acts[ref] for ref in refs]

    def _fold_again(self, subject: Subject) -> None:
        acts = self._sorted(subject)
        self._folded.pop(subject, None)
        if acts and subject[0] in _FOLDED:
            self._folded[subject] = fold(subject, acts)


def subjects(act: Act) -> Iterator[Subject]:
    """Yield everything that an act says something about.

    A search of a cell is the cell's own step, and a step of every handset that it names.
    """
    if act.kind in EXHIBIT_KINDS and act.exhibit_id:
        yield ("exhibit", act.exhibit_id)
    if act.kind in SEARCH_KINDS and act.subject_type == "cell" and act.subject_id:
        yield ("cell", act.subject_id)
    if act.kind in SEARCH_KINDS or act.kind == "opportunistic_find":
        yield from (("handset", handset) for handset in act.handset_ids)
    if act.kind in AUTHORITY_KINDS and act.subject_id:
        yield ("authority", act.subject_id)
    if act.kind in LINKING_KINDS:
        yield ("list", "links")
    if act.kind == "opportunistic_find":
        yield ("list", "opportunistic")
    if act.kind in {"device_enrolled", "close_out"}:
        yield ("list", act.kind)
    kind = KINDS.get(act.kind)
    if kind is not None and act.authority_id and (kind.scope or kind.needs_authority):
        yield ("list", "deeds")
    if act.causes and is_fact_without_author(act):
        yield ("list", "authorless")
