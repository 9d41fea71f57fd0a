"""Which handsets an offence's file leads to, and by which way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portique.link.fleet import Fleet, Holding
from portique.link.named import Named

NAMED, ONE_STEP, LEAD = 1, 2, 3
NUMBER_RESTS_US = 90 * 86_400_000_000
"""A subscription last seen in a phone so long before an offence, or first seen so long after it,
may have been in another phone then, and its number somebody else's (assumed)."""
MOST_IF_NAMED = 50
MOST_IF_SHARED = 10
"""A number with which more phones exchanged ties none of them: a help line, a taxi, a shop. Of the
number between two phones more is asked than of one that the file itself names (assumed)."""


@dataclass(frozen=True)
class Tie:
    """One way from an offence to a handset; the smallest in this order is the best.

    Args:
        grade: 1 the file names what the handset is or carried; 2 one step away, a subscription it
            shared with such a handset, or it exchanged with a number that the file names;
            3 a contact shared with such a handset, or a named IMEI that several handsets show.
        lack: minus the records on the way.
        path: identifiers from the file to the handset's IMEI.
    """

    grade: int
    lack: int
    path: tuple[str, ...]

    @property
    def key(self) -> tuple[int, int, tuple[str, ...]]:
        """What ties are ordered by."""
        return self.grade, self.lack, self.path


def tie_offence(named: Named, occurred_us: int, fleet: Fleet) -> dict[str, Tie]:
    """Return the handsets that an offence is tied to, each by its best way.

    Args:
        named: what the file names.
        occurred_us: when, microseconds since 1970.
        fleet: the handsets.
    """
    best: dict[str, Tie] = {}
    for handset, tie in (*_by_imei(named, fleet), *_by_sim(named, occurred_us, fleet)):
        _keep(best, handset, tie)
    sure = {handset: tie for handset, tie in best.items() if tie.grade == NAMED}
    for handset, tie in (*_swapped(sure, fleet), *_direct(named, fleet), *_shared(sure, fleet)):
        _keep(best, handset, tie)
    return best


def _keep(best: dict[str, Tie], handset: str, tie: Tie) -> None:
    if handset not in best or tie.key < best[handset].key:
        best[handset] = tie


def _by_imei(named: Named, fleet: Fleet) -> Iterator[tuple[str, Tie]]:
    """An IMEI that several handsets show names none of them for certain."""
    for imei in named.imeis:
        handsets = fleet.on_imei.get(imei, [])
        grade = NAMED if len(handsets) == 1 else LEAD
        for handset in handsets:
            yield handset, Tie(grade, -fleet.records_of[handset], (imei,))


def _by_sim(named: Named, occurred_us: int, fleet: Fleet) -> Iterator[tuple[str, Tie]]:
    """A named subscription ties the phone that carried it then; the others only by its moves."""
    for name in (*named.imsis, *named.numbers):
        held = _by_handset(fleet.holdings.get(name, []))
        away = {handset: _away_us(spans, occurred_us) for handset, spans in held.items()}
        nearest = min(away.values(), default=0)
        for handset, spans in held.items():
            then = away[handset] == nearest <= NUMBER_RESTS_US
            path = (name, fleet.imei_of[handset])
            yield handset, Tie(NAMED if then else ONE_STEP, -_records(spans), path)


def _by_handset(held: list[Holding]) -> dict[str, list[Holding]]:
    spans: dict[str, list[Holding]] = {}
    for holding in held:
        spans.setdefault(holding.handset, []).append(holding)
    return spans


def _away_us(spans: list[Holding], moment_us: int) -> int:
    return min(max(s.from_us - moment_us, moment_us - s.until_us, 0) for s in spans)


def _records(spans: list[Holding]) -> int:
    return sum(holding.records for holding in spans)


def _swapped(sure: dict[str, Tie], fleet: Fleet) -> Iterator[tuple[str, Tie]]:
    for handset, tie in sure.items():
        for imsi in {holding.imsi for holding in fleet.holdings[handset]} - {""}:
            for other, spans in _by_handset(fleet.holdings[imsi]).items():
                if other != handset:
                    path = _once((tie.path[0], imsi, fleet.imei_of[other]))
                    yield other, Tie(ONE_STEP, -_records(spans), path)


def _direct(named: Named, fleet: Fleet) -> Iterator[tuple[str, Tie]]:
    for number in named.numbers:
        if fleet.phones.get(number, 0) <= MOST_IF_NAMED:
            for handset, records in fleet.met_by.get(number, {}).items():
                yield handset, Tie(ONE_STEP, -records, (number, fleet.imei_of[handset]))


def _shared(sure: dict[str, Tie], fleet: Fleet) -> Iterator[tuple[str, Tie]]:
    for handset, tie in sure.items():
        own = {holding.number for holding in fleet.holdings[handset]} - {""}
        for number in own | set(fleet.met.get(handset, {})):
            if not number.startswith("+") or fleet.phones.get(number, 0) > MOST_IF_SHARED:
                continue
            for other, records in fleet.met_by.get(number, {}).items():
                if other != handset:
                    path = _once((tie.path[0], number, fleet.imei_of[other]))
                    yield other, Tie(LEAD, -records, path)


def _once(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return a path without an identifier that follows itself."""
    return tuple(name for place, name in enumerate(path) if place == 0 or name != path[place - 1])
