"""What each device numbered and chained: contradictions, gaps, broken predecessors, close-outs.

All of it was signed by devices, so it is listed and no fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portique.ledger.standalone.reading import Entry, Fault

ZEROS = "0" * 64
LARGEST_NUMBER = 2**53 - 1
Close = tuple[int, int, int, Any]
"""A close-out: sequence, own number, the last number that it states (-1: none), its hash."""


def alarm_of(kind: str, sequences: Any, what: str) -> dict[str, Any]:
    """Return one alarm, as `portique verify --json` writes it."""
    return {"kind": kind, "sequences": list(sequences), "what": what}


class Chains:
    """The numbers of every device, and which entries claim the same."""

    def __init__(self) -> None:
        self.held: dict[str, dict[int, list[tuple[str, int]]]] = {}
        self.waiting: dict[tuple[str, int], list[tuple[int, str]]] = {}
        self.outside: dict[str, list[int]] = {}
        self.closed: dict[str, list[Close]] = {}
        self.first_of: dict[str, int] = {}
        self.hash_of: dict[int, str] = {}
        self.place_of: dict[str, int] = {}
        self.groups: dict[int, set[int]] = {}
        self.corrections: list[tuple[int, set[str]]] = []

    def take(self, entry: Entry) -> Iterator[Fault]:
        """Take in one entry; a payload that stands twice is a fault of the log."""
        said, number, at = entry.said, entry.said["device_seq"], entry.sequence
        first = self.place_of.setdefault(entry.payload_hash, at)
        if first != at:
            yield entry.fault(f"the same payload is entry {first} already")
        self.hash_of[at] = entry.payload_hash
        rivals = [self.first_of.setdefault(said["entry_id"], at)]
        places = self.held.setdefault(entry.device, {})
        if 1 <= number <= LARGEST_NUMBER:
            here = places.setdefault(number, [])
            here.append((entry.payload_hash, at))
            rivals.append(here[0][1])
            before = said["prev_device_hash"]
            self.waiting.setdefault((entry.device, number), []).append((at, before))
            self._settle(entry.device, number)
            self._settle(entry.device, number + 1)
        else:
            self.outside.setdefault(entry.device, []).append(at)
        for rival in rivals:
            if rival != at:
                self._join(rival, at)
        self._take_kind(entry)

    def _take_kind(self, entry: Entry) -> None:
        kind, body = entry.said["kind"], entry.said["body"]
        if kind == "close_out":
            last = body.get("last_device_seq")
            stated = last if type(last) is int and 0 <= last < LARGEST_NUMBER else -1
            close = (
                entry.sequence,
                entry.said["device_seq"],
                stated,
                body.get("last_payload_sha256"),
            )
            self.closed.setdefault(entry.device, []).append(close)
        if kind == "correction":
            named = {str(body.get(name)) for name in ("target", "old", "new")}
            self.corrections.append((entry.sequence, named))

    def _settle(self, device: str, number: int) -> None:
        """Drop from what waits at a number what follows one of the payloads before it."""
        waiting = self.waiting.get((device, number))
        if not waiting:
            return
        held = self.held[device].get(number - 1, [])
        fitting = {ZEROS} if number == 1 else {payload_hash for payload_hash, _ in held}
        left = [(at, before) for at, before in waiting if before not in fitting]
        if left:
            self.waiting[device, number] = left
        else:
            self.waiting.pop((device, number), None)

    def _join(self, one: int, other: int) -> None:
        group = self.groups.setdefault(one, {one})
        joined = self.groups.get(other, {other})
        if joined is group:
            return
        if len(joined) > len(group):
            group, joined = joined, group
        group |= joined
        for sequence in joined:
            self.groups[sequence] = group

    def alarms(self) -> Iterator[dict[str, Any]]:
        """Yield the alarms, device by device."""
        yield from self._conflicts()
        for device, places in self.held.items():
            for first, last in self._missing(device):
                after = [sequence for _, sequence in places.get(last + 1, [])]
                yield alarm_of("gap", after, f"{device}: numbers {first} to {last} are not here")
            if device in self.outside:
                what = f"{device}: a number that is not from 1 to 2^53 - 1"
                yield alarm_of("rule", self.outside[device], what)
            for close in self.closed.get(device, []):
                yield from self._close(device, close)
        for (device, number), waiting in self.waiting.items():
            if number == 1 or number - 1 in self.held[device]:
                sequences = [sequence for sequence, _ in waiting]
                yield alarm_of("predecessor", sequences, f"{device}: fits nothing held before it")

    def _conflicts(self) -> Iterator[dict[str, Any]]:
        """Yield contradictions that no later correction names a side of."""
        for group in {id(each): each for each in self.groups.values()}.values():
            sides = {self.hash_of[sequence] for sequence in group}
            last = max(group)
            if not any(at > last and named & sides for at, named in self.corrections):
                what = "one entry_id or device_seq, several payloads"
                yield alarm_of("conflict", sorted(group), what)

    def _close(self, device: str, close: Close) -> Iterator[dict[str, Any]]:
        """Yield what is wrong with one close-out."""
        sequence, number, last, stated = close
        places = self.held[device]
        if last < 0 or number != last + 1:
            what = f"{device}: a close-out that is not the number after the last that it states"
            yield alarm_of("rule", [sequence], what)
        held = [payload_hash for payload_hash, _ in places.get(max(last, 0), [])]
        if held and stated not in held:
            what = f"{device}: a close-out that states another hash than that of number {last}"
            yield alarm_of("predecessor", [sequence], what)
        later = sorted(s for n, here in places.items() if n > number for _, s in here)
        if later:
            yield alarm_of("rule", later, f"{device}: entries after its close-out")

    def _missing(self, device: str) -> list[list[int]]:
        """Return the ranges of numbers of a device that are missing, up to its close-out."""
        missing, expected = [], 1
        for number in sorted(self.held[device]):
            if number > expected:
                missing.append([expected, number - 1])
            expected = number + 1
        closed = max((last for _, _, last, _ in self.closed.get(device, [])), default=0)
        if closed >= expected:
            missing.append([expected, closed])
        return missing

    def gaps(self) -> dict[str, list[list[int]]]:
        """Return the ranges of numbers that are missing, by device."""
        found = {device: self._missing(device) for device in sorted(self.held)}
        return {device: missing for device, missing in found.items() if missing}
