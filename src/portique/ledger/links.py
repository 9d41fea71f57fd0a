"""Finds: which handset an exhibit is said to be, until somebody withdraws it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from portique.ledger.act import Act
from portique.ledger.flag import Flag

Pair = tuple[str, str]
"""Handset and exhibit."""


def read_links(acts: Iterable[Act]) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Return the links between handsets and exhibits, and withdrawals of what was never linked.

    A withdrawal ends a link that stands; a later find makes it anew.

    Args:
        acts: finds, seizures and withdrawals, in their order.

    Returns:
        Links in order of handset and exhibit: `handset_id`, `exhibit_id`, `stands`, `made_by` and
        `withdrawn_by` (refs).
    """
    links: dict[Pair, dict[str, Any]] = {}
    of_side: dict[tuple[int, str], dict[Pair, None]] = {}
    flags = []
    for act in acts:
        if act.kind == "link_withdrawn":
            ended = [pair for pair in _near(act, of_side) if links[pair]["stands"]]
            for pair in ended:
                links[pair]["stands"] = False
                links[pair]["withdrawn_by"].append(act.ref)
            if not ended:
                flags.append(Flag("link", "a link is withdrawn that does not stand", (act.ref,)))
            continue
        for pair in _pairs(act):
            link = links.setdefault(pair, _new(pair))
            for side in (0, 1):
                of_side.setdefault((side, pair[side]), {})[pair] = None
            link["stands"] = True
            link["made_by"].append(act.ref)
    return [links[pair] for pair in sorted(links)], [*flags, *_doubled(links)]


def _new(pair: tuple[str, str]) -> dict[str, Any]:
    handset_id, exhibit_id = pair
    return {
        "handset_id": handset_id,
        "exhibit_id": exhibit_id,
        "stands": False,
        "made_by": [],
        "withdrawn_by": [],
    }


def speaks_of_links(act: Act) -> bool:
    """Return whether an act makes a link or withdraws one."""
    return act.kind == "link_withdrawn" or next(_pairs(act), None) is not None


def _pairs(act: Act) -> Iterator[tuple[str, str]]:
    handset = act.subject_id if act.subject_type == "handset" else act.text("handset_id")
    if handset and act.exhibit_id:
        yield handset, act.exhibit_id


def _near(act: Act, of_side: Mapping[tuple[int, str], Mapping[Pair, None]]) -> list[Pair]:
    """Return the links that a withdrawal names: by handset, exhibit, or both."""
    handset = act.subject_id if act.subject_type == "handset" else act.text("handset_id")
    exhibit = act.exhibit_id
    if handset:
        found = of_side.get((0, handset), {})
        return [pair for pair in found if not exhibit or pair[1] == exhibit]
    return list(of_side.get((1, exhibit), {})) if exhibit else []


def _doubled(links: Mapping[tuple[str, str], dict[str, Any]]) -> Iterator[Flag]:
    """Yield exhibits that are said to be two handsets, and handsets that are two exhibits."""
    standing = sorted(pair for pair, link in links.items() if link["stands"])
    for side, what in ((0, "handset"), (1, "exhibit")):
        by_name: dict[str, list[tuple[str, str]]] = {}
        for pair in standing:
            by_name.setdefault(pair[side], []).append(pair)
        for name, pairs in by_name.items():
            if len(pairs) > 1:
                others = ", ".join(pair[1 - side] for pair in pairs)
                refs = tuple(sorted({ref for pair in pairs for ref in links[pair]["made_by"]}))
                yield Flag("link", f"{what} {name} is linked to {others}", refs)
