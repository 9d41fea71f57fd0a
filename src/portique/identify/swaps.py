"""One SIM in several phones: which phones outside the ledger are the fleet's all the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa

from portique.core.ids import imei_text, is_placeholder_imei
from portique.engine.store import Store
from portique.identify.fleet import Member
from portique.identify.ledger import Line
from portique.identify.observed import SERIALS, Ints, Observed

MOST_UNRELATED = 1
RARE = 0.02


@dataclass(frozen=True)
class SharedSim:
    """One subscription seen in a fleet phone and in a phone outside the fleet."""

    fleet_imei: int
    other_imei: int
    imsi: int


def find_shared_sims(store: Store, fleet: Ints, pairs: pa.Table) -> list[SharedSim]:
    """Return each subscription of the fleet that other phones carried, in order.

    The one pass over every phone that membership needs: two columns, one join, one aggregate.

    Args:
        fleet: IMEIs of the fleet.
        pairs: columns imei, imsi: what the fleet's phones carried.
    """
    if not len(pairs):
        return []
    carried: dict[int, list[int]] = {}
    for imei, imsi in zip(pairs["imei"].to_pylist(), pairs["imsi"].to_pylist(), strict=True):
        carried.setdefault(imsi, []).append(imei)
    wanted = ibis.memtable(pa.table({"imsi": pa.array(sorted(carried), pa.int64())}))
    record = store.table("record").select("imei", "imsi")
    holders = store.run(record.semi_join(wanted, "imsi").distinct().order_by(["imsi", "imei"]))
    outside = ~np.isin(holders["imei"].to_numpy(), fleet)
    others = holders.filter(pa.array(outside))
    return [
        SharedSim(home, other, imsi)
        for other, imsi in zip(others["imei"].to_pylist(), others["imsi"].to_pylist(), strict=True)
        for home in sorted(carried[imsi])
    ]


def linked_members(
    shared: list[SharedSim],
    observed: Observed,
    members: dict[int, Member],
    finds: pa.Table,
    lines: list[Line],
) -> dict[int, Member]:
    """Return the phones that join the fleet because a fleet phone's SIM was in them.

    Most phones that shared a SIM with the fleet are ordinary smartphones their owner put it into:
    a shared SIM alone proves a common user and no supplier. One of three things more is asked:

    - the IMEI is one digit, or one exchange of neighbours, from that of the fleet phone: the same
      phone, rewritten or misread; a bystander has a chance of about 1 in 10^11 to be that;
    - an earlier find names this IMEI with one of the supplier's models;
    - its TAC is one that no ordinary phone has: at most one phone without any tie to the fleet
      shows it, and phones that rare are rare themselves. Real models sell by the thousand; a
      rewritten IMEI has any TAC. How often an ordinary phone has a TAC so rare is read from the
      records themselves (Good and Turing: the share of phones whose TAC is seen that seldom); it
      must be at most 2 %, so that few records, in which every model is rare, prove nothing.

    A find that gives this IMEI another model speaks last: no member.
    """
    homes: dict[int, int] = {}
    for tie in shared:
        homes.setdefault(tie.other_imei, tie.fleet_imei)
    near = {s.other_imei: s.fleet_imei for s in shared if is_one_slip(s.fleet_imei, s.other_imei)}
    models = {line.model.casefold() for line in lines if line.model}
    found = _found_models(finds)
    rare = _rare_tacs(observed, members, set(homes))
    linked: dict[int, Member] = {}
    for other in sorted(homes):
        named = found.get(other, set())
        is_own = bool(named & models)
        if is_placeholder_imei(imei_text(other)) or (named and not is_own):
            continue
        if other in near or is_own or other // SERIALS in rare:
            linked[other] = Member(basis={"link"}, linked_from=near.get(other, homes[other]))
    return linked


def is_one_slip(first: int, second: int) -> bool:
    """Return whether two IMEIs differ in one digit or by one exchange of neighbours.

    >>> is_one_slip(49015420323751, 49015420323715), is_one_slip(49015420323751, 49015420323811)
    (True, False)
    """
    one, two = imei_text(first), imei_text(second)
    apart = [place for place in range(14) if one[place] != two[place]]
    if len(apart) == 1:
        return True
    if len(apart) != 2 or apart[1] != apart[0] + 1:
        return False
    here, there = apart
    return one[here] == two[there] and one[there] == two[here]


def _found_models(finds: pa.Table) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for text, model in zip(finds["imei"].to_pylist(), finds["model"].to_pylist(), strict=True):
        digits = (text or "").strip()
        if model and digits.isascii() and digits.isdigit() and 14 <= len(digits) <= 16:
            found.setdefault(int(digits[:14]), set()).add(model.strip().casefold())
    return found


def _rare_tacs(observed: Observed, members: dict[int, Member], related: set[int]) -> frozenset[int]:
    """Return the TACs of related phones that hardly any unrelated phone has."""
    apart = np.array(sorted(related | set(members)), np.int64)
    ordinary = observed.imei[~np.isin(observed.imei, apart)]
    tacs, sizes = np.unique(ordinary // SERIALS, return_counts=True)
    size_of = dict(zip(tacs.tolist(), sizes.tolist(), strict=True))
    tally = Counter(sizes.tolist())
    phones = len(ordinary)
    rare = set()
    for tac in {imei // SERIALS for imei in related}:
        others = size_of.get(tac, 0)
        if others > MOST_UNRELATED:
            continue
        as_rare = sum(size * tally[size] for size in range(1, others + 2))
        if (as_rare + 1) / (phones + 1) <= RARE:
            rare.add(tac)
    return frozenset(rare)
