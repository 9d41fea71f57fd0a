"""Membership of the fleet: the ledger against the IMEIs that were seen, and the supplier's TACs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import betabinom

from portique.core.ids import DIGITS, imei_text, is_placeholder_imei
from portique.identify.ledger import Line, cut_range, lost_zeros, one_slip
from portique.identify.observed import SERIALS, Observed

CONFIDENCE_TAIL = 0.05
LEAST_SHARE = 2 / 3
LEAST_NAMED_SHARE = 0.25
LEAST_NAMED = 5
MOST_CHANCE = 0.1
STRENGTH = {"exact": 0, "one_digit": 1, "truncated": 2}


@dataclass
class Member:
    """One IMEI of the fleet and why.

    Args:
        basis: grounds among sale, tac, link.
        sale_ids: ledger lines that name it.
        sale_match: strongest form of match, or None.
        linked_from: fleet IMEI whose subscription it shares, for the ground link.
        model: as the ledger calls it, or None.
    """

    basis: set[str] = field(default_factory=set)
    sale_ids: list[str] = field(default_factory=list)
    sale_match: str | None = None
    linked_from: int | None = None
    model: str | None = None


def find_members(
    lines: list[Line], observed: Observed, tacs: tuple[str, ...]
) -> tuple[dict[int, Member], frozenset[int]]:
    """Return the fleet's observed IMEIs by ledger and TAC, and the TACs that stand for the fleet.

    A ledger line names a phone when its 14 digits were seen and something vouches that they were
    not mistyped: a right check digit, a `tac` column that agrees, or a TAC of the supplier. A line
    that only resembles a phone (one slip, cut, zeros lost) names it when exactly one observed IMEI
    fits and its TAC is the supplier's or stands in the ledger. With any other TAC it is no
    membership: the true phone may never have been seen, and among millions of bystanders one
    always resembles it; the mistake would send a search to an innocent's door.

    Args:
        lines: the ledger.
        observed: every IMEI in the records.
        tacs: codes known to be the supplier's, 8 digits.
    """
    known = {int(tac) for tac in tacs}
    exact = [_exact(line, observed, known) for line in lines]
    trusted = frozenset(known | _dominated(lines, exact, observed, known))
    in_ledger = trusted | _ledger_tacs(lines, exact)
    members: dict[int, Member] = {}
    for tac in sorted(trusted):
        for imei in observed.in_tac(tac).tolist():
            members.setdefault(imei, Member()).basis.add("tac")
    named = {imei for imei in exact if imei is not None}
    for line, sure in zip(lines, exact, strict=True):
        match = _match(line, sure, observed, trusted, in_ledger)
        if match is not None:
            _enter(members.setdefault(match[0], Member()), line, match[1])
    _add_models(members, lines, named)
    kept = {m: members[m] for m in sorted(members) if not is_placeholder_imei(imei_text(m))}
    return kept, trusted


def _enter(member: Member, line: Line, how: str) -> None:
    member.basis.add("sale")
    member.sale_ids.append(line.sale_id)
    if member.sale_match is None or STRENGTH[how] < STRENGTH[member.sale_match]:
        member.sale_match = how
        member.model = line.model or member.model


def _exact(line: Line, observed: Observed, known: set[int]) -> int | None:
    """Return the observed IMEI that a line names beyond a slip of the pen."""
    if not line.body or is_placeholder_imei(line.body):
        return None
    imei = int(line.body)
    if not observed.holds(np.array([imei]))[0]:
        return None
    if line.has_right_check or imei // SERIALS in known:
        return imei
    agrees = line.tac == line.body[:8]
    return imei if agrees and not line.has_wrong_check else None


def _dominated(
    lines: list[Line], exact: list[int | None], observed: Observed, known: set[int]
) -> set[int]:
    """Return TACs outside case.toml whose observed phones are nearly all the supplier's.

    A model sold elsewhere too has innocent owners, so a TAC alone is a ground only where the
    ledger accounts for most phones seen with it. Of those seen, `named` stand in the ledger with
    their IMEI. Others were sold without one being written down, and that has nothing to do with
    being seen: each of them was seen as often as those of the whole ledger whose IMEI was
    written. Named ones and the fewest of the others that this allows (lower 95 % bound) must be
    more than two thirds of those seen. At least five must be named, and a quarter of those seen,
    so that no slip in a quantity makes a TAC the supplier's.
    """
    tallies: dict[int, _Tally] = {}
    for line, imei in zip(lines, exact, strict=True):
        tac = imei // SERIALS if imei is not None else _tac_of(line)
        if tac is not None:
            tallies.setdefault(tac, _Tally()).add(line, imei or _resembled(line, tac, observed))
    written = sum(len(tally.written) for tally in tallies.values())
    named = sum(min(len(tally.named), len(tally.written)) for tally in tallies.values())
    return {
        tac
        for tac, tally in tallies.items()
        if tac not in known and tally.dominates(len(observed.in_tac(tac)), named, written - named)
    }


@dataclass
class _Tally:
    """What the ledger says of one TAC: texts written, phones named, handsets without a text."""

    written: set[str] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    blank: int = 0

    def add(self, line: Line, imei: int | None) -> None:
        """Count one line."""
        if line.written:
            self.written.add(line.body or line.written)
        self.blank += line.quantity - bool(line.written)
        if imei is not None:
            self.named.add(imei)

    def dominates(self, seen: int, found: int, not_found: int) -> bool:
        """Return whether most of the phones seen are the supplier's, at the lower bound.

        Args:
            seen: phones seen with this TAC.
            found, not_found: texts of the whole ledger that name a phone that was seen, or none.
        """
        count = len(self.named)
        if count < max(LEAST_NAMED, LEAST_NAMED_SHARE * seen):
            return False
        others = int(betabinom.ppf(CONFIDENCE_TAIL, self.blank, found + 1, not_found + 1))
        return count + others > LEAST_SHARE * seen


def _tac_of(line: Line) -> int | None:
    """Return the TAC that a line gives, in its column or at the head of its IMEI."""
    if line.tac:
        return int(line.tac)
    return int(line.written[:8]) if DIGITS.match(line.written[:8]) and line.written[7:8] else None


def _resembled(line: Line, tac: int, observed: Observed) -> int | None:
    """Return the one phone of a TAC that a cut or mistyped text resembles, beyond chance."""
    span = cut_range(line)
    pool = list(one_slip(line)) if span is None else range(*span)
    values = np.array(sorted(p for p in pool if p // SERIALS == tac), np.int64)
    found = values[observed.holds(values)]
    if len(found) != 1 or not _beyond_chance(int(found[0]), pool, observed, frozenset()):
        return None
    return int(found[0])


def _ledger_tacs(lines: list[Line], exact: list[int | None]) -> set[int]:
    """Return TACs that at least two lines vouch for: one line alone may be the slip itself."""
    votes: Counter[int] = Counter()
    for line, imei in zip(lines, exact, strict=True):
        if imei is not None:
            votes[imei // SERIALS] += 1
        elif line.tac:
            votes[int(line.tac)] += 1
    return {tac for tac, count in votes.items() if count > 1}


def _match(
    line: Line,
    sure: int | None,
    observed: Observed,
    trusted: frozenset[int],
    in_ledger: frozenset[int],
) -> tuple[int, str] | None:
    if sure is not None:
        return sure, "exact"
    restored = _observed_in(lost_zeros(line), line, observed, in_ledger)
    if len(restored) == 1:
        return restored[0], "truncated"
    slips = one_slip(line)
    near = _observed_in(slips, line, observed, in_ledger)
    fitting = [imei for imei in near if slips[imei]]
    pool = [imei for imei, fits in slips.items() if fits] if fitting else list(slips)
    choice = fitting or near
    if len(choice) == 1 and _beyond_chance(choice[0], pool, observed, trusted):
        return choice[0], "one_digit"
    if line.body and not near and not line.has_wrong_check and not is_placeholder_imei(line.body):
        whole = int(line.body)
        if observed.holds(np.array([whole]))[0]:
            return whole, "exact"
    return _cut(line, observed, trusted, in_ledger)


def _cut(
    line: Line, observed: Observed, trusted: frozenset[int], in_ledger: frozenset[int]
) -> tuple[int, str] | None:
    span = cut_range(line)
    if span is None or span[0] // SERIALS not in in_ledger:
        return None
    fitting = observed.between(*span)
    if len(fitting) != 1:
        return None
    imei = int(fitting[0])
    return (imei, "truncated") if _beyond_chance(imei, range(*span), observed, trusted) else None


def _observed_in(
    candidates: dict[int, bool] | set[int],
    line: Line,
    observed: Observed,
    in_ledger: frozenset[int],
) -> list[int]:
    """Return the candidates that were seen, in a TAC of the ledger, and in the line's own TAC."""
    values = np.array(sorted(candidates), np.int64)
    seen = values[observed.holds(values)].tolist()
    own = int(line.tac) if line.tac and int(line.tac) in in_ledger else None
    return [
        imei
        for imei in seen
        if imei // SERIALS in in_ledger and (own is None or imei // SERIALS == own)
    ]


def _beyond_chance(
    imei: int, pool: list[int] | range, observed: Observed, trusted: frozenset[int]
) -> bool:
    """Return whether a resemblance says more than that the neighbourhood is crowded.

    In a TAC that others use too, the number of strings tried times the density of phones among
    the nearest 10,000 serials is the number of bystanders expected to fit: at most one in ten.
    """
    tac = imei // SERIALS
    if tac in trusted:
        return True
    tried = len(pool) if isinstance(pool, range) else sum(p // SERIALS == tac for p in pool)
    block = imei // 10_000 * 10_000
    density = max(
        len(observed.between(block, block + 10_000)) / 10_000,
        len(observed.in_tac(tac)) / SERIALS,
    )
    return tried * density <= MOST_CHANCE


def _add_models(members: dict[int, Member], lines: list[Line], named: set[int]) -> None:
    """Give a phone without a ledger line of its own the model that the ledger ties to its TAC."""
    votes: dict[int, Counter[str]] = {}
    for line in lines:
        if line.model and (line.tac or line.body):
            tac = int(line.tac or line.body[:8])
            votes.setdefault(tac, Counter())[line.model] += 1
    for imei, member in members.items():
        tally = votes.get(imei // SERIALS)
        if member.model is None and tally and (imei in named or "tac" in member.basis):
            member.model = min(tally, key=lambda name: (-tally[name], name))
