"""The order in which acts are read: by what they say of themselves, never by when they came.

Devices work without a network and reconnect when they can; the log holds their entries as they
came. Which came first says nothing about what was done first, so no projection may depend on it.

The *stamp* of an act is the greatest clock reading among the act itself and everything that it
says it comes after: what its own device did before it, and the entries in its `causes`. A clock
that is an hour slow, or that was set back, so never puts an effect before its cause. Acts are
read by stamp, then device, number on the device, and payload hash.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator

from portique.ledger.act import Act, Number

DEEPEST = 64
"""Causes that follow one another by one clock reading and still are told apart.

A slow clock that follows a fast one takes over its reading; how many steps of cause lie between
keeps them in order. Entries that name each other as their cause in a ring would count for ever.
"""

Stamp = tuple[Number, Number, int]
Key = tuple[Stamp, str, int, str]


class Ordering:
    """The order of a growing set of acts; the same set has the same order however it grew.

    A stamp is the least solution of inequalities that only become more as acts are added, so
    that going on from an earlier solution ends where a fresh start would.
    """

    def __init__(self) -> None:
        self._acts: dict[str, Act] = {}
        self._stamps: dict[str, Stamp] = {}
        self._keys: dict[str, Key] = {}
        self._chains: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._named: dict[str, tuple[str, ...]] = {}
        self._effects: dict[str, list[str]] = defaultdict(list)

    def add(self, act: Act) -> set[str]:
        """Take in an act and return the refs of those whose place changed, itself among them."""
        self._acts[act.ref] = act
        chain = self._chains[act.device_id]
        if not act.causes and act.entry_id not in self._effects and _is_next(act, chain):
            return self._lengthen(act, chain)
        insort(self._chains[act.device_id], (act.device_seq, act.ref))
        self._name(act)
        for cause in set(act.causes) - {""}:
            self._effects[cause].append(act.ref)
        stamp = (*act.hlc, 0)
        for before in self._at(act, next_above=False):
            stamp = max(stamp, self._stamps[before])
        for cause in act.causes:
            for before in self.named(cause):
                if before != act.ref:
                    stamp = max(stamp, _after(self._stamps[before]))
        self._stamps[act.ref] = stamp
        return self._spread(act.ref)

    def _lengthen(self, act: Act, chain: list[tuple[int, str]]) -> set[str]:
        """Take in what comes last on its device and concerns no other: most entries do."""
        stamp: Stamp = (*act.hlc, 0)
        if chain:
            stamp = max(stamp, self._stamps[chain[-1][1]])
        chain.append((act.device_seq, act.ref))
        self._name(act)
        self._stamps[act.ref] = stamp
        return {act.ref}

    def named(self, entry_id: str) -> tuple[str, ...]:
        """Return the refs of the acts with one `entry_id`: of most one, of none where none is."""
        return self._named.get(entry_id, ())

    def _name(self, act: Act) -> None:
        if act.entry_id and self._named.setdefault(act.entry_id, alone := (act.ref,)) is not alone:
            self._named[act.entry_id] = (*self._named[act.entry_id], act.ref)

    def key(self, ref: str) -> Key:
        """Return what an act is sorted by."""
        found = self._keys.get(ref)
        if found is None:
            act = self._acts[ref]
            found = self._keys[ref] = (self._stamps[ref], act.device_id, act.device_seq, ref)
        return found

    def stamp(self, ref: str) -> Stamp:
        """Return the stamp of an act."""
        return self._stamps[ref]

    def restore(self, act: Act, stamp: Stamp) -> None:
        """Take in an act whose stamp among all the others is known already."""
        self._acts[act.ref] = act
        insort(self._chains[act.device_id], (act.device_seq, act.ref))
        self._name(act)
        for cause in set(act.causes) - {""}:
            self._effects[cause].append(act.ref)
        self._stamps[act.ref] = stamp

    def chain(self, device_id: str) -> list[tuple[int, str]]:
        """Return (number, ref) of what is held of a device, in order of the numbers."""
        return self._chains.get(device_id, [])

    def _spread(self, start: str) -> set[str]:
        """Raise the stamps of whatever comes after an act, and return whose changed."""
        changed = {start}
        waiting = [start]
        while waiting:
            ref = waiting.pop()
            for after, least in self._followers(ref):
                if self._stamps[after] < least:
                    self._stamps[after] = least
                    self._keys.pop(after, None)
                    changed.add(after)
                    waiting.append(after)
        return changed

    def _followers(self, ref: str) -> Iterator[tuple[str, Stamp]]:
        act, stamp = self._acts[ref], self._stamps[ref]
        for after in self._at(act, next_above=True):
            yield after, stamp
        for after in self._effects.get(act.entry_id, ()):
            if after != ref:
                yield after, _after(stamp)

    def _at(self, act: Act, *, next_above: bool) -> list[str]:
        """Return the acts at the device's nearest number above or below; after a conflict two."""
        chain = self._chains[act.device_id]
        if next_above:
            start = bisect_left(chain, (act.device_seq + 1, ""))
            near = chain[start][0] if start < len(chain) else None
        else:
            start = bisect_left(chain, (act.device_seq, "")) - 1
            near = chain[start][0] if start >= 0 else None
        if near is None:
            return []
        first = bisect_left(chain, (near, ""))
        found = []
        while first < len(chain) and chain[first][0] == near:
            found.append(chain[first][1])
            first += 1
        return found


def _is_next(act: Act, chain: list[tuple[int, str]]) -> bool:
    """Return whether one entry alone, with a smaller number, is the last before an act."""
    if not chain:
        return True
    is_alone = len(chain) == 1 or chain[-2][0] != chain[-1][0]
    return is_alone and chain[-1][0] < act.device_seq


def _after(stamp: Stamp) -> Stamp:
    return (stamp[0], stamp[1], min(stamp[2] + 1, DEEPEST))
