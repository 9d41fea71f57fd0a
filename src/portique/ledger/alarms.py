"""What in the log needs a person's eye: conflicts, gaps, broken predecessors, missing files.

Nothing here refuses an entry. A later entry can take an alarm away, never the record of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from portique.ledger.attachments import DESTROYED, RECEIVED
from portique.ledger.entry import FIRST_PREDECESSOR, LARGEST_SEQ, Fields

CONFLICT, GAP, PREDECESSOR, INCOMPLETE, RULE = (
    "conflict",
    "gap",
    "predecessor",
    "incomplete",
    "rule",
)
CLOSE_OUT, CORRECTION = "close_out", "correction"

Ranges = list[tuple[int, int]]


@dataclass(frozen=True)
class Alarm:
    """One thing that needs a person's eye.

    Args:
        kind: conflict, gap, predecessor, incomplete or rule.
        sequences: the entries that it is about, in order; of a gap: what came after it.
        what: in words.
        rule: of kind rule: stable name of the rule, e.g. "transition", "seal", "authority".
    """

    kind: str
    sequences: tuple[int, ...]
    what: str
    rule: str = ""


@dataclass(frozen=True)
class _Leaf:
    sequence: int
    sha256: str


@dataclass
class _Line:
    """The numbers of one device that the log holds."""

    places: dict[int, list[_Leaf]] = field(default_factory=dict)
    unfitting: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    """By number: entries whose predecessor does not fit, or is not there yet."""
    outside: list[int] = field(default_factory=list)
    close_outs: list[tuple[int, Fields]] = field(default_factory=list)


class Watch:
    """Reads the log once, in order, and says at any time what alarms it gives.

    >>> Watch().alarms()
    []
    """

    def __init__(self) -> None:
        self.size = 0
        self._lines: dict[str, _Line] = {}
        self._first_of: dict[bytes, _Leaf] = {}
        self._groups: dict[int, dict[int, str]] = {}
        self._corrections: list[tuple[int, set[str]]] = []
        self._naming: dict[str, list[int]] = {}
        self._there: set[str] = set()

    def feed(self, fields: Fields, *, is_program: bool) -> None:
        """Take in the next entry of the log.

        Args:
            fields: the entry.
            is_program: whether the device `portique` signed it.
        """
        leaf = _Leaf(self.size, fields.payload_sha256.hex())
        self.size += 1
        self._place(leaf, fields)
        for name in fields.attachments:
            self._naming.setdefault(name, []).append(leaf.sequence)
        if is_program and fields.kind in {RECEIVED, DESTROYED}:
            self._there.add(str(fields.body.get("sha256")))
        if fields.kind == CORRECTION:
            named = {str(fields.body.get(name)) for name in ("target", "old", "new")}
            self._corrections.append((leaf.sequence, named))

    def alarms(self) -> list[Alarm]:
        """Return what needs a person's eye now, by sequence."""
        found = [
            *self._conflicts(),
            *self._incomplete(),
            *(alarm for name, line in self._lines.items() for alarm in _line_alarms(name, line)),
        ]
        return sorted(found, key=lambda alarm: (alarm.sequences, alarm.kind, alarm.what))

    def gaps(self) -> dict[str, Ranges]:
        """Return the numbers that are missing of each device, as ranges [from, to]."""
        ranges = {name: _gaps(line) for name, line in sorted(self._lines.items())}
        return {name: missing for name, missing in ranges.items() if missing}

    def conflicting(self) -> list[dict[int, str]]:
        """Return the conflicts that no correction settles: sequence and payload hash of each side.

        A correction settles a conflict when it comes after every side and names the SHA-256 of
        one side's payload as `target`, `old` or `new`.
        """
        groups = {id(group): group for group in self._groups.values()}
        return [group for group in groups.values() if not self._is_settled(group)]

    def _is_settled(self, group: dict[int, str]) -> bool:
        last = max(group)
        sides = set(group.values())
        return any(sequence > last and named & sides for sequence, named in self._corrections)

    def _place(self, leaf: _Leaf, fields: Fields) -> None:
        line = self._lines.setdefault(fields.device_id, _Line())
        seq = fields.device_seq
        others = [self._first_of.setdefault(fields.entry_key, leaf)]
        if 1 <= seq <= LARGEST_SEQ:
            held = line.places.setdefault(seq, [])
            others += held
            held.append(leaf)
            line.unfitting.setdefault(seq, []).append((leaf.sequence, fields.prev_device_hash))
            _fit(line, seq)
            _fit(line, seq + 1)
        else:
            line.outside.append(leaf.sequence)
        if fields.kind == CLOSE_OUT:
            line.close_outs.append((leaf.sequence, fields))
        for other in others:
            if other is not leaf:
                self._join(other, leaf)

    def _join(self, one: _Leaf, other: _Leaf) -> None:
        group = self._groups.setdefault(one.sequence, {one.sequence: one.sha256})
        joined = self._groups.get(other.sequence, {other.sequence: other.sha256})
        if joined is group:
            return
        if len(joined) > len(group):
            group, joined = joined, group
        group |= joined
        for sequence in joined:
            self._groups[sequence] = group

    def _conflicts(self) -> Iterator[Alarm]:
        for group in self.conflicting():
            sequences = tuple(sorted(group))
            yield Alarm(
                CONFLICT,
                sequences,
                f"{len(sequences)} different entries claim one entry_id or one number of a device",
            )

    def _incomplete(self) -> Iterator[Alarm]:
        for name, sequences in self._naming.items():
            if name not in self._there:
                yield Alarm(INCOMPLETE, tuple(sequences), f"the file {name[:64]} is not here yet")


def _fit(line: _Line, seq: int) -> None:
    """Drop from what does not fit at a number what fits one of the payloads before it."""
    waiting = line.unfitting.get(seq)
    if not waiting:
        return
    before = line.places.get(seq - 1, [])
    fitting = {FIRST_PREDECESSOR} if seq == 1 else {leaf.sha256 for leaf in before}
    left = [(sequence, previous) for sequence, previous in waiting if previous not in fitting]
    if left:
        line.unfitting[seq] = left
    else:
        del line.unfitting[seq]


def _gaps(line: _Line) -> Ranges:
    missing: Ranges = []
    expected = 1
    for seq in sorted(line.places):
        if seq > expected:
            missing.append((expected, seq - 1))
        expected = seq + 1
    closed = max((_closed_at(fields) or 0 for _, fields in line.close_outs), default=0)
    if closed >= expected:
        missing.append((expected, closed))
    return missing


def _line_alarms(name: str, line: _Line) -> Iterator[Alarm]:
    for first, last in _gaps(line):
        after = line.places.get(last + 1, [])
        numbers = f"number {first}" if first == last else f"numbers {first} to {last}"
        sequences = tuple(leaf.sequence for leaf in after)
        yield Alarm(GAP, sequences, f"{numbers} of {name} are missing")
    for seq, waiting in line.unfitting.items():
        if seq == 1 or seq - 1 in line.places:
            sequences = tuple(sequence for sequence, _ in waiting)
            what = f"number {seq} of {name} follows none of the payloads held for {seq - 1}"
            yield Alarm(PREDECESSOR, sequences, what)
    if line.outside:
        what = f"{name} gave a number that is not from 1 to 2^53 - 1"
        yield Alarm(RULE, tuple(line.outside), what)
    for sequence, fields in line.close_outs:
        yield from _close_out_alarms(name, line, sequence, fields)


def _closed_at(fields: Fields) -> int | None:
    """Return the last number that a close-out states; None: it states none that can be."""
    last = fields.body.get("last_device_seq")
    if isinstance(last, int) and not isinstance(last, bool) and 0 <= last < LARGEST_SEQ:
        return last
    return None


def _close_out_alarms(name: str, line: _Line, sequence: int, fields: Fields) -> Iterator[Alarm]:
    last = _closed_at(fields)
    if last is None or fields.device_seq != last + 1:
        what = f"the close-out of {name} is not the number after the last one that it states"
        yield Alarm(RULE, (sequence,), what)
    stated = fields.body.get("last_payload_sha256")
    held = line.places.get(last or 0, [])
    if held and stated not in {leaf.sha256 for leaf in held}:
        what = f"the close-out of {name} states another hash than that of number {last}"
        yield Alarm(PREDECESSOR, (sequence,), what)
    later = [leaf for seq, held in line.places.items() if seq > fields.device_seq for leaf in held]
    if later:
        sequences = tuple(sorted(leaf.sequence for leaf in later))
        yield Alarm(RULE, sequences, f"{name} wrote after its close-out")
